"""A custom resource as the plugin reads it: names, status words, whether it is over, and where its log is. Pure.

Objects of our own operator, of the original one and of ACK differ in where they say a thing; here all say the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kubectl_smlogs import exits
from kubectl_smlogs.origin import Origin
from kubectl_smlogs.resources import ENDPOINT, SETTING, TUNING, Resource
from smkube.logs.streams import Selection

if TYPE_CHECKING:
    from kubectl_smlogs.options import Reading

COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"

_NAME_CONFLICT = "NameConflict"
"""Reason of the condition `Stalled` when the spec names a SageMaker job of somebody else."""
_REGION_ANNOTATION = "services.k8s.aws/region"
"""ACK: the region of one object."""

SETTLED_AFTER = 300.0
"""Seconds after its end when no more lines of a job are to be expected."""

TRIAL = r"-\d{3,}-[0-9a-f]{8}"
"""What SageMaker puts behind a tuning job's name for each of its training jobs (a regular expression)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the object's conditions; `since` is when its status last changed."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Variant:
    """A production variant of an endpoint; numbers that are not known are None."""

    name: str
    instances: int | None = None
    desired: int | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Which streams of a log group are an object's, as far as their names begin.

    Attributes:
        prefix: what their names begin with; ends with a slash where it says whose they are altogether.
        owner: regular expression for the part before the first slash; empty for anything.
    """

    prefix: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a log is."""

    region: str
    group: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class Target:
    """One read of the object.

    Attributes:
        version: the object's resourceVersion.
        job: SageMaker's name for the job, endpoint or setting; empty as long as there is none.
        status: the status word, may be empty.
        secondary: the secondary status, may be empty.
        reason: what the status says about an error, may be empty.
        outcome: `Completed`, `Failed` or `Stopped` once it is over, else empty. An endpoint is over only when it
            failed for good.
        created: when the object was made.
        started: when SageMaker started the job, as far as the status tells.
        ended: when it ended, as far as the status tells.
        deleting: the object was deleted and waits for its finalizers.
        best: SageMaker name of a tuning job's best training job so far.
        counters: a tuning job's numbers of training jobs, by state.
        variants: an endpoint's production variants.
        scales: the first endpoint that an autoscaling policy is for.
    """

    resource: Resource
    namespace: str
    name: str
    uid: str
    version: str
    job: str
    region: str
    status: str
    secondary: str = ""
    reason: str = ""
    outcome: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    deleting: bool = False
    conditions: tuple[Condition, ...] = ()
    best: str = ""
    counters: tuple[tuple[str, int], ...] = ()
    variants: tuple[Variant, ...] = ()
    scales: str = ""

    @property
    def title(self) -> str:
        """`TrainingJob "x" in namespace "y"`."""
        return f'{self.resource.label} "{self.name}" in namespace "{self.namespace}"'

    @property
    def words(self) -> str:
        """How the command line names it: `TrainingJob x -n y`."""
        return f"{self.resource.label} {self.name} -n {self.namespace}"

    def header(self) -> str:
        """The line about the job that precedes its log, as the original prints it."""
        noun = self.resource.aws.api_name
        text = f'"{self.name}" has SageMaker {noun} "{self.job}" in region "{self.region}", status "{self.status}"'
        if self.resource.kind == "TrainingJob":
            text = f'{text} and secondary status "{self.secondary}"'
        return text

    def state(self) -> str:
        """The status for a sentence: `status "X" (reason)`."""
        return f'status "{self.status}"' + (f" ({self.reason})" if self.reason else "")

    def settled(self, now: datetime) -> bool:
        """Whether the job ended so long ago that its log is complete."""
        return self.ended is not None and (now - self.ended).total_seconds() > SETTLED_AFTER

    def exit_code(self) -> int:
        """Exit code for the outcome; `ERROR` as long as there is none."""
        codes = {COMPLETED: exits.OK, FAILED: exits.JOB_FAILED, STOPPED: exits.JOB_STOPPED}
        return codes.get(self.outcome, exits.ERROR)

    def whole(self) -> Part:
        """All of its log streams: of every training job of a tuning job, of every variant of an endpoint."""
        if self.resource.sort == ENDPOINT:
            return Part("")
        if self.resource.sort == TUNING:
            return Part(f"{self.job}-", re.escape(self.job) + TRIAL)
        return Part(f"{self.job}/")

    def group(self) -> str:
        """Its CloudWatch log group; an endpoint has its own."""
        return self.resource.aws.log_group + (self.job if self.resource.sort == ENDPOINT else "")

    def logs(self, reading: Reading, part: Part | None = None) -> LogPlace:
        """Where its log is.

        Args:
            reading: the region, if the user has one of their own, and which hosts.
            part: only this part of it; see `children`.
        """
        part = part or self.whole()
        hosts, begin = frozenset(reading.hosts), reading.search_prefix
        if part.prefix.endswith("/"):
            selection = Selection(part.prefix + _narrowed(begin, hosts), part.owner, hosts, begin)
        else:
            selection = Selection(part.prefix, part.owner, hosts, begin)
        return LogPlace(reading.region or self.region, self.group(), selection)

    def origin(self, region: str = "") -> Origin:
        """Whose log it is, for whoever prints it.

        Args:
            region: where the log is read instead of in the object's region.
        """
        return Origin(self.resource.label, self.namespace, self.name, self.job, region or self.region, self.group())


