"""The delays between attempts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.engine.backoff import Backoff


@given(attempt=st.integers(0, 100_000), seed=st.integers(0, 2**32))
def test_delay_lies_in_the_upper_half_of_the_ceiling(attempt: int, seed: int) -> None:
    """A delay is never above its ceiling, never below half of it, and never above the cap."""
    backoff = Backoff(1.0, 960.0, random.Random(seed))
    ceiling = backoff.ceiling(attempt)
    assert ceiling / 2 <= backoff.delay(attempt) <= ceiling <= 960.0


def test_ceiling_doubles_until_the_cap() -> None:
    """The ceiling doubles with each failure until it reaches the cap."""
    backoff = Backoff(1.0, 960.0)
    assert [backoff.ceiling(attempt) for attempt in range(12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 960, 960]


def test_two_clients_do_not_come_back_together() -> None:
    """Delays of the same attempt differ between clients."""
    assert Backoff(1.0, 960.0, random.Random(1)).delay(5) != Backoff(1.0, 960.0, random.Random(2)).delay(5)


@pytest.mark.parametrize(("base", "cap"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_meaningless_settings_are_refused(base: float, cap: float) -> None:
    """A base that is not positive, or above the cap, is an error and not a hot loop."""
    with pytest.raises(ValueError, match="back-off"):
        Backoff(base, cap)
