"""What the edges tell of themselves, made into metrics and signs of life."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from smkube import kinds
from smkube.aws.session import Address

if TYPE_CHECKING:
    from sagemaker_operator.engine.health import Heartbeats
    from sagemaker_operator.engine.metrics import Metrics

_PLURALS = {kind.singular: kind.plural for kind in kinds.ALL}


class Signs:
    """Hears of each answer and of each feed. A thread is known by its name, in metrics and heartbeats alike.

    Args:
        metrics: what is counted.
        beats: who lives.
    """

    def __init__(self, metrics: Metrics, beats: Heartbeats) -> None:
        self._metrics = metrics
        self._beats = beats

    def aws_request(self, service: str, operation: str, region: str, outcome: str) -> None:
        """A call to AWS ended: whoever made it lives, however many calls there are in one go."""
        self._metrics.aws_request(service, operation, region, outcome)
        self._beats.renew(threading.current_thread().name)

    def aws_took(self, address: Address, operation: str, seconds: float) -> None:
        """A call to AWS was sent, and an answer or a failure came after so many seconds."""
        self._metrics.aws_took(address.service, operation, seconds)

    def kube_answer(self, code: str, method: str, host: str) -> None:
        """A request to the API server ended; the same holds."""
        self._metrics.kube_request(code, method, host)
        self._beats.renew(threading.current_thread().name)

    def feed(self, name: str, within: float | None) -> None:
        """A stream of the change feed is heard of, and will be again within so many seconds; None when it ended."""
        if within is None:
            self._beats.remove(name)
        else:
            self._beats.beat(name, within)

    def watch_feed(self, kind: str, region: str, read: Callable[[], float] | None) -> None:
        """A stream starts, and tells how to read its staleness; None when it ended."""
        if read is None:
            self._metrics.forget_feed(kind, region)
        else:
            self._metrics.watch_feed(kind, region, read)
            # Its own first sign comes after its first step, in which it may be stuck already.
            self._beats.beat(f"feed-{_PLURALS[kind]}-{region}")
