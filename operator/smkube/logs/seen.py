"""Which events were shown already, in bounded memory. Pure.

CloudWatch Logs is read in windows that overlap, so most of what comes was shown before. Event ids tell; remembering
all of them would grow with the log, so the oldest are forgotten, and `horizon` says from which timestamp on every
shown event is still known. Whoever reads again starts at or after the horizon, and nothing is shown twice.

Ids are kept as hashes of 64 bits: with 200,000 known ids the chance that any of ten million new events is taken for
a known one is below one in a million.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.model import Event

BUCKET = 10_000
"""Milliseconds of timestamps that are forgotten together."""

LIMIT = 200_000
"""Ids kept, if the window that is read again needs no more; about 20 MB."""

_Buckets = dict[int, set[int]]
_NONE: frozenset[int] = frozenset()


class Seen:
    """The ids of shown events, by time.

    Events are read in passes. Within one pass AWS shows an event once, so what a pass itself adds may be forgotten
    during it (a first pass over a long log would fill the memory otherwise), but never what was known before it.

    Args:
        start: where the first pass begins, in milliseconds since 1970.
        limit: how many ids to keep.
    """

    def __init__(self, start: int = 0, limit: int = LIMIT) -> None:
        self.horizon = start
        self._limit = limit
        self._known: _Buckets = {}
        self._known_count = 0
        self._fresh: _Buckets = {}
        self._fresh_count = 0
        self._fresh_horizon = start

    def __len__(self) -> int:
        return self._known_count + self._fresh_count

    def count(self, start: int, end: int) -> int:
        """About how many events known before this pass lie between two times, in milliseconds since 1970."""
        known = self._known
        return sum(len(known.get(bucket, _NONE)) for bucket in range(start // BUCKET, end // BUCKET + 1))

    def unseen(self, events: Iterable[Event]) -> list[Event]:
        """Those of the events that are new, in the order given; they are known from now on."""
        result: list[Event] = []
        known: set[int] | frozenset[int] = _NONE
        fresh: set[int] = set()
        current: int | None = None
        # This loop runs for every event that is read, most of them old.
        for event in events:
            bucket = event[0] // BUCKET
            if bucket != current:
                current = bucket
                known = self._known.get(bucket, _NONE)
                fresh = self._fresh.setdefault(bucket, set())
            mark = hash(event[3])
            if mark not in known and mark not in fresh:
                fresh.add(mark)
                result.append(event)
        self._fresh_count += len(result)
        return result

    def relieve(self, keep_from: int) -> None:
        """Within a pass: forget the oldest of what it added, down to the limit, but nothing from `keep_from` on."""
        excess = self._fresh_count - self._limit
        if excess > 0:
            dropped, self._fresh_horizon = _forget(self._fresh, excess, keep_from, self._fresh_horizon)
            self._fresh_count -= dropped

    def settle(self, keep_from: int) -> None:
        """End a pass: forget the oldest of all, down to the limit, but nothing from `keep_from` on."""
        for bucket, marks in self._fresh.items():
            if marks:
                self._known.setdefault(bucket, set()).update(marks)
        self._known_count += self._fresh_count
        self.horizon = max(self.horizon, self._fresh_horizon)
        self._fresh, self._fresh_count = {}, 0
        excess = self._known_count - self._limit
        if excess > 0:
            dropped, self.horizon = _forget(self._known, excess, keep_from, self.horizon)
            self._known_count -= dropped
        self._fresh_horizon = self.horizon


def _forget(buckets: _Buckets, excess: int, keep_from: int, horizon: int) -> tuple[int, int]:
    """Drop the oldest buckets until `excess` marks are gone; how many went, and the new horizon."""
    dropped = 0
    for bucket in sorted(buckets):
        end = (bucket + 1) * BUCKET
        if dropped >= excess or end > keep_from:
            break
        dropped += len(buckets.pop(bucket))
        horizon = max(horizon, end)
    return dropped, horizon
