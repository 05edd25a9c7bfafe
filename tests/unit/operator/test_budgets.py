"""The budget of one AWS operation under any pattern of calls: bounded by its rate, fair, and able to recover."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import budgets
from sagemaker_operator.budgets import Bucket, Budgets

KEY = ("us-east-1", "", "CreateTrainingJob")
gaps = st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=60)


def limited(rate: float, now: float = 0.0) -> Bucket:
    """A bucket at a rate, as a throttle leaves it."""
    bucket = Bucket()
    bucket.throttled(now)
    bucket.rate = rate
    return bucket


@given(st.floats(0.2, 20, allow_nan=False), gaps)
def test_no_more_turns_than_the_rate_gives(rate: float, waits: list[float]) -> None:
    """Whenever callers come, turns granted in a time t are at most rate x t + 1, and come in the order of the line."""
    bucket, now, turns = limited(rate), 0.0, []
    for gap in waits:
        now += gap
        turns.append(now + bucket.wait(bucket.join(now), now))

    assert turns == sorted(turns)
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            assert last - first + 1 <= rate * (turns[last] - turns[first]) + 1 + 1e-3


@given(st.floats(0.2, 20, allow_nan=False), st.integers(1, 30))
def test_a_line_is_served_at_the_rate(rate: float, callers: int) -> None:
    """Callers that come together wait for one another, no longer than the rate demands."""
    bucket = limited(rate)
    places = [bucket.join(0.0) for _ in range(callers)]

    waits = [bucket.wait(place, 0.0) for place in places]

    assert waits == pytest.approx([waits[0] + number / rate for number in range(callers)], abs=1e-3)
    assert waits[0] <= 1 / rate + 1e-3


@given(st.lists(st.tuples(st.sampled_from(["granted", "throttled"]), st.floats(0, 3, allow_nan=False)), max_size=80))
def test_the_rate_stays_in_its_bounds(history: list[tuple[str, float]]) -> None:
    """Down on a throttle, up on a grant, never below the floor, and unlimited only before the first throttle."""
    bucket, now, throttled = Bucket(), 0.0, False
    for act, gap in history:
        now, before = now + gap, bucket.rate
        getattr(bucket, act)(now)
        throttled = throttled or act == "throttled"

        assert (bucket.rate == budgets.UNLIMITED) is not throttled
        assert bucket.rate >= budgets.FLOOR
        assert bucket.rate >= before if act == "granted" else bucket.rate <= before


def test_throttles_of_one_moment_count_once() -> None:
    """Many workers that are throttled together do not bring the rate down together."""
    bucket = Bucket()
    bucket.throttled(10.0)
    first = bucket.rate
    for _ in range(8):
        bucket.throttled(10.5)

    assert bucket.rate == first


def _use(bucket: Bucket, start: float, calls: int, share: float = 1.0) -> float:
    """Grant calls at a part of the bucket's rate; returns the time of the last."""
    now = start
    for _ in range(calls):
        bucket.granted(now)
        now += 1 / (bucket.rate * share)
    return now


def test_a_throttled_budget_recovers() -> None:
    """In use, the rate rises: quickly after a first throttle, which tells little, then by a tenth for 25 calls."""
    bucket = Bucket()
    bucket.throttled(0.0)
    assert bucket.rate < budgets.LOWEST_KNOWN
    now = _use(bucket, 1.0, 100)
    assert bucket.rate > 5

    bucket.throttled(now)
    before = bucket.rate
    _use(bucket, now, 25)
    assert 1.05 < bucket.rate / before < 1.12


def test_a_budget_that_another_client_brought_down_recovers_in_a_minute() -> None:
    """Of two operators in one account the one that is left alone does not stay slow."""
    bucket = limited(1.0)
    for moment in range(0, 40, 2):
        bucket.throttled(float(moment))
    assert bucket.rate == budgets.FLOOR
    now = 40.0
    while now < 120:
        now = _use(bucket, now, 1)

    assert bucket.rate > 0.6


def test_a_rate_that_is_not_used_is_not_raised() -> None:
    """Calls that are far apart tell nothing about AWS's limit."""
    bucket = limited(2.0)
    _use(bucket, 0.0, 1000, share=0.2)

    assert bucket.rate == 2.0


def test_operations_regions_and_endpoints_do_not_share_a_budget() -> None:
    """A throttle of one operation in one region leaves all others alone."""
    made = Budgets(lambda: 0.0)
    made.throttled(KEY)

    assert made.rate(KEY) < budgets.UNLIMITED
    for other in ((*KEY[:2], "ListTrainingJobs"), ("eu-west-1", *KEY[1:]), (KEY[0], "http://vpc", KEY[2])):
        assert made.rate(other) == budgets.UNLIMITED
        assert made.wait(other, made.join(other)) == 0.0
