"""The work queue: single cases, a model-based random test, and real threads."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.workqueue import FASTER_TURNS, Lane, WorkQueue


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds since some moment."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock in the test's hand."""
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    """An empty queue on that clock."""
    return WorkQueue(clock=clock, rng=random.Random(1))


def drain(queue: WorkQueue[str]) -> list[str]:
    """Every key that is ready, in the order in which workers get them."""
    keys = []
    while (key := queue.get(timeout=0)) is not None:
        queue.done(key)
        keys.append(key)
    return keys


def test_keys_come_out_in_order_once(queue: WorkQueue[str]) -> None:
    """Keys of a lane come out in the order of their first add, each once."""
    for key in ("a", "b", "a", "c", "b"):
        queue.add(key)
    assert drain(queue) == ["a", "b", "c"]


def test_groups_of_a_lane_come_in_turn(clock: Clock) -> None:
    """A group with few keys does not stand behind the many of another; each keeps its own order."""
    queue = WorkQueue[str](clock=clock, group=lambda key: key[0])
    for key in ("a1", "a2", "a3", "b1", "a4", "b2"):
        queue.add(key)
    assert drain(queue) == ["a1", "b1", "a2", "b2", "a3", "a4"]


def test_urgent_goes_first_and_moves_a_waiting_key_up(queue: WorkQueue[str]) -> None:
    """An urgent add overtakes slower lanes, also for a key that waits there already."""
    queue.add("bulk", Lane.BULK)
    queue.add("a")
    queue.add("b")
    queue.add("b", Lane.URGENT)
    queue.add("b", Lane.BULK)
    assert queue.depth(Lane.URGENT) == 1
    assert queue.depth(Lane.NORMAL) == 1
    assert drain(queue) == ["b", "a", "bulk"]


def test_key_in_work_is_not_given_out_again_until_done(queue: WorkQueue[str]) -> None:
    """A key added while in work waits for done, and comes then in the fastest lane it was added to."""
    queue.add("a")
    assert queue.get(timeout=0) == "a"
    queue.add("a")
    queue.add("a", Lane.URGENT)
    queue.add("b")
    assert queue.get(timeout=0) == "b"
    assert queue.get(timeout=0) is None
    queue.add("c")
    queue.done("a")
    assert queue.get(timeout=0) == "a"


def test_delayed_key_comes_when_due(queue: WorkQueue[str], clock: Clock) -> None:
    """A delayed key is handed out at its time and not before."""
    queue.add_after("a", 5)
    clock.now += 4.9
    assert queue.get(timeout=0) is None
    assert queue.delayed() == 1
    clock.now += 0.2
    assert drain(queue) == ["a"]
    assert queue.delayed() == 0


@pytest.mark.parametrize("delays", [(5, 60), (60, 5)])
def test_earlier_of_two_delays_wins(queue: WorkQueue[str], clock: Clock, delays: tuple[float, float]) -> None:
    """Of two delayed adds the earlier one counts, and the key comes once."""
    for delay in delays:
        queue.add_after("a", delay)
    clock.now += 5
    assert drain(queue) == ["a"]
    clock.now += 100
    assert drain(queue) == []


def test_add_overtakes_a_delay(queue: WorkQueue[str], clock: Clock) -> None:
    """An immediate add takes the place of a delayed one and keeps its lane if that is faster."""
    queue.add("other")
    queue.add_after("a", 60, Lane.URGENT)
    queue.add("a")
    assert drain(queue) == ["a", "other"]
    clock.now += 60
    assert drain(queue) == []


def test_delay_that_ends_during_work_is_kept(queue: WorkQueue[str], clock: Clock) -> None:
    """A delayed add whose time comes while the key is in work makes it ready after done."""
    queue.add("a")
    assert queue.get(timeout=0) == "a"
    queue.add_after("a", 1)
    clock.now += 2
    assert queue.get(timeout=0) is None
    queue.done("a")
    assert drain(queue) == ["a"]


def test_rate_limited_adds_back_off_and_forget_resets(clock: Clock) -> None:
    """Repetitions wait 1, 2, 4 ... up to 960 s (less jitter), and forget starts again at 1 s."""
    queue: WorkQueue[str] = WorkQueue(clock=clock, rng=random.Random(1))
    waits = []
    for _ in range(12):
        queue.add_rate_limited("a")
        start = clock.now
        while queue.get(timeout=0) is None:
            clock.now += 0.25
        queue.done("a")
        waits.append(clock.now - start)
    ceilings = [min(960.0, 2.0**attempt) for attempt in range(12)]
    assert all(top / 2 <= wait <= top + 0.25 for wait, top in zip(waits, ceilings, strict=True))
    assert queue.retries("a") == 12
    queue.forget("a")
    assert queue.retries("a") == 0
    queue.add_rate_limited("a")
    clock.now += 1.0
    assert drain(queue) == ["a"]


