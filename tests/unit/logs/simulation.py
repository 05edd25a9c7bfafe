"""A CloudWatch Logs in memory on a clock of its own: late hosts, stamps in the future, and every kind of fault.

No sleeping: a pause moves the clock. Everything is drawn from one seed.
"""

from __future__ import annotations

import random
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
    """Probabilities of what can go wrong with a page."""

    busy: float = 0.0
    empty: float = 0.0
    repeat: float = 0.0
    bad_token: float = 0.0
    credentials: float = 0.0
    missing_until: int = 0


@dataclass
class SimulatedLogs:
    """A LogSource over events that become readable one by one. It ignores the prefix, as a careless one might."""

    world: SimulatedWorld
    written: Sequence[Written]
    faults: Faults
    page_size: int = 50
    calls: int = 0
    renewed: int = 0
    answered: bool = False

    def page(self, window: Window, token: str) -> Page:
        """FilterLogEvents: by time, from where the token says, as far as readable now."""
        self.calls += 1
        dice, faults = self.world.dice, self.faults
        self.world.pause(dice.uniform(0.005, 0.3))
        if self.world.true_now < faults.missing_until:
            raise SourceError(Trouble.MISSING, "The specified log group does not exist.")
        if dice.random() < faults.busy:
            raise SourceError(Trouble.BUSY, "Rate exceeded")
        if self.answered and dice.random() < faults.credentials:
            raise SourceError(Trouble.CREDENTIALS, "The security token included in the request is expired")
        if token and dice.random() < faults.bad_token:
            raise SourceError(Trouble.TOKEN, "The specified nextToken is invalid.")
        self.answered = True
        if dice.random() < faults.empty:
            # A token without events; the number makes it another one each time.
            return Page((), f"{token.partition('#')[0]}#{self.calls}")
        return self._answer(window, token.partition("#")[0])

    def _answer(self, window: Window, token: str) -> Page:
        after = (0, "", "") if not token else _place(token)
        left = sorted(
            (written.event for written in self.written if self._visible(written, window)),
            key=lambda event: (event.timestamp, event.stream, event.id),
        )
        left = [event for event in left if (event.timestamp, event.stream, event.id) > after]
        events = left[: self.page_size]
        if len(left) <= self.page_size:
            return Page(events)
        if token and self.world.dice.random() < self.faults.repeat:
            return Page(events, token)
        last = events[-1]
        return Page(events, f"{last.timestamp}|{last.stream}|{last.id}")

    def _visible(self, written: Written, window: Window) -> bool:
        return written.readable <= self.world.true_now and window.start <= written.event.timestamp <= window.end

    def renew(self) -> bool:
        """Fresh credentials are there at once."""
        self.renewed += 1
        return True


def _place(token: str) -> tuple[int, str, str]:
    timestamp, stream, identity = token.split("|")
    return int(timestamp), stream, identity


def host(
    stream: str, times: Iterable[int], *, batch: int = 0, delay: int = 0, ahead: int = 0, first_id: int = 0
) -> list[Written]:
    """What one host writes.

    Args:
        stream: its log stream.
        times: true times of the lines, in milliseconds since 1970.
        batch: milliseconds between two uploads; 0 uploads each line at once.
        delay: milliseconds from an upload until its lines can be read.
        ahead: how far the host's clock is ahead, in milliseconds.
        first_id: number of the first event; ids are unique over all hosts if these are far apart.
    """
    result = []
    for number, time in enumerate(times):
        upload = time if not batch else -(-time // batch) * batch
        readable = upload + delay
        event = Event(time + ahead, stream, f"{stream} {number}", f"{first_id + number:056d}", readable)
        result.append(Written(event, readable))
    return result
