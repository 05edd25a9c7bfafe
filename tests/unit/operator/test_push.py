"""Listening to queues of events: changes when a change feed asks, never what it knows."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import prometheus_client as prom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import facts, feedstate, pushes
from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine import feed, push
from sagemaker_operator.engine.cloud import Busy, Cloud
from sagemaker_operator.engine.push import Listener
from sagemaker_operator.engine.pushmetrics import PushMetrics
from smkube import kinds
from smkube.aws.session import Address, Clients
from smkube.errors import AwsError
from tests.standin.app import StandIn
from tests.unit.operator.virtual_time import Time

QUEUE = pushes.queue("arn:aws:sqs:us-east-1:123456789012:events")
REGION = "us-east-1"
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
JOBS = ("a", "b", "c")


def body(job: str, **detail: Any) -> str:
    """An event about a training job."""
    return json.dumps(
        {
            "source": pushes.SOURCE,
            "detail-type": "SageMaker Training Job State Change",
            "region": REGION,
            "detail": {"TrainingJobName": job, **detail},
        }
    )


class Queue:
    """SQS, which answers as it is told to, in order; a callable is called for its answer."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.answers: list[Mapping[str, Any] | Exception] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def address(self, region: str, endpoint: str, service: str) -> Address:
        """Where the queue is."""
        return Address(service, region, endpoint)

    def call(self, _address: Address, operation: str, parameters: Mapping[str, Any], **_more: Any) -> Any:
        """One call; each takes a hundredth of a second."""
        self.time.now += 0.01
        self.asked.append((operation, parameters))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer


class Scene:
    """A listener without its thread."""

    def __init__(self, *, tracked: tuple[str, ...] = JOBS) -> None:
        self.time = Time()
        self.queue = Queue(self.time)
        self.registry = prom.CollectorRegistry()
        self.nudged: list[str] = []
        self.allowed = True

        def nudge(kind: kinds.Kind, region: str, job: str) -> bool:
            assert (kind, region) == (kinds.TRAINING_JOB, REGION)
            self.nudged.append(job)
            return job in tracked

        self.listener = listener(self.queue, nudge, self.registry, self.time, lambda: self.allowed)

    def receives(self, *bodies: object) -> None:
        """SQS has these messages, and deletes them."""
        self.queue.answers += [
            {"Messages": [{"Body": text, "ReceiptHandle": f"r{number}"} for number, text in enumerate(bodies)]},
            {},
        ]

    def count(self, outcome: str) -> float:
        """Messages of an outcome."""
        labels = {"region": QUEUE.region, "queue": QUEUE.name, "outcome": outcome}
        return self.registry.get_sample_value("sagemaker_operator_push_messages_total", labels) or 0.0


def listener(
    cloud: Any, nudge: push.Nudge, registry: prom.CollectorRegistry, time: Time, allowed: Callable[[], bool]
) -> Listener:
    """A listener to QUEUE."""
    return Listener(
        cloud,
        QUEUE,
        nudge,
        observer=PushMetrics(registry),
        leading=threading.Event(),
        allowed=allowed,
        stop=time,
        beat=lambda _name, _within: None,
        clock=time,
    )


def test_every_message_is_counted_and_deleted() -> None:
    """Events of followed jobs nudge; all others are only counted; none is left in the queue."""
    scene = Scene()
    scene.receives(body("a"), body("somebody-elses"), "{", None, " " * (pushes.MOST + 1), body("b"))

    scene.listener.round()

    assert scene.nudged == ["a", "somebody-elses", "b"]
    counted = {outcome: scene.count(outcome) for outcome in push.OUTCOMES}
    assert counted == {"nudged": 2, "untracked": 1, "malformed": 2, "other": 0, "too_large": 1}
    (_, received), (operation, deleted) = scene.queue.asked
    assert (received["WaitTimeSeconds"], received["MaxNumberOfMessages"]) == (20, 10)
    assert operation == "DeleteMessageBatch"
    assert [entry["ReceiptHandle"] for entry in deleted["Entries"]] == [f"r{number}" for number in range(6)]
    assert len({entry["Id"] for entry in deleted["Entries"]}) == 6


