"""What was shown of a log, counted while it is shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter, le, sub
from typing import TYPE_CHECKING

from smkube.logs.streams import parse

if TYPE_CHECKING:
    from smkube.logs.model import Event

LATE = 10_000
"""Milliseconds of disorder that are no news: every host uploads its lines each few seconds, at moments of its own."""

_TIMESTAMP, _STREAM, _INGESTED = itemgetter(0), itemgetter(1), itemgetter(4)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was shown of one job's log, or of several.

    Attributes:
        lines: events shown.
        hosts: different hosts among them.
        late: events shown after one that is more than LATE younger, by their true times (see `Event.true_time`).
        gaps: spans of time that could not be read.
        first: true time of the oldest event in milliseconds since 1970, None when there was none.
        last: the same of the youngest.
        complete: whether everything was shown up to the end of the job or of the span that was asked for.
    """

    lines: int = 0
    hosts: int = 0
    late: int = 0
    gaps: int = 0
    first: int | None = None
    last: int | None = None
    complete: bool = True


def total(receipts: Iterable[Receipt]) -> Receipt:
    """The receipt of several jobs together."""
    every = list(receipts)
    return Receipt(
        lines=sum(one.lines for one in every),
        hosts=sum(one.hosts for one in every),
        late=sum(one.late for one in every),
        gaps=sum(one.gaps for one in every),
        first=min((one.first for one in every if one.first is not None), default=None),
        last=max((one.last for one in every if one.last is not None), default=None),
        complete=all(one.complete for one in every),
    )


class Tally:
    """Counts one job's events as they are shown.

    One tally may go from a reader of history to the one that follows; it belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.first: int | None = None
        self.last: int | None = None
        """True time of the youngest event."""
        self._late = 0
        self._streams: set[str] = set()
        self._hosts: set[tuple[str, str]] = set()

    def add(self, events: Sequence[Event]) -> int:
        """Count a batch that is shown.

        Returns:
            The greatest time between an event's stamp and its arrival at CloudWatch Logs, in milliseconds.
        """
        if not events:
            return 0
        # This runs for every event of a log: whole columns at a time cost a third of a loop.
        stamps, arrivals = list(map(_TIMESTAMP, events)), list(map(_INGESTED, events))
        times = stamps if all(map(le, stamps, arrivals)) else list(map(min, stamps, arrivals))
        first, last = min(times), max(times)
        if self.last is not None and first < self.last - LATE:
            self._late += sum(map((self.last - LATE).__gt__, times))
        self.lines += len(times)
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        self._meet(set(map(_STREAM, events)))
        lag: int = max(map(sub, arrivals, times))
        return lag

    def receipt(self, *, gaps: int = 0, complete: bool = True) -> Receipt:
        """The counts so far."""
        return Receipt(self.lines, len(self._hosts), self._late, gaps, self.first, self.last, complete)

    def _meet(self, streams: set[str]) -> None:
        for stream in streams - self._streams:
            self._streams.add(stream)
            name = parse(stream)
            self._hosts.add((name.job, name.host))
