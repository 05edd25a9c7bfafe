"""One tool following a log that is being written: how long after it can be read a line is on the screen."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import measure
from tests.bench.logs.process import StandIn
from tests.bench.logs.script import Script, Tally, Writing, live, tally
from tests.bench.logs.serve import GRACE
from tests.bench.logs.tools import Places, surroundings, tools

AFTER = 4.0
"""Seconds from the stand-in's start to the first line: the tool is to be running by then."""
WARM = 5.0
"""Seconds from the first line on whose CPU counts for the start, not for following."""
PATIENCE = 15.0
"""Seconds after the job's end that a tool has to show what it has not shown yet."""
LONG_PATIENCE = 120.0
"""The same for a tool that ends by itself."""


@dataclass(frozen=True, slots=True)
class Follow:
    """How a tool followed.

    Attributes:
        name: the tool's.
        share: CPU seconds per second, without its start.
        delays: seconds from readable to printed of each line that was shown, in order of length.
        tally: what was shown in all.
        code: exit code; negative where we had to end it.
        ended: seconds from the job's end to the tool's.
        requests: what it asked.
    """

    name: str
    share: float
    delays: tuple[float, ...]
    tally: Tally
    code: int
    ended: float
    requests: Mapping[str, int]

    def percentile(self, percent: int) -> float:
        """A percentile of the delays in seconds; infinite where nothing was shown."""
        if len(self.delays) < 2:
            return float("inf")
        return statistics.quantiles(self.delays, n=100, method="inclusive")[percent - 1]


class _Screen:
    """Reads a tool's output and notes when each part came."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._parts: list[bytes] = []
        self._ends = array("Q", [0])
        self._times = array("d", [0.0])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while part := os.read(self._number, 1 << 16):
            self._times.append(time.time())
            self._ends.append(self._ends[-1] + len(part))
            self._parts.append(part)

    def result(self, script: Script) -> tuple[Tally, tuple[float, ...]]:
        """What came, and the delays; to be called when the tool has ended."""
        self._thread.join()
        delays: list[float] = []

        def seen(number: int, end: int) -> None:
            shown = self._times[bisect_left(self._ends, end)]
            delays.append(shown - script.readable[number] / 1000)

        return tally(b"".join(self._parts), script.stamps, seen=seen), tuple(sorted(delays))


def follow(name: str, writing: Writing, places: Places, *, folder: Path, delay: float) -> Follow:
    """Let the tool of this name follow a log from beginning to end."""
    with StandIn("--after", str(AFTER), "--live", json.dumps(asdict(writing))) as standin:
        standin.configure(delay=delay, quotas={})
        began = standin.now + round(AFTER * 1000)
        script = live(began, writing)
        tool = next(one for one in tools(places, standin.url) if one.name == name)
        process = subprocess.Popen(
            tool.follow,
            env=surroundings(folder, standin.url),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors").open("wb"),
        )
        assert process.stdout is not None
        screen = _Screen(process.stdout.fileno())
        share = _share(process, began / 1000 + WARM, began / 1000 + writing.seconds)
        over = (max(script.readable) + GRACE) / 1000
        code = _end(process, over + (LONG_PATIENCE if tool.ends else PATIENCE))
        ended = time.time() - over
        shown, delays = screen.result(script)
        process.stdout.close()
        return Follow(name, share, delays, shown, code, ended, standin.counts())


def _share(process: subprocess.Popen[bytes], first: float, last: float) -> float:
    """CPU seconds per second of a process between two moments; not a number if it ends before the second."""
    _sleep_until(first)
    began = time.time()
    before = measure.usage(process.pid).cpu if process.poll() is None else math.nan
    _sleep_until(last)
    after = measure.usage(process.pid).cpu if process.poll() is None else math.nan
    return (after - before) / (time.time() - began)


def _end(process: subprocess.Popen[bytes], limit: float) -> int:
    """Exit code; a tool that does not see the end of the job is interrupted as a user would."""
    try:
        return process.wait(max(0.0, limit - time.time()))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return -signal.SIGINT


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
