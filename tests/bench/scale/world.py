"""One measurement's world: API server, etcd, AWS stand-in and operator, each a process; and the reading of them all."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench import measure
from tests.bench.scale import loader
from tests.bench.scale.audit import AuditLog
from tests.bench.scale.loader import Key
from tests.bench.scale.options import Options
from tests.bench.scale.watching import Watcher
from tests.cluster.progress import Progress
from tests.cluster.state import read_state
from tests.stack.clusters import Local
from tests.stack.errors import StackError
from tests.stack.stack import ACCOUNT, NAMESPACE, OPERATOR, STANDIN, Stack
from tests.stack.waiting import until

USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
SECOND = "second"
MERGE = "application/merge-patch+json"
LEASES = "leases"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that is counted, at one moment."""

    at: float
    there: float
    """The stand-in's time."""
    used: measure.Usage
    others: dict[str, float]
    """CPU seconds of the other processes by name, ours included: all share the processors with the operator."""
    machine: float
    """CPU seconds that the whole machine was busy."""
    aws: Counter[str]
    kube: Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What lies between two readings."""

    seconds: float
    cpu: float
    memory: float
    peak: float
    others: dict[str, float]
    foreign: float
    """Processors that were busy with what does not belong to the benchmark."""
    aws: Counter[str]
    kube: Counter[tuple[str, str]]

    @classmethod
    def between(cls, first: Reading, last: Reading) -> Cost:
        """The difference; memory as at the end."""
        seconds = last.at - first.at
        others = {name: cpu - first.others.get(name, 0.0) for name, cpu in last.others.items()}
        cpu = last.used.cpu - first.used.cpu
        foreign = max(0.0, last.machine - first.machine - cpu - sum(others.values())) / seconds
        return cls(
            seconds,
            cpu,
            last.used.memory,
            last.used.peak,
            others,
            foreign,
            last.aws - first.aws,
            last.kube - first.kube,
        )

    def requests(self) -> dict[str, int]:
        """Requests to the API server in words."""
        return {f"{verb} {what}": number for (verb, what), number in sorted(self.kube.items())}

    def writes(self) -> int:
        """Writes to the API server but those of the lease."""
        return measure.writes(Counter({key: number for key, number in self.kube.items() if key[1] != LEASES}))


class World:
    """All processes of one measurement, and what the benchmark does to them.

    Args:
        folder: where they keep their data.
        options: how the run is made.
        standin: further flags of the stand-in.
    """

    def __init__(self, folder: Path, options: Options, *standin: str) -> None:
        self._folder = folder
        self._options = options
        lead = [f"{phase}={options.lead:g}" for phase in ("starting", "pending", "downloading")]
        self._cluster = Local(folder, Progress(sys.stderr), detach=False)
        self.stack = Stack(
            folder,
            self._cluster,
            standin_flags=[
                *("--phase", *lead, "training=360000"),
                *("--log-rate", "0", "--latency-ms", f"{options.latency * 1000:g}", *standin),
            ],
            operator_flags=[
                f"--workers={options.workers}",
                *("--enable-leader-election", f"--lease-namespace={NAMESPACE}"),
            ],
        )
        self.leader = OPERATOR
        """The process that is measured."""

    def __enter__(self) -> Self:
        try:
            for begin in (self._cluster.start, self.stack.start_standin, self.stack.install, self.stack.start_operator):
                print(begin(), file=sys.stderr)
            until(lambda: "we are the leader" in self.stack.processes.tail(OPERATOR, 50), "the operator to lead")
            self.plane = self._cluster.plane
            self._audit = AuditLog(self.plane.data, USER)
            self.watcher = Watcher(self.plane)
            self.watcher.start()
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()

    # --- reading ----------------------------------------------------------------------------------------------

    def read(self) -> Reading:
        """Read everything now."""
        control = self.stack.control.requests()
        return Reading(
            at=time.monotonic(),
            there=float(control["now"]),
            used=measure.usage(self._pid(self.leader)),
            others=self._others(),
            machine=_busy(),
            aws=measure.aws_requests(control["counts"]),
            kube=self._audit.counts(),
        )

    def usage(self) -> measure.Usage:
        """What the leading operator has used."""
        return measure.usage(self._pid(self.leader))

    def metric(self, name: str, /, **labels: str) -> float:
        """The sum of the operator's samples of that name and these labels; a scrape, with its cost."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        found = 0.0
        for line in self.stack.metrics().splitlines():
            head, _, value = line.rpartition(" ")
            if head.partition("{")[0] == name and all(one in head for one in wanted):
                found += float(value)
        return found

    @contextmanager
    def scraped(self) -> Iterator[None]:
        """Scrape the operator's metrics now and then, as a Prometheus would."""
        stop = threading.Event()

        def scrape() -> None:
            while not stop.wait(self._options.scrape):
                self.stack.metrics()

        thread = threading.Thread(target=scrape, name="bench-scrape", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _pid(self, name: str) -> int:
        who = self.stack.processes.identity(name)
        if who is None:
            raise StackError(f"{name} has ended; its log ends with:\n{self.stack.processes.tail(name)}")
        return who.pid

    def _others(self) -> dict[str, float]:
        running = read_state(self.plane.data)
        pids = {name: who.pid for name, who in running.alive.items()} if running else {}
        pids |= {STANDIN: self._pid(STANDIN), "benchmark": os.getpid()}
        return {name: measure.usage(pid).cpu for name, pid in pids.items()}

    # --- acting -----------------------------------------------------------------------------------------------

    def namespace(self, name: str) -> None:
        """Make a namespace."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.plane.admin.request("POST", "/api/v1/namespaces", body)

    def patch(self, key: Key, body: Mapping[str, Any]) -> int:
        """A user's edit; returns the object's generation."""
        answer = self.plane.admin.request("PATCH", loader.path(*key), body, content_type=MERGE)
        return int(answer["metadata"]["generation"])

    def delete(self, key: Key) -> None:
        """A user's deletion."""
        self.plane.admin.request("DELETE", loader.path(*key))

    def job(self, key: Key) -> str:
        """The name of an object's job."""
        return self.watcher.shown[key].job

    def start_operator(self, name: str) -> None:
        """Start an operator with the rights of the first; returns when it is ready."""
        self.stack.run_operator(self._folder / "operator.kubeconfig", name)


def _busy() -> float:
    """CPU seconds that the machine was busy since it started (proc(5), first line of `stat`; guests are in user)."""
    with Path("/proc/stat").open(encoding="ascii") as lines:
        ticks = [int(field) for field in lines.readline().split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
