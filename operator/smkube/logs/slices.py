"""How a log is cut into slices of time that can be read at the same time. Pure: no I/O, no clock, no threads.

A slice is read as a chain: one request, then one for each token. Slices of one lane are disjoint in milliseconds and
leave no gap, so nothing is read twice and nothing is left out, however many events share a millisecond.

Traps that the rules here come from (API reference: GetLogEvents, FilterLogEvents, DescribeLogStreams):

- The time of a stream's last event may be hours old in the list: a lane always reaches to the end of the span.
- An empty or short part is not the end of a chain. A stream's chain tells its end only by one more request; a slice
  therefore asks for a little more than it needs, and is complete as soon as an event behind its stop is seen. That
  rests on the order of time within one stream. A search's order is not kept over its parts always, so a chain by
  search is read to its end.
- A search tells its end at once, so it is tried for the last slice of a lane. Where it does not come to the end with
  one part, the list did not know of what was written since: the slice is read as a stream then, which can be divided.
- A token can go bad. The slice is then cut before the last millisecond that was seen, since that one may be
  incomplete, and what follows is read anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from smkube.logs.model import SourceError, Trouble
from smkube.logs.reading import Portion, Way

FULL = {Way.STREAM: 1_400_000, Way.SEARCH: 2_400_000}
"""Bytes of a full part with lines of ordinary length: one megabyte as the service counts."""

_GROWTH = 8.0
"""By how much the length of slices changes at most from one to the next."""
_MARGIN = 400
"""The share of a full part's time, as a divisor, that a slice asks for beyond its stop: about twenty events."""
SLACK = 0.06
"""The share of a part by which a slice stays below a whole number of parts: a few lines would need one more."""
_FULLEST = 0.98
"""The share of a part that a slice of one part is to have: as much slack, for its length, as longer ones have."""
_RESTARTS = 8
_PIECES = 16


@dataclass(slots=True, eq=False)
class Slice:
    """Events with start <= timestamp < stop of one lane, in milliseconds since 1970.

    Attributes:
        start, stop: its bounds; the stop may come closer while it is read.
        until: what requests ask for as their stop.
        way: how it is read, None before its first request.
        limit: most events of one part, None for what the service gives.
        token: for the next request.
        first: time of the first event received.
        last: time of the last event received, at first the start.
        parts: parts received.
        size: bytes received.
        skip: events at the start that were handed on already, see `smkube.logs.weave`.
        restarts: how often it was begun anew without getting on.
        long: it is not for a search, which showed that it has more than was known.
        busy: a request is under way.
        done: nothing more is to be asked for.
        portions: what was received and not yet taken.
    """

    start: int
    stop: int
    until: int = 0
    way: Way | None = None
    limit: int | None = None
    token: str = ""
    first: int | None = None
    last: int = 0
    parts: int = 0
    size: int = 0
    skip: int = 0
    restarts: int = 0
    long: bool = False
    busy: bool = False
    done: bool = False
    portions: deque[Portion] = field(default_factory=deque)
    tokens: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.last = self.start


class Lane:
    """The slices of what is read in one order: a stream, or a search over several.

    Args:
        names: streams; empty for all of the selection.
        ways: how it may be read.
        span: start and, not included, stop in milliseconds since 1970.
        first: where events are said to begin, None where it is not known.
        last: where they are said to end; slices are not cut behind it until events are seen there.
        length: milliseconds of a slice to begin with, None where nothing is known.
        depth: parts that a slice is to have.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        ways: frozenset[Way],
        span: tuple[int, int],
        *,
        first: int | None = None,
        last: int | None = None,
        length: int | None = None,
        depth: int = 3,
    ) -> None:
        self.names = names
        self.ways = ways
        self.start, self.stop = span
        self.first = min(max(self.start, first or 0), self.stop)
        self.certain = self.first
        """Up to here, not included, all events are known; kept by whoever takes the portions."""
        self.opened = False
        """Whether anything was asked for."""
        self.pieces: deque[Slice] = deque()
        self._extent = self.first if last is None else last
        self._length = length
        self._depth = depth
        self._frontier = self.start
        self._largest: dict[Way, int] = {}

    @property
    def over(self) -> bool:
        """Whether all slices were taken."""
        return not self.pieces and self._frontier >= self.stop

    @property
    def single(self) -> str:
        """The name of its stream; empty where it is a search over several."""
        return self.names[0] if len(self.names) == 1 else ""

    def candidates(self) -> Iterator[Slice]:
        """Slices that a request could be sent for, in order of time; the last of them may be a new one.

        Once the lane is laid out to its end, that is all of them; before, only the first that was not begun.
        """
        if all(piece.way is not None for piece in self.pieces):
            self._plan()
        for piece in self.pieces:
            if piece.done or piece.busy:
                continue
            yield piece
            if piece.way is None and self._frontier < self.stop:
                return

    def place(self, piece: Slice) -> int:
        """The time from which on a request for a slice brings events, as far as is known."""
        return max(piece.last, self.first)

    def closed(self, piece: Slice) -> bool:
        """Whether a slice ends before the lane does."""
        return piece.stop < self.stop

    def begin(self, piece: Slice, way: Way, limit: int | None) -> None:
        """Note that a slice's first request is being sent."""
        self.opened = True
        piece.way, piece.limit, piece.until = way, limit, piece.stop
        if way is Way.STREAM and self.closed(piece):
            margin = max(1, (piece.stop - max(piece.start, self.first)) // (self._depth * _MARGIN))
            piece.until = min(piece.stop + margin, self.stop)

    def received(self, piece: Slice, portion: Portion) -> bool:
        """Note a part of a slice; whether there is anything in it to be taken.

        Raises:
            SourceError: tokens go in circles again and again.
        """
        piece.busy = False
        if piece.done:
            return False
        if portion.token and piece.way is Way.SEARCH and Way.STREAM in self.ways and not self.closed(piece):
            piece.way, piece.long = None, True
            return False
        piece.parts += 1
        if portion.last is not None:
            piece.portions.append(portion)
            piece.size += portion.size
            piece.first = portion.first if piece.first is None else piece.first
            piece.last = max(piece.last, portion.last)
            if portion.token and piece.way is not None and piece.limit is None:
                self._largest[piece.way] = max(portion.size, self._largest.get(piece.way, 0))
        beyond = piece.way is Way.STREAM and piece.last >= piece.stop
        mark = hash(portion.token)
        if not portion.token or beyond:
            self._finish(piece)
        elif mark in piece.tokens:
            self.restart(piece, "The service goes in circles with its page tokens.")
        else:
            piece.token = portion.token
            piece.tokens.add(mark)
            self._divide(piece, portion)
        return portion.last is not None

    def restart(self, piece: Slice, text: str) -> None:
        """Read a slice anew from the last millisecond that was seen, because its token is of no use.

        Args:
            piece: the slice.
            text: what the service said.

        Raises:
            SourceError: that was done too often.
        """
        piece.busy = False
        if piece.done:
            return
        stuck = piece.last == piece.start
        again = Slice(piece.last, piece.stop, restarts=piece.restarts + 1 if stuck else 0)
        if again.restarts > _RESTARTS:
            raise SourceError(Trouble.TOKEN, text)
        piece.stop, piece.done = piece.last, True
        self.pieces.insert(self.pieces.index(piece) + 1, again)

    def abandon(self) -> None:
        """Ask for nothing more: the stream does not exist any more."""
        for piece in self.pieces:
            piece.done = True
        self._frontier = self.stop

    def _plan(self) -> None:
        """Append the next slice, or all where few are left.

        Of a stream, whose end is known about, the last ones have one part each, for they are to end at the same time.
        The very last reaches to the end of the lane, for nobody knows where events end.
        """
        length, divisible = self._length, Way.STREAM in self.ways
        if length is not None:
            rest = min(self._extent, self.stop) - max(self._frontier, self.first)
            part = length / (self._depth - SLACK)
            if rest > (2 * self._depth * part if divisible else length + length // 2):
                self._append(length)
                return
            slices = min(rest, ceil(rest / (part * _FULLEST))) if divisible else 1
            for _ in range(slices - 1):
                self._append(rest // slices)
        if self._frontier < self.stop:
            self._append(self.stop)

    def _append(self, length: int) -> None:
        stop = min(max(self._frontier, self.first) + length, self.stop)
        self.pieces.append(Slice(self._frontier, stop))
        self._frontier = stop

    def _finish(self, piece: Slice) -> None:
        """A slice is complete: the next one is to be as long as this one should have been."""
        piece.done = True
        if not self.closed(piece) or piece.way is None:
            return
        parts = max(piece.size / self._full(piece.way), piece.parts - 2.0, 0.01)
        factor = min(_GROWTH, max(1 / _GROWTH, (self._depth - SLACK) / parts))
        self._length = max(1, int((piece.stop - max(piece.start, self.first, 0)) * factor))

    def _divide(self, piece: Slice, portion: Portion) -> None:
        """Let a slice that turns out to be too long end sooner, and leave its rest to others."""
        closed = self.closed(piece)
        if piece.way is not Way.STREAM or piece.parts < (2 * self._depth if closed else 1) or piece.first is None:
            return
        seen = piece.last - piece.first
        if seen <= 0 or portion.size < FULL[Way.STREAM] // 4:
            return
        part = seen * self._full(Way.STREAM) / piece.size
        length = max(1, int(part * (self._depth - SLACK)))
        stop = piece.last + max(1, int(part * (self._depth - 1 - SLACK)))
        # What was seen up to the very time that the list tells for the last event is all there is, most likely.
        expected = piece.stop if closed or piece.last > self._extent else min(piece.stop, self._extent)
        if stop + length // 2 >= expected:
            return
        self._length = length
        rest, piece.stop = piece.stop, stop
        if piece is self.pieces[-1]:
            self._frontier = stop
        else:
            self._insert(piece, stop, rest, length)

    def _full(self, way: Way) -> int:
        """Bytes of a full part; lines of another length make other parts."""
        return self._largest.get(way) or FULL[way]

    def _insert(self, piece: Slice, start: int, stop: int, length: int) -> None:
        place = self.pieces.index(piece) + 1
        for _ in range(_PIECES - 1):
            if start + length + length // 2 >= stop:
                break
            self.pieces.insert(place, Slice(start, start + length))
            start, place = start + length, place + 1
        self.pieces.insert(place, Slice(start, stop))
