"""Where to read next, and what of it is new. Pure: the clocks are arguments.

The rule that loses nothing (measured: moving the start to the newest line shown loses a quarter to a half of the
lines with two to four hosts, since agents upload seconds apart): what is read again begins some time before the moment
up to which everything is known, and that moment hangs on the clock, not on the lines.

- It is never later than the newest line, so that a pause of CloudWatch or a slow clock of ours loses nothing.
- It is never later than the beginning of the last pass, so that what arrives during a long pass is not jumped over.
- A line stamped in the future counts with its arrival, so that it does not drag the window away from the others.

How far back is a matter of cost, see `reach`: an ordinary pass goes back as far as lines were late lately, and further
where that is cheap; look backs find what was later, and a sweep at the end all that was later still.

The end of a window lies ahead of the clock: CloudWatch Logs takes events up to two hours in the future
(API reference: PutLogEvents), and they are to be shown when they come, not when their hour has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from smkube.logs.merge import in_order
from smkube.logs.model import Event, Window
from smkube.logs.reach import OVERLAP, LookBack, Reach
from smkube.logs.receipt import Tally
from smkube.logs.seen import LIMIT, Seen
from smkube.logs.streams import Selection

AHEAD = 2 * 3600 * 1000
"""Milliseconds that a window reaches beyond the clock."""

FAR = 600_000
"""Milliseconds of the widest look back."""

CHEAP = 500
"""Old events that a pass may read again without any need: a slow log is read with the whole overlap every time."""

_FAR_LIMIT = 10_000
"""Old events of the widest look back, one page."""
_CROWDED = 400_000
"""Ids beyond the limit from which on a look back is no reason to keep more; about 40 MB."""

_TIMESTAMP = itemgetter(0)
_STREAM = itemgetter(1)


class Cursor:
    """The position in one job's log.

    Args:
        selection: the job's streams; events of others are dropped.
        start: where to begin, in milliseconds since 1970. What is older is never asked for: where a reader of history
            showed everything before some moment, this is that moment.
        end: the last timestamp that is wanted, None for no end.
        limit: event ids remembered, see `Seen`.
        cheap: see CHEAP.
        tally: counts what is shown; where history was shown before, the same tally.
    """

    def __init__(
        self,
        selection: Selection,
        *,
        start: int = 0,
        end: int | None = None,
        limit: int = LIMIT,
        cheap: int = CHEAP,
        tally: Tally | None = None,
    ) -> None:
        self._selection = selection
        self._end = end
        self._limit = limit
        self._cheap = cheap
        self._seen = Seen(start, limit)
        self._reach = Reach()
        self._look_backs = (LookBack(OVERLAP, 5.0, 20.0), LookBack(FAR, 60.0, 300.0, limit=_FAR_LIMIT))
        self._looking: LookBack | None = None
        self._found = False
        self._start = start
        self._known: int | None = None
        self._reference: int | None = None
        self._began = start
        self._began_moment = 0.0
        self._moment = 0.0
        self.tally = tally or Tally()

    @property
    def lines(self) -> int:
        """Events shown."""
        return self.tally.lines

    @property
    def newest(self) -> int | None:
        """True time of the newest event, None when there was none."""
        return self.tally.last

    @property
    def horizon(self) -> int:
        """The earliest start from which nothing would be shown twice."""
        return self._seen.horizon

    @property
    def lateness(self) -> int:
        """The greatest lateness of lines in the last minute or two, in milliseconds."""
        return self._reach.lateness

    @property
    def underway(self) -> bool:
        """Whether a pass has reached its last page and shown lines, so that the next ones need not begin at the start.

        Until then a pass that is broken off would only have to be read again.
        """
        return self._known is not None

    def past_end(self, now: int) -> bool:
        """Whether the clock has passed the end of the span."""
        return self._end is not None and now > self._end

    def shown(self, events: Sequence[Event]) -> None:
        """Note events that were shown otherwise before the first pass, so that they are counted and not shown again.

        Those without an id can only be counted: the cursor's start has to lie behind them.
        """
        self.tally.add(events)
        self._seen.unseen(events)
        self._seen.settle(self.horizon)

    def begin(self, now: int, moment: float, *, sweep: bool = False) -> Window:
        """Start a pass.

        Args:
            now: the clock, in milliseconds since 1970.
            moment: seconds on a clock that nobody sets.
            sweep: read from the horizon.
        """
        pause = moment - self._began_moment
        self._began_moment = self._moment = moment
        self._looking, self._found = None, False
        self._began = now
        self._reference = self._known
        wanted = 0 if sweep or self._known is None else self._next(self._known, pause)
        self._start = max(wanted, self.horizon)
        end = now + AHEAD if self._end is None else min(now + AHEAD, self._end)
        return Window(self._start, max(end, self._start))

    def look_back(self, moment: float) -> Window | None:
        """Start a look back after a pass that was read to its end; None when none is due.

        Args:
            moment: see `begin`.
        """
        if self._known is None:
            return None
        for one in reversed(self._look_backs):
            if one.start is None or max(one.start, self.horizon) >= self._start:
                one.covered(self._known)
            elif one.due(moment):
                start = max(one.start, self.horizon)
                if not one.limit or self._seen.count(start, self._start) <= one.limit:
                    self._looking, self._found, self._moment = one, False, moment
                    return Window(start, self._start - 1)
                one.put_off(moment)
        return None

    def accept(self, events: Sequence[Event]) -> list[Event]:
        """The events of a page that are this job's and new, in order."""
        new = self._seen.unseen(self._ours(events))
        if not new:
            return new
        new = in_order(new)
        late = self.tally.add(new)
        self._found = True
        if self._reference is not None:
            late = max(late, self._reference - new[0].timestamp)
        self._reach.observe(late, self._moment)
        self._seen.relieve(self._keep_from())
        return new

    def finish(self, elapsed: int, *, complete: bool) -> None:
        """End a pass or a look back.

        Args:
            elapsed: how long it took in milliseconds. The newest line is at most that much younger than the pass, on
                whatever clock.
            complete: whether the last page was read; if not, the next pass reads the same window again.
        """
        looking, self._looking = self._looking, None
        if looking is None:
            if complete and self.newest is not None:
                self._known = max(min(self._began, self.newest - elapsed), self._known or 0)
        elif complete and self._known is not None:
            for one in self._look_backs:
                if one.overlap <= looking.overlap:
                    one.done(self._known, self._moment, found=self._found)
        self._seen.settle(self._keep_from())

    def skip(self) -> None:
        """Give up what the last pass could not read: the next one begins before the beginning of that one."""
        self._known = self._began
        for one in self._look_backs:
            one.covered(self._known)

    def _next(self, known: int, pause: float) -> int:
        """Where an ordinary pass begins; `pause` is the time since the last one began, in seconds."""
        nearest = self._look_backs[0].start
        if nearest is not None and pause * 1000 > OVERLAP:
            # After an outage much may be new; ids can be forgotten while it is read if no look back needs them.
            return max(min(nearest, known - OVERLAP), 0)
        whole, short = max(known - OVERLAP, 0), max(known - self._reach.length, 0)
        return whole if self._seen.count(whole, known) <= self._cheap else short

    def _keep_from(self) -> int:
        """From here on the next passes may read again, so these ids have to be kept."""
        if self.newest is None:
            return 0
        keep = min(self._began, self.newest) - 2 * OVERLAP
        nearest = self._look_backs[0].start
        if nearest is None or self._start <= nearest or len(self._seen) > self._limit + _CROWDED:
            return keep
        return min(keep, nearest)

    def _ours(self, events: Sequence[Event]) -> Sequence[Event]:
        """Without the events of other jobs, and without those of another time: a source need not be exact."""
        if not events:
            return events
        accepts = self._selection.accepts
        foreign = {stream for stream in set(map(_STREAM, events)) if not accepts(stream)}
        if foreign:
            events = [event for event in events if event[1] not in foreign]
        first, last = self.horizon, self._end
        times = list(map(_TIMESTAMP, events))
        if times and (min(times) < first or (last is not None and max(times) > last)):
            events = [event for event in events if first <= event[0] and (last is None or event[0] <= last)]
        return events