def read(resource: Resource, obj: Mapping[str, Any]) -> Target:
    """Read the object; whatever is missing in it counts as empty."""
    metadata, spec, status = mapping(obj, "metadata"), mapping(obj, "spec"), mapping(obj, "status")
    conditions = {one.type: one for one in _conditions(status)}
    outcome = _outcome(resource, conditions, status)
    return Target(
        resource=resource,
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        uid=text(metadata, "uid"),
        version=text(metadata, "resourceVersion"),
        job=_job(resource, spec, status, conditions),
        region=_region(metadata, spec, status),
        status=text(status, resource.fields.word),
        secondary=text(status, "secondaryStatus"),
        reason=_reason(conditions, status),
        outcome=outcome,
        created=moment(text(metadata, "creationTimestamp")),
        started=moment(text(status, "startTime")),
        ended=_ended(resource, conditions, status) if outcome else None,
        deleting=bool(text(metadata, "deletionTimestamp")),
        conditions=tuple(conditions.values()),
        best=text(mapping(status, "bestTrainingJob"), "trainingJobName"),
        counters=_counters(status),
        variants=_variants(spec, status) if resource.sort == ENDPOINT else (),
        scales=next((text(one, "endpointName") for one in _mappings(spec, "resourceId")), ""),
    )


def _narrowed(begin: str, hosts: frozenset[str]) -> str:
    """What the names of all wanted hosts begin with, so that the service leaves the others out."""
    shared = beginning(hosts)
    return shared if shared.startswith(begin) else begin


def _job(
    resource: Resource, spec: Mapping[str, Any], status: Mapping[str, Any], conditions: Mapping[str, Condition]
) -> str:
    """SageMaker's name for it. One that belongs to another object is not this object's, whatever the spec says."""
    stalled = conditions.get("Stalled")
    if stalled and stalled.status == "True" and stalled.reason == _NAME_CONFLICT:
        return text(status, resource.fields.status_name)
    return text(spec, resource.fields.spec_name) or text(status, resource.fields.status_name)


