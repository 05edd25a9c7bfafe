"""Time that passes only when somebody waits."""

from __future__ import annotations

import threading


class Time(threading.Event):
    """A clock, and a stop event whose waits move it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def __call__(self) -> float:
        """Monotonic seconds."""
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass instead of waiting for it."""
        assert timeout is not None
        self.now += timeout
        return self.is_set()
