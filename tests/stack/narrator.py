"""Telling the story on a terminal or in a log: numbered steps, commands, and their indented output."""

from __future__ import annotations

import threading
import time
from typing import TextIO

_GREEN, _BOLD, _DIM, _PLAIN = "\x1b[32m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Narrator:
    """Writes whole lines, from any thread; colours on a terminal only.

    Args:
        stream: where to.
        colour: whether the stream takes colours.
    """

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._number = 0

    def step(self, text: str) -> None:
        """A step is done and was as it should be."""
        with self._lock:
            self._number += 1
            seconds = time.monotonic() - self._began
            self._write(f"{self._paint(_GREEN, f'[{self._number:2}]')} {seconds:5.1f} s  {text}")

    def command(self, text: str) -> None:
        """A command as a user would type it."""
        with self._lock:
            self._write(self._paint(_BOLD, f"     $ {text}"))

    def output(self, text: str, title: str = "") -> None:
        """What a command printed."""
        with self._lock:
            if title:
                self._write(self._paint(_BOLD, f"     $ {title}"))
            for line in text.rstrip("\n").splitlines():
                self._write(self._paint(_DIM, f"       {line}"))

    def failure(self, text: str) -> None:
        """A step went wrong."""
        with self._lock:
            self._write(f"[!!] {text}")

    def _paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_PLAIN}" if self._colour else text

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()
