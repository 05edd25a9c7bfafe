"""What the tests of the operator share: one test's objects at the real API server and its jobs at the AWS stand-in.

Writes and reads go past the project's own Kubernetes and AWS code (the administrator's client, botocore): that is
what is tested. A test keeps apart from the others by its namespace, its AWS region and the names of its objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore import xform_name

from smkube.kinds import BY_NAME, GROUP, JOBS, TUNING_JOB, Kind, resource_path
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import specs
from tests.conformance.specs import MODEL
from tests.stack.stack import Stack
from tests.stack.waiting import until
from tests.standin import clients

MERGE = "application/merge-patch+json"
LONG: Mapping[str, Any] = {"training": "600", "transforming": "600", "processing": "600"}
"""Phases of a job that stays where it is for the length of a test. A tuning job lives as long as its training jobs."""

EACH_JOB = pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.name)
"""For scenarios of one kind of job."""
CHOOSING = tuple(kind for kind in JOBS if kind.spec_name)
"""The kinds of jobs whose name a user may choose."""
EACH_CHOOSING = pytest.mark.parametrize("kind", CHOOSING, ids=lambda kind: kind.name)

SPAWN = f"{GROUP}/spawn-training-jobs"
_OF_TUNING = re.compile(r"-\d{3}-[0-9a-f]{8}$")
"""How the names end that SageMaker gives to the training jobs of a tuning job."""

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

    def create(
        self,
        kind: Kind,
        name: str,
        *,
        finalizers: Iterable[str] = (),
        annotations: Mapping[str, str] | None = None,
        **spec: Any,
    ) -> Object:
        """Create an object; `spec` goes over a spec that SageMaker takes, and None leaves a field out.

        A tuning job is called as its object, so that the stand-in's rules and faults can be told by the name, and its
        training jobs are not shown as objects, unless `spec` and `annotations` say otherwise.
        """
        whole = {"region": self.region, **spec}
        noted = dict(annotations or {})
        if kind is TUNING_JOB:
            whole.setdefault(kind.spec_name, name)
            noted.setdefault(SPAWN, "false")
        given = specs.SPECS[kind.name](**whole)
        return self.apply(
            kind,
            name,
            {key: value for key, value in given.items() if value is not None},
            finalizers=list(finalizers),
            annotations=noted,
        )

    def apply(self, kind: Kind, name: str, spec: Mapping[str, Any], **metadata: Any) -> Object:
        """Create an object with just this spec."""
        body = {
            "apiVersion": "sagemaker.aws.amazon.com/v1",
            "kind": kind.name,
            "metadata": {"name": name, "namespace": self.namespace, **metadata},
            "spec": dict(spec),
        }
        return dict(self.plane.admin.request("POST", self.path(kind), body))

    def all(self, kind: Kind) -> list[Object]:
        """The objects of a kind, by name."""
        found = self.plane.admin.request("GET", self.path(kind))["items"]
        return sorted(found, key=lambda obj: obj["metadata"]["name"])

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

    def annotate(self, kind: Kind, name: str, **annotations: str | None) -> Object:
        """Set annotations of ours, by the last part of their names with `_` for `-`; None takes one away."""
        named = {f"{GROUP}/{key.replace('_', '-')}": value for key, value in annotations.items()}
        return self.patch(kind, name, {"metadata": {"annotations": named}})

    def patch(self, kind: Kind, name: str, body: Object, subresource: str = "") -> Object:
        """A JSON merge patch with the administrator's rights."""
        return dict(self.plane.admin.request("PATCH", self.path(kind, name, subresource), body, content_type=MERGE))

    def edit_unseen(self, kind: Kind, name: str, **spec: Any) -> Object:
        """Change fields that the API server protects by now, as an edit that came just before it began to."""
        self.patch(kind, name, {"status": {"operatorState": {"specDiffers": True}}}, "status")
        return self.edit(kind, name, **spec)

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

    def until_ready(self, kind: Kind, name: str) -> Object:
        """Wait until an object is what its spec asks for, and at rest; returns the object."""
        return self.until(kind, name, at_rest, f"{name} to be ready")

    def until_seen(self, kind: Kind, obj: Object, word: str = "") -> Object:
        """Wait until the operator has dealt with this generation of an object, in a status if one is given."""
        name, generation = obj["metadata"]["name"], obj["metadata"]["generation"]

        def seen(now: Object) -> bool:
            shown = status(now)
            settled = condition(now, "Reconciling").get("status") == "False"
            return (
                shown.get("observedGeneration", 0) >= generation and settled and word in ("", shown[kind.status_word])
            )

        return self.until(kind, name, seen, f"{name} to be settled at generation {generation} {word}".rstrip())

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
        return next(job for job in self.all_jobs() if job["name"] == name)

    def jobs(self) -> list[Object]:
        """All jobs of this region that somebody asked for: training jobs of a tuning job are left out."""
        return [job for job in self.all_jobs() if not (job["kind"] == "training" and _OF_TUNING.search(job["name"]))]

    def all_jobs(self) -> list[Object]:
        """All jobs of this region."""
        return [job for job in self.control.jobs() if job["region"] == self.region]

    def hosting(self, part: str) -> list[Object]:
        """One part of what the stand-in has of hosting in this region; the parts are those of `Control.hosting`."""
        return [entry for entry in self.control.hosting()[part] if entry["region"] == self.region]

    def hosted(self, part: str, name: str) -> Object | None:
        """An endpoint, configuration or model by name; None if it is not there."""
        return next((entry for entry in self.hosting(part) if entry["name"] == name), None)

    def calls(self, *operations: str) -> list[str]:
        """Which of these operations of this region were carried out, in order."""
        return [
            entry["operation"]
            for entry in self.control.record()
            if entry["region"] == self.region and entry["operation"] in operations and entry["outcome"] == "OK"
        ]

    def changes(self) -> list[tuple[str, str]]:
        """Everything in this region that changed something at AWS, in order: operation and name."""
        reading = ("Describe", "List", "Get", "Filter")
        return [
            (entry["operation"], entry["name"])
            for entry in self.control.record()
            if entry["region"] == self.region and not entry["operation"].startswith(reading)
        ]

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

    def scaling(self) -> Any:
        """A botocore client of Application Auto Scaling, of somebody else than the operator."""
        service = "application-autoscaling"
        return self._clients.setdefault(service, clients.client(self.stack.url, service, region=self.region))

    def start_job(self, kind: Kind, job: str, tags: Iterable[Mapping[str, str]] = (), *, long: bool = True) -> None:
        """Have somebody else than the operator make a job, as the default spec asks for it."""
        if long:
            self.long(job)
        request = request_of(specs.SPECS[kind.name](self.region))
        create = getattr(self.sagemaker(), xform_name(kind.api.create))
        create(**{**request, kind.api.name: job}, Tags=list(tags))

    def stop_job(self, kind: Kind, job: str) -> None:
        """Have somebody else than the operator stop a job."""
        getattr(self.sagemaker(), xform_name(kind.api.stop))(**{kind.api.name: job})

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