def test_slow_lanes_are_not_starved(queue: WorkQueue[str]) -> None:
    """Under a steady stream of urgent keys each slower lane gets its turn after at most so many of them."""
    queue.add("normal")
    queue.add("bulk", Lane.BULK)
    served = []
    for number in range(3 * FASTER_TURNS):
        queue.add(f"urgent-{number}", Lane.URGENT)
        key = queue.get(timeout=0)
        assert key is not None
        queue.done(key)
        served.append(key)
    assert served.index("normal") == FASTER_TURNS
    assert served.index("bulk") == FASTER_TURNS + 1


def test_done_of_a_key_that_is_not_in_work_is_an_error(queue: WorkQueue[str]) -> None:
    """Calling done twice is a mistake of the caller and is said to be one."""
    with pytest.raises(ValueError, match="not in work"):
        queue.done("a")


def test_many_overtaken_delays_cost_no_memory(queue: WorkQueue[str], clock: Clock) -> None:
    """Delays that immediate adds overtake again and again do not pile up."""
    for _ in range(10_000):
        queue.add_after("a", 900)
        queue.add("a")
        drain(queue)
        clock.now += 0.01
    assert len(queue._timers) < 200


def test_shut_down_wakes_workers_and_waits_for_work() -> None:
    """After shut_down every worker gets None, keys in work can be finished, and join waits for them."""
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    assert queue.get(timeout=0) == "a"
    got: list[str | None] = []
    workers = [threading.Thread(target=lambda: got.append(queue.get())) for _ in range(3)]
    for worker in workers:
        worker.start()
    queue.shut_down()
    for worker in workers:
        worker.join(5)
    assert got == [None, None, None]
    queue.add("b")
    queue.add_after("c", 0)
    assert queue.get(timeout=0) is None
    assert not queue.join(0.01)
    threading.Timer(0.02, queue.done, ["a"]).start()
    assert queue.join(5)


def test_waiting_worker_wakes_for_a_delayed_key() -> None:
    """A worker that waits without limit gets a delayed key at its time, although another add came first."""
    queue: WorkQueue[str] = WorkQueue()
    got: dict[str, float] = {}

    def work() -> None:
        while (key := queue.get()) is not None:
            got[key] = time.monotonic()
            if key == "long":
                long_work.wait(10)
            queue.done(key)

    long_work = threading.Event()
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    start = time.monotonic()
    queue.add_after("later", 0.1)
    queue.add("long")
    while "later" not in got and time.monotonic() - start < 5:
        long_work.wait(0.01)
    long_work.set()
    queue.shut_down()
    for worker in workers:
        worker.join(5)
    assert 0.1 <= got["later"] - start < 2


class Crowd:
    """Workers and askers on one queue; notes what was asked for, what was seen, and clashes on a key."""

    def __init__(self, queue: WorkQueue[int]) -> None:
        self.queue = queue
        self.wanted: Counter[int] = Counter()
        self.seen: Counter[int] = Counter()
        self.running: set[int] = set()
        self.clashes: list[int] = []
        self.lock = threading.Lock()

    def work(self, seed: int) -> None:
        """Work on keys until the queue is shut down; now and then ask for a repetition."""
        rng = random.Random(seed)
        while (key := self.queue.get()) is not None:
            with self.lock:
                self.clashes.extend({key} & self.running)
                self.running.add(key)
                self.seen[key] = self.wanted[key]
            if rng.random() < 0.1:
                self.queue.add_rate_limited(key)
            with self.lock:
                self.running.discard(key)
            self.queue.done(key)

    def ask(self, seed: int) -> None:
        """Add keys in all ways."""
        rng = random.Random(seed)
        for _ in range(2000):
            key = rng.randrange(50)
            with self.lock:
                self.wanted[key] += 1
            self.queue.add_after(key, max(0.0, rng.uniform(-0.001, 0.001)), rng.choice(list(Lane)))


def test_threads_lose_nothing_and_never_share_a_key() -> None:
    """With real threads each last add of a key is followed by a run of it, and no key runs twice at once."""
    queue: WorkQueue[int] = WorkQueue(backoff=Backoff(0.001, 0.004))
    crowd = Crowd(queue)
    workers = [threading.Thread(target=crowd.work, args=[seed]) for seed in range(4)]
    askers = [threading.Thread(target=crowd.ask, args=[seed]) for seed in range(3)]
    for thread in workers + askers:
        thread.start()
    for asker in askers:
        asker.join(20)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (queue.delayed() or len(queue) or queue.work_ages()):
        time.sleep(0.005)
    queue.shut_down()
    assert queue.join(5)
    for worker in workers:
        worker.join(5)
    assert crowd.clashes == []
    assert crowd.seen == crowd.wanted


