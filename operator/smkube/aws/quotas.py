"""How many requests a second CloudWatch Logs grants to an account in a region.

Source: AWS General Reference, "Amazon CloudWatch Logs endpoints and quotas". They can be raised, and others may use
them up, so they are where a reader begins, not what it relies on.
"""

from __future__ import annotations

from smkube.logs.layout import RATES
from smkube.logs.reading import Way

_GET = {
    **dict.fromkeys(("us-west-2", "eu-west-1", "eu-central-1", "il-central-1"), 10.0),
    **dict.fromkeys(("ap-northeast-3", "ap-southeast-3", "ca-west-1"), 10.0),
    "eu-west-3": 30.0,
}
_FILTER = {
    "us-east-1": 25.0,
    **dict.fromkeys(("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"), 5.0),
}


def rates(region: str) -> dict[Way, float]:
    """Requests per second, by the way a log is read."""
    by_region = {Way.STREAM: _GET.get(region), Way.SEARCH: _FILTER.get(region)}
    return {**RATES, **{way: rate for way, rate in by_region.items() if rate is not None}}
