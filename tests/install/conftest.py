"""What the tests of the installers and of the charts share: helm, an API server of their own, and what they read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import binaries
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import Progress

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
ROLEBASED = PACKAGING / "release" / "rolebased"
NAMESPACE = "sagemaker-k8s-operator-system"
ROLE = "arn:aws:iam::111122223333:role/sagemaker-operator"

Object = dict[str, Any]
Objects = dict[tuple[str, str], Object]


def read(text: str) -> Objects:
    """The objects of a stream of YAML, by kind and name."""
    # The parser written in C, where there is one: the definitions are long.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.load_all(text, loader) if one}


def installer(name: str, namespace: str = "") -> str:
    """Text of an installer; for one namespace with its name put in."""
    text = (ROLEBASED / name).read_text(encoding="utf-8")
    return text.replace("PLACEHOLDER-NAMESPACE", namespace) if namespace else text


def without_definitions(text: str) -> str:
    """A stream of YAML without the definitions, which take long to read and are tested once."""
    return "---\n".join(one for one in text.split("---\n") if "kind: CustomResourceDefinition\n" not in one)


class Helm:
    """The command helm, with folders of its own and a cluster.

    Args:
        program: the command.
        folder: its folders.
        kubeconfig: of the cluster; None for none.
    """

    def __init__(self, program: Path, folder: Path, kubeconfig: Path | None = None) -> None:
        self._program = program
        self._environ = {
            "PATH": os.defpath,
            "HOME": str(folder),
            **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}),
        }

    def run(self, command: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever that is."""
        return subprocess.run(
            [str(self._program), command, *arguments],
            env=self._environ,
            cwd=PACKAGING / "charts",
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __call__(self, command: str, *arguments: str, stdin: str | None = None) -> str:
        """Run it; what it prints.

        Raises:
            AssertionError: it failed.
        """
        done = self.run(command, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def helm_program() -> Path:
    """The command helm; built if it is not there yet."""
    return binaries.helm(os.environ, Progress(sys.__stderr__ or sys.stderr))


@pytest.fixture(scope="session")
def helm(helm_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster."""
    return Helm(helm_program, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def fresh_plane(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing of ours in it, for the tests of one file: they install into the whole cluster."""
    with ControlPlane(tmp_path_factory.mktemp("fresh"), cluster_binaries) as plane:
        yield plane
