"""Two replicas under the shipped rights: one acts, and the other takes over when it is killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.progress import Progress
from tests.stack.clusters import Local
from tests.stack.demo import MANIFESTS, TRAINING
from tests.stack.stack import NAMESPACE, OPERATOR, Stack
from tests.stack.waiting import until

SECOND = "second"
CREATE = "sagemaker.CreateTrainingJob"
MANIFEST = (MANIFESTS / "training.yaml").read_text(encoding="utf-8")


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[Stack]:
    """A cluster of its own with two operators that compete for the Lease; the first one has it."""
    stack = Stack(
        tmp_path,
        Local(tmp_path, Progress(sys.stderr), detach=False, audit=False),
        operator_flags=["--enable-leader-election", f"--lease-namespace={NAMESPACE}"],
    )
    try:
        for start in (stack.cluster.start, stack.start_standin, stack.install, stack.start_operator):
            start()
        until(lambda: "we are the leader" in stack.processes.tail(OPERATOR, 50), "the first replica to lead")
        stack.run_operator(tmp_path / "operator.kubeconfig", SECOND)
        yield stack
    finally:
        stack.stop()


def test_one_acts_and_the_other_takes_over(replicas: Stack) -> None:
    """The follower is ready and does nothing; after the leader's SIGKILL it serves the next object, within 20 s."""
    replicas.kubectl("apply", "-f", "-", stdin=MANIFEST)
    until(lambda: replicas.control.count(CREATE) == 1, "the leader to create the job")
    assert "Created" not in replicas.processes.tail(SECOND, 50)

    replicas.processes.stop(OPERATOR, patience=0)
    replicas.kubectl("apply", "-f", "-", stdin=MANIFEST.replace(TRAINING, "after-the-kill"))

    until(lambda: replicas.control.count(CREATE) == 2, "the follower to take over", seconds=20)
    until(lambda: "Created" in replicas.processes.tail(SECOND, 50), "the follower to tell of it")
    assert len(replicas.control.jobs()) == 2
