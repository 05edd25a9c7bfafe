"""Arithmetic of the benchmark: percentiles, differences of counters, rates. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Figures = dict[str, Any]
"""What a phase found: numbers by name, and dicts of numbers; ready for JSON."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed (nearest rank); 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def peak(times: Iterable[float]) -> int:
    """The most events within one second of the clock."""
    return max(Counter(int(at) for at in times).values(), default=0)


def by_region(record: Iterable[Mapping[str, Any]], prefix: str) -> Counter[str]:
    """Requests whose operation begins so, by `region operation`."""
    return Counter(f"{one['region']} {one['operation']}" for one in record if str(one["operation"]).startswith(prefix))


def describes_by_job(record: Iterable[Mapping[str, Any]], jobs: Iterable[str]) -> dict[str, int]:
    """How often each of these jobs was described."""
    counted = Counter(str(one["name"]) for one in record if one["operation"] == "DescribeTrainingJob")
    return {job: counted[job] for job in jobs}


def throttled_share(requests: Mapping[str, int]) -> float:
    """The part of all calls that AWS refused because of their rate, of counts by `Operation` or `Operation (code)`."""
    every = sum(requests.values())
    refused = sum(number for name, number in requests.items() if name.endswith("(ThrottlingException)"))
    return refused / every if every else 0.0


def schedule(jobs: Sequence[str], rate: float, seconds: float, gap: float) -> list[tuple[float, str, str]]:
    """When which job is changed: each first begins to upload, and ends `gap` seconds later.

    Args:
        jobs: the jobs to be changed, in order; as many as the time allows are used.
        rate: changes a second once jobs end as well as upload.
        seconds: from the first change to the last.
        gap: seconds between the two changes of a job.

    Returns:
        (seconds from the beginning, job, `upload` or `end`), by time.
    """
    found: list[tuple[float, str, str]] = []
    for number, job in enumerate(jobs):
        at = number * 2 / rate
        if at + gap > seconds:
            break
        found += [(at, job, "upload"), (at + gap, job, "end")]
    return sorted(found)
