"""What was measured of the other operators, with the same loader and a SageMaker without latency, on two busy cores.

They cannot be run by this benchmark: each needs its own image and cluster. The figures are quoted, not measured here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """One of them at 1,000 TrainingJobs (medians).

    Attributes:
        name: what it is called.
        in_progress: seconds until all were InProgress, least and most.
        reads: SageMaker reads a minute afterwards.
        writes: status writes a minute afterwards.
        memory: megabytes, where it was noted.
    """

    name: str
    in_progress: tuple[float, float]
    reads: int
    writes: int
    memory: int | None = None


SIZE = 1_000
"""Objects at which all of them were measured."""
PEERS = (
    Peer("Go operator", (206, 206), 1_175, 1_175, 51),
    Peer("ACK", (86, 106), 3_650, 1_830, 95),
)
