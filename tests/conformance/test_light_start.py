"""What a start of the plugin does not import: help and completion nothing heavy, a log only what it needs.

A finder in front of Python's own takes down what is asked for, in a process that runs the real plugin.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance import smlogs_scene
from tests.conformance.smlogs_scene import ROOT, Scene
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn

_PROGRAM = """
import sys

class Recorder:
    names = []

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.names.append(name)

sys.meta_path.insert(0, Recorder)
from kubectl_smlogs.__main__ import run
try:
    run(sys.argv[2:])
finally:
    with open(sys.argv[1], "w") as file:
        file.write(" ".join(Recorder.names))
"""
HEAVY = (
    *("click", "rich", "msgspec", "yaml", "urllib3", "kubernetes", "boto3", "botocore", "smkube.kube", "smkube.aws"),
    *("ssl", "http", "email", "asyncio", "json", "logging", "inspect", "dataclasses", "typing", "re"),
)
"""What neither help nor completion of a word the program knows itself has any use for."""
NOT_FOR_A_LOG = (
    *("boto3", "s3transfer", "jmespath", "botocore.client", "botocore.docs", "botocore.handlers", "botocore.waiter"),
    *("botocore.model", "botocore.parsers", "botocore.regions"),
    *("kubernetes.client.models", "kubernetes.client.api", "kubernetes.client.api_client", "kubernetes.dynamic"),
    *("oauthlib", "requests_oauthlib", "requests", "websocket", "rich", "asyncio", "unittest"),
)
"""Services' descriptions, objects' models, sign-ins that are not used, and what draws on terminals."""


def _imports(arguments: list[str], environment: Mapping[str, str], expected: str, folder: Path) -> set[str]:
    """Names of all modules that the plugin looks for."""
    told = folder / "imported"
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(told), *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert expected in done.stdout, done.stderr
    return set(told.read_text(encoding="utf-8").split())


def _among(names: set[str], unwanted: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if any(name == one or name.startswith(f"{one}.") for one in unwanted))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "Usage:"),
        (["--help"], "Usage:"),
        (["TrainingJob", "--help"], "--follow"),
        (["version"], "."),
        (["options"], "--kubeconfig"),
        (["completion", "bash"], "complete"),
        (["__complete", "Tr"], "TrainingJob"),
        (["__complete", "TrainingJob", "--fol"], "--follow"),
        (["__complete", "TrainingJob", "x", "--color", ""], "never"),
    ],
    ids=["none", "help", "help of a command", "version", "options", "script", "kind", "flag", "value"],
)
def test_help_and_completion_import_nothing_heavy(arguments: list[str], expected: str, tmp_path: Path) -> None:
    """No library, and none of the heavier modules of Python."""
    names = _imports(arguments, {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}, expected, tmp_path)

    assert "kubectl_smlogs.dispatch" in names
    assert _among(names, HEAVY) == []


plane = smlogs_scene.plane


@pytest.fixture
def scene(plane: ControlPlane, cluster_binaries: Binaries, tmp_path: Path) -> Iterator[Scene]:
    """A job with a log of one line."""
    with StandIn() as aws, make_scene(plane, aws, cluster_binaries, tmp_path) as made:
        made.create("x", job="x-job")
        made.set_status("x", word="Completed", lastCheckTime="2026-01-01T00:00:00Z")
        made.write_logs("x-job/algo-1-1574811611", ["the line"])
        yield made


@pytest.mark.parametrize("flags", [[], ["-f"]], ids=["history", "follow"])
def test_a_log_imports_only_what_it_needs(flags: list[str], scene: Scene, tmp_path: Path) -> None:
    """One object and one log are read without clients, models and consoles."""
    names = _imports(["TrainingJob", "x", *flags], scene.environment, "the line", tmp_path)

    assert {"urllib3", "botocore.credentials", "kubernetes.config.kube_config"} <= names
    assert _among(names, NOT_FOR_A_LOG) == []


_LEGS = """
import sys
from smkube.aws.account import Account
from smkube.aws.wire import Wire
from smkube.kinds import TRAINING_JOB, resource_path
from smkube.kube.client import Client
from smkube.kube.connection import connect
from smkube.kube.kubeconfig import Overrides

client = Client(connect(Overrides()), user_agent="test", pool_size=1)
client.prepare()
account = Account()
account.start()
found = client.get(resource_path(TRAINING_JOB, client.connection.namespace, "x"))
wire = Wire(region=found["spec"]["region"], user_agent="test", account=account)
print(wire.post("FilterLogEvents", b'{"logGroupName": "/aws/sagemaker/TrainingJobs"}').decode())
print(sorted(sys.modules), file=sys.stderr)
"""


def test_both_legs_of_the_core(scene: Scene) -> None:
    """A request to the API server and one to AWS, in a process that has done nothing else, load no more than that."""
    done = subprocess.run(
        [sys.executable, "-c", _LEGS], cwd=ROOT, env=scene.environment, capture_output=True, text=True, check=False
    )

    assert "the line" in done.stdout, done.stderr
    names = set(re.findall(r"'([\w.]+)'", done.stderr))
    assert "botocore.credentials" in names
    assert _among(names, (*NOT_FOR_A_LOG, "click")) == []
