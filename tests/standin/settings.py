"""What can be set about the stand-in's world: phases, logs, rules for jobs, limits, quotas.

Values only; they are read from JSON (control endpoint) and flags, and checked here so that a slip is an error and not
a silent default.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from tests.standin.endpoint_life import ENDPOINT_PHASES, EndpointFailure, EndpointPlan
from tests.standin.lifecycle import PHASES, Failure, Plan

Span = tuple[float, float]

RULE_KINDS = ("*", "training", "transform", "processing", "tuning", "endpoint")

DEFAULT_PHASES: dict[str, Span] = {
    "starting": (1.0, 1.0),
    "pending": (1.0, 1.0),
    "downloading": (1.0, 1.0),
    "training": (10.0, 10.0),
    "transforming": (10.0, 10.0),
    "uploading": (1.0, 1.0),
    "stopping": (1.0, 1.0),
    "deleting": (1.0, 1.0),
    "processing": (10.0, 10.0),
    "creating": (5.0, 5.0),
    "updating": (5.0, 5.0),
    "rolling_back": (2.0, 2.0),
}

# The rates of the real service per account and region, as far as AWS names them: calls a second, then burst.
AWS_LIMITS: dict[str, tuple[float, float]] = {
    "CreateTrainingJob": (1.0, 1.0),
    "ListTrainingJobs": (2.0, 2.0),
    "CreateTransformJob": (1.0, 1.0),
    "ListTransformJobs": (2.0, 2.0),
    "FilterLogEvents": (10.0, 10.0),
    "GetLogEvents": (25.0, 25.0),
    "DescribeLogStreams": (25.0, 25.0),
}


def parse_span(value: Any) -> Span:
    """A duration in seconds: a number, `[least, most]`, or text such as `0.5` or `0.5-2`. ValueError otherwise."""
    ends: Any = value
    if isinstance(value, str):
        first, _, second = value.partition("-")
        ends = [first, second or first]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        ends = [value, value]
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ValueError(f"not a duration: {value!r}")
    low, high = float(ends[0]), float(ends[1])
    if not 0 <= low <= high:
        raise ValueError(f"a duration is not negative, and its range goes upwards: {value!r}")
    return (low, high)


def parse_phases(values: dict[str, Any]) -> dict[str, Span]:
    """Durations by phase name. ValueError names an unknown phase."""
    unknown = sorted(set(values) - set(DEFAULT_PHASES))
    if unknown:
        raise ValueError(f"unknown phase {unknown[0]!r}; there are {', '.join(DEFAULT_PHASES)}")
    return {name: parse_span(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class LogPlan:
    """How a job writes its log.

    Attributes:
        rate: lines a second and host; 0 writes none.
        batch: seconds between two uploads of the agent on a host; 0 uploads each line at once.
        delay: seconds from an upload until its lines can be read.
        late_host: number of the host (from 1) that is later than the others; 0 for none.
        late_seconds: how much later.
        message: a line; `{job}`, `{host}` and `{n}` (from 0) are filled in.
    """

    rate: float = 2.0
    batch: float = 0.5
    delay: float = 0.2
    late_host: int = 0
    late_seconds: float = 0.0
    message: str = "{host} step={n} loss=0.{n:04d}"

    def changed(self, values: dict[str, Any]) -> LogPlan:
        """A copy with some values changed. ValueError for an unknown name or a message that cannot be filled in."""
        unknown = sorted(set(values) - set(self.__slots__))
        if unknown:
            raise ValueError(f"unknown log setting {unknown[0]!r}; there are {', '.join(self.__slots__)}")
        plan = replace(self, **values)
        try:
            plan.message.format(job="j", host="h", n=0)
        except (KeyError, IndexError) as error:
            raise ValueError(f"the log message cannot be filled in: {plan.message!r}") from error
        if min(plan.rate, plan.batch, plan.delay, plan.late_seconds) < 0:
            raise ValueError("log rate and times are not negative")
        return plan


@dataclass(frozen=True, slots=True)
class JobRule:
    """What is to become of jobs whose name matches; the first rule that matches counts.

    Attributes:
        match: glob over the job name.
        kind: one of `RULE_KINDS`.
        phases: durations that differ from the general ones.
        failure: how it fails, if it does.
        restarts: see `Plan.restarts`.
        exit_message: see `Plan.exit_message`.
        logs: log settings that differ.
        endpoint_failure: how an endpoint's creation or update fails, if it does.
    """

    match: str
    kind: str = "*"
    phases: dict[str, Span] = field(default_factory=dict)
    failure: Failure | None = None
    restarts: int = 0
    logs: dict[str, Any] = field(default_factory=dict)
    endpoint_failure: EndpointFailure | None = None
    exit_message: str = ""

    def matches(self, kind: str, name: str) -> bool:
        """Whether the rule is for this job."""
        return self.kind in ("*", kind) and fnmatchcase(name, self.match)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> JobRule:
        """From JSON: `match`, `kind`, `phases`, `fail` (text or the members of the failure), and the other attributes.

        The `fail` of a rule of kind `*` is for jobs; endpoints fail by rules of their own kind.
        """
        unknown = sorted(set(values) - {"match", "kind", "phases", "fail", "restarts", "logs", "exit_message"})
        if unknown or not isinstance(values.get("match"), str):
            raise ValueError(f"unknown member {unknown[0]!r} in a rule" if unknown else "a rule needs `match`")
        fail = values.get("fail")
        if isinstance(fail, str):
            fail = {"reason": fail}
        elif fail is True:
            fail = {}
        kind = values.get("kind", "*")
        if kind not in RULE_KINDS:
            raise ValueError(f"a rule's kind is {', '.join(RULE_KINDS)}, not {kind!r}")
        LogPlan().changed(values.get("logs", {}))
        return cls(
            match=values["match"],
            kind=kind,
            phases=parse_phases(values.get("phases", {})),
            failure=None if not isinstance(fail, dict) or kind == "endpoint" else Failure(**fail),
            restarts=int(values.get("restarts", 0)),
            exit_message=str(values.get("exit_message", "")),
            logs=dict(values.get("logs", {})),
            endpoint_failure=EndpointFailure(**fail) if isinstance(fail, dict) and kind == "endpoint" else None,
        )


@dataclass(slots=True)
class Settings:
    """The settings in force. Jobs take what concerns them when they are created.

    Attributes:
        seed: of all that is drawn.
        phases, rules, logs: what becomes of new jobs.
        quotas: instances by type, or by `<type> for <usage> job usage`, `<type> for endpoint usage`.
        missing_roles: globs of role ARNs that cannot be assumed.
        modified_primary_only: LastModifiedTime moves with the status only.
        omit: members that summaries of jobs lack, such as `SecondaryStatus`, which AWS doesn't promise.
    """

    seed: int = 0
    phases: dict[str, Span] = field(default_factory=lambda: dict(DEFAULT_PHASES))
    rules: list[JobRule] = field(default_factory=list)
    logs: LogPlan = field(default_factory=LogPlan)
    quotas: dict[str, int] = field(default_factory=dict)
    missing_roles: list[str] = field(default_factory=list)
    modified_primary_only: bool = False
    omit: list[str] = field(default_factory=list)

    def rule_for(self, kind: str, name: str) -> JobRule | None:
        """The rule for a job, if there is one."""
        return next((rule for rule in self.rules if rule.matches(kind, name)), None)

    def plan(self, kind: str, name: str, created: float, max_runtime: float) -> Plan:
        """What is to become of a new job; ranges are drawn from the seed and the name, so always the same."""
        rule = self.rule_for(kind, name)
        spans = self.phases if rule is None else {**self.phases, **rule.phases}
        dice = random.Random(f"{self.seed}/{kind}/{name}")
        times = {phase: dice.uniform(*spans[phase]) for phase in PHASES}
        if rule is None:
            rule = JobRule("*")
        return Plan(
            created=created,
            max_runtime=max_runtime,
            failure=rule.failure,
            restarts=rule.restarts,
            exit_message=rule.exit_message,
            **times,
        )

    def endpoint_plan(self, name: str, phase: str, number: int) -> EndpointPlan:
        """What is to become of a change of an endpoint by the rules now in force.

        Args:
            name: the endpoint's.
            phase: what begins: `creating`, `updating` by a user, `scaling` (never fails) or `deleting`.
            number: counts the changes of the endpoint, each of which is drawn anew.
        """
        rule = self.rule_for("endpoint", name)
        spans = self.phases if rule is None else {**self.phases, **rule.phases}
        dice = random.Random(f"{self.seed}/endpoint/{name}/{number}")
        times = {part: dice.uniform(*spans[part]) for part in ENDPOINT_PHASES}
        failure = None if rule is None else rule.endpoint_failure
        if rule is None or failure is None or failure.phase != phase:
            return EndpointPlan(failure=None, **times)
        if failure.count is not None:
            self._use_up(rule, failure, failure.count)
        return EndpointPlan(failure=failure, **times)

    def _use_up(self, rule: JobRule, failure: EndpointFailure, count: int) -> None:
        """Count a failure of a rule as used; a rule without any left is no longer there."""
        place = self.rules.index(rule)
        left = [replace(rule, endpoint_failure=replace(failure, count=count - 1))] if count > 1 else []
        self.rules[place : place + 1] = left

    def log_plan(self, kind: str, name: str) -> LogPlan:
        """How a new job writes its log."""
        rule = self.rule_for(kind, name)
        return self.logs if rule is None else self.logs.changed(rule.logs)

    def role_missing(self, role: str) -> bool:
        """Whether SageMaker is to say that it cannot assume this role."""
        return any(fnmatchcase(role, pattern) for pattern in self.missing_roles)
