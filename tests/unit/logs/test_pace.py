"""The rate of requests finds what the service grants, published or not."""

from __future__ import annotations

import pytest

from smkube.aws.quotas import rates
from smkube.logs.pace import Pace
from smkube.logs.reading import Way


class Bucket:
    """A service's quota: so many requests a second, and one second's worth at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._now = 0.0

    def grants(self, now: float) -> bool:
        """Whether a request passes."""
        self._tokens = min(self._rate, self._tokens + (now - self._now) * self._rate)
        self._now = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def _play(pace: Pace, bucket: Bucket, seconds: float) -> tuple[int, int]:
    """Send as fast as the pace allows; how many requests were granted and refused."""
    now, granted, refused = 0.0, 0, 0
    while now < seconds:
        wait = pace.delay(now)
        if wait > 0:
            now += max(wait, 0.001)
            continue
        pace.take(now)
        if bucket.grants(now):
            granted += 1
            pace.succeeded()
        else:
            refused += 1
            pace.throttled(now, now)
        now += 0.001
    return granted, refused


@pytest.mark.parametrize("real", [25.0, 10.0, 5.0, 2.0, 60.0])
def test_what_is_granted_is_used(real: float) -> None:
    """Whether the real quota is the published one, a part of it or more: most of it is used, and little refused."""
    granted, refused = _play(Pace(25.0), Bucket(real), 120.0)
    assert granted > 0.75 * real * 120
    assert refused < 0.2 * granted


def test_refusals_of_one_moment_count_once() -> None:
    """Requests that were under way when the rate fell tell nothing new when they are refused, too."""
    pace = Pace(20.0)
    before = pace.rate
    for _ in range(10):
        pace.throttled(1.0, 0.5)
    assert before * 0.5 < pace.rate < before


def test_what_is_published_is_not_exceeded_at_once() -> None:
    """Some seconds of full use meet the published quota without a single refusal; only then more is tried."""
    bucket, pace = Bucket(25.0), Pace(25.0)
    granted, refused = _play(pace, bucket, 8.0)
    assert (granted > 0.95 * 25 * 9, refused) == (True, 0)
    assert pace.rate <= 25.0
    free, plenty = Bucket(1000.0), Pace(25.0)
    _play(plenty, free, 12.0)
    assert plenty.rate > 25.0


def test_stock_is_the_share_that_is_left() -> None:
    """It falls with each request and is full again after a second."""
    pace = Pace(10.0)
    assert pace.stock == pytest.approx(1.0)
    for _ in range(5):
        pace.take(0.0)
    assert pace.stock == pytest.approx(1 - 5 / 9.7)
    assert pace.delay(1.0) == 0.0
    assert pace.stock == pytest.approx(1.0)


def test_quotas_differ_by_region() -> None:
    """The published quotas of some regions, and of all others."""
    assert rates("us-east-1")[Way.SEARCH] == 25.0
    assert rates("eu-central-1")[Way.STREAM] == 10.0
    assert rates("sa-east-1") == rates("us-east-2")
