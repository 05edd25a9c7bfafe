"""How long to wait before the same request is sent again. Pure: chance is an argument."""

from __future__ import annotations

BASE = 0.5
"""Seconds before the first repetition."""
CAP = 20.0
"""Greatest pause in seconds."""


def backoff(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row: doubled each time up to CAP, half of it left to chance.

    Args:
        failures: 1 after the first failure.
        chance: a random number from 0 to 1.
    """
    whole = min(CAP, BASE * 2.0 ** min(failures - 1, 16))
    return whole * (0.5 + 0.5 * chance)
