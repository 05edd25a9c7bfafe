"""The life of an endpoint as stages with times, and what is deployed in each of them.

What an operation sets in motion is worked out at once, up to the rest at its end; what AWS would show at a moment is
the stage that has begun last by then. No clock, no API words beyond the statuses, no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standin.settings import LogPlan

IN_SERVICE = "InService"
FAILED = "Failed"
# The statuses in which AWS takes an update or a deletion; of a failed endpoint only the deletion.
AT_REST = frozenset({IN_SERVICE, "OutOfService", "UpdateRollbackFailed", FAILED})
ENDPOINT_PHASES = ("creating", "updating", "rolling_back", "deleting")
FAILURE_PHASES = ("creating", "updating")
FAILURE_ENDS = ("rollback", "rollback_failed", "failed")


@dataclass(frozen=True, slots=True)
class EndpointFailure:
    """An endpoint whose creation or update fails.

    Attributes:
        reason: the FailureReason; AWS's text of a container that does not answer if empty.
        phase: `creating` or `updating`.
        after: seconds from the start of the phase; None for its end.
        ends: how an update ends: `rollback` (in service as before), `rollback_failed` or `failed`.
        count: how many creations or updates it hits; None for all.
    """

    reason: str = ""
    phase: str = "creating"
    after: float | None = None
    ends: str = "rollback"
    count: int | None = None

    def __post_init__(self) -> None:
        if self.phase not in FAILURE_PHASES:
            raise ValueError(f"an endpoint fails while creating or updating, not in {self.phase!r}")
        if self.ends not in FAILURE_ENDS:
            raise ValueError(f"a failed update ends as {', '.join(FAILURE_ENDS)}, not {self.ends!r}")
        if self.count is not None and self.count < 1:
            raise ValueError("a failure counts from 1")


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """How long one change of an endpoint takes, in seconds, and how it fails, if it does."""

    creating: float = 5.0
    updating: float = 5.0
    rolling_back: float = 2.0
    deleting: float = 1.0
    failure: EndpointFailure | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant as it is deployed.

    Attributes:
        config: the ProductionVariant of the endpoint configuration.
        images: the images of its model.
        count: instances; None for a serverless variant.
        serverless: the serverless configuration, if it is one.
    """

    name: str
    config: dict[str, Any]
    images: tuple[str, ...]
    weight: float
    count: int | None = None
    serverless: dict[str, Any] | None = None

    @property
    def instance_type(self) -> str:
        """The instance type; empty for a serverless variant."""
        return str(self.config.get("InstanceType", ""))

    @property
    def hosts(self) -> int:
        """How many instances write logs."""
        return 1 if self.count is None else self.count


