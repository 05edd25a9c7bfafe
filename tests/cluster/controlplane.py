"""A control plane in a data folder: started, used, disturbed and stopped.

It must not find or build programs (`tests.cluster.binaries`) nor write to a terminal.

What the data folder holds: ``kubeconfig`` (the administrator's), ``pki/``, ``etcd/`` (the data),
``state.json`` (who runs), and the logs of this run: ``etcd.log``, ``kube-apiserver.log``, ``audit.log``. The
folder may be used again; objects, certificates and tokens then live on.
"""

import datetime as dt
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from tests.cluster.admin import Admin
from tests.cluster.binaries import Binaries
from tests.cluster.certs import Pki, ensure_pki
from tests.cluster.errors import ApiError, ClusterError
from tests.cluster.flags import apiserver_flags, audit_policy, authentication_config, etcd_flags, kubeconfig
from tests.cluster.process import end, identify, spawn
from tests.cluster.state import APISERVER, ETCD, claim, forget_state, write_private, write_state

_POLL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """How a control plane is run.

    Attributes:
        audit: log every request to ``audit.log`` (metadata only).
        detach: let it run on when this process ends; otherwise the kernel kills it then.
        start_timeout: seconds until it must be ready.
        stop_timeout: seconds each process has to end by itself before it is killed.
    """

    audit: bool = False
    detach: bool = False
    start_timeout: float = 60.0
    stop_timeout: float = 10.0


_DEFAULT: Final = Options()