def test_a_flood_is_taken_at_a_steady_pace() -> None:
    """Ten requests a second at most while messages come, one a second should an empty queue answer without waiting."""
    scene = Scene()
    scene.receives(*[body("a")] * 10)

    full, empty = scene.listener.round(), scene.listener.round()

    assert full == pytest.approx(push.PACE - 0.02)
    assert empty == pytest.approx(push.NO_HURRY - 0.01)


def test_who_may_not_act_leaves_the_messages() -> None:
    """A follower asks for nothing: what it took the leader would miss."""
    scene = Scene()
    scene.allowed = False

    assert scene.listener.round() > 0
    assert scene.queue.asked == []


@pytest.mark.parametrize("code", ["AccessDenied", "AWS.SimpleQueueService.NonExistentQueue", "RequestThrottled"])
def test_a_queue_that_cannot_be_read_is_told_of_once(code: str, caplog: pytest.LogCaptureFixture) -> None:
    """Refusals cost one line in ten minutes and fewer and fewer requests, and their end is told."""
    scene = Scene()
    caplog.set_level(logging.INFO)
    scene.queue.answers += [AwsError("ReceiveMessage", code, "no", status=400)] * 8

    pauses = [scene.listener.round() for _ in range(8)]
    scene.listener.round()

    assert pauses[0] <= 1
    assert 30 <= pauses[-1] <= 60
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert f"ReceiveMessage failed with {code}: no" in caplog.text
    assert "can be read again" in caplog.text


def test_what_cannot_be_deleted_is_no_hot_loop() -> None:
    """A refused or partly refused deletion backs off; the messages come again, which does no harm."""
    scene = Scene()
    scene.receives(body("a"))
    scene.queue.answers[1] = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    scene.receives(body("a"))
    scene.queue.answers[3] = AwsError("DeleteMessageBatch", "AccessDenied", "no", status=403)

    assert scene.listener.round() >= 0.5
    assert scene.listener.round() >= 1
    assert scene.nudged == ["a", "a"]


