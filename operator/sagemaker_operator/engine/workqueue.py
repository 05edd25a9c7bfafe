"""The keyed work queue between watchers and workers: client-go's semantics, plus lanes.

A key stands for an object to be looked at, whatever happened to it and however often, so that work is bounded
by the number of objects and not by the number of events. The queue knows nothing of objects, Kubernetes or AWS
and starts no thread.
"""

from __future__ import annotations

import enum
import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.turns import Turns

K = TypeVar("K", bound=Hashable)

RETRY_BASE = 1.0
"""Seconds before the first rate-limited repetition of a key."""
RETRY_CAP = 960.0
"""Greatest delay of a rate-limited repetition, in seconds (16 minutes)."""
FASTER_TURNS = 8
"""A lane that has keys waits for at most this many keys of faster lanes."""


class Lane(enum.IntEnum):
    """Which keys go first."""

    URGENT = 0
    """A user waits for it: edits and deletions."""
    NORMAL = 1
    """New objects, changes reported by AWS, repetitions."""
    BULK = 2
    """Nobody waits for it: the first list, sweeps."""


class QueueMetrics(Protocol):
    """What a queue reports; `metrics.Metrics.queue` makes one."""

    def bind(self, queue: QueueGauges) -> None:
        """Ask this queue for its gauges at each scrape."""

    def added(self) -> None:
        """A key was put into a lane (again)."""

    def taken(self, waited: float) -> None:
        """A worker took a key that was ready for so many seconds."""

    def finished(self, worked: float) -> None:
        """A worker is done with a key after so many seconds."""

    def retried(self) -> None:
        """A rate-limited repetition was scheduled."""


class QueueGauges(Protocol):
    """What can be asked of a queue at any moment."""

    def __len__(self) -> int:
        """Keys that are ready."""

    def depth(self, lane: Lane) -> int:
        """Keys that are ready in a lane."""

    def work_ages(self) -> list[float]:
        """For each key in work, for how many seconds it has been."""


