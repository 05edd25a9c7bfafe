"""A cluster and an AWS account in memory, with every fault the two can show, for trying histories of the engine.

The controller, the work queue, the cache and every decision are the real ones; only the two networks and the clock
are simulated. A crash is an exception that goes through the controller at a chosen call, before or after the call
took effect; afterwards a new controller starts over the same world.
"""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_operator import facts, marks
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.controller import Controller
from sagemaker_operator.engine.feed import View
from sagemaker_operator.engine.workqueue import WorkQueue
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError, KubeError
from smkube.kube import envelope

START = datetime(2026, 1, 1, tzinfo=UTC)
REGION = "us-east-1"
WINDOW = 30.0
STALE_FOR = 8.0
TERMINAL = {"Completed", "Failed", "Stopped"}


class Crash(BaseException):
    """The process is killed here."""


@dataclass
class Job:
    """A SageMaker job."""

    name: str
    region: str
    created: float
    tags: list[dict[str, str]]
    request: Mapping[str, Any]
    ends: float
    stopping_since: float | None = None
    outcome: str = "Completed"

    def status(self, now: float) -> str:
        """The job's status word at a time."""
        if self.stopping_since is not None and self.stopping_since < self.ends:
            return "Stopped" if now >= self.stopping_since + 5 else "Stopping"
        return self.outcome if now >= self.ends else "InProgress"

    def modified(self, now: float) -> float:
        """When the status last changed."""
        if self.stopping_since is not None and self.stopping_since < self.ends:
            return self.stopping_since + (5 if now >= self.stopping_since + 5 else 0)
        return self.ends if now >= self.ends else self.created


