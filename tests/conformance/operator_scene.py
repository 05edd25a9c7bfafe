"""What the tests of the operator share: one test's objects at the real API server and its jobs at the AWS stand-in.

Writes and reads go past the project's own Kubernetes and AWS code (the administrator's client, botocore): that is
what is tested. A test keeps apart from the others by its namespace, its AWS region and the names of its objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smkube.kinds import BATCH_TRANSFORM_JOB, TRAINING_JOB, Kind, resource_path
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import specs
from tests.conformance.specs import MODEL, ROLE
from tests.stack.stack import Stack
from tests.stack.waiting import until
from tests.standin import clients

MERGE = "application/merge-patch+json"
LONG: Mapping[str, Any] = {"training": "600", "transforming": "600"}
"""Phases of a job that stays where it is for the length of a test."""

JOBS = (TRAINING_JOB, BATCH_TRANSFORM_JOB)
"""The kinds of jobs that the scenarios are played for."""

Object = dict[str, Any]


@dataclass
class Scene:
    """A namespace and a region, and what happens in them.

    Attributes:
        stack: the operator and the stand-in.
        plane: the control plane.
        namespace: the objects' namespace.
        region: the jobs' region.
    """

    stack: Stack
    plane: ControlPlane
    namespace: str
    region: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.control = self.stack.control
        self.control.create_model(MODEL, region=self.region)

    # --- objects ----------------------------------------------------------------------------------------------

    def name(self, stem: str) -> str:
        """An object name that no other test uses, so that the stand-in's rules and faults can be told by it."""
        # The letter at the end keeps `a-r1x*` from matching `a-r12x`.
        return f"{stem}-r{self.region.rpartition('-')[2]}x"

    def path(self, kind: Kind, name: str = "", subresource: str = "") -> str:
        """URL path of an object, or of the collection."""
        return resource_path(kind, self.namespace, name or None, subresource or None)

    def create(self, kind: Kind, name: str, *, finalizers: Iterable[str] = (), **spec: Any) -> Object:
        """Create an object; `spec` goes over a spec that SageMaker takes."""
        whole = {"region": self.region, **spec}
        body = {
            "apiVersion": "sagemaker.aws.amazon.com/v1",
            "kind": kind.name,
            "metadata": {"name": name, "namespace": self.namespace, "finalizers": list(finalizers)},
            "spec": specs.SPECS[kind.name](**whole),
        }
        return dict(self.plane.admin.request("POST", self.path(kind), body))

    def get(self, kind: Kind, name: str) -> Object | None:
        """The object as the API server has it now, or None."""
        try:
            return dict(self.plane.admin.request("GET", self.path(kind, name)))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def edit(self, kind: Kind, name: str, **spec: Any) -> Object:
        """Change fields of the spec; None takes a field away."""
        return self.patch(kind, name, {"spec": spec})

    def patch(self, kind: Kind, name: str, body: Object, subresource: str = "") -> Object:
        """A JSON merge patch with the administrator's rights."""
        return dict(self.plane.admin.request("PATCH", self.path(kind, name, subresource), body, content_type=MERGE))

    def delete(self, kind: Kind, name: str) -> None:
        """Ask for the object to go, without waiting."""
        self.plane.admin.request("DELETE", self.path(kind, name))

    def events(self, name: str) -> list[Object]:
        """The Events about an object."""
        found = self.plane.admin.request("GET", f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events")
        return [event for event in found["items"] if event["regarding"]["name"] == name]

    def notes(self, name: str) -> set[tuple[str, str, str]]:
        """Type, reason and note of the Events about an object."""
        return {(event["type"], event["reason"], event["note"]) for event in self.events(name)}

    # --- waiting ----------------------------------------------------------------------------------------------

    def until(self, kind: Kind, name: str, ready: Callable[[Object], bool], what: str, seconds: float = 20.0) -> Object:
        """Wait for a condition of an object; returns the object."""

        def look() -> Object | None:
            found = self.get(kind, name)
            return found if found is not None and ready(found) else None

        try:
            return until(look, what, seconds=seconds)
        except Exception as error:
            error.add_note(f"The object is {self.get(kind, name)}")
            raise

    def until_word(self, kind: Kind, name: str, word: str) -> Object:
        """Wait for a status word; returns the object's status."""
        return status(self.until(kind, name, lambda obj: status(obj).get(kind.status_word) == word, f"{name}: {word}"))

    def until_reason(self, kind: Kind, name: str, type_: str, reason: str) -> Object:
        """Wait for a reason of a condition; returns the object's status."""
        what = f"{name}: {type_} because of {reason}"
        return status(self.until(kind, name, lambda obj: condition(obj, type_).get("reason") == reason, what))

    def until_gone(self, kind: Kind, name: str, seconds: float = 20.0) -> None:
        """Wait until the object is no longer there."""
        until(lambda: self.get(kind, name) is None, f"{name} to go", seconds=seconds)

    def until_noted(self, name: str, *reasons: str) -> set[tuple[str, str, str]]:
        """Wait until Events with all these reasons are there; returns all of them."""

        def look() -> set[tuple[str, str, str]] | None:
            notes = self.notes(name)
            return notes if {reason for _, reason, _ in notes} >= set(reasons) else None

        return until(look, f"Events {reasons} about {name}")

    def polls(self, kinds: Kind | Sequence[Kind], count: int) -> None:
        """Wait until the change feeds of this region have each asked so many times more."""
        every = [kinds] if isinstance(kinds, Kind) else kinds
        wanted = {kind.api.list: len(self.requests(kind.api.list)) + count for kind in every}
        for operation, enough in wanted.items():
            until(lambda: len(self.requests(operation)) >= enough, f"{enough} x {operation}")  # noqa: B023 - called at once

    # --- AWS --------------------------------------------------------------------------------------------------

    def job(self, name: str) -> Object:
        """A SageMaker job of this region as the stand-in has it now."""
        return next(job for job in self.jobs() if job["name"] == name)

    def jobs(self) -> list[Object]:
        """All jobs of this region."""
        return [job for job in self.control.jobs() if job["region"] == self.region]

    def requests(self, operation: str, name: str = "") -> list[Object]:
        """The requests of this region for an operation, all or those whose job name begins with `name`."""
        return [
            entry
            for entry in self.control.record()
            if (entry["region"], entry["operation"]) == (self.region, operation) and entry["name"].startswith(name)
        ]

    def sagemaker(self) -> Any:
        """A botocore client of this region, of somebody else than the operator."""
        return self._clients.setdefault("sagemaker", clients.client(self.stack.url, "sagemaker", region=self.region))

    def start_job(self, kind: Kind, job: str, tags: Iterable[Mapping[str, str]] = (), *, long: bool = True) -> None:
        """Have somebody else than the operator make a job, as the default spec asks for it."""
        if long:
            self.long(job)
        if kind is TRAINING_JOB:
            request, create = clients.training_request(job, RoleArn=ROLE), self.sagemaker().create_training_job
        else:
            request, create = clients.transform_request(job, MODEL), self.sagemaker().create_transform_job
        create(**request, Tags=list(tags))

    def stop_job(self, kind: Kind, job: str) -> None:
        """Have somebody else than the operator stop a job."""
        client = self.sagemaker()
        stop = client.stop_training_job if kind is TRAINING_JOB else client.stop_transform_job
        stop(**{kind.api.name: job})

    def long(self, name: str) -> None:
        """Let the jobs of an object run for as long as the test needs."""
        self.control.rule(f"{name}*", phases=dict(LONG))


def status(obj: Object | None) -> Object:
    """An object's status."""
    return dict((obj or {}).get("status") or {})


def condition(obj: Object | None, type_: str) -> Object:
    """A condition of an object (or of its status), empty when it is not there."""
    found = (obj or {}).get("conditions") or status(obj).get("conditions") or ()
    return next((dict(one) for one in found if one["type"] == type_), {})


def generated(obj: Object, limit: int = 63) -> str:
    """The job name that the original operator gives to an object, by the formula of its code."""
    required, optional = obj["metadata"]["uid"].replace("-", ""), obj["metadata"]["name"]
    excess = len(optional) + 1 + len(required) - limit
    if excess <= 0:
        return f"{optional}-{required}"
    if excess < len(optional):
        return f"{optional[: len(optional) - excess]}-{required}"
    return str(required[:limit])
