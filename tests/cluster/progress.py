"""Telling a person what takes so long; it must not know what is being done."""

import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """One changing line on a terminal; elsewhere (a log) a line every few seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._last = float("-inf")
        self._open = False

    @property
    def interval(self) -> float:
        """Seconds between two reports that are worth making."""
        return 0.5 if self._terminal else 5.0

    def update(self, text: str) -> None:
        """Show a passing state; dropped if the last one was shown less than `interval` ago."""
        if self._clock() - self._last < self.interval:
            return
        self._last = self._clock()
        if self._terminal:
            self._write(f"\r\x1b[K{text}")
            self._open = True
        else:
            self._write(f"{text}\n")

    def say(self, text: str) -> None:
        """Show something that is to stay."""
        self._write(f"\r\x1b[K{text}\n" if self._open else f"{text}\n")
        self._open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
