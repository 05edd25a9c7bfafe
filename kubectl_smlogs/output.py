"""Writes log lines to standard output and everything else to standard error."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import BinaryIO, TextIO

from kubectl_smlogs import safe


class OutputClosed(Exception):  # noqa: N818 - nothing is wrong: the reader has seen enough
    """Whoever reads standard output has closed it."""


class OutputFailed(Exception):  # noqa: N818 - beside OutputClosed
    """Standard output does not take what is written, for example because the disk is full."""


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

    def write(self, page: str) -> None:
        """Write and flush.

        Raises:
            OutputClosed: nobody reads any more.
            OutputFailed: the write failed.
        """
        try:
            self._stream.write(page.encode("utf-8", "backslashreplace"))
            self._stream.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            raise OutputFailed(f"The log cannot be written: {error.strerror or error}.") from error

    def check(self) -> None:
        """Notice a closed pipe although there is nothing to write, as `tail -f` does.

        Raises:
            OutputClosed: nobody reads any more.
        """
        if self._poll is not None and any(event & select.POLLERR for _, event in self._poll.poll(0)):
            raise OutputClosed


class Messages:
    """Standard error, one safe line at a time; a closed one is no reason to stop."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """Print one line."""
        stream = self._stream or sys.stderr
        if stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            print(safe.line(text), file=stream, flush=True)


def abandon_standard_output() -> None:
    """Point standard output at nothing, so that the interpreter's own flush at exit stays silent."""
    if sys.stdout is None:
        return
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _closing_poll(stream: BinaryIO) -> select.poll | None:
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return None
    poll = select.poll()
    poll.register(number, 0)
    return poll
