"""A CloudWatch Logs in memory on a clock of its own: late hosts, stamps in the future, and every kind of fault.

No sleeping: a pause moves the clock. Everything is drawn from one seed.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from smkube.logs.model import Event, Page, SourceError, Trouble, Window

BEGIN = 1_790_000_000_000
"""Milliseconds since 1970 at which every simulation starts."""


@dataclass(frozen=True, slots=True)
class Written:
    """An event and the time from which it can be read, in milliseconds since 1970."""

    event: Event
    readable: int


@dataclass
class SimulatedWorld:
    """Clock and job of a simulation.

    Args:
        dice: source of chance.
        ends: when the job is over, in milliseconds since 1970.
        skew: how many milliseconds the user's clock is ahead of AWS's.
    """

    dice: random.Random
    ends: int
    skew: int = 0
    true_now: int = BEGIN
    notices: list[str] = field(default_factory=list)

    def now(self) -> int:
        """The user's clock."""
        return self.true_now + self.skew

    def monotonic(self) -> float:
        """Seconds."""
        return self.true_now / 1000

    def pause(self, seconds: float) -> None:
        """Move the clock."""
        self.true_now += max(1, round(seconds * 1000))

    def over(self) -> bool:
        """Whether the job has ended."""
        return self.true_now >= self.ends

    def chance(self) -> float:
        """From 0 to 1."""
        return self.dice.random()

    def notice(self, text: str) -> None:
        """Keep it."""
        self.notices.append(text)


@dataclass
class Faults:
    """What can go wrong with a page, as probabilities.

    Attributes:
        busy: throttled, no answer, or an error of the service.
        outage: no answer at all from and until these times, in milliseconds since 1970.
        empty: a page without events that carries a token.
        repeat: a page that carries the token it was asked with.
        bad_token: a token is refused.
        credentials: credentials have expired.
        missing: the log group does not exist for a moment.
        missing_until: it does not exist at all before this time, in milliseconds since 1970.
    """

    busy: float = 0.0
    outage: tuple[int, int] = (0, 0)
    empty: float = 0.0
    repeat: float = 0.0
    bad_token: float = 0.0
    credentials: float = 0.0
    missing: float = 0.0
    missing_until: int = 0


class SimulatedLogs:
    """A LogSource over events that become readable one by one. It ignores the prefix, as a careless one might.

    Args:
        world: the clock.
        written: all events there will be.
        faults: what goes wrong.
        page_size: events of a page.
        latency: least and greatest time that a request takes, in seconds.
    """

    def __init__(
        self,
        world: SimulatedWorld,
        written: Sequence[Written],
        faults: Faults,
        *,
        page_size: int = 50,
        latency: tuple[float, float] = (0.005, 0.3),
    ) -> None:
        self.world = world
        self.faults = faults
        self.page_size = page_size
        self.latency = latency
        self.calls = 0
        self.returned = 0
        """Events handed over."""
        self.renewed = 0
        self._answered = False
        self._written = sorted(written, key=lambda one: (one.event.timestamp, one.event.stream, one.event.id))
        self._times = [one.event.timestamp for one in self._written]

    def page(self, window: Window, token: str) -> Page:
        """FilterLogEvents: by time, from where the token says, as far as readable now."""
        self.calls += 1
        dice, faults = self.world.dice, self.faults
        self.world.pause(dice.uniform(*self.latency))
        if self.world.true_now < faults.missing_until or (self._answered and dice.random() < faults.missing):
            raise SourceError(Trouble.MISSING, "The specified log group does not exist.")
        if faults.outage[0] <= self.world.true_now < faults.outage[1] or dice.random() < faults.busy:
            raise SourceError(Trouble.BUSY, "Rate exceeded")
        if self._answered and dice.random() < faults.credentials:
            raise SourceError(Trouble.CREDENTIALS, "The security token included in the request is expired")
        if token and dice.random() < faults.bad_token:
            raise SourceError(Trouble.TOKEN, "The specified nextToken is invalid.")
        self._answered = True
        if dice.random() < faults.empty:
            # A token without events; the number makes it another one each time.
            return Page((), f"{token.partition('#')[0]}#{self.calls}")
        return self._answer(window, token.partition("#")[0])

    def _answer(self, window: Window, token: str) -> Page:
        place = int(token) if token else bisect_left(self._times, window.start)
        now, events = self.world.true_now, list[Event]()
        while place < len(self._times) and self._times[place] <= window.end:
            one = self._written[place]
            if one.readable <= now:
                if len(events) == self.page_size:
                    return self._handed(Page(events, self._token(place, token)))
                events.append(one.event)
            place += 1
        return self._handed(Page(events))

    def _token(self, place: int, asked_with: str) -> str:
        repeats = asked_with and self.world.dice.random() < self.faults.repeat
        return asked_with if repeats else str(place)

    def _handed(self, page: Page) -> Page:
        self.returned += len(page.events)
        return page

    def renew(self) -> bool:
        """Fresh credentials are there at once."""
        self.renewed += 1
        return True


def host(
    stream: str,
    times: Iterable[int],
    *,
    batch: int = 0,
    phase: int = 0,
    delay: int = 0,
    ahead: int = 0,
    first_id: int = 0,
) -> list[Written]:
    """What one host writes.

    Args:
        stream: its log stream.
        times: true times of the lines, in milliseconds since 1970.
        batch: milliseconds between two uploads; 0 uploads each line at once.
        phase: milliseconds by which this host's uploads are later than those of others.
        delay: milliseconds from an upload until its lines can be read.
        ahead: how far the host's clock is ahead, in milliseconds.
        first_id: number of the first event; ids are unique over all hosts if these are far apart.
    """
    result = []
    for number, time in enumerate(times):
        upload = time if not batch else -(-(time - phase) // batch) * batch + phase
        readable = upload + delay
        event = Event(time + ahead, stream, f"{stream} {number}", f"{first_id + number:056d}", readable)
        result.append(Written(event, readable))
    return result
