"""One run of one tool over a log that is over: what it used, and whether every line came out once."""

from __future__ import annotations

import json
import mmap
import statistics
import subprocess
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.logs.script import Tally, tally
from tests.bench.logs.tools import Tool

_LAUNCH = Path(__file__).parent / "launch.py"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of wall clock and CPU, megabytes at most, exit code, what was printed, requests that it made."""

    wall: float
    cpu: float
    peak: float
    code: int
    tally: Tally
    requests: Mapping[str, int]

    @property
    def whole(self) -> bool:
        """Whether the output is the log: every line, once, as it was written."""
        return not (self.code or self.tally.lost or self.tally.doubled or self.tally.damaged)


def run(tool: Tool, stamps: array[int], *, folder: Path, environ: Mapping[str, str]) -> Run:
    """Run a tool to its end, or to its limit.

    Args:
        tool: what to run.
        stamps: of the events it is to print.
        folder: for its output, which is removed again.
        environ: its environment.
    """
    report, output, errors = folder / "report", folder / "output", folder / "errors"
    launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(tool.limit), str(report), str(output), str(errors)]
    subprocess.run([*launch, *tool.history], env=dict(environ), cwd=folder, stdin=subprocess.DEVNULL, check=True)
    used = json.loads(report.read_text(encoding="ascii"))
    found = Run(used["wall"], used["cpu"], used["peak"], used["code"], _read(output, stamps), {})
    if not found.whole:
        print(f"  {tool.name} ended with {found.code}: {errors.read_text(encoding='utf-8')[-600:]}", file=sys.stderr)
    output.unlink()
    return found


def _read(output: Path, stamps: array[int]) -> Tally:
    if not output.stat().st_size:
        return tally(b"", stamps)
    with output.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return tally(data, stamps)


def median(found: Sequence[Run]) -> Run:
    """The median of each figure; of what was printed the worst."""
    worst = max(found, key=lambda one: (one.tally.lost, one.tally.doubled, one.tally.damaged, one.tally.disorder))
    return Run(
        statistics.median(one.wall for one in found),
        statistics.median(one.cpu for one in found),
        statistics.median(one.peak for one in found),
        worst.code,
        worst.tally,
        found[0].requests,
    )


def with_requests(one: Run, counts: Mapping[str, int]) -> Run:
    """The run with what the stand-in counted meanwhile."""
    return replace(one, requests=dict(counts))
