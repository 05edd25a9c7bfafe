"""All events of a span, in order and fast: many requests at the same time, undecoded answers in bounded memory.

One search over the span is sent first. A short log is answered whole by it. Of a longer one the streams are listed, and
it is cut into lanes (`layout`) and slices (`slices`), which threads read (`crew`) in the order of a board, while the
caller's thread decodes what is due and puts it in order (`weave`).

What arrives while it is read may be missed or shown out of order; following is for that.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from smkube.logs.board import Board
from smkube.logs.crew import Caller, Crew, Patience
from smkube.logs.layout import RATES, Survey, lay_out
from smkube.logs.merge import in_order
from smkube.logs.model import SourceError, Trouble, Window
from smkube.logs.pace import Pace
from smkube.logs.reading import HistorySource, Portion, StreamFacts, StreamGone, Way
from smkube.logs.weave import END, Weave
from smkube.memory import share_one_arena

if TYPE_CHECKING:
    from smkube.logs.model import Event
    from smkube.logs.streams import Selection

_T = TypeVar("_T")
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a history may use.

    Attributes:
        workers: requests at the same time.
        memory: bytes of undecoded answers.
        rates: requests per second that the service grants, by way.
        patience: how long failing is borne.
    """

    workers: int = 12
    memory: int = 36_000_000
    rates: dict[Way, float] = field(default_factory=lambda: dict(RATES))
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class Progress:
    """How far a history is.

    Attributes:
        fraction: of the time that the log is known to cover, from 0 to 1.
        lines: events handed over.
        until: everything before this time was handed over, in milliseconds since 1970.
    """

    fraction: float = 0.0
    lines: int = 0
    until: int = 0


