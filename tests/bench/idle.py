"""`python -m tests.bench.idle`: what many TrainingJobs cost while they start and while they merely run.

Starts a control plane, an AWS stand-in and the operator of its own, and stops them. Prints a table and ends with 1
when jobs that merely run cost a Describe, more than 12 List calls a minute, or a write to the API server.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_operator import feedstate
from tests.bench import load, measure
from tests.cluster.errors import ApiError, ClusterError
from tests.cluster.progress import Progress
from tests.cluster.state import read_state
from tests.stack.clusters import Local
from tests.stack.errors import StackError
from tests.stack.stack import ACCOUNT, NAMESPACE, OPERATOR, STANDIN, Stack

USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
LISTS_A_MINUTE = 12
"""List calls a minute that jobs at rest may cost."""
SETTLE = feedstate.OVERLAP + feedstate.SLOW
"""Seconds after the last change until the operator is at rest."""
PATIENCE = 600.0
"""Seconds that the jobs have to start."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that is counted, at one moment."""

    at: float
    used: measure.Usage
    others: dict[str, float]
    """CPU seconds of the other processes by name: here they share the processors with the operator."""
    aws: Counter[str]
    kube: Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What lies between two readings."""

    seconds: float
    cpu: float
    others: dict[str, float]
    memory: float
    peak: float
    aws: Counter[str]
    kube: Counter[tuple[str, str]]

    @classmethod
    def between(cls, first: Reading, last: Reading) -> Cost:
        """The difference; memory as at the end."""
        return cls(
            last.at - first.at,
            last.used.cpu - first.used.cpu,
            {name: cpu - first.others[name] for name, cpu in last.others.items()},
            last.used.memory,
            last.used.peak,
            last.aws - first.aws,
            last.kube - first.kube,
        )


def problems(idle: Cost) -> list[str]:
    """What speaks against "jobs at rest cost nothing but List calls"."""
    minutes = idle.seconds / 60
    lists = sum(number for name, number in idle.aws.items() if name.startswith("List"))
    others = {name: number for name, number in idle.aws.items() if not name.startswith("List")}
    found = []
    if others:
        found.append(f"calls that are no List: {_listed(others)}")
    if lists > LISTS_A_MINUTE * max(minutes, 1.0):
        found.append(f"{lists} List calls in {minutes:.1f} minutes")
    if measure.writes(idle.kube):
        found.append(f"{measure.writes(idle.kube)} writes to the API server")
    return found


class Bench:
    """A stack with an operator and its readings."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._cluster = Local(folder, Progress(sys.stderr), detach=False)
        flags = ["--phase", "training=36000", "--log-rate", "0", "--latency-ms", str(options.latency_ms)]
        self.stack = Stack(
            folder,
            self._cluster,
            standin_flags=[*flags, "--aws-limits"] if options.aws_limits else flags,
            operator_flags=[f"--workers={options.workers}"],
        )

    def start(self) -> None:
        """Start everything."""
        for begin in (self._cluster.start, self.stack.start_standin, self.stack.install, self.stack.start_operator):
            print(begin(), file=sys.stderr)

    def read(self) -> Reading:
        """Read everything now."""
        who = self.stack.processes.identity(OPERATOR)
        if who is None:
            raise StackError(f"the operator has ended; its log ends with:\n{self.stack.processes.tail(OPERATOR)}")
        aws = measure.aws_requests(self.stack.control.requests()["counts"])
        kube = measure.kube_requests(self._cluster.audit_records(), USER)
        return Reading(time.monotonic(), measure.usage(who.pid), self._others(), aws, kube)

    def _others(self) -> dict[str, float]:
        running = read_state(self._cluster.plane.data)
        found = dict(running.alive) if running else {}
        standin = self.stack.processes.identity(STANDIN)
        if standin is not None:
            found[STANDIN] = standin
        return {name: measure.usage(who.pid).cpu for name, who in found.items()}

    def starting(self, objects: int) -> Cost:
        """Create the objects, wait until all jobs train, and print what that cost."""
        before = self.read()
        watcher = load.Watcher(self._cluster.plane, objects)
        load.create(self._cluster.plane, objects)
        applied = time.monotonic()
        running = watcher.wait("InProgress", seconds=PATIENCE)
        training = watcher.wait("InProgress", "Training", seconds=PATIENCE)
        cost = Cost.between(before, self.read())
        print(f"\n{objects} TrainingJobs, all at once")
        _row("applied after", f"{applied - before.at:.1f} s")
        _row("all InProgress after", f"{running - before.at:.1f} s")
        _row("all Training after", f"{training - before.at:.1f} s")
        _print_cost(cost)
        return cost

    def resting(self, minutes: float) -> Cost:
        """Let the jobs run, and print what that cost."""
        time.sleep(SETTLE)
        before = self.read()
        time.sleep(minutes * 60)
        cost = Cost.between(before, self.read())
        print(f"\nthe same, merely running, {cost.seconds:.0f} s")
        _print_cost(cost)
        return cost


def _print_cost(cost: Cost) -> None:
    _row("operator CPU", f"{cost.cpu:.2f} s")
    _row("CPU of the others", ", ".join(f"{name} {cpu:.2f} s" for name, cpu in sorted(cost.others.items())))
    _row("operator memory", f"{cost.memory:.0f} MB, {cost.peak:.0f} MB at most")
    _row("SageMaker requests", _listed(cost.aws))
    _row("API server requests", _listed({f"{verb} {what}": number for (verb, what), number in cost.kube.items()}))
    _row("writes to the API server", str(measure.writes(cost.kube)))


def _row(what: str, value: str) -> None:
    print(f"  {what:<26}{value}")


def _listed(numbers: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(numbers.items())) or "none"


def main(arguments: Sequence[str]) -> int:
    """Measure; returns the exit code: 0 the claim holds, 1 it does not or a step went wrong, 130 interrupted."""
    options = _parser().parse_args(arguments)
    # A stopping signal takes the same way out as Ctrl-C, so that everything started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="smlogs-bench-") as folder:
        bench = Bench(Path(folder), options)
        try:
            bench.start()
            bench.starting(options.objects)
            found = problems(bench.resting(options.minutes))
        except (StackError, ClusterError, ApiError, OSError) as error:
            found = [str(error)]
        except KeyboardInterrupt:
            return 130
        finally:
            bench.stack.stop()
    for problem in found:
        print(f"\nNOT AS CLAIMED: {problem}")
    if not found:
        print(f"\nas claimed: no Describe, at most {LISTS_A_MINUTE} List a minute, nothing written to the API server")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.idle", description=__doc__)
    add = parser.add_argument
    add("--objects", type=int, default=200, metavar="N", help="TrainingJobs (default 200)")
    add("--minutes", type=float, default=1.0, metavar="M", help="for how long to watch them run (default 1)")
    add("--workers", type=int, default=8, metavar="N", help="the operator's --workers (default 8)")
    add("--latency-ms", type=int, default=0, metavar="MS", help="time AWS takes for each call (default 0)")
    add("--aws-limits", action="store_true", help="throttle as AWS does: 1 CreateTrainingJob and 2 List a second")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