@dataclass
class World:
    """Everything outside of the process."""

    rng: random.Random
    kind: kinds.Kind = kinds.TRAINING_JOB
    now: float = 0.0
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    created: list[tuple[str, str]] = field(default_factory=list)
    """(object UID, job name) of every Create that took effect."""
    released: list[tuple[str, float]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    events: list[tuple[envelope.Object | None, envelope.Object | None]] = field(default_factory=list)
    faults: float = 0.0
    """Probability that a call goes wrong."""
    crashes: float = 0.0
    """Probability that the process dies at a call."""
    stale: bool = True
    version: int = 1

    def chance(self, probability: float) -> bool:
        """A throw of the dice."""
        return self.rng.random() < probability

    def crash_point(self) -> None:
        """The process may die here."""
        if self.chance(self.crashes):
            raise Crash

    # --- the user ------------------------------------------------------------------------------------------------

    def apply(self, name: str, spec: dict[str, Any]) -> None:
        """Create an object, or edit the spec of one that lives."""
        key = f"ns/{name}"
        found = self.objects.get(key)
        if found is None:
            meta = {
                "name": name,
                "namespace": "ns",
                "uid": str(uuid.UUID(int=self.rng.getrandbits(128))),
                "generation": 1,
            }
            self._store(key, {"metadata": meta, "spec": spec, "status": {}})
        else:
            self._change(key, {"spec": spec}, status=False)

    def delete(self, name: str) -> None:
        """Ask for an object to go."""
        found = self.objects.get(f"ns/{name}")
        if found is not None:
            self._change(f"ns/{name}", {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, status=False)

    # --- the API server ----------------------------------------------------------------------------------------------

    def patch(self, path: str, body: Mapping[str, Any]) -> bytes:
        """A merge patch as the API server does it."""
        parts = path.split("/")
        status = parts[-1] == "status"
        key = f"{parts[5]}/{parts[7]}"
        if key not in self.objects:
            raise KubeError(404, "NotFound", f"{key} not found")
        if body["metadata"]["resourceVersion"] != self.objects[key]["metadata"]["resourceVersion"]:
            raise KubeError(409, "Conflict", "the object has been modified")
        return json.dumps(self._change(key, body, status=status)).encode()

    def _change(self, key: str, body: Mapping[str, Any], *, status: bool) -> dict[str, Any]:
        before = self.objects[key]
        after: dict[str, Any] = json.loads(json.dumps(before))
        if status:
            after["status"] = merged(after["status"], body.get("status", {}))
        else:
            after["spec"] = merged(after["spec"], body.get("spec", {}))
            after["metadata"] = merged(after["metadata"], body.get("metadata", {}))
            if after["spec"] != before["spec"]:
                after["metadata"]["generation"] += 1
        if after == before:
            return after
        return self._store(key, after, before)

    def _store(self, key: str, after: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        self.version += 1
        after["metadata"]["resourceVersion"] = str(self.version)
        gone = after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers")
        if gone:
            del self.objects[key]
            self.released.append((after["metadata"]["uid"], self.now))
        else:
            self.objects[key] = after
        self.events.append((_object(before), None if gone else _object(after)))
        return after

    # --- AWS ---------------------------------------------------------------------------------------------------------

    def aws(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A call, with its faults."""
        if self.chance(self.faults):
            raise self.rng.choice(
                [
                    AwsError(operation, "ThrottlingException", "Rate exceeded", status=400),
                    AwsError(operation, "InternalFailure", "internal", status=500),
                    AwsError(operation, "ConnectionError", "connection reset"),
                    AwsError(operation, "ExpiredTokenException", "expired", status=403),
                ]
            )
        answer = self._effect(address, operation, parameters)
        if self.chance(self.faults):
            raise AwsError(operation, "ConnectionError", "the answer was lost")
        return answer

    def _effect(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "ListTags":
            name = str(parameters["ResourceArn"]).rpartition("/")[2]
            return {"Tags": self.jobs[address.region, name].tags}
        if operation == "DescribeLogStreams":
            raise AwsError(operation, "ResourceNotFoundException", "no such log group", status=400)
        name = str(parameters[self.kind.api.name])
        place = (address.region, name)
        if operation == self.kind.api.create:
            return self._create(place, parameters)
        job = self.jobs.get(place)
        young = job is not None and self.now - job.created < STALE_FOR
        if job is None or (young and self.stale and self.chance(0.5)):
            raise AwsError(operation, "ValidationException", "Requested resource not found.", status=400)
        if operation == self.kind.api.stop:
            if job.status(self.now) in TERMINAL:
                raise AwsError(operation, "ValidationException", "The request was rejected because ...", status=400)
            if job.stopping_since is None:
                job.stopping_since = self.now
                self.stopped.append(name)
            return {}
        return self._description(job)

    def _create(self, place: tuple[str, str], parameters: Mapping[str, Any]) -> dict[str, Any]:
        if parameters["RoleArn"] == "bad":
            raise AwsError(self.kind.api.create, "ValidationException", "Could not assume role", status=400)
        if place in self.jobs:
            raise AwsError(self.kind.api.create, "ResourceInUse", "names must be unique", status=400)
        tags = list(parameters.get("Tags", ()))
        ends = self.now + self.rng.choice([20, 60, 200])
        outcome = self.rng.choice(["Completed", "Failed"])
        self.jobs[place] = Job(place[1], place[0], self.now, tags, dict(parameters), ends, outcome=outcome)
        self.created.append((next(tag["Value"] for tag in tags if tag["Key"] == marks.UID), place[1]))
        return {self.kind.api.arn: _arn(self.jobs[place])}

    def _description(self, job: Job) -> dict[str, Any]:
        shown = {key: value for key, value in job.request.items() if key != "Tags"}
        return {
            **shown,
            self.kind.api.arn: _arn(job),
            self.kind.api.status: job.status(self.now),
            "SecondaryStatus": "Training",
            "LastModifiedTime": START + timedelta(seconds=job.modified(self.now)),
        }


class Process:
    """The operator's process: the real controller over the simulated world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cache = Cache()
        self.queue: WorkQueue[str] = WorkQueue(clock=lambda: world.now, rng=world.rng)
        self.tracked: dict[str, str] = {}
        self.pending: list[tuple[envelope.Object | None, envelope.Object | None]] = []
        world.events = []
        self.controller = Controller(
            world.kind,
            client=self,  # type: ignore[arg-type]
            cloud=self,  # type: ignore[arg-type]
            feeds=self,  # type: ignore[arg-type]
            caches={world.kind.name: self.cache},
            queue=self.queue,
            recorder=self,  # type: ignore[arg-type]
            cluster="here",
            consistency_window=WINDOW,
            on_result=lambda _kind, _result, _seconds: None,
            stop=threading.Event(),
            clock=lambda: world.now,
            now=lambda: START + timedelta(seconds=world.now),
        )
        for stored in list(world.objects.values()):
            obj = _object(stored)
            assert obj is not None
            for change in self.cache.apply(obj):
                self.controller.on_change(change.old, change.new)

    def deliver(self, limit: int = 1000) -> None:
        """Let watch events arrive that are under way."""
        events, self.world.events = self.world.events[:limit], self.world.events[limit:]
        for before, after in events:
            subject = after or before
            assert subject is not None
            for change in self.cache.apply(subject, deleted=after is None):
                self.controller.on_change(change.old, change.new)

    def run(self, passes: int) -> None:
        """Work on keys that are due; a Crash goes through."""
        for _ in range(passes):
            key = self.queue.get(timeout=0)
            if key is None:
                return
            try:
                self.controller.reconcile(key)
            finally:
                self.queue.done(key)

    def news(self) -> None:
        """What the change feed would say: every job whose state it shows differently."""
        for key in self.tracked.values():
            self.controller.on_news(key, look=False)

    # --- the client ---

    def request(self, method: str, path: str, *, body: Mapping[str, Any], content_type: str) -> bytes:
        """The Kubernetes client."""
        assert method == "PATCH"
        assert content_type == "application/merge-patch+json"
        self.world.crash_point()
        if self.world.chance(self.world.faults / 2):
            raise KubeError(0, "Unreachable", "connection refused")
        answer = self.world.patch(path, body)
        self.world.crash_point()
        return answer

    # --- the cloud ---

    def address(self, region: str, endpoint: str, service: str = "sagemaker") -> Address:
        """Where calls go."""
        return Address(service, region, endpoint)

    PATIENCE = 0.5

    def turn(self, _address: Address, _operation: str, _place: object = None, flow: object = None) -> int:
        """Nobody stands in line here."""
        del flow
        return 1

    def call(
        self,
        address: Address,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        place: object = None,
        patience: float = PATIENCE,
        flow: object = None,
    ) -> dict[str, Any]:
        """A call to AWS."""
        del flow
        assert place in (None, 1)
        assert patience > 0
        self.world.crash_point()
        answer = self.world.aws(address, operation, parameters)
        self.world.crash_point()
        return answer

    # --- the feed ---

    def track(self, _kind: kinds.Kind, job: facts.Target, key: str, _since: float) -> None:
        """Follow a job."""
        self.tracked[job.name] = key

    def untrack(self, _kind: kinds.Kind, job: facts.Target) -> None:
        """Forget a job."""
        self.tracked.pop(job.name, None)

    def view(self, _kind: kinds.Kind, job: facts.Target) -> View:
        """What a List answer showed."""
        found = self.world.jobs.get((job.region, job.name))
        if job.name not in self.tracked or found is None:
            return View()
        now = self.world.now
        modified = (START + timedelta(seconds=found.modified(now))).timestamp()
        return View(facts.Summary(found.status(now), "Training", modified))

    # --- the recorder ---

    def event(self, *_arguments: object) -> None:
        """Events are tried elsewhere."""


def spec(*, name: str = "", role: str = "good", region: str = REGION, count: int = 1) -> dict[str, Any]:
    """A TrainingJob spec."""
    made: dict[str, Any] = {
        "region": region,
        "roleArn": role,
        "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
        "outputDataConfig": {"s3OutputPath": "s3://bucket/out"},
        "resourceConfig": {"instanceCount": count, "instanceType": "ml.m5.large", "volumeSizeInGB": 1},
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
    }
    if name:
        made["trainingJobName"] = name
    return made


def _arn(job: Job) -> str:
    return f"arn:aws:sagemaker:{job.region}:123456789012:training-job/{job.name}"


def _object(stored: Mapping[str, Any] | None) -> envelope.Object | None:
    return None if stored is None else envelope.obj(json.dumps(stored).encode())


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch applied (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found
