"""Shows a log: lines on standard output or in files, everything about them on standard error.

One presenter serves all jobs of a command, from any thread: what it writes to the screen it writes under one lock, so
that a live line is always the last one and nothing is written behind it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from kubectl_smlogs import color, dividers, durations, formats, moments, receipt, safe
from kubectl_smlogs.columns import cut
from kubectl_smlogs.expressions import Expressions
from kubectl_smlogs.limit import Limit, LimitReached
from kubectl_smlogs.memory import REMEMBERED, REMEMBERED_OF_MANY, Memory
from kubectl_smlogs.output import OutputClosed, OutputFailed
from kubectl_smlogs.progress import Estimate
from kubectl_smlogs.screen import Screen
from kubectl_smlogs.terminal import columns

if TYPE_CHECKING:
    from kubectl_smlogs.dividers import Status
    from kubectl_smlogs.formats import Format
    from kubectl_smlogs.hostlines import HostLines
    from kubectl_smlogs.options import Showing
    from kubectl_smlogs.origin import Origin
    from kubectl_smlogs.output import Messages, Output
    from kubectl_smlogs.postmortem import Failed
    from kubectl_smlogs.save import Saver
    from kubectl_smlogs.terminal import Terminal
    from smkube.logs.model import Event
    from smkube.logs.receipt import Receipt

__all__ = ["LimitReached", "Presenter"]

_FEW_JOBS = 4
"""Jobs whose last lines are remembered in full."""


class Presenter:
    """Shows the log of one or several jobs.

    Args:
        showing: what the user wants.
        terminal: what the standard streams are.
        output: where lines go.
        messages: where everything else goes.
        many: lines of several objects are shown together.
        limit_bytes: bytes of lines to show at most, None for all.
        clock: seconds, for durations.
        columns: the terminal's present width, 0 for unknown.

    Raises:
        BadValue: a format, time zone or template that cannot be used.
    """

    def __init__(
        self,
        showing: Showing,
        terminal: Terminal,
        output: Output,
        messages: Messages,
        *,
        many: bool,
        limit_bytes: int | None,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = columns,
    ) -> None:
        self._showing = showing
        self._terminal = terminal
        self._columns = columns
        self._messages = messages
        self._many = many
        self._clock = clock
        self._expressions = Expressions(showing.include, showing.exclude)
        self._limit = Limit(limit_bytes)
        self._saver = _saver(showing)
        self._format: Format | None = None
        self._host_lines: HostLines | None = None
        if self._saver is None or showing.output or showing.template:
            self._format, self._host_lines = _format(showing, terminal, many=many)
        bars = self._host_lines if terminal.rewritable else None
        self._screen = Screen(output, messages, bars, self._room, shared=terminal.stdout)
        self._memories: dict[Origin, Memory] = {}
        self._since: dict[Origin, float] = {}
        self._waiting: dict[Origin, tuple[str, float]] = {}
        self._estimate = Estimate(clock())
        self.shown = 0
        """Events shown or saved so far."""

    def begin(self, origins: Iterable[Origin]) -> None:
        """Get ready for these jobs, before anything is read.

        Raises:
            BadValue: the folder for saving holds something else.
            OutputFailed: it cannot be written.
        """
        if self._saver is not None:
            self._saver.begin(origins)

    def events(self, origin: Origin, events: Sequence[Event]) -> None:
        """Show some events of one job, in their order.

        Raises:
            OutputClosed: nobody reads standard output any more.
            OutputFailed: it, or a file, cannot be written.
            LimitReached: as much is shown as is wanted; everything that fits was shown.
        """
        with self._messages.lock:
            if self._waiting.pop(origin, None):
                self._messages.clear()
            self._remember(origin, events)
            chosen = self._expressions.chosen(events)
            if not chosen:
                return
            if self._format is not None:
                self._screen.write(self._limit.fitting(self._format.page(origin, chosen)))
            else:
                chosen = self._limit.fitting_messages(chosen)
            if self._saver is not None:
                self._saver.write(origin, chosen)
            self.shown += len(chosen)
            if self._limit.reached:
                raise LimitReached

    def change(self, origin: Origin, before: Status, after: Status, now: float) -> None:
        """Tell of a job's change of status, with how long the last one lasted where its beginning was seen.

        Args:
            origin: the job.
            before: its object before.
            after: its object now.
            now: seconds on any clock that is the same in every call.

        Raises:
            OutputClosed: nobody reads standard output any more.
            OutputFailed: it cannot be written.
        """
        with self._messages.lock:
            began = self._since.get(origin)
            lasted = None if began is None else now - began
            text = dividers.text(before, after, lasted, name=origin.name if self._many else "")
            if not text:
                return
            self._since[origin] = now
            if self._showing.quiet:
                return
            if self._host_lines is not None and self._terminal.stdout:
                dim = color.DIM if self._terminal.colors else ""
                self._screen.write(safe.encode(color.painted(text, dim) + "\n"))
            elif self._terminal.stderr:
                self._messages.notice(text)

    def waiting(self, origin: Origin, text: str) -> None:
        """Say what is waited for: a live line on a terminal, else one line whenever the text changes.

        Args:
            origin: whose log is waited for.
            text: one sentence.
        """
        with self._messages.lock:
            now = self._clock()
            said, since = self._waiting.get(origin, ("", now))
            self._waiting[origin] = (text, since if said == text else now)
            if self._messages.has_live_line and not self._showing.quiet:
                waited = now - self._waiting[origin][1]
                self._live(safe.line(text), f" ({durations.text(waited)})" if waited >= 1 else "")
            elif said != text:
                self._messages.notice(text)

    def progress(self, done: float, lines: int) -> None:
        """Show how far reading has come, if standard error is a terminal and reading takes long.

        Args:
            done: fraction of the log that was read, from 0 to 1.
            lines: lines read.
        """
        if not self._messages.has_live_line or self._showing.quiet:
            return
        with self._messages.lock:
            text = self._estimate.text(done, lines, self._clock())
            if text:
                self._live(text)

    def finish(self) -> None:
        """Show what was kept back: the last states of progress bars.

        Raises:
            OutputClosed: nobody reads standard output any more.
            OutputFailed: it cannot be written.
        """
        with self._messages.lock:
            self._messages.clear()
            self._end_bars()

    def receipt(self, total: Receipt, why: str = "") -> None:
        """Say what was shown, on standard error.

        Args:
            total: of all jobs together, see `smkube.logs.receipt.total`.
            why: what ended the reading early, where it is incomplete.
        """
        self._settle()
        shown = self.shown if self._expressions.given else None
        self._messages.notice(receipt.text(total, shown=shown, why=why))

    def postmortem(self, origin: Origin, target: Failed) -> None:
        """Say what to look at first in the log of a job that failed, on standard error."""
        if self._showing.quiet:
            return
        from kubectl_smlogs.labels import Labels
        from kubectl_smlogs.moments import Moments
        from kubectl_smlogs.postmortem import Report

        clock = Moments(moments.zone(self._showing.timezone), moments.as_clock)
        with self._messages.lock:
            self._settle(origin)
            report = Report(Labels(), clock, self._terminal.stderr_colors)
            self._messages.block(report.text(origin, target, self._memories.get(origin) or Memory()))

    def close(self, *, complete: bool) -> None:
        """Clear the live line, and write the manifest of what was saved.

        Args:
            complete: everything that was asked for was shown.

        Raises:
            OutputFailed: the manifest cannot be written.
        """
        with self._messages.lock:
            self._messages.clear()
            self._settle()
            if self._saver is not None:
                saver, self._saver = self._saver, None
                saver.close(complete=complete)
                self._messages.notice(saver.summary())

    def _end_bars(self, origin: Origin | None = None) -> None:
        if self._host_lines is not None:
            self._screen.write(self._limit.fitting(self._host_lines.ending(origin)))

    def _settle(self, origin: Origin | None = None) -> None:
        """Leave no bar behind what is said last, whether or not `finish` was reached."""
        with self._messages.lock, contextlib.suppress(OutputClosed, OutputFailed):
            # Whoever is about to say how it ended knows already that lines are no longer taken.
            self._end_bars(origin)

    def _remember(self, origin: Origin, events: Sequence[Event]) -> None:
        if self._showing.quiet:
            return
        memory = self._memories.get(origin)
        if memory is None:
            size = REMEMBERED if len(self._memories) < _FEW_JOBS else REMEMBERED_OF_MANY
            memory = self._memories[origin] = Memory(size)
        memory.note(events)

    def _live(self, text: str, ending: str = "") -> None:
        self._messages.live(cut(text, self._room() - len(ending)) + ending)

    def _room(self) -> int:
        """Columns of a live line; a full line would make some terminals go to the next."""
        return (self._columns() or self._terminal.width) - 1


def _saver(showing: Showing) -> Saver | None:
    if not showing.save:
        return None
    from kubectl_smlogs.save import Saver

    return Saver(showing.save)


def _format(showing: Showing, where: Terminal, *, many: bool) -> tuple[Format, HostLines | None]:
    """The format, and once more if it is the one for people, which has live lines."""
    chosen = formats.make(showing, where, many=many)
    if formats.name_of(showing, where) != "default":
        return chosen, None
    from kubectl_smlogs.hostlines import HostLines

    return chosen, chosen if isinstance(chosen, HostLines) else None
