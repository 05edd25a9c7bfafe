"""Events in the encoding of an API, ready to be sent: any run of them is one slice of a buffer. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tests.bench.logs.script import MESSAGE_BYTES, Script, message

PAGE_BYTES = 1 << 20
EVENT_OVERHEAD = 26
"""Bytes that CloudWatch Logs adds to each event when it counts."""
PAGE_EVENTS = min(10_000, PAGE_BYTES // (MESSAGE_BYTES + EVENT_OVERHEAD))
"""Events on a full page: 10,000 or 1 MB (API reference: FilterLogEvents and GetLogEvents)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page: its events, joined by commas, where it begins and where the next one does, and whether there is more."""

    data: memoryview | bytes
    first: int
    after: int
    more: bool = False


class Column:
    """Some of a script's events.

    Args:
        script: the script.
        numbers: which events, in order.
        encode: makes an event's JSON.
    """

    def __init__(self, script: Script, numbers: Sequence[int], encode: Callable[[Script, int], str]) -> None:
        pieces = [encode(script, number).encode() for number in numbers]
        self._stamps = array("q", (script.stamps[number] for number in numbers))
        self._readable = array("q", (script.readable[number] for number in numbers))
        self._settled = max(self._readable, default=0)
        self._starts = array("Q", accumulate((len(piece) + 1 for piece in pieces), initial=0))
        self._data = memoryview(b",".join(pieces))

    def place(self, stamp: int) -> int:
        """Index of the first event stamped so or later."""
        return bisect_left(self._stamps, stamp)

    def span(self, now: int) -> tuple[int, int, int] | None:
        """First and last stamp and the latest arrival of what can be read; None where nothing can."""
        if self._stamps and now >= self._settled:
            return self._stamps[0], self._stamps[-1], self._settled
        seen = [index for index in range(len(self._stamps)) if self._readable[index] <= now]
        if not seen:
            return None
        return self._stamps[seen[0]], self._stamps[seen[-1]], max(self._readable[index] for index in seen)

    def forward(self, low: int, high: int, limit: int, now: int) -> Part:
        """The oldest events of indices low to high (excluded) that can be read at `now`."""
        if now >= self._settled:
            after = max(low, min(low + limit, high))
            return Part(self._slice(low, after), low, after, after < high)
        found = self._visible(range(low, high), limit, now)
        after = found[-1] + 1 if found else low
        return Part(self._joined(found), low, after, len(found) == limit and after < high)

    def backward(self, low: int, high: int, limit: int, now: int) -> tuple[Part, list[int]]:
        """The newest events of indices low to high (excluded), and their indices from the newest down."""
        found = self._visible(range(high - 1, low - 1, -1), limit, now)
        first = found[-1] if found else low
        return Part(self._joined(reversed(found)), first, high), found

    def newest_first(self, found: Iterable[int]) -> bytes:
        """The events of some indices in the order given."""
        return self._joined(found)

    def _visible(self, indices: range, limit: int, now: int) -> list[int]:
        found: list[int] = []
        for index in indices:
            if self._readable[index] <= now:
                found.append(index)
                if len(found) == limit:
                    break
        return found

    def _slice(self, first: int, after: int) -> memoryview:
        return self._data[self._starts[first] : self._starts[after] - 1] if after > first else memoryview(b"")

    def _joined(self, indices: Iterable[int]) -> bytes:
        return b",".join(self._slice(index, index + 1) for index in indices)


def filtered(script: Script, number: int) -> str:
    """An event as FilterLogEvents has it."""
    stamp = script.stamps[number]
    return (
        f'{{"eventId":"{stamp:020d}{number:036d}","ingestionTime":{script.readable[number]},'
        f'"logStreamName":"{script.names[script.places[number]]}","message":"{message(number)}","timestamp":{stamp}}}'
    )


def gotten(script: Script, number: int) -> str:
    """An event as GetLogEvents has it."""
    return (
        f'{{"ingestionTime":{script.readable[number]},"message":"{message(number)}",'
        f'"timestamp":{script.stamps[number]}}}'
    )
