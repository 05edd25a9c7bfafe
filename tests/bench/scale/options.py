"""What one run of the benchmark does; values only, read from the command line by `__main__`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PHASES = ("start", "rest", "changes", "restart", "failover", "limits")
"""The measurements, in the order in which they are made; each needs the ones before it, but for the last."""
SHORT = (200, 1_000)
FULL = (200, 1_000, 5_000, 10_000)
SHORT_BURST, FULL_BURST = 200, 5_000


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
    burst: int = SHORT_BURST
    burst_seconds: float = 0.0
    workers: int = 8
    scrape: float = 30.0
    keep: Path | None = None

    def does(self, phase: str) -> bool:
        """Whether a phase is measured."""
        return phase in self.phases
