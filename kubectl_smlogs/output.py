"""Writes log lines to standard output and everything else to standard error."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, TextIO

from kubectl_smlogs import safe

ERASE = "\r\x1b[K"
"""Empties the line that the cursor is on."""


class OutputClosed(Exception):  # noqa: N818 - nothing is wrong: the reader has seen enough
    """Whoever reads standard output has closed it."""


class OutputFailed(Exception):  # noqa: N818 - beside OutputClosed
    """What was to be written is not taken, for example because the disk is full."""


class Output:
    """The log's way out: whole pages at a time, flushed after each.

    Args:
        stream: binary stream to write to.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._poll = _closing_poll(stream)

    @classmethod
    def standard(cls) -> Output:
        """Standard output.

        Raises:
            OutputClosed: the shell closed it (`>&-`).
        """
        if sys.stdout is None:
            raise OutputClosed
        return cls(sys.stdout.buffer)

    def write(self, page: bytes) -> None:
        """Write and flush.

        Raises:
            OutputClosed: nobody reads any more.
            OutputFailed: the write failed.
        """
        try:
            self._send(memoryview(page))
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            raise OutputFailed(f"The log cannot be written: {error.strerror or error}.") from error

    def _send(self, rest: memoryview) -> None:
        while True:
            try:
                self._stream.write(rest)
                rest = rest[:0]
                self._stream.flush()
            except BlockingIOError as error:
                # Another program on the same terminal or pipe has set it so that it takes what it can and refuses.
                rest = rest[error.characters_written :]
                select.select([], [self._stream], [])
            else:
                return

    def check(self) -> None:
        """Notice a closed pipe although there is nothing to write, as `tail -f` does.

        Raises:
            OutputClosed: nobody reads any more.
        """
        if self._poll is not None and any(event & select.POLLERR for _, event in self._poll.poll(0)):
            raise OutputClosed


class Messages:
    """Standard error, one safe line at a time; a closed one is no reason to stop. For any thread.

    A terminal also has a live line at the bottom, which is rewritten in place and makes room for whatever is printed.

    Args:
        stream: where to write, standard error by default.
        quiet: notices are dropped.
        verbose: details are printed.
        live: whether the stream is a terminal whose last line may be rewritten.
    """

    def __init__(
        self, stream: TextIO | None = None, *, quiet: bool = False, verbose: bool = False, live: bool = False
    ) -> None:
        self.lock = threading.RLock()
        """Held while something is written to the screen, on either stream."""
        self.quiet = quiet
        self.verbose = verbose
        self.has_live_line = live
        self._stream = stream
        self._live = ""
        self._held: list[str] | None = None
        self._make_room: Callable[[], None] = _nothing
        self._restore: Callable[[], None] = _nothing

    def configure(self, *, quiet: bool, verbose: bool, live: bool) -> None:
        """Set what was not known when the object was made."""
        self.quiet, self.verbose, self.has_live_line = quiet, verbose, live

    def say(self, text: str) -> None:
        """Print one line, whatever was asked for: an error, or what the command is for."""
        self._print(safe.line(text) + "\n")

    def notice(self, text: str) -> None:
        """Print one line that the user can do without."""
        if not self.quiet:
            self.say(text)

    def detail(self, text: str) -> None:
        """Print one line for those who want to know more."""
        if self.verbose and not self.quiet:
            self.say(text)

    def block(self, text: str) -> None:
        """Print several lines, which have been made safe already, as one piece."""
        self._print(text if text.endswith("\n") else f"{text}\n")

    def live(self, text: str) -> None:
        """Show a line at the bottom of the terminal instead of the one before; nothing where there is no terminal.

        Args:
            text: safe, and no wider than the terminal.
        """
        with self.lock:
            if not self.has_live_line or self._held is not None or text == self._live:
                return
            if text:
                self._make_room()
            self._live = text
            self._write(f"{ERASE}{text}")

    def clear(self) -> None:
        """Take the live line away."""
        if self._live:
            self.live("")

    def share(self, make_room: Callable[[], None], restore: Callable[[], None]) -> None:
        """Tell how to take away what is live on standard output of the same terminal, and how to bring it back."""
        self._make_room, self._restore = make_room, restore

    def hold(self) -> None:
        """Keep everything back, because somebody else has the screen."""
        with self.lock:
            self.clear()
            self._held = []

    def release(self) -> None:
        """Print what was kept back."""
        with self.lock:
            held, self._held = self._held or [], None
            for text in held:
                self._write(text)

    def _print(self, text: str) -> None:
        with self.lock:
            if self._held is not None:
                self._held.append(text)
                return
            self._make_room()
            live, self._live = self._live, ""
            self._write(f"{ERASE}{text}{live}" if live else text)
            self._live = live
            self._restore()

    def _write(self, text: str) -> None:
        stream = self._stream or sys.stderr
        if stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()


def abandon_standard_output() -> None:
    """Point standard output at nothing, so that the interpreter's own flush at exit stays silent."""
    if sys.stdout is None:
        return
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _nothing() -> None:
    """There is nothing live on standard output."""


def _closing_poll(stream: BinaryIO) -> select.poll | None:
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return None
    poll = select.poll()
    poll.register(number, 0)
    return poll
