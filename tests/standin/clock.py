"""The stand-in's clock: real, sped up, or standing still until it is moved.

Everything that depends on time asks this clock; nothing here sleeps.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds since 1970, moved on by real time times `speed` and by `advance`.

    Args:
        start: first value; None takes the machine's time.
        speed: 1 follows real time, 0 stands still (virtual time), 60 makes a minute of a second.
        source: a monotonic clock in seconds.
    """

    def __init__(
        self,
        start: float | None = None,
        speed: float = 1.0,
        source: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._source = source
        self._speed = speed
        self._base = time.time() if start is None else start
        self._read_at = source()

    def now(self) -> float:
        """Seconds since 1970."""
        with self._lock:
            return self._base + (self._source() - self._read_at) * self._speed

    @property
    def speed(self) -> float:
        """How many seconds pass here in a real one."""
        return self._speed

    def advance(self, seconds: float) -> float:
        """Move forward at once; returns the new time. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        return self._rebase(seconds, self._speed)

    def set_speed(self, speed: float) -> float:
        """Change the speed from now on; returns the time. Raises ValueError if negative."""
        if speed < 0:
            raise ValueError("the clock only goes forward")
        return self._rebase(0.0, speed)

    def _rebase(self, seconds: float, speed: float) -> float:
        with self._lock:
            read = self._source()
            self._base += (read - self._read_at) * self._speed + seconds
            self._read_at = read
            self._speed = speed
            return self._base
