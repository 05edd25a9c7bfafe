"""Metrics of the queues of events; only a process that listens to any has them."""

from __future__ import annotations

from collections.abc import Callable

import prometheus_client as prom

from sagemaker_operator import pushes
from sagemaker_operator.engine import push


class PushMetrics:
    """What becomes of messages, by queue; implements push.Observer.

    Args:
        registry: where the metrics are to be found.
    """

    def __init__(self, registry: prom.CollectorRegistry) -> None:
        self._messages = prom.Counter(
            "sagemaker_operator_push_messages_total",
            "Messages of queues of events, by what became of them",
            ["region", "queue", "outcome"],
            registry=registry,
        )
        self._staleness = prom.Gauge(
            "sagemaker_operator_push_staleness_seconds",
            "Time since a queue of events last answered",
            ["region", "queue"],
            registry=registry,
        )

    def message(self, queue: pushes.Queue, outcome: str) -> None:
        """Count a message; `outcome` is one of push.OUTCOMES."""
        self._messages.labels(queue.region, queue.name, outcome).inc()

    def watch(self, queue: pushes.Queue, staleness: Callable[[], float]) -> None:
        """Read a queue's staleness, in seconds, at each scrape; its counters start at zero."""
        self._staleness.labels(queue.region, queue.name).set_function(staleness)
        for outcome in push.OUTCOMES:
            self._messages.labels(queue.region, queue.name, outcome)
