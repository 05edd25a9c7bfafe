"""The cluster the stack uses: a control plane of its own, or the user's current kubeconfig context.

Both offer the same few things: run kubectl, make a kubeconfig for a service account, go away again.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from tests.cluster import binaries
from tests.cluster.controlplane import ControlPlane, Options
from tests.cluster.progress import Progress
from tests.cluster.state import stop_running, write_private
from tests.stack.errors import StackError


class Cluster(Protocol):
    """What the stack needs of a cluster."""

    kubeconfig: Path
    """Kubeconfig of the user."""
    kubectl_path: Path

    def start(self) -> str:
        """Make it usable; returns a line about it."""

    def stop(self) -> None:
        """End what start began."""

    def service_account_kubeconfig(self, path: Path, namespace: str, account: str) -> None:
        """Write a kubeconfig with a token of the service account and nothing else."""

    def outlives_us(self) -> bool:
        """Whether the cluster goes on after us, so that what we put there must be taken out again."""


class Local:
    """kube-apiserver and etcd on loopback."""

    def __init__(self, folder: Path, progress: Progress, *, detach: bool, audit: bool = True) -> None:
        self._data = folder / "cluster"
        self._progress = progress
        self._options = Options(audit=audit, detach=detach)
        self._plane: ControlPlane | None = None
        self.kubeconfig = self._data / "kubeconfig"
        self.kubectl_path = Path()

    @property
    def plane(self) -> ControlPlane:
        """The control plane, once started."""
        if self._plane is None:
            raise StackError("the control plane was not started")
        return self._plane

    def start(self) -> str:
        """Get the programs (building them the first time) and start them."""
        programs = binaries.find(os.environ, self._progress)
        self.kubectl_path = programs.kubectl
        self._plane = ControlPlane(self._data, programs, self._options)
        self._plane.start()
        return f"kube-apiserver {programs.kubernetes} and etcd are up at {self._plane.url}, RBAC on"

    def stop(self) -> None:
        """Stop both processes, whoever started them."""
        if self._plane is not None:
            self._plane.stop()
        stop_running(self._data, 10.0)

    def outlives_us(self) -> bool:
        """It goes with us."""
        return False

    def service_account_kubeconfig(self, path: Path, namespace: str, account: str) -> None:
        """A kubeconfig with a token the API server issued."""
        token = self.plane.token_for(namespace, account, 24 * 3600)
        self.plane.write_kubeconfig(path, token=token, namespace=namespace)

    def audit_records(self) -> Iterator[dict[str, Any]]:
        """The API server's audit log."""
        return self.plane.audit_records()


class Shared:
    """A control plane that somebody else starts and stops, such as a test session's."""

    def __init__(self, plane: ControlPlane, kubectl: Path) -> None:
        self._plane = plane
        self.kubeconfig = plane.kubeconfig
        self.kubectl_path = kubectl

    def start(self) -> str:
        """Nothing to start."""
        return f"the control plane at {self._plane.url} is used"

    def stop(self) -> None:
        """Nothing to stop."""

    def outlives_us(self) -> bool:
        """Whoever started it throws it away."""
        return False

    def service_account_kubeconfig(self, path: Path, namespace: str, account: str) -> None:
        """A kubeconfig with a token the API server issued."""
        token = self._plane.token_for(namespace, account, 24 * 3600)
        self._plane.write_kubeconfig(path, token=token, namespace=namespace)


class Current:
    """The cluster of the user's current kubeconfig context; nothing is started or stopped there."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.kubeconfig = folder / "user.kubeconfig"
        self._environ = environ
        self.kubectl_path = Path()

    def start(self) -> str:
        """Freeze the current context into a file, so that a switch during the demo changes nothing."""
        self.find_kubectl()
        text = self._run("config", "view", "--raw", "--flatten", "--minify")
        write_private(self.kubeconfig, text)
        context = self._run("config", "current-context").strip()
        version = json.loads(self._run("version", "--output=json")).get("serverVersion", {})
        return f'the cluster of context "{context}" answers, Kubernetes {version.get("gitVersion", "unknown")}'

    def stop(self) -> None:
        """Forget the credentials."""
        self.kubeconfig.unlink(missing_ok=True)

    def outlives_us(self) -> bool:
        """It is the user's."""
        return True

    def service_account_kubeconfig(self, path: Path, namespace: str, account: str) -> None:
        """A kubeconfig for the same cluster whose only credential is a token of the account."""
        token = self._run("create", "token", account, "--namespace", namespace, "--duration=8h").strip()
        config = json.loads(self._run("config", "view", "--raw", "--flatten", "--minify", "--output=json"))
        cluster = config["clusters"][0]
        write_private(
            path,
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [cluster],
                    "users": [{"name": account, "user": {"token": token}}],
                    "contexts": [
                        {
                            "name": "operator",
                            "context": {"cluster": cluster["name"], "user": account, "namespace": namespace},
                        }
                    ],
                    "current-context": "operator",
                }
            ),
        )

    def find_kubectl(self) -> None:
        """Find kubectl.

        Raises:
            StackError: it is not on PATH.
        """
        kubectl = binaries.usable_kubectl(self._environ)
        if kubectl is None:
            raise StackError("CLUSTER=current needs kubectl on PATH")
        self.kubectl_path = kubectl

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.kubectl_path), *arguments],
            env=dict(self._environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(f"kubectl {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout


def frozen(folder: Path, environ: Mapping[str, str]) -> Current:
    """The cluster that an earlier process began to use, for stopping."""
    cluster = Current(folder, environ)
    cluster.find_kubectl()
    return cluster