@dataclass(frozen=True, slots=True)
class Deployment:
    """An endpoint configuration as it is deployed; it outlives the configuration's deletion.

    Attributes:
        number: counts the deployments of an endpoint; a change of weights or counts keeps it.
        config: the endpoint configuration.
        capture: the data capture in force.
        policy: the DeploymentConfig of the request.
        resolved: when its images were resolved, seconds since 1970.
    """

    number: int
    config: dict[str, Any]
    variants: tuple[Variant, ...]
    shadows: tuple[Variant, ...] = ()
    capture: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    resolved: float = 0.0

    @property
    def config_name(self) -> str:
        """The name of the endpoint configuration."""
        return str(self.config["EndpointConfigName"])

    @property
    def all_variants(self) -> tuple[Variant, ...]:
        """Production and shadow variants."""
        return (*self.variants, *self.shadows)

    def variant(self, name: str) -> Variant | None:
        """A production or shadow variant by name."""
        return next((variant for variant in self.all_variants if variant.name == name), None)

    def changed(self, changes: dict[str, Variant]) -> Deployment:
        """A copy with some variants replaced, by name."""
        return replace(
            self,
            variants=tuple(changes.get(variant.name, variant) for variant in self.variants),
            shadows=tuple(changes.get(variant.name, variant) for variant in self.shadows),
        )

    def instances(self) -> dict[str, int]:
        """Instances by type."""
        counts: dict[str, int] = {}
        for variant in self.all_variants:
            if variant.count is not None and variant.instance_type:
                counts[variant.instance_type] = counts.get(variant.instance_type, 0) + variant.count
        return counts


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an endpoint, from `start` until the next one.

    Attributes:
        deployed: what serves requests; None while it is created, or when that failed.
        target: what it is being changed to, or what its creation failed with.
    """

    status: str
    start: float
    deployed: Deployment | None
    target: Deployment | None = None
    reason: str = ""

    @property
    def at_rest(self) -> bool:
        """Whether nothing is in progress; statuses that nobody knows count as progress."""
        return self.status in AT_REST

    @property
    def present(self) -> Deployment:
        """What is deployed, or what was to be deployed first."""
        found = self.deployed or self.target
        if found is None:
            raise ValueError("a stage without a deployment")
        return found

    @property
    def pending(self) -> Deployment | None:
        """The deployment in progress; None for a change of weights and counts only."""
        if self.at_rest or self.target is None:
            return None
        return self.target if self.deployed is None or self.target.number != self.deployed.number else None


@dataclass(slots=True)
class Endpoint:
    """An endpoint: its stages from the first to the last one that is known by now."""

    name: str
    arn: str
    number: int
    created: float
    logs: LogPlan
    stages: list[Stage] = field(default_factory=list)
    changes: int = 0
    gone_at: float | None = None
    on_turn: Callable[[Any, float], None] | None = None

    def at(self, now: float) -> Stage:
        """The stage in force; the first one before the endpoint's own time."""
        return next((stage for stage in reversed(self.stages) if stage.start <= now), self.stages[0])

    def exists(self, now: float) -> bool:
        """Whether it is created and not yet deleted."""
        return self.created <= now and (self.gone_at is None or now < self.gone_at)

    def turn(self, at: float, stages: tuple[Stage, ...]) -> None:
        """Let it go on with these stages from `at`; what was to come then is dropped."""
        self.stages = [*(stage for stage in self.stages if stage.start < at), *stages]
        self.changes += 1
        if self.on_turn is not None:
            self.on_turn(self, at)


def creation(plan: EndpointPlan, target: Deployment, now: float, reason: str) -> tuple[Stage, ...]:
    """The stages of a new endpoint; `reason` is for a failure whose plan has none."""
    first = Stage("Creating", now, None, target)
    failure = _failure(plan, "creating")
    if failure is not None:
        return (first, Stage(FAILED, _moment(failure, now, plan.creating), None, target, failure.reason or reason))
    return (first, Stage(IN_SERVICE, now + plan.creating, target))


def update(plan: EndpointPlan, before: Stage, target: Deployment, now: float, reason: str) -> tuple[Stage, ...]:
    """The stages of an update to another configuration, or to other weights and counts."""
    old = before.present
    first = Stage("Updating", now, old, target)
    failure = _failure(plan, "updating")
    if failure is None:
        return (first, Stage(IN_SERVICE, now + plan.updating, target))
    at, text = _moment(failure, now, plan.updating), failure.reason or reason
    if failure.ends == "failed":
        return (first, Stage(FAILED, at, old, None, text))
    end = IN_SERVICE if failure.ends == "rollback" else "UpdateRollbackFailed"
    return (
        first,
        Stage("RollingBack", at, old, target, text),
        Stage(end, at + plan.rolling_back, old, None, text),
    )


def deletion(before: Stage, now: float) -> tuple[Stage, ...]:
    """The stage in which an endpoint goes away."""
    return (Stage("Deleting", now, before.deployed, before.target, before.reason),)


def forced(before: Stage, status: str, reason: str, now: float) -> tuple[Stage, ...]:
    """A stage set from outside, in any status; at rest, what was in progress is taken as done unless it failed."""
    if status not in AT_REST:
        return (Stage(status, now, before.deployed, before.target, reason),)
    if status == FAILED:
        return (Stage(status, now, before.deployed, None if before.deployed else before.target, reason),)
    done = before.deployed if status == "UpdateRollbackFailed" else before.target
    return (Stage(status, now, done or before.present, None, reason),)


def _failure(plan: EndpointPlan, phase: str) -> EndpointFailure | None:
    return plan.failure if plan.failure is not None and plan.failure.phase == phase else None


def _moment(failure: EndpointFailure, start: float, duration: float) -> float:
    return start + (duration if failure.after is None else min(failure.after, duration))
