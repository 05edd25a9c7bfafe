"""Where log events come from: lines computed from the time, and lines put from outside.

Both kinds of source give events in order of time from any point, forwards or backwards, so that a page costs what is
on it and not what the stream holds. No paging and no API words here.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.settings import LogPlan

PUT, GENERATED = 0, 1


class Key(NamedTuple):
    """The place of an event: timestamp (ms), stream, kind of source, number within it. Total order."""

    timestamp: int
    stream: str
    source: int
    number: int


class Event(NamedTuple):
    """A log event; times in milliseconds since 1970. `readable` is when it can be read, and its ingestion time."""

    key: Key
    message: str
    readable: int


@dataclass(slots=True)
class PutStream:
    """Events put by hand, with chosen times."""

    name: str
    created: int
    events: list[tuple[int, int, int, str]] = field(default_factory=list)

    def put(self, timestamp: int, readable: int, message: str) -> None:
        """Add an event; equal timestamps keep the order of putting."""
        insort(self.events, (timestamp, len(self.events), readable, message))

    def forward(self, low: int, high: int, now: int) -> Iterator[Event]:
        """Readable events with low <= timestamp <= high, oldest first."""
        for place in range(bisect_left(self.events, (low,)), len(self.events)):
            timestamp, number, readable, message = self.events[place]
            if timestamp > high:
                return
            if readable <= now:
                yield Event(Key(timestamp, self.name, PUT, number), message, readable)

    def backward(self, low: int, high: int, now: int) -> Iterator[Event]:
        """The same, newest first."""
        for place in range(bisect_left(self.events, (high + 1,)) - 1, -1, -1):
            timestamp, number, readable, message = self.events[place]
            if timestamp < low:
                return
            if readable <= now:
                yield Event(Key(timestamp, self.name, PUT, number), message, readable)


@dataclass(frozen=True, slots=True)
class GeneratedStream:
    """The log of one host during one window of its job: a line each 1/rate seconds, uploaded in batches.

    Attributes:
        start, end: the window in milliseconds since 1970; the line at `end` itself is not written.
        late: milliseconds that this host is later than its plan says.
    """

    name: str
    job: str
    host: str
    start: int
    end: int
    plan: LogPlan
    late: int = 0

    @property
    def _delay(self) -> int:
        return round(self.plan.delay * 1000) + self.late

    @property
    def _batch(self) -> int:
        return round(self.plan.batch * 1000)

    def time_of(self, number: int) -> int:
        """The timestamp of a line."""
        return self.start + int(number * 1000 / self.plan.rate)

    def count_before(self, timestamp: int) -> int:
        """How many lines are older than a timestamp; those of the window only."""
        timestamp = min(timestamp, self.end)
        if timestamp <= self.start or self.plan.rate <= 0:
            return 0
        count = math.ceil((timestamp - self.start) * self.plan.rate / 1000)
        while count > 0 and self.time_of(count - 1) >= timestamp:
            count -= 1
        while self.time_of(count) < timestamp:
            count += 1
        return count

    def readable_count(self, now: int) -> int:
        """How many lines can be read now."""
        cutoff = now - self._delay
        if cutoff < self.start:
            return 0
        if cutoff >= self.end:
            return self.count_before(self.end)
        if self._batch:
            cutoff = self.start + (cutoff - self.start) // self._batch * self._batch
        return self.count_before(min(cutoff + 1, self.end))

    def exists(self, now: int) -> bool:
        """Whether the stream is there: with its first readable line."""
        return self.readable_count(now) > 0

    def event(self, number: int) -> Event:
        """One line."""
        return next(self._events(range(number, number + 1)))

    def _events(self, numbers: range) -> Iterator[Event]:
        # What doesn't change is looked up once: a page has ten thousand lines.
        name, start, rate, fill = self.name, self.start, self.plan.rate, self.plan.message.format
        end, batch, delay = self.end, self._batch, self._delay
        for number in numbers:
            timestamp = start + int(number * 1000 / rate)
            uploaded = min(start - (start - timestamp) // batch * batch, end) if batch else timestamp
            message = fill(job=self.job, host=self.host, n=number)
            yield Event(Key(timestamp, name, GENERATED, number), message, uploaded + delay)

    def forward(self, low: int, high: int, now: int) -> Iterator[Event]:
        """Readable events with low <= timestamp <= high, oldest first."""
        last = min(self.readable_count(now), self.count_before(high + 1))
        return self._events(range(self.count_before(low), last))

    def backward(self, low: int, high: int, now: int) -> Iterator[Event]:
        """The same, newest first."""
        last = min(self.readable_count(now), self.count_before(high + 1))
        return self._events(range(last - 1, self.count_before(low) - 1, -1))


Source = PutStream | GeneratedStream
