"""A stream of the change feed where List is denied, fails or comes back: no job is forgotten, no call repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator import facts
from sagemaker_operator.engine import feed
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError
from tests.unit.operator.virtual_time import Time

REGION = "us-east-1"
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DENIED = AwsError("ListTrainingJobs", "AccessDeniedException", "not authorized", status=400)
BROKEN = AwsError("ListTrainingJobs", "InternalFailure", "internal", status=500)


class Cloud:
    """AWS's List, which refuses while `error` is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.jobs: dict[str, str] = {}
        self.asked: list[Mapping[str, Any]] = []

    def address(self, region: str, endpoint: str) -> Address:
        """Where the jobs live."""
        return Address("sagemaker", region, endpoint)

    def server_time(self, _address: Address) -> float:
        """AWS's clock."""
        return START

    def call(
        self, _address: Address, _operation: str, parameters: Mapping[str, Any], *, place: object = None
    ) -> dict[str, Any]:
        """One page."""
        assert place is None
        self.asked.append(parameters)
        if self.error is not None:
            raise self.error
        moment = datetime.fromtimestamp(START, UTC)
        return {
            "TrainingJobSummaries": [
                {"TrainingJobName": name, "TrainingJobStatus": word, "LastModifiedTime": moment}
                for name, word in self.jobs.items()
            ]
        }


class Scene:
    """A stream without its thread."""

    def __init__(self) -> None:
        self.time, self.cloud = Time(), Cloud()
        self.news: list[tuple[str, bool]] = []
        self.stream = feed.Stream(
            self.cloud,  # type: ignore[arg-type]
            kinds.TRAINING_JOB,
            facts.Target("a", REGION),
            lambda _kind, key, look: self.news.append((key, look)),
            self.time,
            self.time,
            lambda _name, _within: None,
            lambda _kind, _region, _read: None,
        )

    def turn(self) -> float:
        """One poll and the rest after it; returns how many seconds that rest took."""
        pause = self.stream._step()
        began = self.time.now
        self.stream._rest(pause)
        return self.time.now - began


def test_a_job_that_began_in_the_future_breaks_nothing() -> None:
    """A status may say anything of a job's beginning: the sweep looks back from now at the latest."""
    scene = Scene()
    scene.cloud.jobs = {"a": "InProgress"}
    scene.stream.track("a", "ns/a", 400_000_000_000.0)

    scene.stream._step()

    assert scene.news == [("ns/a", False)]


def test_an_answer_that_nobody_can_read_ends_no_stream(caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody foresaw is told with its trace, once, and the stream tries again with a back-off."""
    scene = Scene()
    scene.cloud.error = TypeError("unhashable type: 'dict'")
    scene.stream.track("a", "ns/a", START)

    pauses = [scene.stream._step() for _ in range(4)]

    assert min(pauses) >= 0.5
    assert max(pauses) > 2
    assert caplog.text.count("unhashable type") == 2
    assert caplog.text.count("has no news") == 1


def test_where_list_is_denied_each_job_is_looked_at_slowly() -> None:
    """Without the right to List, every followed job is described every half a minute, at most five a second."""
    scene = Scene()
    scene.cloud.error = DENIED
    scene.stream.track("a", "ns/a", START)
    scene.stream.track("b", "ns/b", START)

    assert scene.stream._step() == feed.BLIND_EVERY
    assert scene.news == [("ns/a", True), ("ns/b", True)]
    for number in range(1000):
        scene.stream.track(f"job-{number}", f"ns/{number}", START)
    assert scene.stream._step() >= 1002 / 5


@pytest.mark.parametrize("error", [DENIED, BROKEN])
def test_a_new_job_does_not_shorten_the_wait_after_a_failure(error: AwsError) -> None:
    """While List fails, jobs that come in one after the other must not turn the back-off into a hot loop."""
    scene = Scene()
    scene.cloud.error = error
    scene.stream.track("a", "ns/a", START)
    for number in range(5):
        pause = scene.stream._step()
        scene.stream.track(f"new-{number}", f"ns/{number}", START)
        began = scene.time.now

        scene.stream._rest(pause)

        assert scene.time.now - began >= pause * 0.9


def test_list_that_is_granted_again_is_used_again() -> None:
    """As soon as List answers, its summaries are news, and nobody is described without need."""
    scene = Scene()
    scene.cloud.error = DENIED
    scene.stream.track("a", "ns/a", START)
    scene.stream._step()
    scene.news.clear()
    scene.cloud.error = None
    scene.cloud.jobs = {"a": "InProgress"}

    scene.stream._step()

    assert scene.news == [("ns/a", False)]
    assert scene.stream.view("a").summary == facts.Summary("InProgress", "", START)


def test_a_job_that_a_full_list_does_not_show_is_looked_at() -> None:
    """A followed job that a whole sweep has not shown is described, and counts as missing until it shows up."""
    scene = Scene()
    scene.stream.track("a", "ns/a", START)

    scene.stream._step()

    assert scene.news == [("ns/a", True)]
    assert scene.stream.view("a").missing
    scene.cloud.jobs = {"a": "InProgress"}
    scene.stream._step()
    assert not scene.stream.view("a").missing
    assert scene.news[-1] == ("ns/a", False)


def test_a_new_job_shortens_the_rest_of_a_stream_that_works() -> None:
    """At rest a stream polls slowly; a new job is looked for within about a second."""
    scene = Scene()
    scene.cloud.jobs = {"a": "InProgress"}
    scene.stream.track("a", "ns/a", START)
    for _ in range(6):
        pause = scene.stream._step()
    assert pause > 2
    scene.stream.track("b", "ns/b", START)
    began = scene.time.now

    scene.stream._rest(pause)

    assert scene.time.now - began <= 1.0
