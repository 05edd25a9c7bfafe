"""Completion of `kubectl smlogs` through the real kubectl, with names from the real API server."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_smlogs import commands
from kubectl_smlogs.lookups import DEADLINE
from smkube.kinds import HOSTING_DEPLOYMENT, TRAINING_JOB
from smkube.kube.client import MERGE_PATCH
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.smlogs_scene import Scene, control_plane_with_kinds
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn


@pytest.fixture(scope="module")
def shared(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One namespace with two training jobs and an endpoint, for all tests; nothing here changes it."""
    plane: ControlPlane
    with (
        control_plane_with_kinds(cluster_binaries, tmp_path_factory.mktemp("cluster")) as plane,
        StandIn() as aws,
        make_scene(plane, aws, cluster_binaries, tmp_path_factory.mktemp("scene")) as made,
    ):
        # The tarball brings this file.
        complete = made.folder / "bin" / "kubectl_complete-smlogs"
        complete.write_text('#!/bin/sh\nexec kubectl-smlogs __complete "$@"\n', encoding="utf-8")
        complete.chmod(0o755)
        two = {"spec": {"resourceConfig": {"instanceCount": 2}}}
        made.create("first", job="x")
        plane.admin.request("PATCH", made.path(TRAINING_JOB, "first"), two, content_type=MERGE_PATCH)
        made.create("second")
        made.set_status("first", word="InProgress")
        made.create("serving", kind=HOSTING_DEPLOYMENT)
        yield made


def completed(scene: Scene, *words: str, **environment: str) -> list[str]:
    """What kubectl answers its shells for `kubectl smlogs` and these words."""
    done = subprocess.run(
        ["kubectl", "__complete", "smlogs", *words],
        env={**scene.environment, **environment},
        executable=str(scene.folder / "bin" / "kubectl"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_commands_through_kubectl(shared: Scene) -> None:
    """The real kubectl runs kubectl_complete-smlogs and passes on candidates, descriptions and directive."""
    assert completed(shared, "Tr") == ["TrainingJob\tView TrainingJob logs via Kubernetes", ":4"]
    assert [line.split("\t")[0] for line in completed(shared, "")[:-1]] == [one.name for one in commands.ALL]
    assert completed(shared, "TrainingJob", "x", "--since-")[0].startswith("--since-time\t")
    assert completed(shared, "TrainingJob", "x", "--kubeconfig", "")[-1] == ":0"


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (("TrainingJob", ""), ["first\tInProgress", "second"]),
        (("tj", "f"), ["first\tInProgress"]),
        (("tj", "first", ""), ["second"]),
        (("trainingjobs.sagemaker.aws.amazon.com", "s"), ["second"]),
        (("logs", "trainingjob", "s"), ["second"]),
        (("trainingjob/",), ["trainingjob/first\tInProgress", "trainingjob/second"]),
        (("logs", "tj/first", "tj/"), ["tj/second"]),
        (("status", "hd/s"), ["hd/serving"]),
        (("pj", ""), []),
        (("tj", "-n", "default", ""), []),
        (("TrainingJob", "first", "--host", ""), ["algo-1", "algo-2"]),
        (("TrainingJob", "first", "--host", "algo-1,"), ["algo-1,algo-2"]),
        (("TrainingJob", "first", "-p", "algo-2"), ["algo-2"]),
        (("logs", "tj/first", "--host=algo-1"), ["algo-1"]),
        (("TrainingJob", "nobody", "--host", ""), []),
        (("HostingDeployment", "serving", "--variant", ""), ["all"]),
    ],
)
def test_names_from_the_cluster(words: tuple[str, ...], candidates: list[str], shared: Scene) -> None:
    """Objects with their states, hosts by the number of instances, variants, in the namespace that is meant."""
    assert completed(shared, *words) == [*candidates, ":4"]


def test_namespaces(shared: Scene) -> None:
    """Namespaces are those of the cluster."""
    assert completed(shared, "tj", "-n", shared.namespace[:-2]) == [f"{shared.namespace}\tActive", ":4"]
    assert completed(shared, "--namespace=defa")[:-1] == ["default\tActive"]


def test_environment_counts(shared: Scene) -> None:
    """A namespace that the environment names is looked into."""
    assert completed(shared, "tj", "", KUBECTL_SMLOGS_NAMESPACE="default") == [":4"]


def test_trouble_gives_nothing(shared: Scene, tmp_path: Path) -> None:
    """Without rights or without an answer there are no candidates, soon, and cobra's directive for an error."""
    assert completed(shared, "tj", "--as", "nobody", "") == [":5"]
    assert completed(shared, "tj", "--kubeconfig", str(tmp_path / "none"), "") == [":5"]


def test_a_silent_cluster_is_not_waited_for(shared: Scene) -> None:
    """The answer comes after the deadline though the API server says nothing. Some kubectls would wait themselves."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        before = time.monotonic()
        done = subprocess.run(
            ["kubectl-smlogs", "__complete", "tj", "--server", f"http://127.0.0.1:{silent.getsockname()[1]}", ""],
            env=shared.environment,
            executable=str(shared.folder / "bin" / "kubectl-smlogs"),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout == ":5\n"
    assert done.stderr == f"[Error] The cluster did not answer within {DEADLINE} s.\n"
    assert DEADLINE <= time.monotonic() - before < DEADLINE + 5
