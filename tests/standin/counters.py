"""Counts what was asked and how it was answered, by operation, with a bounded record of the single requests."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tests.standin.clock import Clock

RECORD_LENGTH = 200_000


class Entry(NamedTuple):
    """One request: `time` in seconds since 1970 by the stand-in's clock, `outcome` OK, an error code or a fault."""

    time: float
    service: str
    operation: str
    outcome: str
    region: str
    access_key: str
    name: str
    user_agent: str


class Counters:
    """Thread-safe counters; the oldest records are dropped beyond `RECORD_LENGTH`, the counts are not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Condition()
        self._counts: dict[str, dict[str, int]] = {}
        self._record: deque[Entry] = deque(maxlen=RECORD_LENGTH)
        self._since = clock.now()

    def add(self, entry: Entry) -> None:
        """Count one request."""
        with self._lock:
            outcomes = self._counts.setdefault(f"{entry.service}.{entry.operation}", {})
            outcomes[entry.outcome] = outcomes.get(entry.outcome, 0) + 1
            self._record.append(entry)
            self._lock.notify_all()

    def wait(self, operation: str, at_least: int, timeout: float) -> int:
        """Wait up to `timeout` seconds for so many requests of `service.Operation`; returns how many there are."""

        def count() -> int:
            return sum(self._counts.get(operation, {}).values())

        with self._lock:
            self._lock.wait_for(lambda: count() >= at_least, timeout)
            return count()

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()
            self._record.clear()
            self._since = self._clock.now()

    def report(self) -> dict[str, Any]:
        """`since`, `now`, `total`, and `counts` by `service.Operation` and outcome."""
        with self._lock:
            counts = {name: dict(outcomes) for name, outcomes in sorted(self._counts.items())}
            total = sum(sum(outcomes.values()) for outcomes in counts.values())
            return {"since": self._since, "now": self._clock.now(), "total": total, "counts": counts}

    def record(self, after: float = 0.0) -> list[dict[str, Any]]:
        """The single requests later than `after`, oldest first."""
        with self._lock:
            return [entry._asdict() for entry in self._record if entry.time > after]
