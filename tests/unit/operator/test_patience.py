"""The controller while it has to wait: for the API server, for its turn at AWS, for the change feed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from sagemaker_operator.engine.cloud import Busy
from sagemaker_operator.lines import Flow, Place
from smkube.aws.session import Address
from smkube.errors import KubeError
from tests.unit.operator.simulation import Process, World, spec

PLACE = Place(1.0, 1, Flow())


class Counted(Process):
    """A process whose requests are counted, and which may be cut off or kept waiting."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.requests: Counter[str] = Counter()
        self.cut_off: KubeError | None = None
        self.turn_at = 0.0

    def request(self, method: str, path: str, *, body: Mapping[str, Any], content_type: str) -> bytes:
        """The Kubernetes client."""
        self.requests[method] += 1
        if self.cut_off is not None:
            raise self.cut_off
        return super().request(method, path, body=body, content_type=content_type)

    def turn(self, _address: Address, _operation: str, _place: object = None, flow: object = None) -> int:
        """A line that moves at a given time."""
        del flow
        if self.world.now < self.turn_at:
            raise Busy(PLACE, self.turn_at - self.world.now)
        return 1

    def call(
        self,
        address: Address,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        place: object = None,
        patience: float = 0.5,
        flow: object = None,
    ) -> dict[str, Any]:
        """A call to AWS."""
        if operation == self.world.kind.api.create:
            self.turn(address, operation)
        self.requests[operation] += 1
        return super().call(address, operation, parameters, place=place, patience=patience, flow=flow)


def started(*names: str) -> Counted:
    """A process with new objects, one if no names are given."""
    process = Counted(World(random.Random(1), stale=False))
    for name in names or ["a"]:
        process.world.apply(name, spec())
    process.deliver()
    return process


def run_until(process: Counted, end: float) -> None:
    """Let the time pass, second by second."""
    while process.world.now < end:
        process.deliver()
        process.run(50)
        process.world.now += 1.0


@pytest.mark.parametrize(
    "trouble",
    [
        KubeError(0, "Unreachable", "connection refused"),
        KubeError(503, "ServiceUnavailable", "etcd has no leader"),
        KubeError(429, "TooManyRequests", "later", retry_after=1.0),
    ],
    ids=lambda error: error.reason,
)
def test_an_outage_of_the_api_server_is_not_the_objects_fault(trouble: KubeError) -> None:
    """However long the API server was away, work goes on within seconds of its return, and it is not flooded."""
    process = started()
    process.cut_off = trouble
    run_until(process, 3600.0)
    assert 3600 / 12 < process.requests["PATCH"] < 3600 / 5
    process.cut_off = None
    run_until(process, 3612.0)
    assert len(process.world.created) == 1


def test_the_first_write_after_an_outage_wakes_all() -> None:
    """As soon as one object's write is answered again, all others that wait for the API server go on, too."""
    process = started(*[f"a{number}" for number in range(20)])
    process.cut_off = KubeError(0, "Unreachable", "connection refused")
    run_until(process, 3600.0)
    process.cut_off = None
    run_until(process, 3603.0)
    assert len(process.world.created) == 20


def test_nothing_is_written_while_a_create_waits_for_its_turn() -> None:
    """An object far back in the line looks in now and then, and is written to when its turn comes, not before."""
    process = started()
    process.turn_at = 1000.0
    run_until(process, 10.0)
    before = process.requests["PATCH"]
    run_until(process, 1000.0)
    assert process.requests["PATCH"] == before
    assert process.world.created == []
    run_until(process, 1005.0)
    assert len(process.world.created) == 1


def test_a_new_job_that_the_feed_shows_in_time_is_not_described() -> None:
    """A Describe of a new job is only for those that the change feed does not show within its time."""
    process = started()
    process.run(50)
    assert len(process.world.created) == 1
    process.world.now += 1.0
    process.news()
    run_until(process, 19.0)
    assert process.requests["DescribeTrainingJob"] == 0
    assert process.world.objects["ns/a"]["status"]["trainingJobStatus"] == "InProgress"


def test_a_new_job_that_no_feed_shows_is_described() -> None:
    """Where the change feed is blind, a new job is described once its time is over."""
    process = started()
    process.run(50)
    process.tracked.clear()
    run_until(process, 3.0)
    process.tracked.clear()
    run_until(process, 21.0)
    assert process.requests["DescribeTrainingJob"] == 0
    run_until(process, 25.0)
    assert process.requests["DescribeTrainingJob"] == 1
    assert process.world.objects["ns/a"]["status"]["trainingJobStatus"] == "InProgress"