class ControlPlane:
    """One kube-apiserver with one etcd on loopback; a context manager that starts and stops it.

    Args:
        data: its folder, made if need be.
        binaries: the programs.
        options: how it is run.
    """

    def __init__(self, data: Path, binaries: Binaries, options: Options = _DEFAULT) -> None:
        self.data = data.absolute()
        self.kubeconfig = self.data / "kubeconfig"
        self._binaries = binaries
        self._options = options
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock: IO[str] | None = None
        self._reserved: socket.socket | None = None
        self._port = 0
        self._admin: Admin | None = None

    @property
    def url(self) -> str:
        """Address of the API server.

        Raises:
            ClusterError: it was never started.
        """
        if not self._port:
            raise ClusterError("the control plane was not started")
        return f"https://127.0.0.1:{self._port}"

    @property
    def ca_path(self) -> Path:
        """Certificate authority of the API server."""
        return Pki(self.data / "pki").ca

    @property
    def admin(self) -> Admin:
        """Requests with all rights.

        Raises:
            ClusterError: it was never started.
        """
        if self._admin is None:
            raise ClusterError("the control plane was not started")
        return self._admin

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start both processes and return when the API server is ready and the default namespace is there.

        Raises:
            ClusterError: the folder is in use, or a process did not come up; the text has the end of its log.
        """
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = claim(self.data)
        try:
            self._reserved = _reserve_port()
            self._port = int(self._reserved.getsockname()[1])
            for log in ("etcd.log", "kube-apiserver.log", "audit.log"):
                (self.data / log).unlink(missing_ok=True)
            self._prepare()
            # The API server waits for etcd by itself, so both may start at once.
            self._spawn(ETCD)
            self._spawn(APISERVER)
            self._wait_ready()
        except BaseException:
            # At once: an API server that has never reached its etcd does not listen to SIGTERM.
            self._stop(0)
            raise
        if self._options.detach:
            self._release()

    def stop(self) -> None:
        """End both processes, the API server first; no error if they are gone already or were never started."""
        if self._lock is None and not self._children:
            return
        self._stop(self._options.stop_timeout)

    def _stop(self, patience: float) -> None:
        for name in (APISERVER, ETCD):
            self._end(name, patience)
        forget_state(self.data)
        self._release()

    def kill_apiserver(self) -> None:
        """Kill the API server at once, as a crash would."""
        self._end(APISERVER, 0)

    def kill_etcd(self) -> None:
        """Kill etcd at once, as a crash would."""
        self._end(ETCD, 0)

    def start_apiserver(self) -> None:
        """Start the API server again, on the same port, and wait until it is ready.

        Raises:
            ClusterError: it runs already or does not come up.
        """
        self._spawn(APISERVER)
        self._wait_ready()

    def start_etcd(self) -> None:
        """Start etcd again on its data, and wait until the API server is ready, if that runs.

        Raises:
            ClusterError: it runs already or does not come up.
        """
        self._spawn(ETCD)
        if APISERVER in self._children:
            self._wait_ready()

    def restart_apiserver(self) -> None:
        """Stop the API server in order and start it again: watches end, objects and tokens stay."""
        self._end(APISERVER, self._options.stop_timeout)
        self.start_apiserver()

    def kubectl(
        self, *arguments: str, stdin: str | None = None, timeout: float = 60.0, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run kubectl as the administrator.

        Args:
            arguments: the words after ``kubectl``; a ``--kubeconfig`` among them takes the place of ours.
            stdin: what it reads from standard input.
            timeout: seconds after which it is killed.
            check: raise when it fails.

        Raises:
            ClusterError: it failed (if `check`); the text has its messages.
            subprocess.TimeoutExpired: it took too long.
        """
        done = subprocess.run(
            [str(self._binaries.kubectl), *arguments],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise ClusterError(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done

    def token_for(self, namespace: str, service_account: str, seconds: int = 3600) -> str:
        """Return a fresh token of a service account (TokenRequest, authentication.k8s.io/v1).

        Args:
            namespace: of the service account.
            service_account: its name; it must exist.
            seconds: how long the token is valid, 600 at least.

        Raises:
            ApiError: there is no such service account, or the time is too short.
        """
        answer = self.admin.request(
            "POST",
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": seconds},
            },
        )
        return str(answer["status"]["token"])

    def write_kubeconfig(
        self, path: Path, *, token: str | None = None, namespace: str = "default", context: str = "local"
    ) -> Path:
        """Write a kubeconfig that only its owner can read; with the administrator's rights unless a token is given."""
        pki = Pki(self.data / "pki")
        admin = {"client-certificate": str(pki.admin_cert), "client-key": str(pki.admin_key)}
        text = kubeconfig(
            url=self.url,
            ca_path=str(self.ca_path),
            user=admin if token is None else {"token": token},
            namespace=namespace,
            context=context,
        )
        write_private(path, text)
        return path

    def audit_records(self) -> Iterator[dict[str, Any]]:
        """Yield one record per finished request, oldest first (audit.k8s.io/v1 Event).

        A record is written before the answer is sent, so the requests of a caller that has its answers are all
        there. A watch is recorded when it starts (stage ResponseStarted) and when it ends.

        Raises:
            ClusterError: this control plane keeps no audit log.
        """
        if not self._options.audit:
            raise ClusterError("no audit log is kept: use Options(audit=True)")
        with (self.data / "audit.log").open(encoding="utf-8") as lines:
            for line in lines:
                # The server may be writing the last one.
                if line.endswith("\n"):
                    yield json.loads(line)

    def died(self) -> str | None:
        """Return the name of a process that should run and does not."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def log_tail(self, name: str, lines: int = 15) -> str:
        """Return the end of a process's log."""
        text = (self.data / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _prepare(self) -> None:
        pki = ensure_pki(self.data / "pki", dt.datetime.now(dt.UTC))
        self._admin = Admin(self.url, pki)
        write_private(self.data / "authentication.yaml", authentication_config(self._binaries.kubernetes))
        write_private(self.data / "audit-policy.yaml", audit_policy())
        self.write_kubeconfig(self.kubeconfig)

    def _spawn(self, name: str) -> None:
        if name in self._children:
            raise ClusterError(f"{name} runs already")
        if self._lock is None:
            raise ClusterError("the control plane does not run, or was left to run in the background")
        command = {
            ETCD: [str(self._binaries.etcd), *etcd_flags()],
            APISERVER: [
                str(self._binaries.kube_apiserver),
                *apiserver_flags(self._port, audit=self._options.audit),
            ],
        }[name]
        with (self.data / f"{name}.log").open("ab") as log:
            child = spawn(
                command,
                cwd=self.data,
                output=log.fileno(),
                detach=self._options.detach,
                # The folder counts as in use as long as a process of it lives, whoever started it.
                keep_open=[self._lock.fileno()],
            )
        self._children[name] = child
        self._record()

    def _end(self, name: str, patience: float) -> None:
        child = self._children.pop(name, None)
        if child is None:
            return
        # Not waited for yet, so the id is still that of our child, dead or alive.
        who = identify(child.pid)
        if who is not None:
            end(who, patience)
        child.wait()
        self._record()

    def _record(self) -> None:
        running = {name: identify(child.pid) for name, child in self._children.items()}
        processes = {name: who for name, who in running.items() if who is not None}
        write_state(self.data, self.url, self.kubeconfig, processes)

    def _release(self) -> None:
        for held in (self._reserved, self._lock):
            if held is not None:
                held.close()
        self._lock = None

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + self._options.start_timeout
        while (problem := self._problem()) is not None:
            if (name := self.died()) is not None:
                raise ClusterError(
                    f"{name} ended with {self._children[name].returncode} while the control plane started; "
                    f"{name}.log in {self.data} ends with:\n{self.log_tail(name)}"
                )
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"the control plane was not ready after {self._options.start_timeout:.0f} s: {problem}; "
                    f"{APISERVER}.log in {self.data} ends with:\n{self.log_tail(APISERVER)}"
                )
            time.sleep(_POLL)

    def _problem(self) -> str | None:
        """Return why the control plane cannot be used yet."""
        try:
            # The port is open long before requests are answered, and meanwhile nobody looks after the processes.
            self.admin.request("GET", "/readyz", timeout=1)
            # Made a moment after the server calls itself ready.
            self.admin.request("GET", "/api/v1/namespaces/default", timeout=1)
        except (OSError, ApiError) as error:
            # The server lists all of its checks; "[-]" marks those that fail.
            lines = str(error).splitlines()
            return ", ".join([line for line in lines if line.startswith("[-]")] or lines)
        return None


def _reserve_port() -> socket.socket:
    """Return a socket that is bound to a free loopback port and does not listen.

    As long as it is open the kernel gives the port to nobody, except to the API server, which asks to share.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved
