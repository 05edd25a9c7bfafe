"""A thread that is really stuck is noticed: worker, feed, reflector, Events, Lease, each where it waits for ever."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.events import Recorder
from sagemaker_operator.engine.feed import Feeds
from sagemaker_operator.engine.health import Heartbeats
from sagemaker_operator.engine.lease import Elector
from sagemaker_operator.engine.metrics import Metrics
from sagemaker_operator.engine.reflector import Reflector
from sagemaker_operator.engine.signs import Signs
from sagemaker_operator.facts import Target
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError
from tests.unit.engine.scripted import client_for
from tests.unit.operator.simulation import Process, World, spec

KIND = kinds.TRAINING_JOB
LONG = 10_000.0


class Freed(BaseException):
    """The test is over: the thread ends."""


class Trap:
    """Where a thread goes and does not come back before the end of the test."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.beats = Heartbeats(lambda: self.moment)
        self.caught = threading.Event()
        self.over = threading.Event()
        self.threads: list[threading.Thread] = []

    def fall(self, *_told: object, **_more: object) -> NoReturn:
        """Wait until the test is over."""
        self.caught.set()
        assert self.over.wait(30)
        raise Freed

    def start(self, work: Callable[[], object], name: str) -> None:
        """Have a thread of this name do the work."""

        def until_freed() -> None:
            with contextlib.suppress(Freed):
                work()

        self.threads.append(threading.Thread(target=until_freed, name=name, daemon=True))
        self.threads[-1].start()

    def beat(self, name: str) -> Callable[[float], None]:
        """A thread's way to show that it lives."""
        return lambda within: self.beats.beat(name, within)

    def until_late(self) -> list[str]:
        """Wait for the thread to be caught and let the time pass; returns the names of those who are late."""
        assert self.caught.wait(10)
        assert self.beats.late() == []
        self.moment += LONG
        return [line.partition(":")[0] for line in self.beats.late()]


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A trap that lets everybody go at the end."""
    made = Trap()
    yield made
    made.over.set()
    for thread in made.threads:
        thread.join(10)


def test_a_stuck_worker_is_noticed(trap: Trap) -> None:
    """A call to AWS that never comes back holds the worker; others go on and are not late."""
    world = World(random.Random(1), stale=False)
    process = Process(world)
    world.apply("a", spec())
    process.deliver()
    process.call = trap.fall  # type: ignore[method-assign]
    trap.start(lambda: process.controller.work(lambda: trap.beats.beat("worker-0", 180)), "worker-0")

    assert trap.until_late() == ["worker-0"]


def test_a_feed_that_is_stuck_in_its_first_step_is_noticed(trap: Trap) -> None:
    """Even one that has not yet shown itself once."""
    stop = threading.Event()

    class Cloud:
        address = staticmethod(lambda region, _endpoint: Address("sagemaker", region))
        server_time = staticmethod(lambda _address: None)

        def call(self, *_asked: object, **_more: object) -> NoReturn:
            try:
                trap.fall()
            except Freed:
                raise AwsError("ListTrainingJobs", "ConnectionError", "the test is over") from None

    signs = Signs(Metrics(), trap.beats)
    feeds = Feeds(Cloud(), lambda *_: None, stop=stop, beat=signs.feed, watch=signs.watch_feed)  # type: ignore[arg-type]
    feeds.track(KIND, Target("job", "eu-west-1"), "ns/a", 0.0)
    trap.threads.extend(stream._thread for stream in feeds._streams.values())
    late = trap.until_late()
    stop.set()

    assert late == ["feed-trainingjobs-eu-west-1"]


def test_a_stuck_reflector_is_noticed(trap: Trap) -> None:
    """A list whose page never comes."""

    class Client:
        pages = staticmethod(trap.fall)
        request = staticmethod(trap.fall)

    reflector = Reflector(
        Client(),  # type: ignore[arg-type]
        *("/apis", Cache(), lambda *_: None),
        name="trainingjobs",
        stop=trap.over,
        beat=trap.beat("reflector-trainingjobs"),
    )
    trap.beats.beat("reflector-trainingjobs")
    trap.start(reflector._run, "reflector-trainingjobs")

    assert trap.until_late() == ["reflector-trainingjobs"]


def test_a_recorder_that_is_stuck_is_noticed(trap: Trap) -> None:
    """Events are no longer sent, and nobody would know."""

    class Client:
        post = staticmethod(trap.fall)

    recorder = Recorder(Client(), beat=trap.beat("events"))  # type: ignore[arg-type]
    trap.start(recorder._run, "events")
    recorder.about({"name": "pod", "namespace": "ns"}, "Warning", "Reason", "A note.", "Start")

    assert trap.until_late() == ["events"]


def test_a_candidate_that_is_stuck_is_noticed(trap: Trap) -> None:
    """The API server takes the connection and never answers, and no time-out ends it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        elector = Elector(
            client_for(f"http://127.0.0.1:{silent.getsockname()[1]}"),
            *("ns", "lease", "me"),
            on_started=lambda: None,
            on_stopped=lambda: None,
            rng=_Stuck(trap),
            renew_deadline=0.4,
            retry_period=0.2,
            beat=trap.beat("lease"),
        )
        trap.beats.beat("lease")
        trap.start(elector._campaign, "lease")

        assert trap.until_late() == ["lease"]


class _Stuck(random.Random):
    def __init__(self, trap: Trap) -> None:
        super().__init__(1)
        self._trap = trap

    def uniform(self, *_range: Any) -> NoReturn:
        """The pause between two attempts is never known."""
        self._trap.fall()


def test_a_walk_of_many_calls_is_no_stuck_thread(trap: Trap) -> None:
    """Each answer, of AWS or of the API server, is a sign of life of the thread that asked."""
    signs = Signs(Metrics(), trap.beats)
    done = threading.Event()

    def walk() -> None:
        signs.feed("feed-a", 60.0)
        for _ in range(5):
            trap.moment += 50
            signs.aws_request("sagemaker", "ListTrainingJobs", "eu-west-1", "success")
            trap.moment += 50
            signs.kube_answer("200", "PATCH", "host")
        done.set()

    trap.start(walk, "feed-a")
    assert done.wait(10)

    assert trap.beats.late() == []
    signs.feed("feed-a", None)
    trap.moment += LONG
    assert trap.beats.late() == []