def test_a_strange_answer_does_not_end_the_listening(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that is none is told with its place in the code, and the next round is made after a pause."""
    scene = Scene()
    scene.queue.answers += [{"Messages": ["what"]}]

    assert scene.listener.round() > 0
    assert "A round of the queue events failed." in caplog.text
    scene.receives(body("a"))
    scene.listener.round()
    assert scene.nudged == ["a"]


def test_the_end_of_the_process_ends_a_wait_for_a_turn() -> None:
    """Whoever waits in line for SQS when the process ends goes at once."""
    scene = Scene()
    scene.queue.answers += [Busy(Budgets(scene.time).join(("sqs",)), 30.0)]
    scene.time.set()

    assert scene.listener.round() == 0.0


class Slow:
    """SQS behind a network: its answers come when the test says so."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Semaphore(0)

    def address(self, region: str, endpoint: str, service: str) -> Address:
        """Where the queue is."""
        return Address(service, region, endpoint)

    def call(self, _address: Address, operation: str, _parameters: Mapping[str, Any], **_more: Any) -> Any:
        """One call."""
        self.asked.set()
        assert self.go_on.acquire(timeout=5)
        return {"Messages": [{"Body": body("a"), "ReceiptHandle": "r"}]} if operation == "ReceiveMessage" else {}


def test_the_thread_begins_with_the_lead_and_ends_with_the_process() -> None:
    """Nothing is received before this process leads; then its metrics are there; at the end it says good-bye."""
    slow, leading, stop, ended = Slow(), threading.Event(), threading.Event(), threading.Event()
    registry, nudged = prom.CollectorRegistry(), threading.Event()

    def nudge(_kind: kinds.Kind, _region: str, _job: str) -> bool:
        nudged.set()
        return True

    under_test = Listener(
        slow,  # type: ignore[arg-type]
        QUEUE,
        nudge,
        observer=PushMetrics(registry),
        leading=leading,
        allowed=leading.is_set,
        stop=stop,
        beat=lambda _name, within: ended.set() if within is None else None,
    )
    under_test.start()
    assert not slow.asked.is_set()
    leading.set()
    assert slow.asked.wait(5)
    slow.go_on.release()
    assert nudged.wait(5)
    stop.set()
    slow.go_on.release(10)
    assert ended.wait(5)
    labels = {"region": QUEUE.region, "queue": QUEUE.name}
    staleness = registry.get_sample_value("sagemaker_operator_push_staleness_seconds", labels)
    assert staleness is not None
    assert 0 <= staleness < 5
    assert registry.get_sample_value("sagemaker_operator_push_messages_total", {**labels, "outcome": "malformed"}) == 0


# --- with the stand-in's queue ---------------------------------------------------------------------------------------


class Nobody:
    """An observer that does not count."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_told, **_more: None


def test_with_a_real_queue(standin: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Messages are received, and deleted for good; a queue that is missing, or denied, is named with AWS's words."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", standin.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    time, nudged = Time(), list[str]()
    cloud = Cloud(Clients(user_agent="test"), Budgets(time), default_endpoint="", observer=Nobody(), stop=time)

    def nudge(_kind: kinds.Kind, _region: str, job: str) -> bool:
        nudged.append(job)
        return True

    under_test = listener(cloud, nudge, prom.CollectorRegistry(), time, lambda: True)
    under_test.round()
    assert "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist." in caplog.text
    standin.queue(QUEUE.name, put=[body("a"), "{", body("b")])
    under_test.round()
    assert nudged == ["a", "b"]
    (report,) = standin.queues()
    assert (report["deleted"], report["waiting"], report["in_flight"]) == (3, 0, 0)
    standin.set_faults(deny=["sqs:*"])
    under_test.round()
    assert "is not authorized to perform: sqs:ReceiveMessage" in caplog.text


# --- a feed that is nudged -------------------------------------------------------------------------------------------


class Wake(threading.Event):
    """The feed's own wait, in which time passes and messages come."""

    def __init__(self, time: Time, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.time, self.deliver = time, deliver

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass instead of waiting for it."""
        assert timeout is not None
        self.deliver()
        if not self.is_set():
            self.time.now += timeout
            self.deliver()
        return self.is_set()


class World:
    """Jobs that change, a feed that asks about them, and messages about the changes."""

    def __init__(self, changes: list[tuple[float, str]], messages: list[tuple[float, str]]) -> None:
        self.time = Time()
        self.begin = self.time.now
        self.changes, self.messages = sorted(changes), sorted(messages)
        self.polls: list[float] = []
        self.fresh: dict[tuple[str, int], float] = {}
        self.feeds = feed.Feeds(self, self.news, stop=self.time, clock=self.time)  # type: ignore[arg-type]
        self.stream = feed.Stream(
            self,  # type: ignore[arg-type]
            kinds.TRAINING_JOB,
            facts.Target("a", REGION),
            self.news,
            self.time,
            self.time,
            lambda _name, _within: None,
            lambda _kind, _region, _read: None,
        )
        self.stream._wake = Wake(self.time, self.deliver)
        self.feeds._streams["TrainingJob", REGION, ""] = self.stream
        for job in JOBS:
            self.stream.track(job, f"ns/{job}", START)

    def run(self, seconds: float) -> dict[str, facts.Summary | None]:
        """Let the feed work; returns what it knows at the end."""
        while self.time.now - self.begin < seconds:
            pause = self.stream._step()
            self.stream._rest(pause)
        return {job: self.stream.view(job).summary for job in JOBS}

    def deliver(self) -> None:
        """Hand over the messages that are due."""
        while self.messages and self.messages[0][0] <= self.time.now - self.begin:
            told = pushes.parse(self.messages.pop(0)[1])
            if isinstance(told, pushes.Change):
                self.feeds.nudge(told.kind, told.region, told.job)

    def news(self, _kind: kinds.Kind, key: str, _look: bool) -> None:
        """The feed has seen a change."""
        job = key.removeprefix("ns/")
        self.fresh.setdefault((job, self.version(job)), self.time.now - self.begin)

    def version(self, job: str) -> int:
        """How often a job has changed by now."""
        return sum(name == job and at <= self.time.now - self.begin for at, name in self.changes)

    def address(self, region: str, endpoint: str) -> Address:
        """Where the jobs live."""
        return Address("sagemaker", region, endpoint)

    def server_time(self, _address: Address) -> float:
        """AWS's clock."""
        return START + self.time.now - self.begin

    time_there = server_time

    def call(self, _address: Address, _operation: str, _parameters: Mapping[str, Any], **_more: Any) -> Any:
        """List."""
        self.polls.append(self.time.now - self.begin)
        return {
            "TrainingJobSummaries": [
                {
                    "TrainingJobName": job,
                    "TrainingJobStatus": "InProgress",
                    "SecondaryStatus": f"Step-{self.version(job)}",
                    "LastModifiedTime": datetime.fromtimestamp(START + self.version(job), UTC),
                }
                for job in JOBS
            ]
        }


MOMENTS = st.floats(0, 60, allow_nan=False)
CHANGES = st.lists(st.tuples(MOMENTS, st.sampled_from(JOBS)), max_size=12)
FORGED = st.tuples(MOMENTS, st.builds(body, st.sampled_from([*JOBS, "z"]), TrainingJobStatus=st.text(max_size=5)))
GARBAGE = st.tuples(MOMENTS, st.text(max_size=20))


@given(CHANGES, st.data(), st.lists(FORGED | GARBAGE, max_size=40))
def test_messages_change_nothing_but_the_time(
    changes: list[tuple[float, str]], data: st.DataObject, strange: list[tuple[float, str]]
) -> None:
    """Dropped, doubled, late, reordered or forged: in the end the feed knows the same, at a List a second."""
    real = [(at, body(job)) for at, job in changes]
    kept = data.draw(st.lists(st.sampled_from(real), max_size=20)) if real else []
    late = [(at + data.draw(st.floats(0, 20)), text) for at, text in kept]
    quiet, pushed = World(changes, []), World(changes, [*late, *strange])

    assert pushed.run(120) == quiet.run(120)
    # The first poll comes right behind the first sweep.
    gaps = [after - before for before, after in zip(pushed.polls[1:], pushed.polls[2:], strict=False)]
    assert min(gaps) >= feedstate.FAST * 0.9 or min(gaps) == 0.0
    assert len(pushed.polls) <= 120 / (feedstate.FAST * 0.9) + 2


def test_a_message_shows_a_change_at_rest_within_a_second() -> None:
    """At rest a change is seen when its message comes, instead of up to seven seconds later."""
    at = 40.0
    quiet, pushed = World([(at, "b")], []), World([(at, "b")], [(at + 0.1, body("b"))])
    quiet.run(60)
    pushed.run(60)

    assert pushed.fresh["b", 1] - at <= feedstate.FAST + 0.1
    assert quiet.fresh["b", 1] > pushed.fresh["b", 1]


def test_messages_do_not_shorten_a_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """While List fails, a flood of messages causes no request beyond those of the back-off."""
    world = World([], [(number / 10, body("a")) for number in range(1200)])

    def fail(*_asked: Any, **_more: Any) -> Any:
        world.polls.append(world.time.now)
        raise AwsError("ListTrainingJobs", "InternalFailure", "internal", status=500)

    monkeypatch.setattr(world, "call", fail)
    world.run(120)

    assert 4 <= len(world.polls) <= 15


def test_messages_about_jobs_of_others_cost_nothing() -> None:
    """An account has many jobs: the events of those that no object follows cause no request."""
    flood = [(number / 10, body(f"other-{number}")) for number in range(600)]

    quiet, pushed = World([], []), World([], flood)
    quiet.run(60)
    pushed.run(60)

    assert abs(len(pushed.polls) - len(quiet.polls)) <= 1
