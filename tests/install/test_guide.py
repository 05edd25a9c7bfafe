"""The user guide, run as it stands: every command of docs/guide.md in order, and the outputs that it shows."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import binaries
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import Progress
from tests.delivered import building
from tests.install import aws_command
from tests.install.document import Step, filled, missing, steps
from tests.install.node import Node
from tests.standin.app import StandIn
from tests.standin.roles import put_role
from tests.standin.settings import DEFAULT_PHASES, Settings

ROOT = Path(__file__).resolve().parents[2]
GUIDE = steps((ROOT / "docs" / "guide.md").read_text(encoding="utf-8"))
_SECONDS = 90.0
_AWS = f'#!/bin/sh\nexec {sys.executable} {aws_command.__file__} "$@"\n'
_EKSCTL = """#!/bin/sh
# As long as the command is the one that eksctl documents.
[ "$1 $2 $3 $5 $7" = "utils associate-iam-oidc-provider --cluster --region --approve" ]
"""


class Reader:
    """Somebody who types the guide's commands: a home folder, a checkout as the current folder, programs on PATH.

    Args:
        folder: for all of it.
        environ: environment beyond HOME and PATH.
        programs: what is on PATH beside the system's: a path, or the text of a script.
    """

    def __init__(self, folder: Path, environ: dict[str, str], programs: dict[str, Path | str]) -> None:
        self._state = folder / "environment"
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        (self.checkout / "packaging").symlink_to(ROOT / "packaging")
        path = folder / "bin"
        path.mkdir()
        for name, program in programs.items():
            if isinstance(program, Path):
                (path / name).symlink_to(program)
            else:
                (path / name).write_text(program, encoding="utf-8")
                (path / name).chmod(0o755)
        home = folder / "home"
        home.mkdir()
        self._environ = {**environ, "HOME": str(home), "PATH": f"{path}:{os.defpath}"}
        self._state.write_text("")

    def type(self, commands: str) -> str:
        """Run some commands; what they print. What they export is there for the next ones.

        Raises:
            AssertionError: one of them failed.
        """
        script = f"source {self._state}\n{commands}\nexport -p > {self._state}\n"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.checkout,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a bucket as a publisher's: the plugin's tarball under the key of the tag `latest`."""
    delivery = building.find(os.environ, Progress(sys.stderr))
    folder = tmp_path_factory.mktemp("bucket")
    key = folder / "kubectl-smlogs-plugin" / "latest" / "linux.amd64.tar.gz"
    key.parent.mkdir(parents=True)
    key.symlink_to(delivery.tarball)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=[0.1], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.timeout(300)
def test_every_command(cluster_binaries: Binaries, downloads: str, tmp_path: Path) -> None:
    """Each command of the guide works, in the order in which it stands there, and prints what is shown."""
    values = {"your cluster name": "demo", "your region": "us-east-1", "download address": downloads}
    settings = Settings(phases={**DEFAULT_PHASES, "downloading": (0.2, 0.2), "training": (1.0, 1.0)})
    with StandIn(settings=settings) as aws, ControlPlane(tmp_path / "cluster", cluster_binaries) as plane:
        environ = {
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL": aws.url,
        }
        nodes = tmp_path / "nodes"
        nodes.mkdir()
        with Node(plane, nodes, {**environ, "PATH": os.defpath}) as node:
            reader = Reader(
                tmp_path,
                {**environ, "KUBECONFIG": str(plane.kubeconfig)},
                {
                    "kubectl": cluster_binaries.kubectl,
                    "helm": binaries.helm(os.environ, Progress(sys.stderr)),
                    "aws": _AWS,
                    "eksctl": _EKSCTL,
                },
            )
            for step in GUIDE:
                printed = reader.type(filled(step.commands, values))
                assert missing(step.output, printed) == [], f"line {step.line} of the guide printed:\n{printed}"
                if "aws iam create-role" in step.commands:
                    put_role(aws.world, "sagemaker-operator", _trust(reader.checkout / "trust.json", plane))
            assert node.failure is None


def _trust(made: Path, plane: ControlPlane) -> Any:
    """The trust policy that the guide has made, for doctor to judge: with this cluster's issuer in place of EKS's."""
    issuer = plane.admin.request("GET", "/.well-known/openid-configuration")["issuer"].removeprefix("https://")
    text = made.read_text(encoding="utf-8")
    policy, places = re.subn(r"oidc\.eks\.[a-z0-9-]+\.amazonaws\.com/id/[0-9A-Z]+", issuer, text)
    assert places == 3, text
    return json.loads(policy)


def test_outputs_are_compared() -> None:
    """A line that a run does not print is found; times, ages and the ends of pods' names may differ."""
    shown = ("NAME        READY   AGE", "pod-2efde1d123-mv8py   2/2   5s", "crd   2026-11-24T17:05:07Z")
    printed = "NAME  READY  AGE\npod-1a2b3c4d5e-abcde  2/2  11s\nother\ncrd 2027-01-01T00:00:00Z\n"
    assert missing(shown, printed) == []
    assert missing(shown, printed.replace("2/2", "x")) == list(shown[1:])
    assert missing(("a b",), "a c\n") == ["a b"]


def test_the_page_is_read() -> None:
    """Blocks of commands are found with the outputs below them, and placeholders are filled in or told."""
    page = "text\n```sh\necho <your name>\n```\n\n```text\nMe\n```\n```json\n{}\n```\n```sh\nls\n```\n"
    assert steps(page) == [Step(3, "echo <your name>", ("Me",)), Step(13, "ls", ())]
    assert filled("echo <your name>", {"your name": "Me"}) == "echo Me"
    with pytest.raises(KeyError, match="your name"):
        filled("echo <your name>", {})


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["iam", "create-roles"], "no operation"),
        (["iam", "create-role", "--role-name", "x"], "AssumeRolePolicyDocument"),
        (["iam", "create-role", "--role", "x"], "unknown option --role"),
    ],
)
def test_wrong_aws_commands_are_found(words: list[str], problem: str) -> None:
    """A command that AWS would refuse does not pass for one of the guide."""
    with pytest.raises(ValueError, match=problem):
        aws_command.check(words[0], words[1], words[2:])