def at_rest(obj: Object) -> bool:
    """Whether an object is what this generation of its spec asks for, and nothing is under way."""
    return (
        status(obj).get("observedGeneration") == obj["metadata"]["generation"]
        and condition(obj, "Ready").get("status") == "True"
        and condition(obj, "Reconciling").get("status") == "False"
        and condition(obj, "Stalled").get("status") == "False"
    )


def chosen(kind: Kind, job: str | None) -> Object:
    """Fields of a spec that choose the name of the job, or leave it to the operator (None)."""
    return {kind.spec_name: job} if kind.spec_name else {}


def generated(obj: Object, limit: int = 0) -> str:
    """The SageMaker name of an object, by the formula of the original operator unless the spec chooses one."""
    kind = BY_NAME[obj["kind"]]
    chosen = obj["spec"].get(kind.spec_name) if kind.spec_name else None
    required, optional = obj["metadata"]["uid"].replace("-", ""), obj["metadata"]["name"]
    limit = limit or kind.name_limit
    excess = len(optional) + 1 + len(required) - limit
    if chosen:
        return str(chosen)
    if excess <= 0:
        return f"{optional}-{required}"
    if excess < len(optional):
        return f"{optional[: len(optional) - excess]}-{required}"
    return str(required[:limit])


def request_of(spec: Any) -> Any:
    """A request of the SageMaker API that asks for what a spec does: capitals, and maps for names and values."""
    if isinstance(spec, list):
        named = all(isinstance(one, dict) and one.keys() == {"name", "value"} for one in spec)
        return {one["name"]: one["value"] for one in spec} if named and spec else [request_of(one) for one in spec]
    if isinstance(spec, dict):
        return {key[0].upper() + key[1:]: request_of(value) for key, value in spec.items() if key != "region"}
    return spec
