"""Reading a job's log: once, or until the job is over, whatever the network does meanwhile.

Clock, pauses, chance and the end of the job come from outside (`World`), and so does the reader (`LogSource`): the same
loop runs against AWS and against a simulation. Where to read next is decided in `cursor`, what was shown in `seen`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from smkube.logs.model import Event, LogSource, Page, SourceError, Trouble, Window
from smkube.logs.retry import backoff

if TYPE_CHECKING:
    from smkube.logs.cursor import Cursor


class World(Protocol):
    """What the loop needs besides a log."""

    def now(self) -> int:
        """Milliseconds since 1970."""

    def monotonic(self) -> float:
        """Seconds on a clock that nobody sets."""

    def pause(self, seconds: float) -> None:
        """Wait; may return early when the job has ended in the meantime."""

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
        quick: between two passes while lines arrive.
        slow: between two passes once none have come for a while.
        settle: how long the log must be quiet after the end of the job before the last sweep: hosts upload their lines
            every few seconds.
        settle_empty: the same for a log without any lines; a job that fails at its start has its first ones late.
        settle_limit: when the last sweep comes even if lines still arrive.
        attempts: tries of one request where the job is not followed, and of a pass that must reach the last page.
        give_up: how long failing is borne where it is not borne for ever: refused credentials, and any failure once the
            job has ended.
        notice_every: between two notices about the same trouble.
    """

    quick: float = 1.0
    slow: float = 5.0
    settle: float = 5.0
    settle_empty: float = 10.0
    settle_limit: float = 60.0
    attempts: int = 8
    give_up: float = 300.0
    notice_every: float = 30.0


class Incomplete(Exception):  # noqa: N818 - says what the output is
    """The log could not be read to its end: AWS kept repeating or refusing its own page tokens."""


_UNFINISHED = "CloudWatch Logs repeated or refused its own page tokens; the log could not be read to its end."


class Reader:
    """One job's log as batches of events, each event once.

    Args:
        source: reads pages.
        cursor: knows what was shown.
        world: clock, pauses, end of the job.
        policy: times.
    """

    def __init__(self, source: LogSource, cursor: Cursor, world: World, policy: Policy | None = None) -> None:
        self._source = source
        self._cursor = cursor
        self._world = world
        self._policy = policy or Policy()
        self._following = False
        self._pass_complete = False
        self._read_once = False
        self._over_since: float | None = None
        self._last_lines = float("-inf")

    def history(self) -> Iterator[list[Event]]:
        """All events there are now.

        Raises:
            SourceError: a page could not be read within the policy's attempts, or the log does not exist.
            Incomplete: see there.
        """
        yield from self._whole_pass(sweep=False)

    def follow(self, *, settled: bool = False) -> Iterator[list[Event]]:
        """All events until the job is over and its log is quiet.

        Args:
            settled: the job ended so long ago that nothing more is to be expected.

        Raises:
            SourceError: reading is not allowed, or failed for too long where a limit is set.
            Incomplete: see there.
        """
        self._following = True
        quiet_passes = 0
        while True:
            self._note_end()
            over, lines = self._over_since is not None, self._cursor.lines
            window = self._cursor.begin(self._world.now())
            yield from self._pass(window)
            if self._cursor.lines > lines:
                quiet_passes, self._last_lines = 0, self._world.monotonic()
            else:
                quiet_passes += 1
            if over and ((self._pass_complete and settled) or self._quiet()):
                if window.start > self._cursor.horizon or not self._pass_complete:
                    yield from self._whole_pass(sweep=True)
                return
            if quiet_passes == 1 and not self._cursor.lines:
                self._world.notice("There are no log lines yet, waiting for them.")
            self._world.pause(self._interval(quiet_passes))

    def _interval(self, quiet_passes: int) -> float:
        """Between quick and slow: longer with each pass that brought nothing, and never the same for many readers."""
        policy = self._policy
        grown = policy.quick * 1.5 ** min(quiet_passes, 8)
        whole = policy.quick if self._over_since is not None else min(policy.slow, grown)
        return whole * (0.8 + 0.4 * self._world.chance())

    def _note_end(self) -> None:
        if self._over_since is None and self._world.over():
            self._over_since = self._world.monotonic()

    def _quiet(self) -> bool:
        """Whether nothing more is to be expected from an ended job, or it was waited for long enough."""
        if self._over_since is None:
            return False
        now, policy = self._world.monotonic(), self._policy
        if now - self._over_since >= policy.settle_limit:
            return True
        settle = policy.settle if self._cursor.lines else policy.settle_empty
        return self._pass_complete and now - max(self._over_since, self._last_lines) >= settle

    def _whole_pass(self, *, sweep: bool) -> Iterator[list[Event]]:
        """A pass that reaches the last page, tried several times."""
        for failures in range(1, self._policy.attempts + 1):
            yield from self._pass(self._cursor.begin(self._world.now(), sweep=sweep))
            if self._pass_complete:
                return
            self._world.pause(backoff(failures, self._world.chance()))
        raise Incomplete(_UNFINISHED)

    def _pass(self, window: Window) -> Iterator[list[Event]]:
        """Read a window to its last page."""
        began = self._world.monotonic()
        self._pass_complete = False
        token, tokens = "", set[int]()
        while True:
            page = self._page(window, token)
            if page is None:
                break
            new = self._cursor.accept(page.events)
            if new:
                yield new
            token = page.token
            if not token:
                self._pass_complete = True
                break
            if hash(token) in tokens:
                break
            tokens.add(hash(token))
        self._cursor.finish(round((self._world.monotonic() - began) * 1000), complete=self._pass_complete)

    def _page(self, window: Window, token: str) -> Page | None:
        """One page, asked for as often as it takes; None when the pass has to begin anew."""
        trial = _Trial(self._world, self._policy)
        while True:
            try:
                page = self._source.page(window, token)
            except SourceError as error:
                if error.trouble is Trouble.TOKEN:
                    return None
                if error.trouble is Trouble.MISSING and self._following:
                    return Page(())
                self._bear(error, trial)
            else:
                trial.succeeded()
                self._read_once = True
                return page

    def _bear(self, error: SourceError, trial: _Trial) -> None:
        """Wait before another try, or raise the error."""
        failing = trial.failed()
        if error.trouble is Trouble.CREDENTIALS:
            if not (self._following and self._read_once and self._source.renew()) or failing > self._policy.give_up:
                raise error
        elif error.trouble is not Trouble.BUSY:
            raise error
        elif self._following:
            self._note_end()
            if self._over_since is not None and failing > self._policy.give_up:
                raise error
        elif trial.failures >= self._policy.attempts:
            raise error
        trial.tell(error)
        self._world.pause(backoff(trial.failures, self._world.chance()))


class _Trial:
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
