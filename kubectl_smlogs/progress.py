"""How far reading a long log has come, and how long it will take. Pure: the clock is an argument."""

from __future__ import annotations

from kubectl_smlogs import durations

AFTER = 1.0
"""Seconds before anything is shown: most logs are read by then."""
EVERY = 0.2
"""Seconds between two updates."""
_TRUSTED = 2.0
"""Seconds before the rest is estimated."""


class Estimate:
    """Turns fractions into texts now and then.

    Args:
        began: seconds on any clock.
    """

    def __init__(self, began: float) -> None:
        self._began = began
        self._shown = float("-inf")

    def text(self, done: float, lines: int, now: float) -> str:
        """The line to show; empty when it is not time for one.

        Args:
            done: fraction of the log that was read, from 0 to 1.
            lines: lines read.
            now: seconds on the clock of `began`.
        """
        elapsed = now - self._began
        if elapsed < AFTER or now - self._shown < EVERY:
            return ""
        self._shown = now
        done = min(max(done, 0.0), 1.0)
        rest = f", about {durations.text(elapsed * (1 - done) / done)} left" if done > 0 and elapsed > _TRUSTED else ""
        return f"Reading the log: {int(done * 100)} %, {lines:,} lines{rest}"
