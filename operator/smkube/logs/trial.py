"""What the reader needs besides a log, and how long it bears that reading one page fails. No I/O of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from smkube.logs.model import SourceError, Trouble


class World(Protocol):
    """What the loop needs besides a log. Each reader has its own, or one that is safe for many threads."""

    def now(self) -> int:
        """Milliseconds since 1970."""

    def monotonic(self) -> float:
        """Seconds on a clock that nobody sets."""

    def pause(self, seconds: float) -> None:
        """Wait; returns early when the job has ended in the meantime, or when reading is to stop."""

    def over(self) -> bool:
        """Whether the job has ended."""

    def chance(self) -> float:
        """A random number from 0 to 1."""

    def notice(self, text: str) -> None:
        """Tell the user something that is not part of the log."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Times in seconds.

    Attributes:
        quick: from the beginning of a pass to that of the next one while lines arrive.
        slow: the same once none have come for a while.
        settle: how long the log must be quiet after the end of the job before the last sweep: hosts upload their lines
            every few seconds.
        allowance: the last sweep comes at the earliest when lines as late as the latest ones lately must be there, and
            this much later.
        settle_empty: the same for a log without any lines; a job that fails at its start has its first ones late.
        settle_span: how long at least lines are waited for after the end of a span, when the job itself goes on.
        settle_limit: when the last sweep comes even if lines still arrive.
        attempts: tries of one request where the job is not followed, and of a pass that must reach the last page.
        give_up: how long failing is borne where it is not borne for ever: refused credentials, and any failure once the
            job has ended. A span that ended longer ago is complete.
        notice_every: between two notices about the same trouble.
    """

    quick: float = 1.0
    slow: float = 5.0
    settle: float = 5.0
    allowance: float = 2.0
    settle_empty: float = 10.0
    settle_span: float = 30.0
    settle_limit: float = 60.0
    attempts: int = 8
    give_up: float = 300.0
    notice_every: float = 30.0


class Trial:
    """The failures in a row of one request, and what the user was told about them."""

    def __init__(self, world: World, policy: Policy) -> None:
        self._world = world
        self._policy = policy
        self._since = world.monotonic()
        self._told: float | None = None
        self.failures = 0

    def failed(self) -> float:
        """Count a failure; seconds since the first try."""
        self.failures += 1
        return self._world.monotonic() - self._since

    def tell(self, error: SourceError) -> None:
        """Say what is wrong: not for a passing throttle, and not all the time."""
        now = self._world.monotonic()
        due = self.failures >= 3 if self._told is None else now - self._told >= self._policy.notice_every
        if due or (self._told is None and error.trouble is Trouble.CREDENTIALS):
            self._told = now
            self._world.notice(f"Reading the log fails, trying again: {error.text}")

    def succeeded(self) -> None:
        """Say that the trouble is over, if it was told."""
        if self._told is not None:
            self._world.notice("Reading the log works again.")
