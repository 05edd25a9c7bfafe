"""Prints what following loses, doubles and costs in the simulation: `python -m tests.unit.logs.measure`.

Beside the engine two other rules read the same logs: that of the original plugin (the next request starts at the last
line printed; up to there everything is skipped) and that of `aws logs tail --follow` (it starts at the newest line
seen, whose ids are remembered). Nothing sleeps: the clock is simulated.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smkube.logs.cursor import AHEAD, Cursor
from smkube.logs.follow import Reader
from smkube.logs.model import Event, Page, Window
from smkube.logs.streams import Selection
from tests.unit.logs.simulation import BEGIN, Faults, SimulatedLogs, SimulatedWorld, Written, host

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Case:
    """One log.

    Attributes:
        hosts: how many hosts write.
        rate: lines per second of each.
        seconds: how long they write.
        late: seconds by which the last host's uploads are late besides.
        ahead: whether one line is stamped an hour ahead.
    """

    hosts: int
    rate: float = 10.0
    seconds: int = 180
    late: int = 0
    ahead: bool = False

    def written(self) -> list[Written]:
        """Its events: every host uploads each 5 seconds, at another moment, and lines are readable a second later."""
        written: list[Written] = []
        for number in range(self.hosts):
            step = round(1000 / self.rate)
            times = range(BEGIN + number * 311 % 5000, BEGIN + self.seconds * 1000, step)
            delay = 1000 + (self.late * 1000 if number == self.hosts - 1 else 0)
            phase = number * 1373 % 5000
            stream = f"x/algo-{number + 1}-1"
            written += host(stream, times, batch=5000, phase=phase, delay=delay, first_id=number * 10**6)
        if self.ahead:
            written += host("x/algo-1-1", [BEGIN + 20_000], ahead=HOUR, first_id=99 * 10**6)
        return written


@dataclass(frozen=True, slots=True)
class Result:
    """What following a case came to; delays in seconds after a line was readable, CPU as a share of one core."""

    lost: int
    doubled: int
    late: int
    calls: int
    read_per_line: float
    median: float
    slowest: float
    processor: float


class _Timed(SimulatedLogs):
    """Keeps the CPU time of the simulation itself apart."""

    spent = 0.0

    def page(self, window: Window, token: str) -> Page:
        """As SimulatedLogs."""
        began = time.process_time()
        try:
            return super().page(window, token)
        finally:
            self.spent += time.process_time() - began


_Rule = Callable[[SimulatedLogs, SimulatedWorld], Iterator[list[Event]]]


def engine(logs: SimulatedLogs, world: SimulatedWorld) -> Iterator[list[Event]]:
    """The project's own way."""
    return Reader(logs, Cursor(Selection("x/")), world).follow()


def original(logs: SimulatedLogs, world: SimulatedWorld) -> Iterator[list[Event]]:
    """The original plugin; it never ends by itself, here it does a minute after the job."""
    start, last = 0, ""
    while world.true_now < world.ends + 60_000:
        token = ""
        while True:
            page = logs.page(Window(start, world.now() // 1000 * 1000), token)
            ids = [event.id for event in page.events]
            new = list(page.events[ids.index(last) + 1 :] if last in ids else page.events)
            if new:
                last, start = new[-1].id, new[-1].timestamp
                yield new
            token = page.token
            if not token:
                break
        world.pause(0.5)


def tail(logs: SimulatedLogs, world: SimulatedWorld) -> Iterator[list[Event]]:
    """`aws logs tail --follow`; ended as above."""
    start, known = 0, set[str]()
    while world.true_now < world.ends + 60_000:
        token = ""
        while True:
            page = logs.page(Window(start, world.now() + AHEAD), token)
            new = [event for event in page.events if event.id not in known]
            for event in new:
                if event.timestamp > start:
                    start, known = event.timestamp, set()
                if event.timestamp == start:
                    known.add(event.id)
            if new:
                yield new
            token = page.token
            if not token:
                break
        world.pause(5)


RULES: dict[str, _Rule] = {"engine": engine, "original": original, "aws logs tail": tail}


def run(rule: _Rule, case: Case, *, seed: int = 1, faults: Faults | None = None) -> Result:
    """Follow a case by a rule."""
    written = case.written()
    world = SimulatedWorld(random.Random(seed), max(one.readable for one in written) - 3000)
    logs = _Timed(world, written, faults or Faults(), page_size=10_000, latency=(0.03, 0.15))
    readable = {one.event.id: one.readable for one in written}
    shown, delays = Counter[str](), list[int]()
    late, newest, began = 0, 0, time.process_time()
    for batch in rule(logs, world):
        late += sum(event.true_time < newest for event in batch)
        newest = max(newest, *(event.true_time for event in batch))
        shown.update(event.id for event in batch)
        delays += [world.true_now - readable[event.id] for event in batch]
    processor = time.process_time() - began - logs.spent
    delays.sort()
    return Result(
        lost=len(readable.keys() - shown.keys()),
        doubled=sum(shown.values()) - len(shown),
        late=late,
        calls=logs.calls,
        read_per_line=logs.returned / len(shown),
        median=delays[len(delays) // 2] / 1000,
        slowest=delays[len(delays) * 99 // 100] / 1000,
        processor=processor / ((world.true_now - BEGIN) / 1000),
    )


def cases(seconds: int) -> Iterator[tuple[str, Case]]:
    """The cases of the table."""
    for hosts in (1, 2, 4, 16):
        yield "on time", Case(hosts, seconds=seconds)
        yield "one 25 s late", Case(hosts, seconds=seconds, late=25)
        yield "one stamp +1 h", Case(hosts, seconds=seconds, ahead=True)
    yield "200 lines/s", Case(16, rate=12.5, seconds=seconds)
    yield "200 lines/s, late", Case(16, rate=12.5, seconds=seconds, late=25)


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=180, help="how long the hosts write (default 180)")
    parser.add_argument("--rule", choices=sorted(RULES), action="append", help="only this rule")
    options = parser.parse_args(arguments)
    heads = ("rule", "hosts", "case", "lost", "doubled", "late", "requests", "read/line", "p50 s", "p99 s", "CPU %")
    print("{:14}{:>6} {:18}{:>7}{:>8}{:>7}{:>9}{:>10}{:>7}{:>8}{:>7}".format(*heads))
    for name in options.rule or RULES:
        for title, case in cases(options.seconds):
            one = run(RULES[name], case)
            print(
                f"{name:14}{case.hosts:6} {title:18}{one.lost:7}{one.doubled:8}{one.late:7}{one.calls:9}"
                f"{one.read_per_line:10.1f}{one.median:7.2f}{one.slowest:8.2f}{one.processor * 100:7.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
