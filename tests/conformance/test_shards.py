"""Several operators that share a cluster, by namespaces or by kinds, at a real API server; and what mistakes do."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from smkube import kinds
from smkube.kinds import PROCESSING_JOB, TRAINING_JOB, Kind, resource_path
from tests.cluster.progress import Progress
from tests.conformance import specs
from tests.stack.clusters import Local
from tests.stack.stack import NAMESPACE, Stack
from tests.stack.waiting import until

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
TEAMS = ("team-a", "team-b", "team-c")
REGION = "us-east-1"


@dataclass
class Shards:
    """A cluster, an AWS stand-in, and the operators of a test."""

    stack: Stack
    cluster: Local
    running: list[str] = field(default_factory=list)
    made: int = 0

    def start(self, name: str, *flags: str) -> None:
        """Start an operator with these flags; returns when its caches are filled."""
        self.stack.operator_flags = ["--enable-leader-election", f"--lease-namespace={NAMESPACE}", *flags]
        self.stack.run_operator(self.stack.folder / "operator.kubeconfig", name)
        self.running.append(name)

    def until_leading(self, name: str) -> None:
        """Wait until an operator leads."""
        until(lambda: "we are the leader" in self.log(name), f"{name} to lead", seconds=30)

    def end(self, name: str, *, kill: bool = False) -> None:
        """End an operator in order, or with SIGKILL."""
        self.running.remove(name)
        if kill:
            self.stack.processes.stop(name, patience=0)
        else:
            self.stack.processes.stop(name)

    def log(self, name: str) -> str:
        """What an operator has logged."""
        return self.stack.processes.log(name).read_text(encoding="utf-8")

    def create(self, namespace: str, kind: Kind = TRAINING_JOB) -> str:
        """Create an object under a name that no other has; returns the name."""
        self.made += 1
        name = f"shard-{self.made}"
        body = {
            "apiVersion": kinds.API_VERSION,
            "kind": kind.name,
            "metadata": {"name": name, "namespace": namespace},
            "spec": specs.SPECS[kind.name](region=REGION),
        }
        self.cluster.plane.admin.request("POST", resource_path(kind, namespace), body)
        return name

    def word(self, namespace: str, name: str, kind: Kind = TRAINING_JOB) -> str:
        """The status word of an object."""
        obj: dict[str, Any] = self.cluster.plane.admin.request("GET", resource_path(kind, namespace, name))
        return str(obj.get("status", {}).get(kind.status_word, ""))

    def until_running(
        self, namespace: str, names: Iterable[str], kind: Kind = TRAINING_JOB, seconds: float = 30
    ) -> None:
        """Wait until objects show that their jobs run."""
        for name in names:
            until(lambda: self.word(namespace, name, kind) == "InProgress", f"{name} to run", seconds=seconds)  # noqa: B023 - called at once

    def holders(self) -> dict[str, str]:
        """The Leases that somebody holds, and who."""
        found = self.cluster.plane.admin.request("GET", LEASES)["items"]
        return {
            one["metadata"]["name"]: one["spec"]["holderIdentity"] for one in found if one["spec"].get("holderIdentity")
        }

    def creates(self) -> Counter[str]:
        """How often AWS has begun which job."""
        record = self.stack.control.record()
        return Counter(
            str(one["name"]) for one in record if one["operation"].startswith("Create") and one["outcome"] == "OK"
        )

    def tries(self) -> Counter[str]:
        """How often AWS was asked to begin which training job, whatever it answered."""
        return Counter(
            str(one["name"]) for one in self.stack.control.record() if one["operation"] == "CreateTrainingJob"
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """The cluster of all tests here, with the teams' namespaces; jobs run for as long as a test needs."""
    folder = tmp_path_factory.mktemp("shards")
    cluster = Local(folder, Progress(sys.__stderr__ or sys.stderr), detach=False, audit=False)
    stack = Stack(folder, cluster, standin_flags=["--phase", "training=3600", "processing=3600", "--latency-ms", "20"])
    try:
        for begin in (cluster.start, stack.start_standin, stack.install):
            begin()
        cluster.service_account_kubeconfig(folder / "operator.kubeconfig", NAMESPACE, "sagemaker-k8s-operator-default")
        for name in TEAMS:
            cluster.plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        yield Shards(stack, cluster)
    finally:
        stack.stop()


