"""AWS's published quotas for reading logs, by region, and what they leave possible. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench.logs.columns import PAGE_EVENTS


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests a second, per account and region."""

    gets: float
    filters: float
    lists: float = 5.0

    def by_operation(self) -> dict[str, float]:
        """For the stand-in."""
        return {"GetLogEvents": self.gets, "FilterLogEvents": self.filters, "DescribeLogStreams": self.lists}

    def least(self, events: int, delay: float) -> float:
        """Seconds that any reader needs: a first look, then full pages with both quotas used up.

        Args:
            events: how many there are.
            delay: seconds before each answer. A second's worth of requests passes at once.
        """
        pages, rate = events / PAGE_EVENTS, self.gets + self.filters
        return 2 * delay + max(0.0, pages / rate - 1.0)


_SLOW = Quota(10.0, 5.0)
_BY_REGION = {
    "us-east-1": Quota(25.0, 25.0),
    "us-west-2": Quota(10.0, 10.0),
    "eu-west-1": Quota(10.0, 10.0),
    "eu-west-3": Quota(30.0, 10.0),
    **dict.fromkeys(("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"), _SLOW),
}
_ELSEWHERE = Quota(25.0, 10.0)


def of_region(region: str) -> Quota:
    """The quotas of a region (AWS General Reference: Amazon CloudWatch Logs endpoints and quotas)."""
    return _BY_REGION.get(region, _ELSEWHERE)