class History:
    """The events of a selection in a span.

    Args:
        source: reads portions.
        selection: which streams; the source knows it too.
        span: both ends included.
        now: the clock, in milliseconds since 1970.
        notice: tells the user what is not part of the log; called in the thread that takes the batches.
        limits: threads, memory, rates.
    """

    def __init__(
        self,
        source: HistorySource,
        selection: Selection,
        span: Window,
        *,
        now: int,
        notice: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self.progress = Progress()
        self._source = source
        self._selection = selection
        self._span = (span.start, max(span.end + 1, span.start))
        self._now = now
        self._notice = notice
        self._limits = limits or Limits()
        self._notices: deque[str] = deque()
        self.caller = Caller(
            source,
            {way: Pace(rate) for way, rate in self._limits.rates.items()},
            clock=time.monotonic,
            chance=random.random,
            notice=self._notices.append,
            patience=self._limits.patience,
        )

    def batches(self) -> Iterator[list[Event]]:
        """The events in order of time and stream, each once.

        To be taken once. Closing the iterator, or an exception in its middle such as Ctrl-C, calls all work off.

        Raises:
            SourceError: the events could not be read to the end; MISSING where there is no log group.
        """
        try:
            for batch in self._all():
                self.progress.lines += len(batch)
                self._tell()
                yield batch
            self.progress.fraction = 1.0
        finally:
            self.caller.stop()
            self._tell()

    def _all(self) -> Iterator[list[Event]]:
        first = Task(partial(self.caller.call, Way.SEARCH, partial(self._source.search, (), *self._span)))
        refused = self._await(first)
        probe = None if refused is not None else first.result()
        if probe is not None and not probe.token:
            yield in_order(event for block in probe.blocks() for event in block)
            return
        listing = Task(self.listing)
        unlisted = self._await(listing)
        listed = None if unlisted is not None else listing.result()
        if refused is not None and (listed is None or self._source.only_search):
            raise refused
        if unlisted is not None:
            self._notices.append(_slower("Streams cannot be listed", unlisted))
        if refused is not None:
            self._notices.append(_slower("The log cannot be searched", refused))
        yield from self._read(self._survey(probe, listed))

    def _survey(self, probe: Portion | None, listed: tuple[StreamFacts, ...] | None) -> Survey:
        ways = {Way.STREAM, Way.SEARCH}
        if probe is None:
            ways.remove(Way.SEARCH)
        elif listed is None or self._source.only_search:
            ways.remove(Way.STREAM)
        return Survey(
            span=self._span,
            now=self._now,
            listed=listed,
            accepted=tuple(stream for stream in listed or () if self._selection.accepts(stream.name)),
            probe=probe,
            ways=frozenset(ways),
            memory=self._limits.memory,
            rates=self._limits.rates,
        )

    def _read(self, survey: Survey) -> Iterator[list[Event]]:
        """Read lanes; lay out others for the rest where a way turns out to be closed."""
        share_one_arena()
        start = self._span[0]
        self._cover(survey)
        while True:
            layout = lay_out(survey, start)
            board = Board(layout.lanes, self.caller.paces, self._limits.memory, layout.together)
            crew = Crew(board, self._source, self.caller, self._limits.workers)
            weave = Weave(layout.lanes)
            try:
                yield from self._weave(weave, crew)
            except SourceError as error:
                closed, gone = crew.refused, isinstance(error, StreamGone) and survey.listed is not None
                if weave.torn or (not gone and (closed is None or not survey.ways - {closed})):
                    raise
                survey = _without(survey, closed)
                if closed is not None:
                    self._notices.append(_slower(f"Reading {closed.value} is not allowed", error))
                start = max(start, min(weave.bound, self._span[1]))
            else:
                return
            finally:
                crew.stop()

    def _weave(self, weave: Weave, crew: Crew) -> Iterator[list[Event]]:
        crew.start()
        ready: list[Event] = []
        while True:
            bound = weave.bound
            moved = self._advance(weave, crew)
            if moved and weave.bound <= bound:
                continue
            ready += weave.due()
            self._note(weave.bound)
            finished = weave.bound >= END
            if ready and (finished or not moved or len(ready) >= _BATCH):
                yield ready
                ready = []
            elif not moved and not finished:
                self._wait(crew)
            if finished:
                return

    def _advance(self, weave: Weave, crew: Crew) -> bool:
        """Decode, or take what was received, for the lanes that the timeline waits for; whether there was anything."""
        behind = weave.behind()
        moved = [feed for feed in behind if feed.decode()]
        if len(moved) == len(behind):
            return bool(moved)
        with crew.lock:
            for feed in behind:
                if feed not in moved and feed.take():
                    moved.append(feed)
            crew.taken(weave.bound, weave.freed(), moved=bool(moved))
        return bool(moved)

    def _wait(self, crew: Crew) -> None:
        """Wait for news of the crew.

        Raises:
            SourceError: there will be none.
        """
        self._tell()
        with crew.lock:
            if crew.failure is not None:
                raise crew.failure
            crew.await_news()

    def _await(self, task: Task[_T]) -> SourceError | None:
        """Wait for a request; the error where it is not allowed, any other is raised."""
        while not task.wait(1.0):
            self._tell()
        try:
            task.result()
        except SourceError as error:
            if error.trouble is not Trouble.DENIED:
                raise
            return error
        return None

    def listing(self) -> tuple[StreamFacts, ...]:
        """All streams with the selection's prefix.

        Raises:
            SourceError: they could not be listed.
        """
        streams: list[StreamFacts] = []
        token = ""
        while True:
            asked = token
            listing = self.caller.call(Way.LIST, partial(self._source.list, asked))
            streams += listing.streams
            token = listing.token
            if not token:
                return tuple(streams)
            if token == asked:
                raise SourceError(Trouble.TOKEN, "The service repeats its token for the list of streams.")

    def _cover(self, survey: Survey) -> None:
        """Take down which time the log covers, for the progress."""
        firsts = [stream.first for stream in survey.accepted if stream.first is not None]
        lasts = [stream.last for stream in survey.accepted if stream.last is not None]
        low, high = min(firsts, default=self._span[0]), max(lasts, default=self._now)
        if survey.probe is not None and survey.probe.first is not None:
            low = max(low, survey.probe.first)
        self._covered = (max(low, self._span[0]), min(high, self._span[1]))

    def _note(self, bound: int) -> None:
        low, high = self._covered
        until = min(bound, self._span[1])
        self.progress.until = until
        self.progress.fraction = min(1.0, max(0.0, (until - low) / max(1, high - low)))

    def _tell(self) -> None:
        while self._notices:
            self._notice(self._notices.popleft())


class Task(Generic[_T]):
    """A call in a thread of its own."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._answer: list[_T] = []
        self._error: Exception | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="history-task", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it came."""
        return self._ended.wait(seconds)

    def result(self) -> _T:
        """What the call gave, or raised."""
        if self._error is not None:
            raise self._error
        return self._answer[0]

    def _run(self) -> None:
        try:
            self._answer.append(self._work())
        except Exception as error:  # noqa: BLE001 - raised again in result(), in the caller's thread
            self._error = error
        finally:
            self._ended.set()


def _slower(what: str, error: SourceError) -> str:
    return f"{what}, so reading the log takes longer: {error.text}"


def _without(survey: Survey, closed: Way | None) -> Survey:
    """The survey without a way; or, where a stream has vanished from a search, without the names of streams."""
    if closed is None:
        return replace(survey, listed=None, ways=frozenset({Way.SEARCH}))
    return replace(survey, ways=survey.ways - {closed})
