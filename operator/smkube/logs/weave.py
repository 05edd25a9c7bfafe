"""One timeline from several lanes, by watermark. Pure: portions come from `slices`, decoding is a call.

Of each lane it is known up to which time all its events are there (`Lane.certain`); what lies before the least of these
times is certain for all, and goes out in one batch, sorted once. That costs a fifth of merging event by event.

The last millisecond of what was received of a slice is held back, for it may be incomplete: that is what lets a slice
be cut there when its token goes bad, and a search over several streams be put in order. Only where one millisecond has
more events than memory should hold is it let go early.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from smkube.logs.merge import in_order

if TYPE_CHECKING:
    from smkube.logs.model import Event
    from smkube.logs.slices import Lane, Slice

HELD = 50_000
"""Events of one millisecond in one lane that are held back at most."""
END = 1 << 62
"""Later than any time."""

_TIME = itemgetter(0)


class Feed:
    """What was decoded of a lane and has not gone out yet.

    Args:
        lane: whose portions it takes.
    """

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.freed = 0
        """Bytes of portions that were used up; whoever accounts for memory sets it back to 0."""
        self._buffer: list[Event] = []
        self._blocks: Iterator[list[Event]] | None = None
        self._size = 0
        self._piece: Slice | None = None
        self._early: tuple[int, int] = (-1, 0)

    @property
    def early(self) -> int:
        """The millisecond that was let go early last, -1 for none."""
        return self._early[0]

    def decode(self) -> bool:
        """Decode some more of the portion taken last; False if there is none. The only costly step."""
        if self._blocks is None:
            return False
        block = next(self._blocks, None)
        if block is None:
            self._blocks, self.freed = None, self.freed + self._size
            return True
        if block:
            self._add(block)
        return True

    def take(self) -> bool:
        """Take the next portion, or note that a slice is complete; False if neither is there yet.

        To be called where nobody changes the lane at the same time.
        """
        lane = self.lane
        if not lane.pieces:
            if lane.over:
                lane.certain = END
            return False
        piece = lane.pieces[0]
        if piece.portions:
            portion = piece.portions.popleft()
            self._piece, self._size, self._blocks = piece, portion.size, portion.blocks()
            return True
        if not piece.done:
            return False
        self._complete(piece)
        return True

    def cut(self, bound: int) -> list[Event]:
        """Give out the events before a time."""
        buffer = self._buffer
        if not buffer or buffer[0][0] >= bound:
            return []
        if buffer[-1][0] < bound:
            self._buffer = []
            return buffer
        place = bisect_left(buffer, bound, key=_TIME)
        self._buffer = buffer[place:]
        return buffer[:place]

    def _add(self, block: list[Event]) -> None:
        block.sort(key=_TIME)
        if self._piece is not None and block[-1][0] >= self._piece.stop:
            # From behind the stop, to show that nothing is missing before it.
            del block[bisect_left(block, self._piece.stop, key=_TIME) :]
        block = self._without_early(block)
        if not block:
            return
        unordered = bool(self._buffer) and block[0][0] < self._buffer[-1][0]
        self._buffer = self._buffer + block if self._buffer else block
        if unordered:
            self._buffer.sort(key=_TIME)
        last = self._buffer[-1][0]
        self.lane.certain = max(self.lane.certain, min(last, self.lane.stop))
        if len(self._buffer) > HELD and self._buffer[0][0] == last >= self.lane.certain:
            self._early = (last, len(self._buffer))
            self.lane.certain = last + 1

    def _without_early(self, block: list[Event]) -> list[Event]:
        """Drop what went out before its slice was begun anew, and count what goes out before its time."""
        piece, (early, count) = self._piece, self._early
        if piece is not None and piece.skip:
            place = bisect_left(block, piece.start + 1, key=_TIME)
            dropped = min(piece.skip, place)
            piece.skip -= dropped
            block = block[dropped:]
        if early >= 0:
            same = bisect_left(block, early + 1, key=_TIME) - bisect_left(block, early, key=_TIME)
            self._early = (early, count + same)
        return block

    def _complete(self, piece: Slice) -> None:
        """A slice is at its end: what it brought from behind its stop comes again, but for what was let go."""
        lane = self.lane
        lane.pieces.popleft()
        early = self._early[0] == piece.stop
        if self._buffer and self._buffer[-1][0] >= piece.stop and lane.closed(piece):
            del self._buffer[bisect_left(self._buffer, piece.stop + early, key=_TIME) :]
        if lane.pieces and early:
            lane.pieces[0].skip = self._early[1]
        lane.certain = max(lane.certain, piece.stop)
        if lane.over:
            lane.certain = END


class Weave:
    """The timeline of several lanes.

    Args:
        lanes: in the order of their streams' names.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._feeds = [Feed(lane) for lane in lanes]
        self._several = any(not lane.single for lane in lanes)

    @property
    def bound(self) -> int:
        """The time before which everything is known; END when everything is."""
        return min((feed.lane.certain for feed in self._feeds), default=END)

    @property
    def torn(self) -> bool:
        """Whether only a part of the last millisecond before the bound went out."""
        return any(feed.early == self.bound - 1 for feed in self._feeds)

    def behind(self) -> list[Feed]:
        """The feeds that hold the bound back."""
        bound = self.bound
        return [] if bound >= END else [feed for feed in self._feeds if feed.lane.certain <= bound]

    def freed(self) -> int:
        """Bytes of memory that were given back since this was asked last."""
        total = 0
        for feed in self._feeds:
            total += feed.freed
            feed.freed = 0
        return total

    def due(self) -> list[Event]:
        """The events that are certain, in order; they are not given again."""
        bound = self.bound
        chunks = [chunk for chunk in (feed.cut(bound) for feed in self._feeds) if chunk]
        if not chunks:
            return []
        if self._several:
            return in_order(event for chunk in chunks for event in chunk)
        events = chunks[0]
        if len(chunks) > 1:
            # Sorting keeps equal times in the order of the lanes, which is that of the streams' names.
            for chunk in chunks[1:]:
                events += chunk
            events.sort(key=_TIME)
        return events
