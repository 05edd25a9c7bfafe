"""Log lines about a failure that lasts: told at once, repeated now and then, and taken back when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable

REPEAT = 60.0
"""Seconds after which a failure that is unchanged is logged again."""


class Complaints:
    """One thing that can be broken, for one thread.

    Args:
        log: where the lines go.
        clock: monotonic seconds.
        repeat: see REPEAT.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float], repeat: float = REPEAT) -> None:
        self._log = log
        self._clock = clock
        self._repeat = repeat
        self._text = ""
        self._told_at = 0.0
        self._count = 0

    def complain(self, text: str) -> bool:
        """Log a failure, unless the same text was logged less than `repeat` seconds ago; whether it was logged."""
        self._count += 1
        now = self._clock()
        if text == self._text and now - self._told_at < self._repeat:
            return False
        self._text, self._told_at = text, now
        self._log.warning("%s%s", text, f" (attempt {self._count})" if self._count > 1 else "")
        return True

    def resolved(self, text: str) -> None:
        """Log that it works again, if it was said to be broken."""
        if self._text:
            self._log.info("%s", text)
        self._text, self._count = "", 0
