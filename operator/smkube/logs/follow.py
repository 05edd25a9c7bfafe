"""Reading a job's log: once, or until the job is over, whatever the network does meanwhile.

Clock, pauses, chance and the end of the job come from outside (`World`), and so does the reader (`LogSource`): the same
loop runs against AWS and against a simulation. Where to read next is decided in `cursor`, what was shown in `seen`.
Nothing is shared between readers, so several may run in threads of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from smkube.logs.ending import Ending
from smkube.logs.model import Event, LogSource, Page, SourceError, Trouble, Window
from smkube.logs.reach import OVERLAP
from smkube.logs.receipt import Receipt
from smkube.logs.retry import backoff
from smkube.logs.trial import Policy, Trial, World

if TYPE_CHECKING:
    from smkube.logs.cursor import Cursor

__all__ = ["Incomplete", "Policy", "Reader", "Receipt", "World"]


class Incomplete(Exception):  # noqa: N818 - says what the output is
    """The log could not be read to its end: AWS kept repeating or refusing its own page tokens, or the log is gone."""


class _Stopped(Exception):  # noqa: N818 - ends the loops, nothing is wrong
    """Reading is to end at once."""


NO_LINES_YET = "There are no log lines yet, waiting for them."
"""Told once."""
_UNFINISHED = "CloudWatch Logs repeated or refused its own page tokens; the log could not be read to its end."
_GAP = "CloudWatch Logs repeats or refuses its own page tokens; going on behind, the rest is tried again at the end."
_GONE = "The log group no longer exists, the last lines may be missing."
_OUTAGE = OVERLAP / 1000
"""Seconds without a page after which a pass is given up for another one."""


class Reader:
    """One job's log as batches of events, each event once.

    Args:
        source: reads pages.
        cursor: knows where to read and what was shown.
        world: clock, pauses, end of the job.
        policy: times.
        stopped: asked after every page and every pause; once it is true, reading ends at once, without a last sweep and
            without an error. Whoever makes it true ends a pause of the world as well. For time limits and interrupts.
    """

    def __init__(
        self,
        source: LogSource,
        cursor: Cursor,
        world: World,
        policy: Policy | None = None,
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._source = source
        self._cursor = cursor
        self._world = world
        self._policy = policy or Policy()
        self._stopped = stopped
        self._following = False
        self._pass_complete = False
        self._read_once = False
        self._vanished = False
        self._outage = False
        self._complete = False
        self._unfinished = 0
        self._gaps: list[Window] = []
        self._ending = Ending(world, self._policy, cursor)
        self._last_lines = world.monotonic()
        self._strain = 1.0

    def receipt(self) -> Receipt:
        """What was shown so far; complete only after `history` or `follow` came to its end."""
        return self._cursor.tally.receipt(gaps=len(self._gaps), complete=self._complete and not self._gaps)

    def history(self) -> Iterator[list[Event]]:
        """All events there are now.

        Raises:
            SourceError: a page could not be read within the policy's attempts, or the log does not exist.
            Incomplete: see there.
        """
        try:
            yield from self._whole_pass(sweep=False)
        except _Stopped:
            return
        self._complete = True

    def follow(self, *, settled: bool = False) -> Iterator[list[Event]]:
        """All events until the job is over and its log is quiet, or until the end of the cursor's span.

        Args:
            settled: the job ended so long ago that nothing more is to be expected.

        Raises:
            SourceError: reading is not allowed, or failed for too long where a limit is set.
            Incomplete: see there.
        """
        self._following = True
        try:
            yield from self._follow(settled=settled)
        except _Stopped:
            return
        self._complete = True

    def _follow(self, *, settled: bool) -> Iterator[list[Event]]:
        told = False
        while True:
            over, began, lines = self._ending.noted(), self._world.monotonic(), self._cursor.lines
            window = self._cursor.begin(self._world.now(), began)
            yield from self._pass(window)
            yield from self._look_back(window)
            if self._cursor.lines > lines:
                self._last_lines = self._world.monotonic()
            if over and self._at_end(settled=settled or self._ending.long_past()):
                if window.start > self._cursor.horizon or not self._pass_complete or self._gaps:
                    yield from self._whole_pass(sweep=True)
                return
            if not told and not self._cursor.lines:
                told = True
                self._world.notice(NO_LINES_YET)
            self._pause(self._interval(self._world.monotonic() - began))

    def _at_end(self, *, settled: bool) -> bool:
        """Whether this pass is the last one before the sweep."""
        if self._ending.overdue():
            return True
        readable = self._pass_complete or self._vanished
        return readable and (settled or self._ending.quiet(self._last_lines))

    def _look_back(self, window: Window) -> Iterator[list[Event]]:
        """After a pass: look for lines that were later than the pass reached back, if it is time to."""
        if self._vanished or (self._outage and not self._pass_complete):
            return
        if not self._pass_complete:
            self._unfinished += 1
            if self._unfinished >= self._policy.attempts:
                self._pass_over(window)
            return
        self._unfinished = 0
        earlier = self._cursor.look_back(self._world.monotonic())
        if earlier is not None:
            yield from self._pass(earlier)
            self._pass_complete = True

    def _pass_over(self, window: Window) -> None:
        """Give up a window that cannot be read to its end, rather than show nothing new any more."""
        self._unfinished = 0
        self._gaps.append(window)
        self._cursor.skip()
        self._world.notice(_GAP)

    def _interval(self, spent: float) -> float:
        """How long to wait: a tenth of the time without lines, and never the same for many readers.

        Args:
            spent: what the last pass took in seconds; it is part of the interval.
        """
        policy = self._policy
        quiet = self._world.monotonic() - self._last_lines
        whole = policy.quick if self._ending.since is not None else min(policy.slow, max(policy.quick, quiet / 10))
        whole = min(policy.slow, whole * self._strain) * (0.9 + 0.2 * self._world.chance())
        self._strain = max(1.0, self._strain * 0.9)
        return max(whole - spent, whole / 5)

    def _pause(self, seconds: float) -> None:
        self._world.pause(seconds)
        self._check_stopped()

    def _check_stopped(self) -> None:
        if self._stopped():
            raise _Stopped

    def _whole_pass(self, *, sweep: bool) -> Iterator[list[Event]]:
        """A pass that has to reach the last page."""
        window = self._cursor.begin(self._world.now(), self._world.monotonic(), sweep=sweep)
        yield from self._pass(window, self._policy.attempts, whole=True)
        if self._pass_complete:
            self._gaps.clear()
            return
        self._gaps.append(window)
        raise Incomplete(_GONE if self._vanished else _UNFINISHED)

    def _pass(self, window: Window, attempts: int = 2, *, whole: bool = False) -> Iterator[list[Event]]:
        """Read a window to its last page; where a token fails, begin anew at the last timestamp that was read.

        Args:
            window: what to read.
            attempts: how often the same place is tried.
            whole: go on after an outage as well. It is better to begin another pass then: much may be new.
        """
        began, place = self._world.monotonic(), window.start
        self._pass_complete = self._outage = False
        token, tokens, failures, moment = "", set[int](), 0, began
        while not self._pass_complete:
            page = self._page(window, token)
            before, moment = moment, self._world.monotonic()
            self._outage = moment - before > _OUTAGE
            if page is not None:
                yield from self._shown(page)
                token, self._pass_complete = page.token, not page.token
                if page.events and page.events[-1].timestamp > place:
                    place, failures = page.events[-1].timestamp, 0
            if self._outage and not whole and self._cursor.underway:
                break
            if page is None or hash(token) in tokens:
                failures += 1
                if failures >= attempts:
                    break
                self._pause(backoff(failures, self._world.chance()))
                window, token = Window(place, window.end), ""
                tokens.clear()
            else:
                tokens.add(hash(token))
        # A log that does not exist yet is quiet, but nothing of it was read.
        complete = self._pass_complete and self._read_once
        self._cursor.finish(round((self._world.monotonic() - began) * 1000), complete=complete)

    def _shown(self, page: Page) -> Iterator[list[Event]]:
        new = self._cursor.accept(page.events)
        if new:
            yield new
        self._check_stopped()

    def _page(self, window: Window, token: str) -> Page | None:
        """One page, asked for as often as it takes; None when the pass has to begin anew."""
        trial = Trial(self._world, self._policy)
        while True:
            try:
                page = self._source.page(window, token)
            except SourceError as error:
                if error.trouble is Trouble.TOKEN:
                    return None
                if error.trouble is Trouble.MISSING and self._following:
                    return self._missing()
                self._bear(error, trial)
            else:
                trial.succeeded()
                self._read_once, self._vanished = True, False
                return page

    def _missing(self) -> Page | None:
        """There is no such log: it has not begun yet, or somebody has deleted it, maybe to make it anew."""
        if not self._read_once:
            return Page(())
        if not self._vanished:
            self._vanished = True
            self._world.notice("The log group no longer exists, waiting for it.")
        return None

    def _bear(self, error: SourceError, trial: Trial) -> None:
        """Wait before another try, or raise the error."""
        failing = trial.failed()
        if error.trouble is Trouble.CREDENTIALS:
            if not (self._following and self._read_once and self._source.renew()) or failing > self._policy.give_up:
                raise error
        elif error.trouble is not Trouble.BUSY:
            raise error
        elif self._following:
            self._strain = min(5.0, self._strain * 1.5)
            if self._ending.noted() and failing > self._policy.give_up:
                raise error
        elif trial.failures >= self._policy.attempts:
            raise error
        trial.tell(error)
        self._pause(backoff(trial.failures, self._world.chance()))