class WorkQueue(Generic[K]):
    """Keys waiting to be worked on, each by one worker at a time.

    A key is in the queue at most once: ready in a lane, or delayed. A second add moves it to the faster lane and
    to the earlier time of the two. An add while the key is in work makes it ready when that work is done.

    Args:
        clock: monotonic seconds.
        rng: source of the jitter of rate-limited repetitions.
        backoff: delays of rate-limited repetitions; the default doubles from RETRY_BASE to RETRY_CAP.
        faster_turns: see FASTER_TURNS.
        metrics: is told what happens, or None.
        group: the group of a key, such as an object's namespace; the groups of a lane are served in turn.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        backoff: Backoff | None = None,
        faster_turns: int = FASTER_TURNS,
        metrics: QueueMetrics | None = None,
        group: Callable[[K], Hashable] = lambda _key: None,
    ) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff(RETRY_BASE, RETRY_CAP, rng)
        self._faster_turns = faster_turns
        self._metrics = metrics
        self._changed = threading.Condition()
        self._ready: dict[Lane, Turns[K]] = {lane: Turns(group) for lane in Lane}
        self._passed_over = dict.fromkeys(Lane, 0)
        self._delayed: dict[K, tuple[float, Lane]] = {}
        # May hold entries that `_delayed` has overtaken; they are skipped when they come up.
        self._timers: list[tuple[float, int, K]] = []
        self._sequence = itertools.count()
        self._in_work: dict[K, float] = {}
        self._again: dict[K, Lane] = {}
        self._failures: dict[K, int] = {}
        self._shut_down = False
        if metrics is not None:
            metrics.bind(self)

    def add(self, key: K, lane: Lane = Lane.NORMAL) -> None:
        """Have the key worked on as soon as its lane's turn comes; ignored after shut_down."""
        with self._changed:
            if not self._shut_down:
                self._make_ready(key, lane)

    def add_after(self, key: K, seconds: float, lane: Lane = Lane.NORMAL) -> None:
        """Have the key worked on in so many seconds, unless an earlier add does it before."""
        with self._changed:
            if self._shut_down:
                return
            if seconds <= 0:
                self._make_ready(key, lane)
            else:
                self._delay(key, self._clock() + seconds, lane)

    def add_rate_limited(self, key: K, lane: Lane = Lane.NORMAL) -> None:
        """Have the key worked on again after its back-off, which grows with each call until forget."""
        with self._changed:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
            if self._metrics is not None:
                self._metrics.retried()
            self.add_after(key, self._backoff.delay(failures), lane)

    def forget(self, key: K) -> None:
        """Start the key's back-off from the beginning; to be called on success and when the object is gone."""
        with self._changed:
            self._failures.pop(key, None)

    def retries(self, key: K) -> int:
        """How often add_rate_limited was called for the key since it was last forgotten."""
        with self._changed:
            return self._failures.get(key, 0)

    def get(self, timeout: float | None = None) -> K | None:
        """Wait for a key and take it into work; each key got must be given to done.

        Args:
            timeout: seconds to wait at most; None waits for ever.

        Returns:
            The key, or None after the timeout or shut_down.
        """
        give_up = None if timeout is None else self._clock() + timeout
        with self._changed:
            while not self._shut_down:
                self._promote_due()
                lane = self._next_lane()
                if lane is not None:
                    return self._take(lane)
                wait = self._until_next(give_up)
                if wait is not None and wait <= 0:
                    return None
                self._changed.wait(wait)
            return None

    def done(self, key: K) -> None:
        """The worker has finished with the key; it becomes ready again if it was added meanwhile.

        Raises:
            ValueError: the key is not in work.
        """
        with self._changed:
            if key not in self._in_work:
                raise ValueError(f"{key!r} is not in work.")
            started = self._in_work.pop(key)
            if self._metrics is not None:
                self._metrics.finished(self._clock() - started)
            lane = self._again.pop(key, None)
            if self._shut_down:
                self._changed.notify_all()
            elif lane is not None:
                self._ready[lane].add(key, self._clock())
                self._changed.notify()

    def shut_down(self) -> None:
        """Hand out no more keys and take no more in; keys in work are finished by their workers."""
        with self._changed:
            self._shut_down = True
            self._changed.notify_all()

    def join(self, timeout: float) -> bool:
        """After shut_down: wait until no key is in work; False when some still is after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._in_work, timeout)

    def depth(self, lane: Lane) -> int:
        """Keys that are ready in a lane."""
        with self._changed:
            self._promote_due()
            return len(self._ready[lane])

    def __len__(self) -> int:
        """Keys that are ready, in all lanes."""
        with self._changed:
            self._promote_due()
            return sum(len(keys) for keys in self._ready.values())

    def delayed(self) -> int:
        """Keys that wait for their time."""
        with self._changed:
            self._promote_due()
            return len(self._delayed)

    def work_ages(self) -> list[float]:
        """For each key in work, for how many seconds it has been."""
        with self._changed:
            now = self._clock()
            return [now - started for started in self._in_work.values()]

    def _make_ready(self, key: K, lane: Lane) -> None:
        _, delayed_lane = self._delayed.pop(key, (0.0, lane))
        lane = min(lane, delayed_lane)
        before = self._lane_of(key)
        if before is None and self._metrics is not None:
            self._metrics.added()
        if key in self._in_work:
            self._again[key] = lane if before is None else min(lane, before)
        elif before is None or lane < before:
            since = self._clock() if before is None else self._ready[before].remove(key)
            self._ready[lane].add(key, since)
            self._changed.notify()

    def _delay(self, key: K, due: float, lane: Lane) -> None:
        if self._lane_of(key) is not None:
            self._make_ready(key, lane)
            return
        planned = self._delayed.get(key)
        if planned is not None:
            lane = min(lane, planned[1])
        if planned is not None and planned[0] <= due:
            self._delayed[key] = (planned[0], lane)
            return
        self._delayed[key] = (due, lane)
        heapq.heappush(self._timers, (due, next(self._sequence), key))
        if len(self._timers) > 2 * len(self._delayed) + 64:
            self._drop_overtaken_timers()
        # Somebody must wait for the new time instead of a later one.
        self._changed.notify()

    def _drop_overtaken_timers(self) -> None:
        self._timers = [(due, next(self._sequence), key) for key, (due, _) in self._delayed.items()]
        heapq.heapify(self._timers)

    def _lane_of(self, key: K) -> Lane | None:
        if key in self._again:
            return self._again[key]
        return next((lane for lane, keys in self._ready.items() if key in keys), None)

    def _promote_due(self) -> None:
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            due, _, key = heapq.heappop(self._timers)
            planned = self._delayed.get(key)
            if planned is not None and planned[0] == due:
                self._make_ready(key, planned[1])

    def _next_lane(self) -> Lane | None:
        waiting = [lane for lane in Lane if self._ready[lane]]
        overdue = [lane for lane in waiting if self._passed_over[lane] >= self._faster_turns]
        return min(overdue or waiting, default=None)

    def _take(self, lane: Lane) -> K:
        key, since = self._ready[lane].take()
        self._passed_over[lane] = 0
        for slower in Lane:
            if slower > lane and self._ready[slower]:
                self._passed_over[slower] += 1
        now = self._clock()
        self._in_work[key] = now
        if self._metrics is not None:
            self._metrics.taken(now - since)
        if self._timers or any(map(len, self._ready.values())):
            # This waiter goes off to work: another must wait for the next key or the next due time.
            self._changed.notify()
        return key

    def _until_next(self, give_up: float | None) -> float | None:
        now = self._clock()
        times = [self._timers[0][0]] if self._timers else []
        if give_up is not None:
            if give_up <= now:
                return 0.0
            times.append(give_up)
        # A due time that has just come is looked at again at once, so a moment is waited in any case.
        return max(min(times) - now, 0.0005) if times else None
