"""What a start of the plugin costs: CPU and time of help, version, completion, and to the first line of a log.

The log is of a job in a real API server and in the AWS stand-in, on loopback and over a network with a delay. CPU is
user and system time of the whole run, as the kernel accounts for it (wait4(2)); times are to the first byte of output.

    python -m tests.bench.start
    python -m tests.bench.start --command dist/kubectl-smlogs.linux.amd64/kubectl-smlogs
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.delay import distant
from tests.cluster import binaries
from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress
from tests.conformance.smlogs_scene import Scene, control_plane_with_kinds, scene
from tests.standin.app import StandIn

JOB, NAME, LINE = "start-job", "start", "the first line"
CHAIN = 5
"""Round trips that cannot be saved: connect, TLS and GET at the API server; connect and read at CloudWatch Logs."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run, or the medians of several: CPU, and time to the first byte, in seconds."""

    cpu: float
    wall: float


def run(command: Sequence[str], environment: Mapping[str, str], expected: str) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it does not print what is expected.
    """
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        with process.stdout as stdout:
            first = stdout.read(1)
            wall = time.perf_counter() - begin
            output = (first + stdout.read()).decode()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or expected not in output:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors.read().decode()}{output}")
    return Cost(used.ru_utime + used.ru_stime, wall)


@dataclass(frozen=True, slots=True)
class Start:
    """One way to start the plugin: arguments, environment, and what it has to print."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    expected: str


def medians(command: Sequence[str], starts: Sequence[Start], runs: int) -> list[Cost]:
    """The medians of several runs of each start, taking turns, so that other work on the machine hits all alike.

    The first run of each does not count: it may have to compile or to unpack.
    """
    costs: list[list[Cost]] = [[] for _ in starts]
    for _ in range(runs + 1):
        for start, found in zip(starts, costs, strict=True):
            found.append(run([*command, *start.arguments], start.environment, start.expected))
    return [
        Cost(statistics.median(cost.cpu for cost in found[1:]), statistics.median(cost.wall for cost in found[1:]))
        for found in costs
    ]


def local_starts() -> list[Start]:
    """What asks nobody."""
    environment = {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8"}
    return [
        Start("--help", ("--help",), environment, "Usage:"),
        Start("version", ("version",), environment, "."),
        Start("completion of a word", ("__complete", "Tr"), environment, "TrainingJob"),
    ]


@contextlib.contextmanager
def first_lines(delay: float) -> Iterator[list[Start]]:
    """The log of a job, on loopback and with a delay.

    Raises:
        ClusterError: the API server cannot be had.
    """
    arguments = ("TrainingJob", NAME)
    found = binaries.find(os.environ, Progress(sys.stderr))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plane = stack.enter_context(control_plane_with_kinds(found, folder / "cluster"))
        standin = stack.enter_context(StandIn())
        (folder / "scene").mkdir()
        made = stack.enter_context(scene(plane, standin, found, folder / "scene"))
        made.create(NAME, job=JOB)
        made.set_status(NAME, word="Completed", secondaryStatus="Completed")
        made.write_logs(f"{JOB}/algo-1-1", [LINE])
        far = stack.enter_context(_far_away(made, delay))
        yield [
            Start("first line, loopback", arguments, made.environment, LINE),
            Start(f"first line, {delay * 1000:.0f} ms away", arguments, far, LINE),
        ]


@contextlib.contextmanager
def _far_away(near: Scene, delay: float) -> Iterator[dict[str, str]]:
    """The environment of a scene whose API server and whose AWS are a round trip of `delay` away."""
    api, aws = (urlsplit(url).port for url in (near.plane.url, near.standin.url))
    assert api is not None
    assert aws is not None
    with distant(api, delay) as far_api, distant(aws, delay) as far_aws:
        path = near.folder / "far-kubeconfig"
        text = near.kubeconfig.read_text(encoding="utf-8")
        path.write_text(text.replace(near.plane.url, f"https://127.0.0.1:{far_api}"), encoding="utf-8")
        yield {
            **near.environment,
            "KUBECONFIG": str(path),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{far_aws}",
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.start", description="What a start of the plugin costs")
    parser.add_argument("--command", help="the program, such as the one out of the tarball; by default the source")
    parser.add_argument("--runs", type=int, default=11, help="runs of each kind, of which the median counts (11)")
    parser.add_argument("--delay", type=float, default=20, help="round trip of the network, in milliseconds (20)")
    given = parser.parse_args(arguments)
    command = [given.command] if given.command else [sys.executable, "-m", "kubectl_smlogs"]
    print(f"{'':32}{'CPU ms':>8}{'time ms':>9}")
    try:
        _measure(command, local_starts(), given.runs)
        with first_lines(given.delay / 1000) as starts:
            near, far = _measure(command, starts, given.runs)
    except (ClusterError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    trips = (far.wall - near.wall) / (given.delay / 1000)
    print(
        f"The delay costs {trips:.1f} round trips; {CHAIN} cannot be saved: object, then log, each with a connection."
    )
    return 0


def _measure(command: Sequence[str], starts: Sequence[Start], runs: int) -> list[Cost]:
    costs = medians(command, starts, runs)
    for start, cost in zip(starts, costs, strict=True):
        print(f"{start.name:32}{cost.cpu * 1000:8.0f}{cost.wall * 1000:9.0f}", flush=True)
    return costs


if __name__ == "__main__":
    sys.exit(main())
