"""The life of a job as a pure function of its plan and the time.

A plan says how long each phase takes and what goes wrong; it is turned once into the whole series of steps, and what
AWS would show at a moment is the part of the series up to it. No clock, no state, no thread: ten thousand jobs cost
nothing until somebody asks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
DELETING = "Deleting"
TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
PHASES = (
    "starting",
    "pending",
    "downloading",
    "training",
    "transforming",
    "uploading",
    "stopping",
    "deleting",
    "processing",
)

# Secondary status and messages of each phase of a training job; a phase with several messages is divided evenly.
_TRAINING_PHASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "starting": ("Starting", ("Starting the training job",)),
    "pending": ("Pending", ("Training job waiting for capacity", "Preparing the instances for training")),
    "downloading": ("Downloading", ("Downloading input data", "Downloading the training image")),
    "training": ("Training", ("Training image download completed. Training in progress.",)),
    "uploading": ("Uploading", ("Uploading generated training model",)),
}
_RESTART = ("Restarting", "Restarting the training job")
_TERMINAL_MESSAGES = {
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    STOPPING: "Stopping the training job",
    DELETING: "Deleting the training job",
}
_MAX_RUNTIME_MESSAGE = "Training job runtime exceeded MaxRuntimeInSeconds provided"


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that fails: in `phase`, `after` seconds from its start (None: at its end), for `reason`.

    A phase that the kind of job does not have stands for its own: a processing job then fails while it processes.
    `exit_message` is what the container of a processing job leaves behind.
    """

    reason: str = "AlgorithmError: ExecuteUserScriptError:\nExitCode 1"
    phase: str = "training"
    after: float | None = None
    exit_message: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of a job. All times in seconds; a phase of 0 seconds is left out (except `starting`).

    Attributes:
        created: when it was created, seconds since 1970.
        max_runtime: MaxRuntimeInSeconds, counted from the first `Downloading`.
        restarts: how often training is interrupted and begins again (each try takes its share of `training`).
        exit_message: what a processing job's container says when it exits well.
    """

    created: float
    starting: float = 1.0
    pending: float = 1.0
    downloading: float = 1.0
    training: float = 10.0
    transforming: float = 10.0
    uploading: float = 1.0
    stopping: float = 1.0
    deleting: float = 1.0
    max_runtime: float = 86400.0
    failure: Failure | None = None
    restarts: int = 0
    processing: float = 10.0
    exit_message: str = ""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Something done to a job from outside at a moment.

    `stop` and `delete` are what the API's operations do; `end` brings it to its end in a status, `show` lets it stay
    in any status and secondary status, also ones that no program has heard of.
    """

    kind: str
    at: float
    status: str = "Stopped"
    reason: str = ""
    secondary: str = ""
    exit_message: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One state of a job, from `start` until the next step."""

    status: str
    secondary: str
    message: str
    start: float
    phase: str = ""
    reason: str = ""
    exit_message: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """The whole series of steps, first to last; `gone_at` is when a deleted job is no longer there."""

    steps: tuple[Step, ...]
    starts: tuple[float, ...] = field(repr=False)
    gone_at: float | None = None

    def index(self, now: float) -> int:
        """The number of the step in force; the first one before the job's own time."""
        return max(bisect_right(self.starts, now) - 1, 0)

    def at(self, now: float) -> Step:
        """The step in force."""
        return self.steps[self.index(now)]

    def running_since(self, now: float) -> float | None:
        """When the instances were ready, once they are."""
        return next((s.start for s in self.steps[: self.index(now) + 1] if s.phase in _BILLED), None)

    def ended_at(self, now: float) -> float | None:
        """When it came to its end, once it has."""
        return next((s.start for s in self.steps[: self.index(now) + 1] if s.status in TERMINAL), None)

    def modified_at(self, now: float, primary_only: bool = False) -> float:
        """LastModifiedTime: the start of the step, or of the first one of the present status."""
        index = self.index(now)
        if primary_only:
            while index > 0 and self.steps[index - 1].status == self.steps[index].status:
                index -= 1
        return self.steps[index].start

    def windows(self, phase: str) -> tuple[tuple[float, float], ...]:
        """From when to when the job is in a phase, over its whole life; several with restarts."""
        ends = (*self.starts[1:], self.starts[-1])
        return tuple((s.start, end) for s, end in zip(self.steps, ends, strict=True) if s.phase == phase)


_BILLED = frozenset({"downloading", "training", "transforming", "uploading", "processing"})


def training_life(plan: Plan, interrupts: tuple[Interrupt, ...] = ()) -> Life:
    """The life of a training job."""
    tries = plan.restarts + 1
    series: list[tuple[str, float]] = [(name, getattr(plan, name)) for name in ("starting", "pending", "downloading")]
    for number in range(tries):
        if number:
            series += [("restarting", plan.starting), ("downloading", plan.downloading)]
        series.append(("training", plan.training / tries))
    series.append(("uploading", plan.uploading))
    steps: list[Step] = []
    now = plan.created
    for phase, duration in series:
        secondary, messages = _TRAINING_PHASES.get(phase, (_RESTART[0], (_RESTART[1],)))
        if duration <= 0 and phase != "starting":
            continue
        share = duration / len(messages)
        steps += [
            Step(IN_PROGRESS, secondary, text, now + share * number, phase) for number, text in enumerate(messages)
        ]
        now += duration
    steps.append(_end_step("Completed", now))
    return _finish(plan, steps, interrupts)


