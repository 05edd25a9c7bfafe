"""Fixtures for tests that disturb the operator, the AWS stand-in or the API server."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.cluster.progress import Progress
from tests.conformance.operator_scene import Scene
from tests.faults.rough import Rough
from tests.stack.clusters import Local
from tests.stack.stack import OPERATOR, Stack

_LONG_JOBS = ["starting=0.2", "pending=0.2", "downloading=0.2", "training=600", "transforming=600", "stopping=0.3"]


@pytest.fixture(scope="module")
def rough_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A control plane, a stand-in of long jobs and an operator that tests may kill, as long as all is up afterwards."""
    folder = tmp_path_factory.mktemp("rough")
    stack = Stack(
        folder,
        Local(folder, Progress(sys.stderr), detach=False),
        standin_flags=["--log-rate=0", "--phase", *_LONG_JOBS],
        operator_flags=["--consistency-window=2", "--log-level=debug"],
    )
    try:
        for start in (stack.cluster.start, stack.start_standin, stack.install, stack.start_operator):
            start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def rough(rough_stack: Stack, region: str) -> Iterator[Rough]:
    """The parts of that stack, all of them running, in a namespace and an AWS region of the test's own."""
    assert isinstance(rough_stack.cluster, Local)
    if rough_stack.processes.identity(OPERATOR) is None:
        rough_stack.start_operator()
    plane = rough_stack.cluster.plane
    plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": region}})
    made = Rough(Scene(rough_stack, plane, region, region))
    try:
        yield made
    except BaseException:
        sys.stderr.write(rough_stack.processes.tail(OPERATOR, 40))
        raise
    finally:
        rough_stack.control.reset("faults", "rules", "requests")
        made.delete_all()
