"""The stack: cluster, AWS stand-in, custom resource definitions, rights, operator; started and stopped in order."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smkube import kinds
from tests.cluster.state import write_private
from tests.stack.clusters import Cluster
from tests.stack.errors import StackError
from tests.stack.processes import Processes
from tests.stack.waiting import until
from tests.standin.control import Control

ROOT = Path(__file__).resolve().parents[2]
VENV_BIN = Path(sys.executable).parent
NAMESPACE = "sagemaker-k8s-operator-system"
ACCOUNT = "sagemaker-k8s-operator-default"
STANDIN, OPERATOR = "aws-standin", "operator"
CRDS = tuple(kind.plural for kind in kinds.ALL)
_MANIFESTS = ("-f", str(ROOT / "packaging" / "crds"), "-f", str(ROOT / "packaging" / "rbac"))

_AWS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00", "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": "us-east-1"}
_SETTINGS_OF_THE_USER = ("AWS_", "KUBECONFIG", "KUBERNETES_")


@dataclass
class Stack:
    """All of it in one folder.

    Args:
        folder: data, logs and kubeconfigs.
        cluster: the cluster to use.
        detach: leave everything running when this process ends.
        standin_flags: flags of the stand-in.
        operator_flags: further flags of the operator.
    """

    folder: Path
    cluster: Cluster
    detach: bool = False
    standin_flags: Sequence[str] = ()
    operator_flags: Sequence[str] = ()
    url: str = ""
    health: str = ""
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.processes = Processes(self.folder, detach=self.detach)

    # --- start ------------------------------------------------------------------------------------------------

    def start_standin(self) -> str:
        """Start the AWS stand-in; returns a line about it."""
        port_file = self.folder / "standin.port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.standin", "--port-file", str(port_file), *self.standin_flags]
        self.processes.start(STANDIN, command, self._clean_environ(), ROOT)
        port = until(lambda: self._port(port_file), "the AWS stand-in to listen")
        self.url = f"http://127.0.0.1:{port}"
        return f"an AWS stand-in (SageMaker, CloudWatch Logs) answers at {self.url}"

    def install(self) -> str:
        """Apply the custom resource definitions and the operator's rights.

        Raises:
            StackError: a cluster that is not ours has such definitions already: objects there belong to somebody.
        """
        if self.cluster.outlives_us():
            there = self.kubectl("get", *self._crd_names(), "-o", "name", "--ignore-not-found").split()
            if there:
                raise StackError(f"the cluster has {', '.join(there)} already; use a cluster without them")
            self._installed.touch()
        self.kubectl("apply", *_MANIFESTS)
        until(self._established, "the custom resource definitions to be established")
        return f"custom resource definitions and rights are applied: {', '.join(CRDS)}"

    def start_operator(self) -> str:
        """Start the operator under its own service account; returns when it is ready."""
        config = self.folder / "operator.kubeconfig"
        self.cluster.service_account_kubeconfig(config, NAMESPACE, ACCOUNT)
        return self.run_operator(config)

    def run_operator(self, config: Path, name: str = OPERATOR) -> str:
        """Start an operator process with a given kubeconfig; returns when it is ready."""
        log = self.processes.log(name)
        seen = log.stat().st_size if log.exists() else 0
        command = [str(VENV_BIN / "sagemaker-operator"), "--kubeconfig", str(config), "--metrics-addr=127.0.0.1:0"]
        environ = {**self._clean_environ(), **self.aws()}
        self.processes.start(name, [*command, *self.operator_flags], environ, self.folder)
        self.health = until(lambda: self._health_url(name, seen), "the operator to listen", seconds=60)
        until(lambda: self._ready(name), "the operator's caches to fill", seconds=60)
        return f"the operator is ready, with the rights of {NAMESPACE}/{ACCOUNT} and no others"

    def write_environment(self) -> Path:
        """Write `env`, a file to source in a shell, with kubectl and the plugin on PATH; returns its path."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        for name, target in (("kubectl", self.cluster.kubectl_path), ("kubectl-smlogs", VENV_BIN / "kubectl-smlogs")):
            link = bin_folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(target)
        lines = ["# Source this file in a shell:  source .run/env", *_exports(self.user_environ())]
        write_private(self.folder / "env", "\n".join(lines) + "\n")
        return self.folder / "env"

    # --- use --------------------------------------------------------------------------------------------------

    def aws(self) -> dict[str, str]:
        """The variables that lead any AWS tool to the stand-in."""
        return {**_AWS, "AWS_DEFAULT_REGION": _AWS["AWS_REGION"], "AWS_ENDPOINT_URL": self.url}

    def user_environ(self) -> dict[str, str]:
        """What a user's shell needs: kubeconfig, AWS settings, PATH."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ.get("PATH", os.defpath)])
        return {"KUBECONFIG": str(self.cluster.kubeconfig), **self.aws(), "PATH": path}

    def environ(self) -> dict[str, str]:
        """The whole environment of a user's command."""
        return {**self._clean_environ(), **self.user_environ()}

    @property
    def control(self) -> Control:
        """The stand-in's control endpoint."""
        return Control(self.url)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl as the user; returns its output.

        Raises:
            StackError: it failed (if `check`).
        """
        done = self.run(["kubectl", *arguments], stdin=stdin)
        if check and done.returncode != 0:
            raise StackError(f"kubectl {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout if done.returncode == 0 else done.stderr

    def run(
        self, command: Sequence[str], *, stdin: str | None = None, seconds: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the user would, with kubectl and the plugin on PATH."""
        program = str(self.cluster.kubectl_path) if command[0] == "kubectl" else command[0]
        return subprocess.run(
            [program, *command[1:]],
            env=self.environ(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
        """An object, or None if it is not there."""
        text = self.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
        return dict(json.loads(text)) if text.strip() else None

    def metrics(self) -> str:
        """What Prometheus would read."""
        return self._http("/metrics")

    # --- stop -------------------------------------------------------------------------------------------------

    def stop(self) -> list[str]:
        """Stop everything that was started here, in this process or an earlier one.

        Raises:
            StackError: what was put into a cluster of the user's cannot be taken out again.
        """
        if self._installed.exists():
            self._uninstall()
        stopped = self.processes.stop_all()
        self.cluster.stop()
        (self.folder / "env").unlink(missing_ok=True)
        return stopped

    def _uninstall(self) -> None:
        """Take out of the user's cluster what was put there; objects first, while the operator can stop their jobs."""
        every = ",".join(f"{plural}.sagemaker.aws.amazon.com" for plural in CRDS)
        if self.kubectl("get", *self._crd_names(), "-o", "name", "--ignore-not-found").strip():
            self.kubectl("delete", every, "--all", "--all-namespaces", "--timeout=60s")
        self.kubectl("delete", "--ignore-not-found", "--wait=false", *_MANIFESTS)
        gone = ("get", *self._crd_names(), "-o", "name", "--ignore-not-found")
        until(lambda: not self.kubectl(*gone).strip(), "the custom resource definitions to go")
        self._installed.unlink()

    @property
    def _installed(self) -> Path:
        """Marks that we put something into a cluster that is not ours."""
        return self.folder / "installed"

    @staticmethod
    def _crd_names() -> list[str]:
        return [f"crd/{plural}.sagemaker.aws.amazon.com" for plural in CRDS]

    def _established(self) -> bool:
        """Neither `kubectl wait` nor its JSONPath: both fail on a definition that has no conditions yet."""
        found = json.loads(self.kubectl("get", *self._crd_names(), "-o", "json"))["items"]
        conditions = [(each.get("status") or {}).get("conditions") or [] for each in found]
        return all(any((one["type"], one["status"]) == ("Established", "True") for one in each) for each in conditions)

    # --- pieces -----------------------------------------------------------------------------------------------

    def _port(self, port_file: Path) -> str | None:
        self._must_live(STANDIN)
        return port_file.read_text(encoding="ascii").strip() if port_file.exists() else None

    def _health_url(self, name: str, seen: int) -> str | None:
        self._must_live(name)
        text = self.processes.log(name).read_bytes()[seen:].decode(errors="replace")
        _, found, rest = text.partition("/readyz on port ")
        return f"http://127.0.0.1:{rest.partition('.')[0]}" if found and "." in rest else None

    def _ready(self, name: str) -> str | None:
        self._must_live(name)
        try:
            return self._http("/readyz")
        except OSError:
            return None

    def _http(self, path: str) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.health}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            raise OSError(f"{path}: {error}") from error

    def _must_live(self, name: str) -> None:
        code = self.processes.exit_code(name)
        if code is not None:
            raise StackError(f"{name} ended with exit code {code}; its log ends with:\n{self.processes.tail(name)}")

    @staticmethod
    def _clean_environ() -> dict[str, str]:
        """Our environment without the user's own clusters and AWS accounts, which tests must never reach."""
        return {key: value for key, value in os.environ.items() if not key.startswith(_SETTINGS_OF_THE_USER)}


def _exports(variables: Mapping[str, str]) -> list[str]:
    lines = [f"export {key}={shlex.quote(value)}" for key, value in variables.items() if key != "PATH"]
    folder = variables["PATH"].partition(os.pathsep)[0]
    return [*lines, f"export PATH={shlex.quote(folder)}:$PATH"]
