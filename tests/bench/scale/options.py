"""What one run of the benchmark does; values only, read from the command line by `__main__`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PHASES = ("start", "rest", "changes", "push", "restart", "failover", "limits", "shards")
"""The measurements, in the order in which they are made; each needs the ones before it, but for the last two."""
SHORT = (200, 1_000)
FULL = (200, 1_000, 5_000, 10_000)
APART = frozenset({"limits", "shards"})
"""Measurements in worlds of their own."""
SHORT_BURST, FULL_BURST = 60, 5_000
SHORT_TIMES = {"lead": 5.0, "changing": 30.0, "pushing": 45.0}
"""Seconds of the short range where they differ from those of the full one, so that it takes a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made.

    Attributes:
        sizes: numbers of TrainingJobs, each measured in a cluster of its own.
        phases: which of `PHASES` are measured.
        latency: seconds that each AWS call takes.
        lead: seconds that a job is Starting, then Pending, then Downloading.
        rest: seconds that a rest is measured.
        changing: seconds that jobs are changed.
        rate: changes a second.
        pushing: seconds that jobs are changed while the operator listens to events about them.
        burst: TrainingJobs of the measurement with AWS's limits.
        burst_seconds: how long that burst is followed; 0 until the last job runs.
        workers: the operator's `--workers`.
        scrape: seconds between two scrapes of the operator's metrics, as by Prometheus.
        keep: folder that the logs stay in; None for one that goes with the run.
    """

    sizes: tuple[int, ...] = SHORT
    phases: tuple[str, ...] = PHASES
    latency: float = 0.02
    lead: float = 10.0
    rest: float = 60.0
    changing: float = 60.0
    rate: float = 5.0
    pushing: float = 90.0
    burst: int = SHORT_BURST
    burst_seconds: float = 0.0
    workers: int = 8
    scrape: float = 30.0
    keep: Path | None = None

    def does(self, phase: str) -> bool:
        """Whether a phase is measured."""
        return phase in self.phases
