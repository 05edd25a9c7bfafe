"""A cluster and an account as dictionaries: what the steps of one HostingDeployment do to them, one pass at a time.

The children's own controllers are played by `World.make_children`, SageMaker's work on the endpoint by `World.finish`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_operator import facts, statusparts, steps
from sagemaker_operator.facts import Absent, Answer, Facts, Found, Refusal, Related, Summary
from sagemaker_operator.hosting import childnames, decide
from smkube import kinds

START = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
UID = "01234567-89ab-cdef-0123-456789abcdef"
HEX = UID.replace("-", "")
NAME = f"site-{HEX}"
"""The generated name of the endpoint."""
REGION = "us-east-1"
ARN = f"arn:aws:sagemaker:{REGION}:1:endpoint/{NAME}"
MOST_STEPS = 60

Status = dict[str, Any]


def spec(image: str = "image:1", **more: Any) -> Status:
    """A deployment of one model in one variant."""
    return {
        "region": REGION,
        "models": [
            {
                "name": "digits",
                "executionRoleArn": "arn:aws:iam::1:role/sagemaker",
                "containers": [{"containerHostname": "main", "image": image}],
            }
        ],
        "productionVariants": [
            {"variantName": "all", "modelName": "digits", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
        ],
        **more,
    }


@dataclass
class Endpoint:
    """An endpoint at SageMaker."""

    word: str
    config: str
    modified: datetime
    created: datetime
    target: str = ""
    failure: str = ""
    tags: list[Status] = field(default_factory=list)

    def description(self, name: str = NAME) -> Status:
        """The answer of DescribeEndpoint."""
        described: Status = {
            "EndpointName": name,
            "EndpointArn": f"arn:aws:sagemaker:{REGION}:1:endpoint/{name}",
            "EndpointConfigName": self.config,
            "EndpointStatus": self.word,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "ProductionVariants": [{"VariantName": "all", "CurrentInstanceCount": 1, "CurrentWeight": 1.0}],
        }
        return {**described, "FailureReason": self.failure} if self.failure else described


@dataclass
class World:
    """One HostingDeployment, its children and its endpoint.

    Args:
        spec: the object's spec.
    """

    spec: Status
    status: Status = field(default_factory=dict)
    name: str = "site"
    finalizers: tuple[str, ...] = ()
    generation: int = 1
    deleting: bool = False
    annotations: dict[str, str] = field(default_factory=dict)
    now: datetime = START
    children: dict[tuple[str, str], Related] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    writes: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    refuse: dict[str, Refusal] = field(default_factory=dict)
    """What the next call of an operation is answered with."""
    stale: Endpoint | None = None
    """What DescribeEndpoint shows instead of the truth."""
    released: bool = False
    attempted: datetime | None = None
    clean: bool = True
    forced: bool = False
    seen_modified: float = 0.0
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    # --- the user, and the others ------------------------------------------------------------------------------------

    def edit(self, new: Status) -> None:
        """Another spec."""
        self.spec, self.generation = new, self.generation + 1

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)

    def restart(self) -> None:
        """Another process takes over: what the first one remembered is lost."""
        noted = facts.notes(self.status)
        unsure = bool(noted.get("jobName")) and not noted.get("createConfirmed")
        self.attempted, self.clean, self.seen_modified = (self.now, False, 0.0) if unsure else (None, True, 0.0)

    def make_children(self) -> None:
        """The controllers of the children do their work: what is to be is made, what is to go goes."""
        for key, child in list(self.children.items()):
            kind = kinds.BY_NAME.get(child.kind) or KIND_OF[child.kind]
            if child.deleting:
                del self.children[key]
            elif child.status.get(kind.status_word) != "Created":
                name = f"sm-{child.name[:20]}-{child.uid}"
                status = {
                    kind.status_word: "Created",
                    kind.status_name: name,
                    "operatorState": {"jobName": name, "createConfirmed": True},
                }
                self.children[key] = replace(child, status=status, finalizers=(kinds.FINALIZER,))

    def finish(self, word: str = "InService", failure: str = "", *, name: str = NAME) -> None:
        """SageMaker ends what it is doing: in service with the new configuration, or otherwise with the old one."""
        endpoint = self.endpoints[name]
        self.wait(60)
        if endpoint.word == "Deleting":
            del self.endpoints[name]
            return
        if word == "InService" and not failure:
            endpoint.config = endpoint.target or endpoint.config
        endpoint.word, endpoint.failure, endpoint.modified, endpoint.target = word, failure, self.now, ""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the generated name."""
        return self.endpoints[NAME]

    def called(self, *left_out: str) -> list[str]:
        """The operations called since the last question."""
        calls, self.calls = self.calls, []
        return [operation for operation, _ in calls if operation not in left_out]

    def names(self, kind: str) -> list[str]:
        """The names of the children of a kind that are not on their way out."""
        return sorted(child.name for child in self.children.values() if child.kind == kind and not child.deleting)

    def condition(self, type_: str) -> tuple[str, str]:
        """Status and reason of a condition."""
        return next((one["status"], one["reason"]) for one in self.status["conditions"] if one["type"] == type_)

    @property
    def word(self) -> str:
        """The status word."""
        return str(self.status.get("endpointStatus") or "")

    # --- the engine --------------------------------------------------------------------------------------------------

    def facts(self, *, look: bool = False) -> Facts:
        """What a pass begins with."""
        endpoint = self.endpoints.get(str(facts.notes(self.status).get("jobName")))
        followed = bool(facts.notes(self.status).get("createConfirmed"))
        listed = Summary(endpoint.word, "", endpoint.modified.timestamp()) if endpoint and followed else None
        return Facts(
            kind=kinds.HOSTING_DEPLOYMENT,
            namespace="ns",
            name=self.name,
            uid=UID,
            generation=self.generation,
            deleting=self.deleting,
            finalizers=self.finalizers,
            spec=self.spec,
            status=self.status,
            now=self.now,
            annotations=self.annotations,
            cluster="test",
            look=look or self.forced,
            forced=self.forced,
            listed=listed,
            missing=followed and endpoint is None,
            attempted=self.attempted,
            clean=self.clean,
            seen_modified=self.seen_modified,
        )

    def run(self, *, look: bool = False, crash_after: int = MOST_STEPS) -> steps.Done | steps.Release | None:
        """One pass; None when the process died after so many steps."""
        f = self.facts(look=look)
        for number in range(MOST_STEPS):
            if number == crash_after:
                self.restart()
                return None
            step = decide.decide(f)
            if isinstance(step, steps.Done | steps.Release):
                self.released = isinstance(step, steps.Release)
                return step
            f = self._carry_out(f, step)
        raise AssertionError(f"no end: {step}")

    def settle(self) -> None:
        """Everybody at work, SageMaker and the clock too, until nothing moves any more."""
        look = False
        for _ in range(200):
            before = (self.writes, dict(self.children), {name: replace(one) for name, one in self.endpoints.items()})
            last = self.run(look=look)
            if last is None or isinstance(last, steps.Release):
                return
            self.make_children()
            for name, endpoint in list(self.endpoints.items()):
                if endpoint.word not in {"InService", "OutOfService", "Failed", "UpdateRollbackFailed"}:
                    self.finish(name=name)
            after = last.after or (40.0 if last.retry else None)
            if before == (self.writes, self.children, self.endpoints) and after is None:
                return
            look = last.look or last.retry is not None
            self.wait(after or 1)
        raise AssertionError(f"no rest: {self.status}")

    def rest(self) -> steps.Done | steps.Release:
        """Passes with everybody at work, until two in a row change nothing and ask nothing."""
        for _ in range(30):
            before = (self.writes, len(self.calls), dict(self.children))
            last = self.run()
            if last is None or self.released:
                break
            self.make_children()
            if before == (self.writes, len(self.calls), self.children):
                return last
            self.wait(1)
        if self.released and last is not None:
            return last
        raise AssertionError(f"no rest: {self.status}")

    def _carry_out(self, f: Facts, step: steps.Step) -> Facts:
        match step:
            case steps.Claim():
                self.finalizers = (*self.finalizers, kinds.FINALIZER)
                return replace(f, finalizers=self.finalizers)
            case steps.WriteStatus():
                return self._write(f, step)
            case steps.Find():
                found = tuple(child for _, child in sorted(self.children.items()) if _fits(step, child))
                return replace(f, related={**f.related, step.key: found})
            case steps.Ask():
                answer = self._ask(step)
                kept = {key: value for key, value in f.answers.items() if key not in step.forgets}
                return replace(
                    f, answers={**kept, step.key: answer}, now=self.now, attempted=self.attempted, clean=self.clean
                )
            case steps.CreateObject() | steps.PatchObject() | steps.DeleteObject():
                kind = self._change_child(step)
                return replace(f, related={key: value for key, value in f.related.items() if not key.endswith(kind)})
        raise AssertionError(f"unexpected step: {step}")

    def _write(self, f: Facts, step: steps.WriteStatus) -> Facts:
        self.writes += 1
        change = statusparts.patch(self.status, step.status)
        assert change or step.notes or step.intent, "a write that changes nothing"
        self.status = _merged(self.status, change)
        self.notes += [(note.reason, note.text) for note in step.notes]
        new = replace(f, status=self.status)
        return replace(new, intent_written=True, answers={}) if step.intent else new

    def _change_child(self, step: steps.CreateObject | steps.PatchObject | steps.DeleteObject) -> str:
        if isinstance(step, steps.CreateObject):
            key = (step.kind, str(step.metadata["name"]))
            assert key not in self.children, f"{key} exists"
            self.children[key] = child(step.kind, key[1], step.spec, f"uid{next(self.numbers)}", metadata=step.metadata)
            return step.kind
        key = (step.related.kind, step.related.name)
        assert self.children[key] == step.related, "written over what was changed meanwhile"
        if isinstance(step, steps.DeleteObject):
            self.children[key] = replace(step.related, deleting=True)
            return step.related.kind
        metadata = step.body.get("metadata", {})
        owner = [one["uid"] for one in metadata.get("ownerReferences", [])] or [step.related.owner]
        self.children[key] = replace(
            step.related,
            spec=_merged(step.related.spec, step.body.get("spec", {})),
            annotations={**step.related.annotations, **metadata.get("annotations", {})},
            owner=owner[0],
        )
        return step.related.kind

    # --- AWS ---------------------------------------------------------------------------------------------------------

    def _ask(self, step: steps.Ask) -> Answer:
        self.calls.append((step.operation, step.parameters))
        if step.creates:
            self.attempted = self.now
        if step.operation in self.refuse:
            refusal = self.refuse.pop(step.operation)
            self.clean = self.clean and not refusal.leaves_doubt
            return refusal
        answer: Answer = getattr(self, f"_{step.operation}")(step)
        if step.creates:
            self.clean = False
        return answer

    def _DescribeEndpoint(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        endpoint = self.stale or self.endpoints.get(step.target.name)
        if endpoint is None:
            return Absent()
        self.seen_modified = max(self.seen_modified, endpoint.modified.timestamp())
        return Found(endpoint.description(step.target.name))

    def _CreateEndpoint(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        if step.target.name in self.endpoints:
            text = "ValidationException: Cannot create already existing endpoint"
            return Refusal(step.operation, "NameConflict", text, leaves_doubt=True)
        config = str(step.parameters["EndpointConfigName"])
        tags = list(step.parameters.get("Tags", []))
        self.endpoints[step.target.name] = Endpoint("Creating", config, self.now, self.now, config, tags=tags)
        return Found({"EndpointArn": f"arn:aws:sagemaker:{REGION}:1:endpoint/{step.target.name}"})

    def _UpdateEndpoint(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        endpoint = self.endpoints.get(step.target.name)
        if endpoint is None:
            return Absent()
        if endpoint.word not in {"InService", "OutOfService", "UpdateRollbackFailed"}:
            text = "ValidationException: Cannot update in-progress endpoint"
            return Refusal(step.operation, "ServiceError", text, leaves_doubt=True)
        endpoint.word, endpoint.target = "Updating", str(step.parameters["EndpointConfigName"])
        endpoint.modified = self.now
        return Found({"EndpointArn": "arn"})

    def _DeleteEndpoint(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        endpoint = self.endpoints.get(step.target.name)
        if endpoint is None:
            return Absent()
        if endpoint.word in {"Creating", "Updating"}:
            text = "ValidationException: Cannot update in-progress endpoint"
            return Refusal(step.operation, "ServiceError", text, leaves_doubt=True)
        endpoint.word, endpoint.modified = "Deleting", self.now
        return Found({})

    def _ListTags(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        return Found({"Tags": [dict(tag) for tag in self.endpoints[step.target.name].tags]})

    def _AddTags(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        endpoint, new = self.endpoints[step.target.name], {tag["Key"]: tag for tag in step.parameters["Tags"]}
        endpoint.tags = [tag for tag in endpoint.tags if tag["Key"] not in new] + list(new.values())
        return Found({})

    def _DeleteTags(self, step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        endpoint = self.endpoints[step.target.name]
        endpoint.tags = [tag for tag in endpoint.tags if tag["Key"] not in step.parameters["TagKeys"]]
        return Found({})

    def _DescribeLogStreams(self, _step: steps.Ask) -> Answer:  # noqa: N802 - the API's name
        return Absent()


KIND_OF = {kind.name: kind for kind in (kinds.MODEL, kinds.ENDPOINT_CONFIG)}


def child(
    kind: str, name: str, spec: Mapping[str, Any], uid: str, *, metadata: Mapping[str, Any] | None = None, **more: Any
) -> Related:
    """A Model or EndpointConfig object; without metadata one as the original operator made it."""
    given = metadata or {"labels": {childnames.OWNER_NAMESPACE: "ns", childnames.OWNER_NAME: "site"}}
    references = given.get("ownerReferences", [])
    plain: Status = {
        "kind": kind,
        "name": name,
        "uid": uid,
        "resource_version": "1",
        "generation": 1,
        "deleting": False,
        "finalizers": (),
        "labels": given["labels"],
        "annotations": {},
        "owner": references[0]["uid"] if references else "",
        "spec": spec,
        "status": {},
    }
    return Related(**{**plain, **more})


def _fits(step: steps.Find, found: Related) -> bool:
    named = step.names is None or found.name in step.names
    labelled = all(found.labels.get(key) == value for key, value in step.labels.items())
    return found.kind == step.kind and named and labelled and (not step.owner or found.owner == step.owner)


def _merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> Status:
    merged = dict(before)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged
