"""The last lines of a log, without reading all of it.

They are asked for from the end, in one or two requests where the service can do that. Where it cannot, each stream is
asked for its last lines; where that is not allowed either, the log is read from its beginning. More lines than memory
should hold are counted from the end and then read forwards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from smkube.logs.history import History, Limits
from smkube.logs.merge import in_order
from smkube.logs.model import Event, SourceError, Trouble, Window
from smkube.logs.reading import StreamGone, TailSource, Unsupported, Way

if TYPE_CHECKING:
    from smkube.logs.streams import Selection

HELD = 20_000
"""Lines that are kept in memory; of more only their number is."""
_PAGE = 10_000
"""Most events of one answer (API reference: FilterLogEvents)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found from the end: the events, or where to begin and how many to leave out there."""

    events: list[Event]
    number: int
    start: int
    surplus: int


class Tail:
    """The last events of a selection in a span.

    Args:
        source: reads both ways.
        selection: which streams; the source knows it too.
        span: both ends included.
        count: how many events.
        now: the clock, in milliseconds since 1970.
        notice: tells the user what is not part of the log.
        limits: see `History`.
    """

    def __init__(
        self,
        source: TailSource,
        selection: Selection,
        span: Window,
        count: int,
        *,
        now: int,
        notice: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self._source = source
        self._selection = selection
        self._span = span
        self._count = count
        self._make: Callable[[Window], History] = partial(
            History, source, selection, now=now, notice=notice, limits=limits
        )
        self._caller = self._make(span).caller

    def batches(self) -> Iterator[list[Event]]:
        """The events in order of time and stream; fewer than asked for only where there are no more.

        Raises:
            SourceError: they could not be read; MISSING where there is no log group.
        """
        if self._count <= 0:
            return
        try:
            found = self._from_end()
        except SourceError as error:
            if error.trouble is Trouble.TOKEN:
                # Page tokens that go bad going backwards: forwards they cost a slice, not everything.
                yield self._last_of(self._span, self._count)
                return
            if not isinstance(error, Unsupported) and error.trouble is not Trouble.DENIED:
                raise
            yield self._without_search(error)
            return
        older = self._older(found)
        if self._count <= HELD:
            yield in_order([*older, *found.events])[-self._count :]
        else:
            yield older
            yield from self._forwards(found)

    def _from_end(self) -> _Found:
        """Read from the end until there are enough events that are younger than the oldest page's oldest."""
        start, stop, token = self._span.start, self._span.end + 1, ""
        ask = min(self._count, _PAGE) if not self._selection.owner and not self._selection.hosts else _PAGE
        events: list[Event] = []
        number = same = 0
        oldest = stop
        while True:
            asked = token
            portion = self._caller.call(Way.SEARCH, partial(self._source.search_back, start, stop, asked, ask))
            page = [event for block in portion.blocks() for event in block]
            if not asked and page and page[-1].timestamp > page[0].timestamp:
                raise Unsupported(Trouble.FATAL, "The service reads forwards whatever it is asked for.")
            if page:
                same = _tied(page, oldest, same)
                oldest = min(oldest, page[-1].timestamp)
            number += len(page)
            if self._count <= HELD:
                events = page[::-1] + events
            token = portion.token
            if not token:
                return _Found(events, number, max(start, self._source.back_since), max(0, number - self._count))
            if token == asked:
                raise SourceError(Trouble.TOKEN, "The service repeats its page token.")
            if number - same >= self._count:
                return _Found(events, number, oldest + 1, number - same - self._count)

    def _older(self, found: _Found) -> list[Event]:
        """What was written before the service can read from the end, if that is needed."""
        since = self._source.back_since
        if found.number >= self._count or self._span.start >= since:
            return []
        return self._last_of(Window(self._span.start, since - 1), self._count - found.number)

    def _forwards(self, found: _Found) -> Iterator[list[Event]]:
        surplus = found.surplus
        for batch in self._make(Window(found.start, self._span.end)).batches():
            if surplus < len(batch):
                yield batch[surplus:]
            surplus = max(0, surplus - len(batch))

    def _without_search(self, error: SourceError) -> list[Event]:
        """By each stream from its end, or all from the beginning."""
        if not self._source.only_search:
            try:
                return self._by_streams()
            except SourceError as denied:
                if denied.trouble is not Trouble.DENIED or error.trouble is Trouble.DENIED:
                    raise
        return self._last_of(self._span, self._count)

    def _by_streams(self) -> list[Event]:
        """The last events of each stream; of those after the first ones only what is younger than what is there."""
        kept: list[Event] = []
        listed = self._make(self._span).listing()
        for stream in sorted(listed, key=lambda facts: facts.last or 0, reverse=True):
            if self._selection.accepts(stream.name):
                start = kept[0].timestamp if len(kept) >= self._count else self._span.start
                kept = in_order([*kept, *self._of_stream(stream.name, start)])[-self._count :]
        return kept

    def _of_stream(self, name: str, start: int) -> list[Event]:
        events: list[Event] = []
        stop, token = self._span.end + 1, ""
        ask = min(self._count, _PAGE)
        while len(events) < self._count:
            asked = token
            try:
                portion = self._caller.call(
                    Way.STREAM, partial(self._source.stream_back, name, start, stop, asked, ask)
                )
            except StreamGone:
                break
            events = [event for block in portion.blocks() for event in block] + events
            token = portion.token
            if not token:
                break
        return events

    def _last_of(self, window: Window, count: int) -> list[Event]:
        kept: deque[Event] = deque(maxlen=count)
        for batch in self._make(window).batches():
            kept.extend(batch)
        return list(kept)


def _tied(page: list[Event], oldest: int, same: int) -> int:
    """How many events have the oldest time so far; there may be more of them to come.

    Args:
        page: the latest first.
        oldest: the oldest time before this page.
        same: how many had that time.
    """
    last = page[-1].timestamp
    here = sum(1 for event in page if event.timestamp == last)
    return here + same if last == oldest else here
