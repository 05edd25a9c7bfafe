"""What is used of the budgets of AWS operations, as metrics; read at a scrape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sagemaker_operator.budgets import Use

_LABELS = ["aws_service", "operation", "region"]
_OPERATION = tuple[str, str, str]


class Spending(Collector):
    """Gauges of all budgets.

    Args:
        read: the use of each budget, by service, region, endpoint and operation.
    """

    def __init__(self, read: Callable[[], Mapping[tuple[str, ...], Use]]) -> None:
        self._read = read

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The families, without figures."""
        yield from self._families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families with the figures of this moment; endpoints of a region are counted together."""
        allowed, granted, waiting = self._families()
        together: dict[_OPERATION, list[Use]] = {}
        for (service, region, _endpoint, operation), use in sorted(self._read().items()):
            together.setdefault((service, operation, region), []).append(use)
        for labels, uses in together.items():
            rate = sum(use.rate for use in uses)
            if rate < math.inf:
                allowed.add_metric(labels, rate)
            granted.add_metric(labels, sum(use.granted for use in uses))
            waiting.add_metric([*labels, "urgent"], sum(use.urgent for use in uses))
            waiting.add_metric([*labels, "normal"], sum(use.waiting for use in uses))
        yield allowed
        yield granted
        yield waiting

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "sagemaker_operator_budget_rate",
                "Calls a second that may be made of an operation that AWS has throttled",
                labels=_LABELS,
            ),
            GaugeMetricFamily(
                "sagemaker_operator_budget_granted",
                "Calls a second that AWS took over the last ten seconds",
                labels=_LABELS,
            ),
            GaugeMetricFamily(
                "sagemaker_operator_budget_waiting",
                "Objects in line for an operation, by lane",
                labels=[*_LABELS, "lane"],
            ),
        )
