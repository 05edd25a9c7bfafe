"""Which events were shown already, in bounded memory. Pure.

CloudWatch Logs is read in windows that overlap, so most of what comes was shown before. Event ids tell; remembering
all of them would grow with the log, so the oldest are forgotten, and `horizon` says from which timestamp on every
shown event is still known. Whoever reads again starts at or after the horizon, and nothing is shown twice.

Ids are kept as hashes of 64 bits: with 200,000 known ids the chance that any of ten million new events is taken for
a known one is below one in a million.
"""

from __future__ import annotations

BUCKET = 10_000
"""Milliseconds of timestamps that are forgotten together."""

LIMIT = 200_000
"""Ids kept, if the window that is read again needs no more; about 20 MB."""

_Buckets = dict[int, set[int]]


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
        self._fresh: _Buckets = {}
        self._fresh_count = 0
        self._fresh_horizon = start

    def __len__(self) -> int:
        return sum(map(len, self._known.values())) + self._fresh_count

    def add(self, identity: str, timestamp: int) -> bool:
        """Note an event; True if it is new."""
        bucket, mark = timestamp // BUCKET, hash(identity)
        if mark in self._known.get(bucket, ()):
            return False
        marks = self._fresh.setdefault(bucket, set())
        before = len(marks)
        marks.add(mark)
        if len(marks) == before:
            return False
        self._fresh_count += 1
        return True

    def relieve(self, keep_from: int) -> None:
        """Within a pass: forget the oldest of what it added, down to the limit, but nothing from `keep_from` on."""
        excess = self._fresh_count - self._limit
        if excess > 0:
            dropped, self._fresh_horizon = _forget(self._fresh, excess, keep_from, self._fresh_horizon)
            self._fresh_count -= dropped

    def settle(self, keep_from: int) -> None:
        """End a pass: forget the oldest of all, down to the limit, but nothing from `keep_from` on."""
        for bucket, marks in self._fresh.items():
            self._known.setdefault(bucket, set()).update(marks)
        self.horizon = max(self.horizon, self._fresh_horizon)
        self._fresh, self._fresh_count = {}, 0
        excess = len(self) - self._limit
        if excess > 0:
            _, self.horizon = _forget(self._known, excess, keep_from, self.horizon)
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
