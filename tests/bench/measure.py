"""What a running operator has used so far: CPU, memory, requests to SageMaker and to the API server. It only reads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

READS = frozenset({"get", "list", "watch"})
"""Verbs of audit records that change nothing (Kubernetes API concepts: request verbs)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it started: CPU in seconds, memory (now and at most) in megabytes."""

    cpu: float
    memory: float
    peak: float


def usage(pid: int) -> Usage:
    """Read it from proc(5): fields 14 and 15 of `stat`, VmRSS and VmHWM of `status`."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines if line.endswith(" kB")}
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), sizes["VmRSS"], sizes["VmHWM"])


def aws_requests(counts: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """Requests by operation, those with an error apart, from the stand-in's counters."""
    found: Counter[str] = Counter()
    for name, outcomes in counts.items():
        for outcome, number in outcomes.items():
            operation = name.partition(".")[2]
            found[operation if outcome == "OK" else f"{operation} ({outcome})"] += number
    return found


def writes(requests: Counter[tuple[str, str]]) -> int:
    """How many of the requests were to change something."""
    return sum(number for (verb, _), number in requests.items() if verb not in READS)
