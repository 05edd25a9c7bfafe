"""Delays between attempts: exponential, capped, with jitter. Pure; it never sleeps."""

from __future__ import annotations

import random


class Backoff:
    """How long to wait before an attempt is repeated.

    Args:
        base: seconds before the first repetition, before jitter.
        cap: greatest delay in seconds.
        rng: source of the jitter; a generator of its own when None.
    """

    def __init__(self, base: float, cap: float, rng: random.Random | None = None) -> None:
        if not 0 < base <= cap:
            raise ValueError(f"A back-off needs 0 < base <= cap, not base {base} and cap {cap}.")
        self._base = base
        self._cap = cap
        self._rng = rng or random.Random()

    def ceiling(self, attempt: int) -> float:
        """Greatest delay in seconds after `attempt` earlier failures in a row."""
        # 2 ** 64 times any useful base is above any useful cap, and a float can hold it.
        return min(self._cap, self._base * 2.0 ** min(max(attempt, 0), 64))

    def delay(self, attempt: int) -> float:
        """Seconds to wait after `attempt` earlier failures in a row (0 for the first).

        Drawn from the upper half of the ceiling: enough spread that clients that failed together do not come
        back together, and never an attempt at once.
        """
        ceiling = self.ceiling(attempt)
        return self._rng.uniform(ceiling / 2, ceiling)
