"""Budgets: how fast each AWS operation may be called, per region and endpoint. Pure but for the clock it is given.

SageMaker's limits are per account, region and operation, differ by three orders of magnitude and are not published
for every operation (1 CreateTrainingJob and 2 ListTrainingJobs a second are known). So an operation is not limited
until AWS throttles it for the first time; from then on its budget follows what AWS was seen to grant: down at once,
up again slowly. Callers stand in line: each takes a place, and places come up at the rate that holds at the moment, in
the order that `lines` gives them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sagemaker_operator.lines import Flow, Line, Place

UNLIMITED = float("inf")
"""Calls a second before AWS has ever throttled an operation: what bounds them then is the number of workers."""
LOWEST_KNOWN = 1.0
"""Calls a second that are assumed after a first throttle: the lowest limit that AWS documents (CreateTrainingJob)."""
FLOOR = 0.2
"""Calls a second that are never undercut."""
WINDOW = 10.0
"""Seconds of granted calls that a throttle is judged by."""
SHARE = 0.9
"""Part of the granted rate that is used after a throttle."""
STEEPEST = 0.5
"""A single throttle never takes more than this part of the rate: it may be another client's doing."""
GROWTH = 0.004
"""Part by which a granted call raises the rate: a tenth for some 25 calls."""
CATCH_UP = 0.001
"""Part of the rate of the last throttle by which the rate rises each second besides, once CALM is over.

By the same amount for the slow and the fast: a rate that another client's calls brought down comes back in a minute.
"""
CALM = 20.0
"""Seconds without a throttle after which CATCH_UP holds; after three times as many it is nine times as much."""
USED = 0.7
"""Part of the rate that must be in use for it to be raised: calls that are far apart tell nothing about a limit."""
RECOVERY = 0.05
"""The same between a first throttle, after which the rate was only assumed, and the second."""

ROUNDING = 1e-6
"""Part of a place that counts as nothing: sums of floating point numbers do not come out exactly."""


NOBODYS = Flow()
"""What no object asks for: the change feed."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a budget is used."""

    rate: float
    """Calls a second that may be made; infinite before a first throttle."""
    granted: float
    """Calls a second that AWS took, over the last WINDOW seconds."""
    waiting: int
    """Who waits in line, but for what is urgent."""
    urgent: int
    """Edits and deletions that wait in line."""


@dataclass(slots=True)
class Bucket:
    """The budget of one operation; times are seconds of a monotonic clock."""

    rate: float = UNLIMITED
    line: Line = field(default_factory=Line)
    _credit: float = 1.0
    """Turns that have come up and nobody has taken: a fraction that grows with the time, and one at most."""
    _counted_at: float = 0.0
    """When `_credit` was last brought up to date."""
    _assumed: bool = True
    """Whether no throttle has told yet how much AWS grants."""
    _granted: deque[float] = field(default_factory=deque)
    _granted_at: float = float("-inf")
    _held_until: float = float("-inf")
    _throttled_at: float = float("-inf")
    _peak: float = LOWEST_KNOWN
    """The rate at the last throttle."""

    def join(self, now: float, flow: Flow = NOBODYS) -> Place:
        """Take a place in the line."""
        self._advance(now)
        place = self.line.join(flow)
        self._advance(now)
        return place

    def wait(self, place: Place, now: float) -> float:
        """Seconds until a place's turn comes, if the rate stays as it is and nobody goes first; 0 when it has come."""
        self._advance(now)
        ahead = self.line.ahead(place)
        return 0.0 if ahead is None else (ahead + 1 - self._credit) / self.rate

    def granted(self, now: float) -> None:
        """AWS accepted a call, or refused it for another reason than its rate."""
        self._granted.append(now)
        self._forget(now)
        self._advance(now)
        used = (len(self._granted) - 1) / max(1.0, now - self._granted[0])
        if used >= self.rate * USED:
            self.rate *= 1 + (RECOVERY if self._assumed else GROWTH)
            self.rate += self._catch_up(now)
        self._granted_at = now

    def throttled(self, now: float) -> None:
        """AWS said that calls come too fast; several answers within a second count as one."""
        self._forget(now)
        if now < self._held_until:
            return
        self._advance(now)
        self._held_until = now + 1.0
        self._throttled_at, self._peak = now, max(LOWEST_KNOWN, self.rate if self.rate != UNLIMITED else 0.0)
        first = self._granted[0] if self._granted else now
        seen = len(self._granted) / max(1.0, now - first)
        self._assumed = self.rate == UNLIMITED
        least = LOWEST_KNOWN if self._assumed else self.rate * STEEPEST
        self.rate = max(FLOOR, min(self.rate, max(seen, least)) * SHARE)
        # Nobody is let through on what was saved up: the next one waits in any case.
        self._credit = 0.0

    def _catch_up(self, now: float) -> float:
        """By how much a granted call raises the rate besides: nothing much at first, as AWS's limit may be near."""
        calm = (now - self._throttled_at) / CALM
        return self._peak * CATCH_UP * calm * calm * min(now - self._granted_at, 2 / self.rate)

    def use(self, now: float) -> Use:
        """What the budget allows, what was used of it lately, and who waits."""
        self._advance(now)
        self._forget(now)
        urgent = sum(place.flow.urgent for place in self.line.waiting)
        return Use(self.rate, len(self._granted) / WINDOW, len(self.line.waiting) - urgent, urgent)

    def _advance(self, now: float) -> None:
        """Let the line move on; what nobody takes is saved up to one turn, so that there is never a burst."""
        waiting = len(self.line.waiting)
        if self.rate == UNLIMITED:
            self.line.serve(waiting)
            self._credit = 1.0
        else:
            earned = self._credit + max(0.0, now - self._counted_at) * self.rate
            # What rounding leaves over is not worth a wait, and may be too short to move a clock at all.
            turns = min(waiting, int(earned + ROUNDING))
            self.line.serve(turns)
            self._credit = min(1.0, max(0.0, earned - turns))
        self._counted_at = now

    def _forget(self, now: float) -> None:
        while self._granted and self._granted[0] < now - WINDOW:
            self._granted.popleft()


class Budgets:
    """All buckets, shared by every kind and worker of the process.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def join(self, key: tuple[str, ...], flow: Flow = NOBODYS) -> Place:
        """Take a place in the line for an operation; see Bucket.join."""
        with self._lock:
            return self._bucket(key).join(self._clock(), flow)

    def wait(self, key: tuple[str, ...], place: Place) -> float:
        """Seconds until the place's turn comes; see Bucket.wait."""
        with self._lock:
            return self._bucket(key).wait(place, self._clock())

    def granted(self, key: tuple[str, ...]) -> None:
        """AWS took a call."""
        with self._lock:
            self._bucket(key).granted(self._clock())

    def throttled(self, key: tuple[str, ...]) -> None:
        """AWS throttled a call."""
        with self._lock:
            self._bucket(key).throttled(self._clock())

    def rate(self, key: tuple[str, ...]) -> float:
        """Calls a second that an operation may make at present; infinite before a first throttle."""
        with self._lock:
            return self._bucket(key).rate

    def use(self) -> dict[tuple[str, ...], Use]:
        """How much of each budget is used at present, by operation."""
        with self._lock:
            now = self._clock()
            return {key: bucket.use(now) for key, bucket in self._buckets.items()}

    def _bucket(self, key: tuple[str, ...]) -> Bucket:
        return self._buckets.setdefault(key, Bucket())