class QueueMachine(RuleBasedStateMachine):
    """Random calls against a model that keeps, for each key, when and in which lane it is due."""

    keys = Bundle("keys")

    @initialize()
    def begin(self) -> None:
        """Start with an empty queue and model."""
        self.clock = Clock()
        self.queue: WorkQueue[str] = WorkQueue(clock=self.clock, rng=random.Random(7), faster_turns=3)
        self.ready: dict[Lane, list[str]] = {lane: [] for lane in Lane}
        self.delayed: dict[str, tuple[float, Lane]] = {}
        self.again: dict[str, Lane] = {}
        self.in_work: set[str] = set()
        self.passed_over = dict.fromkeys(Lane, 0)

    @rule(target=keys, name=st.sampled_from("abcdef"))
    def name_key(self, name: str) -> str:
        """A key to be used by the other rules."""
        return name

    @rule(key=keys, lane=st.sampled_from(Lane))
    def add(self, key: str, lane: Lane) -> None:
        """Add at once."""
        self._due()
        self.queue.add(key, lane)
        self._model_add(key, lane)

    @rule(key=keys, lane=st.sampled_from(Lane), seconds=st.integers(-1, 20))
    def add_after(self, key: str, lane: Lane, seconds: int) -> None:
        """Add with a delay."""
        self._due()
        self.queue.add_after(key, seconds, lane)
        waiting = key in self.again or any(key in lane_keys for lane_keys in self.ready.values())
        if seconds <= 0 or waiting:
            self._model_add(key, lane)
        else:
            due = self.clock.now + seconds
            known = self.delayed.get(key)
            if known is not None and known[0] <= due:
                self.delayed[key] = (known[0], min(lane, known[1]))
            else:
                # Taken out first: among equal times the one that was set last comes last.
                self.delayed.pop(key, None)
                self.delayed[key] = (due, lane if known is None else min(lane, known[1]))

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        """Let due times come."""
        self.clock.now += seconds
        self._due()

    @rule()
    def get(self) -> None:
        """A worker asks for a key and gets the one that the model expects."""
        self._due()
        key = self.queue.get(timeout=0)
        assert key == self._model_take()
        assert key is None or key not in self.in_work
        if key is not None:
            self.in_work.add(key)

    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        """A worker finishes."""
        if not self.in_work:
            return
        key = data.draw(st.sampled_from(sorted(self.in_work)))
        self._due()
        self.queue.done(key)
        self.in_work.discard(key)
        if key in self.again:
            self.ready[self.again.pop(key)].append(key)

    @invariant()
    def sizes_agree(self) -> None:
        """The queue holds what the model holds."""
        self._due()
        assert [self.queue.depth(lane) for lane in Lane] == [len(self.ready[lane]) for lane in Lane]
        assert self.queue.delayed() == len(self.delayed)
        assert len(self.queue.work_ages()) == len(self.in_work)

    def teardown(self) -> None:
        """Whatever happened, every key that is still wanted can be had: nothing is lost."""
        wanted = {key for keys in self.ready.values() for key in keys} | set(self.delayed) | set(self.again)
        for key in list(self.in_work):
            self.queue.done(key)
        self.clock.now += 1000
        assert sorted(drain(self.queue)) == sorted(wanted)

    def _due(self) -> None:
        self.queue.delayed()  # The queue looks at the clock in each call; the model does it here.
        for key, (due, lane) in sorted(self.delayed.items(), key=lambda item: item[1][0]):
            if due <= self.clock.now:
                self._model_add(key, lane)

    def _model_add(self, key: str, lane: Lane) -> None:
        lane = min(lane, self.delayed.pop(key, (0, lane))[1])
        if key in self.in_work:
            self.again[key] = min(lane, self.again.get(key, lane))
            return
        for other in Lane:
            if key in self.ready[other]:
                if other <= lane:
                    return
                self.ready[other].remove(key)
        self.ready[lane].append(key)

    def _model_take(self) -> str | None:
        waiting = [lane for lane in Lane if self.ready[lane]]
        if not waiting:
            return None
        overdue = [lane for lane in waiting if self.passed_over[lane] >= 3]
        lane = (overdue or waiting)[0]
        self.passed_over[lane] = 0
        key = self.ready[lane].pop(0)
        for slower in waiting:
            if slower > lane and self.ready[slower]:
                self.passed_over[slower] += 1
        return key


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