def transform_life(plan: Plan, interrupts: tuple[Interrupt, ...] = ()) -> Life:
    """The life of a transform job, which shows no secondary statuses."""
    lead = plan.starting + plan.pending + plan.downloading
    begin = plan.created + lead
    steps = [
        Step(IN_PROGRESS, "", "", plan.created, "starting"),
        Step(IN_PROGRESS, "", "", begin, "transforming"),
        _end_step("Completed", begin + plan.transforming + plan.uploading),
    ]
    return _finish(plan, steps, interrupts)


def processing_life(plan: Plan, interrupts: tuple[Interrupt, ...] = ()) -> Life:
    """The life of a processing job, which shows no secondary statuses."""
    begin = plan.created + plan.starting
    end = replace(_end_step("Completed", begin + plan.processing), exit_message=plan.exit_message)
    steps = [
        Step(IN_PROGRESS, "", "", plan.created, "starting"),
        Step(IN_PROGRESS, "", "", begin, "processing"),
        end,
    ]
    return _finish(plan, steps, interrupts)


def tuning_life(plan: Plan, interrupts: tuple[Interrupt, ...] = ()) -> Life:
    """The life of a tuning job, which goes on until it is interrupted: its end depends on its training jobs."""
    return _interrupted(plan, [Step(IN_PROGRESS, "", "", plan.created)], interrupts, stopping=float("inf"))


def _end_step(status: str, start: float, secondary: str = "", message: str = "", reason: str = "") -> Step:
    text = message or _TERMINAL_MESSAGES.get(status, "")
    return Step(status, secondary or status, text, start, reason=reason)


def _cut(steps: list[Step], at: float, *more: Step) -> list[Step]:
    """The steps that begin before `at` (the first one always), then `more`."""
    return [step for number, step in enumerate(steps) if number == 0 or step.start < at] + list(more)


def _finish(plan: Plan, steps: list[Step], interrupts: tuple[Interrupt, ...]) -> Life:
    return _interrupted(plan, _with_limit(plan, _with_failure(plan, steps)), interrupts, stopping=plan.stopping)


def _interrupted(plan: Plan, steps: list[Step], interrupts: tuple[Interrupt, ...], *, stopping: float) -> Life:
    """The life after all that was done from outside; a stopped job is `Stopped` after `stopping` seconds."""
    gone: float | None = None
    for interrupt in sorted(interrupts, key=lambda item: item.at):
        if interrupt.kind == "stop":
            steps = _cut(steps, interrupt.at, _end_step(STOPPING, interrupt.at))
            if stopping < float("inf"):
                steps.append(_end_step("Stopped", interrupt.at + stopping))
        elif interrupt.kind in ("end", "show"):
            step = _end_step(interrupt.status, interrupt.at, interrupt.secondary, reason=interrupt.reason)
            steps = _cut(steps, interrupt.at, replace(step, exit_message=interrupt.exit_message))
        elif interrupt.kind == "delete":
            steps = _cut(steps, interrupt.at, replace(_end_step(DELETING, interrupt.at), secondary=steps[-1].secondary))
            gone = interrupt.at + plan.deleting
    return Life(tuple(steps), tuple(step.start for step in steps), gone)


def _with_failure(plan: Plan, steps: list[Step]) -> list[Step]:
    if plan.failure is None:
        return steps
    wanted = (plan.failure.phase, "training", "transforming", "processing", "starting")
    first = next(s for phase in wanted for s in steps if s.phase == phase)
    after = plan.failure.after
    if after is None:
        after = float(getattr(plan, first.phase, 0.0))
    at = min(first.start + after, steps[-1].start)
    end = _end_step("Failed", at, reason=plan.failure.reason)
    return _cut(steps, at, replace(end, exit_message=plan.failure.exit_message))


def _with_limit(plan: Plan, steps: list[Step]) -> list[Step]:
    begin = next((s.start for s in steps if s.phase in _BILLED), None)
    if begin is None or begin + plan.max_runtime >= steps[-1].start:
        return steps
    at = begin + plan.max_runtime
    end = _end_step("Stopped", at + plan.stopping, "MaxRuntimeExceeded", _MAX_RUNTIME_MESSAGE)
    return _cut(steps, at, _end_step(STOPPING, at), end)


def transitions(life: Life, now: float) -> list[dict[str, object]]:
    """SecondaryStatusTransitions at a moment: one entry per secondary status, with its newest message."""
    entries: list[dict[str, object]] = []
    for step in life.steps[: life.index(now) + 1]:
        if step.status == DELETING:
            continue
        if entries and entries[-1]["Status"] == step.secondary:
            entries[-1]["StatusMessage"] = step.message
            continue
        if entries:
            entries[-1]["EndTime"] = step.start
        entries.append({"Status": step.secondary, "StartTime": step.start, "StatusMessage": step.message})
    if entries and life.at(now).status in TERMINAL:
        entries[-1]["EndTime"] = entries[-1]["StartTime"]
    return entries
