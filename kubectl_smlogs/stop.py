"""Ends a command early: when its time is over, or at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kubectl_smlogs.options import FOREVER


class Stop:
    """Whether to go on; for any thread.

    Args:
        seconds: how long to go on at most.
        clock: seconds on a clock that nobody sets.
    """

    def __init__(self, seconds: float = FOREVER, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        self._set = threading.Event()
        self._sleepers: list[Callable[[], None]] = []

    def __call__(self) -> bool:
        """Whether everything is to end now."""
        return self._set.is_set() or self.timed_out

    @property
    def timed_out(self) -> bool:
        """Whether the time is over."""
        return self.left <= 0

    @property
    def left(self) -> float:
        """Seconds that are left; 0 for none."""
        return max(0.0, self._deadline - self._clock())

    def set(self) -> None:
        """End everything now."""
        self._set.set()
        for wake in self._sleepers:
            wake()

    def wakes(self, sleeper: Callable[[], None]) -> None:
        """Have somebody woken who waits on something else."""
        self._sleepers.append(sleeper)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than there is time."""
        self._set.wait(min(seconds, self.left))