def _region(metadata: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """The region: ours say it in the spec, ACK's in the status, in an annotation or in the ARN."""
    ack = mapping(status, "ackResourceMetadata")
    arn = text(ack, "arn").split(":")
    return (
        text(spec, "region")
        or text(ack, "region")
        or text(mapping(metadata, "annotations"), _REGION_ANNOTATION)
        or (arn[3] if len(arn) > 3 else "")
    )


def _outcome(resource: Resource, conditions: Mapping[str, Condition], status: Mapping[str, Any]) -> str:
    """How it ended; empty while it has not.

    The condition `Succeeded` decides where there is one: the status word also says `Failed` while a spec is refused
    that may yet be corrected. Objects of the original operator and of ACK do not have it.
    """
    word = text(status, resource.fields.word)
    if resource.sort == SETTING:
        return ""
    if resource.sort == ENDPOINT:
        return _outcome_of_endpoint(word, status)
    succeeded = conditions.get("Succeeded")
    if succeeded is None:
        return word if word in (COMPLETED, FAILED, STOPPED) else ""
    if succeeded.status == "True":
        return COMPLETED
    if succeeded.status == "False":
        return STOPPED if word == STOPPED else FAILED
    return ""


def _outcome_of_endpoint(word: str, status: Mapping[str, Any]) -> str:
    """Endpoints serve until they are deleted. One that is `Failed` never served, and can only be deleted.

    The operator has the same word for "AWS cannot be asked"; then there is no endpoint that it could speak of.
    """
    exists = text(status, "endpointArn") or text(mapping(status, "ackResourceMetadata"), "arn")
    return FAILED if word == FAILED and exists else ""


def _reason(conditions: Mapping[str, Condition], status: Mapping[str, Any]) -> str:
    said = text(status, "additional").strip() or text(status, "failureReason").strip()
    if said:
        return said
    for name in ("Stalled", "ACK.Terminal", "ACK.Recoverable"):
        condition = conditions.get(name)
        if condition and condition.status == "True":
            return condition.message.strip()
    return ""


def _ended(resource: Resource, conditions: Mapping[str, Condition], status: Mapping[str, Any]) -> datetime | None:
    """When it ended: AWS's own time, else that of the condition, else when the operator last looked."""
    said = moment(text(status, "completionTime"))
    if said:
        return said
    by = conditions.get("Succeeded" if resource.ours else "ACK.ResourceSynced")
    if by and by.since:
        return by.since
    return moment(text(status, "lastCheckTime")) or moment(text(status, "lastModifiedTime"))


def _counters(status: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    found = mapping(status, "trainingJobStatusCounters")
    return tuple((name, count) for name, count in found.items() if isinstance(count, int))


def _variants(spec: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[Variant, ...]:
    """What the status says of each variant; what only the spec has is yet to come."""
    found: dict[str, Variant] = {}
    for part in (spec, status):
        for field in ("productionVariants", "shadowProductionVariants"):
            for one in _mappings(part, field):
                name = text(one, "variantName")
                if part is status:
                    found[name] = _variant(name, one)
                elif name:
                    found.setdefault(name, Variant(name))
    return tuple(found.values())


def _variant(name: str, said: Mapping[str, Any]) -> Variant:
    weight = said.get("currentWeight")
    return Variant(
        name,
        instances=_whole_number(said, "currentInstanceCount"),
        desired=_whole_number(said, "desiredInstanceCount"),
        weight=weight if isinstance(weight, int | float) else None,
    )


def _conditions(status: Mapping[str, Any]) -> list[Condition]:
    return [
        Condition(
            text(one, "type"),
            text(one, "status"),
            text(one, "reason"),
            text(one, "message"),
            moment(text(one, "lastTransitionTime")),
        )
        for one in _mappings(status, "conditions")
    ]


def beginning(texts: Iterable[str]) -> str:
    """What texts begin with, all of them; empty for none."""
    ordered = sorted(texts)
    if not ordered:
        return ""
    first, last = ordered[0], ordered[-1]
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(pair[0] for pair in same)


def mapping(obj: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping at a key, or an empty one."""
    value = obj.get(key)
    return value if isinstance(value, dict) else {}


def text(obj: Mapping[str, Any], key: str) -> str:
    """The text at a key, or an empty one."""
    value = obj.get(key)
    return value if isinstance(value, str) else ""


def moment(stamp: str) -> datetime | None:
    """A time as Kubernetes writes it (RFC 3339); None for anything else."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _mappings(obj: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = obj.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _whole_number(obj: Mapping[str, Any], key: str) -> int | None:
    value = obj.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
