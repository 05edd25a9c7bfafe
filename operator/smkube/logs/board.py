"""Which request is sent next. Pure: the clock is an argument; whoever uses it from several threads keeps a lock.

The earliest time comes first, so the first lines come first and memory holds what is due next. Requests further ahead
are sent while there is memory for their answers; what the timeline waits for may always be asked for, so that a full
memory never stops it. Slices begin the way of whose quota more is left, for a quota that is not used grows no further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from smkube.logs.reading import Way
from smkube.logs.slices import FULL

if TYPE_CHECKING:
    from smkube.logs.pace import Pace
    from smkube.logs.reading import Portion
    from smkube.logs.slices import Lane, Slice

IDLE = 3600.0
"""Seconds to wait where only news can change anything."""

_AHEAD = 4
"""Lanes that nothing was asked for yet, looked at beyond those that are read."""
_LEAST = 50
_PER_EVENT = 200.0
"""Bytes of an event in an answer, as long as none was seen."""
_STOCK = 0.75
"""The share of its quota that the way by stream, with half the bytes, is used up to before a search takes its turn."""
_SHARE = 0.8
"""The share of memory that the lanes being read may take with one full part each."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to send."""

    lane: Lane
    piece: Slice
    way: Way
    expected: int


class Board:
    """The lanes of one history, what is under way, and what memory it takes.

    Args:
        lanes: in any order.
        paces: the rate of each way.
        memory: bytes of undecoded portions to hold at most, but for one part for each lane that is waited for.
        together: lanes that have events at the same time.
    """

    def __init__(self, lanes: Sequence[Lane], paces: Mapping[Way, Pace], memory: int, together: int = 1) -> None:
        self._lanes = sorted(lanes, key=lambda lane: lane.first)
        self._paces = paces
        self._memory = memory
        self._together = together
        self._parts = dict(FULL)
        self._per_event = 0.0
        self.held = 0
        """Bytes that are held or expected."""

    def pick(self, now: float, bound: int) -> Request | float:
        """The request to send, noted as under way; or the seconds to wait where none may be sent.

        Args:
            now: seconds on a clock that nobody sets.
            bound: the time up to which everything is known.
        """
        wait = IDLE
        candidates = sorted(self._candidates(), key=itemgetter(0))
        spare = self._spare(candidates)
        for _, lane, piece in candidates:
            if not self._room(lane, piece, bound):
                continue
            way, delay = self._way(lane, piece, now, spare=spare)
            if delay > 0:
                wait = min(wait, delay)
                continue
            self._paces[way].take(now)
            if piece.way is None:
                lane.begin(piece, way, self._limit(way))
            piece.busy = True
            request = Request(lane, piece, way, self._expected(way, piece))
            self.held += request.expected
            return request
        return wait

    def received(self, request: Request, portion: Portion) -> None:
        """Note an answer.

        Raises:
            SourceError: see `Lane.received`.
        """
        way, size = request.way, portion.size
        self.held -= request.expected
        if portion.last is not None and not request.piece.done:
            if request.piece.limit is None and size > self._parts[way] // 2:
                self._parts[way] = (3 * self._parts[way] + size) // 4
            if not self._per_event:
                self._per_event = size / max(1, portion.count())
        if request.lane.received(request.piece, portion):
            self.held += size

    def failed(self, request: Request) -> None:
        """Note that there was no answer; what follows from that is for the lane."""
        self.held -= request.expected

    def freed(self, size: int) -> None:
        """Note that portions were used up."""
        self.held -= size

    def _candidates(self) -> Iterator[tuple[int, Lane, Slice]]:
        ahead = 0
        for lane in self._lanes:
            if not lane.opened:
                ahead += 1
                if ahead > _AHEAD:
                    return
            for piece in lane.candidates():
                yield lane.place(piece), lane, piece

    def _room(self, lane: Lane, piece: Slice, bound: int) -> bool:
        """Whether there is memory for the answer, or the timeline waits for it."""
        if lane.certain <= bound and piece is lane.pieces[0] and not piece.portions:
            return True
        ways = lane.ways if piece.way is None else (piece.way,)
        return self.held + min(self._expected(way, piece) for way in ways) <= self._memory

    def _spare(self, candidates: Sequence[tuple[int, Lane, Slice]]) -> bool:
        """Whether the searches that the last slices of lanes are waiting for leave time for others."""
        last = sum(1 for _, lane, piece in candidates if piece.way is None and not lane.closed(piece))
        others = len(candidates) - last
        return not last or last * self._paces[Way.STREAM].rate < others * self._paces[Way.SEARCH].rate

    def _way(self, lane: Lane, piece: Slice, now: float, *, spare: bool) -> tuple[Way, float]:
        """How to read a slice, and the seconds until its request may be sent.

        Args:
            lane: the slice's.
            piece: the slice.
            now: the clock.
            spare: whether there is more quota for searches than the last slices of lanes need.
        """
        if piece.way is not None:
            return piece.way, self._paces[piece.way].delay(now)
        # A search is read to its end, so it is not for what may be the whole of a long stream.
        closed = lane.closed(piece)
        short = (closed or piece.start > lane.start) and not piece.long
        fit = [way for way in lane.ways if way is Way.STREAM or Way.STREAM not in lane.ways or short]
        if len(fit) == 1:
            return fit[0], self._paces[fit[0]].delay(now)
        stream, search = self._paces[Way.STREAM], self._paces[Way.SEARCH]
        delays = {Way.STREAM: stream.delay(now), Way.SEARCH: search.delay(now)}
        if closed:
            by_search = spare and (delays[Way.SEARCH], stream.stock) < (delays[Way.STREAM], min(_STOCK, search.stock))
        else:
            # To tell the end takes one more request by stream, and none by search.
            by_search = delays[Way.SEARCH] <= delays[Way.STREAM] + 1.0 / stream.rate
        way = Way.SEARCH if by_search else Way.STREAM
        return way, delays[way]

    def _expected(self, way: Way, piece: Slice) -> int:
        """Bytes of an answer."""
        whole = self._parts[way]
        return whole if piece.limit is None else min(whole, int(piece.limit * (self._per_event or _PER_EVENT)))

    def _limit(self, way: Way) -> int | None:
        """Most events of a part, where so many lanes are read at once that full parts would not fit into memory."""
        reading = sum(1 for lane in self._lanes if lane.opened and not lane.over)
        share = self._memory * _SHARE / max(1, reading, self._together)
        if share >= self._parts[way]:
            return None
        return max(_LEAST, int(share / (self._per_event or _PER_EVENT)))