@pytest.fixture
def shards(world: Shards) -> Iterator[Shards]:
    """No operator before a test, and none after it."""
    yield world
    for name in list(world.running):
        world.end(name)


def test_namespaces(shards: Shards) -> None:
    """Each acts on its own namespaces under its own Lease; one's death is made good by its replica, and only there."""
    shards.start("ns-first", "--namespace=team-a,team-b")
    shards.start("ns-other", "--namespace=team-c")
    for name in ("ns-first", "ns-other"):
        shards.until_leading(name)
    shards.start("ns-replica", "--namespace=team-b,team-a")
    made = {team: shards.create(team) for team in TEAMS}
    for team, name in made.items():
        shards.until_running(team, [name])
    leases = shards.holders()

    assert {"sagemaker-k8s-operator-team-a.team-b", "sagemaker-k8s-operator-team-c"} <= leases.keys()
    assert "team-c" not in shards.log("ns-first").replace("sagemaker-k8s-operator-team-c", "")
    assert not any(made[team] in shards.log("ns-other") for team in ("team-a", "team-b"))

    shards.end("ns-first", kill=True)
    shards.until_running("team-c", [shards.create("team-c")], seconds=10)
    waiting = [shards.create("team-a"), shards.create("team-a")]
    shards.until_running("team-a", waiting, seconds=30)

    assert "we are the leader" in shards.log("ns-replica")
    assert shards.holders()["sagemaker-k8s-operator-team-c"] == leases["sagemaker-k8s-operator-team-c"]
    assert set(shards.creates().values()) == {1}


def test_kinds(shards: Shards) -> None:
    """Each acts on its own kinds in all namespaces; without one its kind waits, and the other goes on."""
    shards.start("kind-training", "--kinds=trainingjobs,htj")
    shards.start("kind-rest", "--kinds=processingjobs,batchtransformjobs")
    for name in ("kind-training", "kind-rest"):
        shards.until_leading(name)
    processed, trained = shards.create("team-a", PROCESSING_JOB), shards.create("team-a")
    shards.until_running("team-a", [processed], PROCESSING_JOB)
    shards.until_running("team-a", [trained])

    assert {"sagemaker-k8s-operator-tj-htj", "sagemaker-k8s-operator-pj-btj"} <= shards.holders().keys()
    assert trained not in shards.log("kind-rest")
    assert processed not in shards.log("kind-training")

    shards.end("kind-rest", kill=True)
    orphan = shards.create("team-a", PROCESSING_JOB)
    shards.until_running("team-a", [shards.create("team-a")], seconds=10)

    assert shards.word("team-a", orphan, PROCESSING_JOB) == ""
    assert set(shards.creates().values()) == {1}


def test_the_same_namespace_twice(shards: Shards) -> None:
    """By mistake two that lead under different Leases: whatever both ask for, AWS begins each job once."""
    shards.start("twice-one", "--namespace=team-a", "--lease-name=one")
    shards.start("twice-two", "--namespace=team-a,team-b", "--lease-name=two")
    for name in ("twice-one", "twice-two"):
        shards.until_leading(name)
    names = [shards.create("team-a") for _ in range(25)]
    shards.until_running("team-a", names, seconds=60)
    created = shards.creates()
    jobs = [job["name"] for job in shards.stack.control.jobs()]

    # Both asked for at least one of them, which is what is tried here.
    assert any(tries > 1 for tries in shards.tries().values())
    assert set(created.values()) == {1}
    for name in names:
        assert sum(job.startswith(f"{name}-") for job in jobs) == 1, name


def test_from_one_operator_to_shards(shards: Shards) -> None:
    """Objects of the single operator are gone on with by the shards: no job is begun anew, and each end is shown."""
    shards.start("single")
    shards.until_leading("single")
    made = {team: [shards.create(team), shards.create(team)] for team in TEAMS}
    for team, names in made.items():
        shards.until_running(team, names)
    before = shards.creates()
    shards.end("single")
    shards.start("moved-ab", "--namespace=team-a,team-b")
    shards.start("moved-c", "--namespace=team-c")
    for team, (first, _) in made.items():
        job = next(job["name"] for job in shards.stack.control.jobs() if job["name"].startswith(f"{first}-"))
        shards.stack.control.end_job(job)
        until(lambda: shards.word(team, first) == "Completed", f"{first} to be shown as ended", seconds=30)  # noqa: B023 - called at once

    assert shards.creates() == before
