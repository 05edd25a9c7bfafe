"""What is known about an object and its SageMaker job at one moment: plain values, nothing else.

`decide` reads these and nothing besides; the controller fills them in.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from smkube import kinds


class Owner(enum.Enum):
    """Whose a SageMaker job is, by its tags."""

    NOT_CHECKED = "not checked"
    OURS = "ours"
    UNMARKED = "unmarked"
    """No operator left a mark: adopted by name, as the original operator did."""
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class NotLooked:
    """AWS was not asked in this pass."""


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS says there is no such job."""


@dataclass(frozen=True, slots=True)
class Found:
    """AWS described the job."""

    description: Mapping[str, Any]
    owner: Owner = Owner.NOT_CHECKED
    owner_text: str = ""
    """Who the tags say the job belongs to, for the user."""


Sighting = NotLooked | Absent | Found


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the last AWS call of this pass failed.

    `reason` is one of `reasons`; `text` is AWS's message in the form the original operator showed it.
    """

    operation: str
    reason: str
    text: str
    leaves_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """A job as a List answer shows it."""

    status: str
    secondary: str
    modified: float
    """LastModifiedTime in seconds since the epoch."""
    counters: str = ""
    """Of a tuning job: how many of its training jobs are in which state, as one text."""


@dataclass(frozen=True, slots=True)
class Target:
    """The SageMaker job an object stands for: its name and where it lives."""

    name: str
    region: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another object of the same namespace, as the cache has it."""

    kind: str
    name: str
    uid: str
    resource_version: str
    generation: int
    deleting: bool
    finalizers: tuple[str, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owner: str
    """UID of the object that controls it (owner reference with `controller`); empty when none does."""
    spec: Mapping[str, Any]
    status: Mapping[str, Any]


Answer = Found | Absent | Refusal
"""What came of an AWS call: the answer (`Found.description`), "no such thing", or a refusal."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `decide` may know.

    The fields from `sighting` on tell what this pass has done so far; `attempted`, `clean` and `seen_modified` are
    this process's memory of earlier passes.
    """

    kind: kinds.Kind
    namespace: str
    name: str
    uid: str
    generation: int
    deleting: bool
    finalizers: tuple[str, ...]
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    now: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    owner_kind: str = ""
    """Kind of the object that controls this one (owner reference with `controller`); empty when none does."""
    owner_name: str = ""
    owner_uid: str = ""
    cluster: str = ""
    """Name of the cluster for the marks on what is created."""
    spawn_limit: int = 100
    """Training jobs of a tuning job that are shown as objects at most, where the object does not say."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What came of the AWS calls of this pass (`steps.Ask`), by key."""
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    """Objects found in this pass (`steps.Find`), by key."""
    written: int = 0
    """Other objects that this pass has created, changed or deleted."""
    refused_objects: Mapping[str, str] = field(default_factory=dict)
    """Objects that the API server would not create in this pass (`CreateObject.tolerant`): name and why."""
    forced: bool = False
    """The user asked for a pass now: what was given up is to be tried again."""
    sighting: Sighting = field(default_factory=NotLooked)
    refusal: Refusal | None = None
    intent_written: bool = False
    created: bool = False
    """A Create of the intent was accepted by AWS, in this pass or in one before, and is not written down yet."""
    created_from: int = 0
    """The object's generation when that Create was sent."""
    stopped: bool = False
    listed: Summary | None = None
    missing: bool = False
    """A full list of the account's jobs did not show this one."""
    look: bool = False
    """Somebody asked for a Describe: a timer, or a change of state that only a description can explain."""
    attempted: datetime | None = None
    """When this process last sent a Create for the object, or first saw it with a job that may be young."""
    clean: bool = False
    """No Create was sent whose fate is unknown: AWS answered each with a definite no, or none was sent yet."""
    seen_modified: float = 0.0
    """LastModifiedTime of the newest description this process has seen."""
    consistency_window: float = 30.0
    """Seconds for which AWS may still answer "no such job" after a Create."""

    @property
    def state(self) -> Mapping[str, Any]:
        """The operator's own notes in the status."""
        return notes(self.status)

    @property
    def confirmed(self) -> bool:
        """The job is known to exist, or to have existed."""
        return bool(self.state.get("createConfirmed"))

    @property
    def intent(self) -> Target | None:
        """The job that a Create was, or may have been, sent for."""
        return noted_job(self.state)

    @property
    def announced(self) -> datetime | None:
        """When a Create was last about to be sent, by the notes in the status."""
        return parse_rfc3339(str(self.state.get("createAttempt", "")))

    @property
    def word(self) -> str:
        """The status word that users see."""
        return str(self.status.get(self.kind.status_word) or "")

    @property
    def has_finalizer(self) -> bool:
        """Whether the object waits for us when it is deleted."""
        return kinds.FINALIZER in self.finalizers

    @property
    def has_tuning_finalizer(self) -> bool:
        """Whether the original operator made the object for a tuning job."""
        return kinds.TUNING_FINALIZER in self.finalizers

    def timestamp(self) -> str:
        """`now` as Kubernetes writes times."""
        return rfc3339(self.now)


def notes(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operator's own notes in a status; empty when there are none."""
    noted = status.get("operatorState")
    return noted if isinstance(noted, Mapping) else {}


def noted_job(state: Mapping[str, Any]) -> Target | None:
    """The job that such notes name, or None."""
    name = state.get("jobName")
    if not name:
        return None
    return Target(str(name), str(state.get("jobRegion", "")), str(state.get("jobEndpoint", "")))


def rfc3339(moment: datetime) -> str:
    """A time as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime | None:
    """The time a Kubernetes timestamp stands for, or None when it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
