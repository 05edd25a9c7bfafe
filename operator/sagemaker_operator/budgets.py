"""Budgets: how fast each AWS operation may be called, per region and endpoint. Pure but for the clock it is given.

SageMaker's limits are per account, region and operation, differ by three orders of magnitude and are not published
for every operation (1 CreateTrainingJob and 2 ListTrainingJobs a second are known). So an operation is not limited
until AWS throttles it for the first time; from then on its budget follows what AWS was seen to grant: down at once,
up again slowly. Callers stand in line: each takes a place, and places come up at the rate that holds at the moment.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

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
USED = 0.7
"""Part of the rate that must be in use for it to be raised: calls that are far apart tell nothing about a limit."""
RECOVERY = 0.05
"""The same between a first throttle, after which the rate was only assumed, and the second."""

ROUNDING = 1e-6
"""Part of a place that counts as nothing: sums of floating point numbers do not come out exactly."""


@dataclass(slots=True)
class Bucket:
    """The budget of one operation; times are seconds of a monotonic clock."""

    rate: float = UNLIMITED
    _joined: int = 0
    """Places that were taken so far; the last one is the end of the line."""
    _served: float = 0.0
    """The place whose turn has come, as a fraction so that it moves with the time."""
    _counted_at: float = 0.0
    """When `_served` was last brought up to date."""
    _assumed: bool = True
    """Whether no throttle has told yet how much AWS grants."""
    _granted: deque[float] = field(default_factory=deque)
    _held_until: float = float("-inf")

    def join(self, now: float) -> int:
        """Take a place at the end of the line."""
        self._advance(now)
        self._joined += 1
        return self._joined

    def wait(self, place: int, now: float) -> float:
        """Seconds until a place's turn comes, if the rate stays as it is; 0 when it has come."""
        self._advance(now)
        ahead = place - self._served
        # What rounding leaves over is not worth a wait, and may be too short to move a clock at all.
        return ahead / self.rate if ahead > ROUNDING else 0.0

    def granted(self, now: float) -> None:
        """AWS accepted a call, or refused it for another reason than its rate."""
        self._granted.append(now)
        self._forget(now)
        self._advance(now)
        used = (len(self._granted) - 1) / max(1.0, now - self._granted[0])
        if used >= self.rate * USED:
            self.rate *= 1 + (RECOVERY if self._assumed else GROWTH)

    def throttled(self, now: float) -> None:
        """AWS said that calls come too fast; several answers within a second count as one."""
        self._forget(now)
        if now < self._held_until:
            return
        self._advance(now)
        self._held_until = now + 1.0
        first = self._granted[0] if self._granted else now
        seen = len(self._granted) / max(1.0, now - first)
        self._assumed = self.rate == UNLIMITED
        least = LOWEST_KNOWN if self._assumed else self.rate * STEEPEST
        self.rate = max(FLOOR, min(self.rate, max(seen, least)) * SHARE)
        # Nobody is let through on what was saved up: the next one waits in any case.
        self._served = min(self._served, float(self._joined))

    def _advance(self, now: float) -> None:
        """Let the line move on; one place beyond its end at most, so that no burst is saved up."""
        last = self._joined + 1.0
        if self.rate != UNLIMITED:
            last = min(last, self._served + max(0.0, now - self._counted_at) * self.rate)
        self._served = max(self._served, last)
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

    def join(self, key: tuple[str, ...]) -> int:
        """Take a place in the line for an operation; see Bucket.join."""
        with self._lock:
            return self._bucket(key).join(self._clock())

    def wait(self, key: tuple[str, ...], place: int) -> float:
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

    def _bucket(self, key: tuple[str, ...]) -> Bucket:
        return self._buckets.setdefault(key, Bucket())
