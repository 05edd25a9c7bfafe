"""`python -m tests.bench.logs`: the plugin beside other tools that read CloudWatch Logs, in one run.

Parts: `history` (a log that is over, at once), `delayed` (the same with a delay before each answer and AWS's quotas),
`follow` (a log that is being written) and `start`. Figures are medians. CPU figures hold on any machine of this kind;
wall clock means something on an idle one only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.logs import document, peers, quotas, runs, script, table
from tests.bench.logs.capacity import measure
from tests.bench.logs.following import Follow, follow
from tests.bench.logs.process import ROOT, StandIn
from tests.bench.logs.tools import CHAIN, OURS, Places, surroundings, tools

PARTS = ("history", "delayed", "follow", "start")
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-central-1")
"""One for each combination of quotas that is common."""
SHORT = 10
"""Lines of a log that is read for the start alone."""
STARTS = 7
AFTER_THE_END = 3_600_000
"""Milliseconds between the last line of a log that is over and now."""


class Bench:
    """Runs the parts and keeps what they print."""

    def __init__(self, options: argparse.Namespace, places: Places) -> None:
        self._options = options
        self._places = places
        self.sections: dict[str, str] = {}

    def run(self) -> None:
        """Run the parts that were asked for; each is printed when it is there."""
        work = {"history": self.history, "delayed": self.delayed, "follow": self.follow, "start": self.start}
        for part in self._options.parts:
            text = work[part]()
            self.sections[part] = text
            print(f"\n{text}", flush=True)

    def history(self) -> str:
        """A log that is over, without any delay."""
        events = self._options.events
        with _standin(events, self._options.streams[0], self._options.regions[0]) as (standin, plan, folder):
            able = [measure(standin.port, connections=number) for number in (1, 2)]
            found = {}
            for tool in tools(self._places, standin.url):
                found[tool.name] = self._median(tool.name, standin, plan, folder, quotas={})
        return document.history(events, self._options, table.history(found, events), table.capacity(able))

    def delayed(self) -> str:
        """The same log far away: in several regions, and in the first of them with several numbers of streams."""
        options = self._options
        cases = [(options.regions[0], streams) for streams in options.streams]
        cases += [(region, options.streams[0]) for region in options.regions[1:]]
        found = [self._far(region, streams) for region, streams in cases]
        return document.delayed(options, table.far(found))

    def _far(self, region: str, streams: int) -> table.Far:
        options, quota = self._options, quotas.of_region(region)
        with _standin(options.events, streams, region) as (standin, plan, folder):
            ours, chain = (
                self._median(name, standin, plan, folder, quotas=quota.by_operation()) for name in (OURS, CHAIN)
            )
        least = quota.least(options.events, options.delay / 1000)
        return table.Far(region, streams, quota, ours, chain, least)

    def _median(
        self,
        name: str,
        standin: StandIn,
        plan: script.Script,
        folder: Path,
        *,
        quotas: dict[str, float],
        most: int = 0,
    ) -> runs.Run:
        """Some runs of a tool; a slow one has to do with a single run."""
        tool = next(one for one in tools(self._places, standin.url) if one.name == name)
        environ = surroundings(folder, standin.url)
        found: list[runs.Run] = []
        while len(found) < (most or self._options.runs) and not (found and found[0].wall > self._options.patience):
            standin.configure(delay=self._options.delay / 1000 if quotas else 0.0, quotas=quotas)
            one = runs.run(tool, plan.stamps, folder=folder, environ=environ)
            found.append(runs.with_requests(one, standin.counts()))
            _tell(f"{name}: {one.wall:.2f} s, {one.cpu:.2f} s CPU")
            if not one.whole:
                break
        return runs.median(found)

    def follow(self) -> str:
        """A log that is being written, without and with trouble."""
        options = self._options
        calm = script.Writing(hosts=options.hosts, seconds=options.seconds)
        writings = [calm, replace(calm, late=options.late, ahead=True)] if options.late else [calm]
        found = [(writing, table.following([*self._followed(writing)])) for writing in writings]
        return document.following(options, found)

    def _followed(self, writing: script.Writing) -> Iterator[Follow]:
        for tool in tools(self._places, "http://127.0.0.1"):
            if not tool.follow:
                continue
            with tempfile.TemporaryDirectory(prefix="smlogs-bench-") as folder:
                delay = self._options.follow_delay / 1000
                one = follow(tool.name, writing, self._places, folder=Path(folder), delay=delay)
            _tell(f"{tool.name}: {one.tally}, {table.requests(one.requests)}")
            _tell(f"{tool.name}: exit code {one.code}, {one.ended:.1f} s after the job")
            yield one

    def start(self) -> str:
        """What a start costs: a short log by all tools, then ours in detail by `tests.bench.start`."""
        found = {}
        with _standin(SHORT, 1, self._options.regions[0]) as (standin, plan, folder):
            for tool in tools(self._places, standin.url):
                found[tool.name] = self._median(tool.name, standin, plan, folder, quotas={}, most=STARTS)
        details = {"from source": _details()}
        if self._places.ours:
            details["the built file"] = _details("--command", self._places.ours)
        return document.start(SHORT, table.short(found), details)


def _details(*flags: str) -> str:
    """What `python -m tests.bench.start` prints."""
    command = [sys.executable, "-m", "tests.bench.start", *flags]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextlib.contextmanager
def _standin(events: int, streams: int, region: str) -> Iterator[tuple[StandIn, script.Script, Path]]:
    """A stand-in with a log that is over, its script, and a folder in memory if there is one."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    inside = str(memory) if memory.is_dir() else None
    with (
        StandIn("--events", str(events), "--streams", str(streams), "--region", region) as standin,
        tempfile.TemporaryDirectory(prefix="smlogs-bench-", dir=inside) as folder,
    ):
        yield standin, script.history(events, streams, end=standin.now - AFTER_THE_END), Path(folder)


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Measure; returns the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = peers.environment(os.environ, _tell) if options.peers else None
    second = peers.second_version(options.aws) if options.peers else ""
    bench = Bench(options, Places(options.command, folder, second))
    try:
        bench.run()
    except KeyboardInterrupt:
        return 130
    if options.write:
        versions = peers.versions(folder, second) if folder else {}
        machine = (
            f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}, Python {platform.python_version()}"
        )
        Path(options.write).write_text(document.whole(machine, versions, bench.sections), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.logs", description=__doc__)
    add = parser.add_argument
    add("--parts", type=_parts, default=PARTS, metavar="A,B", help=f"which parts (default {','.join(PARTS)})")
    add("--events", type=int, default=100_000, metavar="N", help="events of 100 bytes (default 100,000)")
    add(
        "--streams",
        type=_numbers,
        default=[4],
        metavar="A,B",
        help="numbers of log streams; most figures are for the first (default 4)",
    )
    add("--runs", type=int, default=3, metavar="K", help="runs of each tool, for medians (default 3)")
    add("--patience", type=float, default=60.0, metavar="S", help="a tool that takes longer runs once (default 60)")
    add("--delay", type=float, default=50.0, metavar="MS", help="before each answer of `delayed` (default 50)")
    add("--regions", type=_words, default=REGIONS, metavar="A,B", help=f"quotas (default {','.join(REGIONS)})")
    add("--seconds", type=float, default=60.0, metavar="S", help="how long the followed log is written (default 60)")
    add("--follow-delay", type=float, default=20.0, metavar="MS", help="before each answer of `follow` (default 20)")
    add("--hosts", type=int, default=16, metavar="N", help="hosts of the followed log (default 16)")
    add("--late", type=float, default=25.0, metavar="S", help="once more with a host so late (default 25; 0: not)")
    add("--command", default="", metavar="PATH", help="a built kubectl-smlogs instead of this checkout's")
    add("--aws", default="aws", metavar="PATH", help="an AWS CLI of version 2 (default: aws, if it is one)")
    add("--no-peers", dest="peers", action="store_false", help="ours alone")
    add("--write", default="", metavar="FILE", help="write the document with the tables")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    for part in chosen:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(f"no part {part!r}; there are {', '.join(PARTS)}")
    return chosen


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
