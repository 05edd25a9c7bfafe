"""Budgets against an AWS that throttles: how soon calls get through, how many are refused, that nobody starves."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator import facts
from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine.cloud import FAR, Busy, Cloud
from sagemaker_operator.engine.feed import Stream
from sagemaker_operator.lines import Place
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError
from tests.unit.operator.virtual_time import Time

REGION = "us-east-1"
ADDRESS = Address("sagemaker", REGION)
JOB = facts.Target("job-0", REGION)


class Aws:
    """AWS clients for a listing of so many pages, which grant so many calls a second."""

    def __init__(self, time: Time, rate: float, pages: int) -> None:
        self._time, self._rate, self._pages = time, rate, pages
        self._tokens, self._at = 1.0, time.now
        self.listed: list[int] = []
        self.throttles = 0

    def call(self, _address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """One page."""
        self._time.now += 0.02
        self._tokens = min(max(1.0, self._rate), self._tokens + (self._time.now - self._at) * self._rate)
        self._at = self._time.now
        if self._tokens < 1:
            self.throttles += 1
            raise AwsError(operation, "ThrottlingException", "Rate exceeded", status=400)
        self._tokens -= 1
        page = int(parameters.get("NextToken", "0"))
        self.listed.append(page)
        more = {"NextToken": str(page + 1)} if page + 1 < self._pages else {}
        modified = datetime(2026, 11, 24, tzinfo=UTC)
        summary = {"TrainingJobName": f"job-{page}", "TrainingJobStatus": "InProgress", "LastModifiedTime": modified}
        return {"TrainingJobSummaries": [summary], **more}

    def server_time(self, _address: Address) -> float | None:
        """The time at AWS."""
        return self._time.now


class Nobody:
    """An observer that looks away."""

    def aws_request(self, service: str, operation: str, region: str, outcome: str) -> None:
        """A call ended."""


def cloud_of(aws: Aws, time: Time) -> Cloud:
    """The operator's hands at an AWS."""
    return Cloud(aws, Budgets(time), default_endpoint="", observer=Nobody(), stop=time, clock=time)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.5, 1.8, 2.0])
def test_feed_reads_all_pages_of_a_listing_that_aws_throttles(rate: float) -> None:
    """However low the rate of List is, a walk over many pages comes to its end, and the feed learns of each job."""
    time = Time()
    aws = Aws(time, rate, pages=10)
    told: list[str] = []
    stream = Stream(
        cloud_of(aws, time), kinds.TRAINING_JOB, JOB, lambda _kind, key, _look: told.append(key), time, time,
        lambda *_: None, lambda *_: None,
    )  # fmt: skip
    for page in range(10):
        stream.track(f"job-{page}", f"ns/{page}", 0.0)
    while len(told) < 10:
        time.wait(stream._step())
        assert time.now < 1000 + 10 * 10 / rate, f"after {time.now - 1000:.0f} s only pages {aws.listed} were read"
    assert told == [f"ns/{page}" for page in range(10)]
    assert aws.throttles <= 10


class Line:
    """Objects that want one call each; they come back as the operator's objects do."""

    def __init__(self, rate: float) -> None:
        self.time = Time()
        self.aws = Aws(self.time, rate, pages=1)
        self.cloud = cloud_of(self.aws, self.time)
        self.looks = 0
        self.served: list[int] = []

    def serve(self, objects: int) -> None:
        """Let the time pass until all objects were served."""
        due = [(self.time.now, number) for number in range(objects)]
        places: dict[int, Place] = {}
        heapq.heapify(due)
        while due:
            at, number = heapq.heappop(due)
            self.time.now = max(self.time.now, at)
            self.looks += 1
            try:
                self.cloud.call(ADDRESS, "ListTrainingJobs", {}, place=places.pop(number, None))
            except Busy as busy:
                places[number] = busy.place
                heapq.heappush(due, (self.time.now + busy.after, number))
            except AwsError:
                heapq.heappush(due, (self.time.now + 1.0, number))
            else:
                self.served.append(number)


@pytest.mark.parametrize(("rate", "objects"), [(1.0, 200), (5.0, 500), (40.0, 2000)])
def test_a_limited_operation_is_used_to_its_limit(rate: float, objects: int) -> None:
    """Whatever AWS grants, nearly all of it is used, few calls are throttled, and objects look in a few times only."""
    line = Line(rate)
    line.serve(objects)
    seconds = line.time.now - 1000.0
    assert sorted(line.served) == list(range(objects))
    assert seconds < 1.2 * objects / rate + 30
    assert line.aws.throttles <= 30
    assert line.looks < objects * (10 + seconds / FAR)


def test_an_operation_that_aws_does_not_throttle_is_not_held_back() -> None:
    """Before a first throttle nobody waits: what takes time then is AWS itself."""
    line = Line(1e9)
    line.serve(1000)
    assert line.served == list(range(1000))
    assert line.looks == 1000
    assert line.time.now - 1000.0 == pytest.approx(1000 * 0.02)
