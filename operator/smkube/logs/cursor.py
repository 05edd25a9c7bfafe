"""Where to read next, and what of it is new. Pure: the clock is an argument.

The rule that loses nothing (measured: moving the start to the newest line shown loses a quarter to a half of the
lines with two to four hosts, since agents upload seconds apart): the next pass begins OVERLAP before the moment up to
which everything is known, and that moment hangs on the clock, not on the lines.

- It is never later than the newest line, so that a pause of CloudWatch or a slow clock of ours loses nothing.
- It is never later than the beginning of the last pass, so that what arrives during a long pass is not jumped over.
- A line stamped in the future counts with its arrival, so that it does not drag the window away from the others.

The end of a window lies ahead of the clock: CloudWatch Logs takes events up to two hours in the future
(API reference: PutLogEvents), and they are to be shown when they come, not when their hour has come.
"""

from __future__ import annotations

from collections.abc import Iterable

from smkube.logs.merge import in_order
from smkube.logs.model import Event, Window
from smkube.logs.seen import LIMIT, Seen

OVERLAP = 60_000
"""Milliseconds that are read again: how late a line may arrive and still be shown in the next pass."""

AHEAD = 2 * 3600 * 1000
"""Milliseconds that a window reaches beyond the clock."""


class Cursor:
    """The position in one job's log.

    Args:
        prefix: beginning of the names of the job's streams; other events are dropped.
        start: where to begin, in milliseconds since 1970.
        limit: event ids remembered, see `Seen`.
    """

    def __init__(self, prefix: str, *, start: int = 0, limit: int = LIMIT) -> None:
        self._prefix = prefix
        self._seen = Seen(start, limit)
        self._next = start
        self._began = start
        self._newest: int | None = None
        self.lines = 0
        """Events accepted."""

    @property
    def horizon(self) -> int:
        """The earliest start from which nothing would be shown twice."""
        return self._seen.horizon

    @property
    def newest(self) -> int | None:
        """Time of the newest event, None when there was none."""
        return self._newest

    def begin(self, now: int, *, sweep: bool = False) -> Window:
        """Start a pass.

        Args:
            now: the clock, in milliseconds since 1970.
            sweep: read from the horizon instead of from the overlap.
        """
        self._began = now
        start = self.horizon if sweep else max(self._next, self.horizon)
        return Window(start, max(now + AHEAD, start))

    def accept(self, events: Iterable[Event]) -> list[Event]:
        """The events of a page that are this job's and new, in order."""
        add, prefix = self._seen.add, self._prefix
        new = [event for event in events if event.stream.startswith(prefix) and add(event.id, event.timestamp)]
        if not new:
            return new
        self.lines += len(new)
        newest = max(event.true_time for event in new)
        self._newest = newest if self._newest is None else max(self._newest, newest)
        self._seen.relieve(min(self._began, self._newest) - OVERLAP)
        return in_order(new)

    def finish(self, elapsed: int, *, complete: bool) -> None:
        """End a pass.

        Args:
            elapsed: how long it took in milliseconds. The newest line is at most that much younger than the pass, on
                whatever clock.
            complete: whether the last page was read; if not, the next pass reads the same window again.
        """
        if complete and self._newest is not None:
            self._next = max(min(self._began, self._newest - elapsed) - OVERLAP, 0)
        self._seen.settle(self._next)
