"""The course of a tuning job: when it launches training jobs, what has become of them, when and how it ends.

It acts only when it is asked to do what is due (`next_event`, `step`), as of that moment, so that a clock that jumps
leads to the same history as one that ticks. What it shows at a moment is looked up, not counted. It knows neither
requests nor answers; how a training job is made is given to it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from tests.standin.errors import AwsError
from tests.standin.lifecycle import IN_PROGRESS, Interrupt
from tests.standin.state import Agenda, Job

NEVER = float("inf")
ATTEMPTS = 5  # training jobs that may fail before SageMaker gives a tuning job up, if none has succeeded
IMPROVEMENT = 0.01  # the part by which a value must be better to count as an improvement
NO_SUCCESS = (
    "No training job succeeded after {} attempts. For additional details, please take a look at the training job "
    "failures by listing training jobs for the hyperparameter tuning job."
)


@dataclass(slots=True, eq=False)
class Child:
    """A training job of a tuning job.

    Attributes:
        tuning: name of the tuning job.
        definition: name of its definition; empty where a tuning job has but one.
        value: what its objective is if it completes.
        end: when it ends by its present plan.
    """

    job: Job
    tuning: str
    definition: str
    metric: str
    direction: str
    tuned: dict[str, str]
    value: float
    end: float = NEVER

    def better_than(self, other: Child | None) -> bool:
        """Whether its objective beats another's."""
        if other is None:
            return True
        return self.value < other.value if self.direction == "Minimize" else self.value > other.value


class Tally(NamedTuple):
    """What has become of the training jobs that have ended, and the best of them.

    `behind` counts those that completed since the best was last improved by more than `IMPROVEMENT`.
    """

    completed: int = 0
    retryable: int = 0
    non_retryable: int = 0
    stopped: int = 0
    best: Child | None = None
    behind: int = 0

    @property
    def failed(self) -> int:
        """How many failed, for whatever reason."""
        return self.retryable + self.non_retryable

    def with_ended(self, child: Child) -> Tally:
        """The tally after one more has ended."""
        step = child.job.at(child.end)
        if step.status == "Stopped":
            return self._replace(stopped=self.stopped + 1)
        if step.status == "Failed":
            if step.reason.startswith("InternalServerError"):
                return self._replace(retryable=self.retryable + 1)
            return self._replace(non_retryable=self.non_retryable + 1)
        best = child if child.better_than(self.best) else self.best
        improved = self.best is None or (
            best is child and abs(child.value - self.best.value) > IMPROVEMENT * abs(self.best.value)
        )
        return self._replace(completed=self.completed + 1, best=best, behind=0 if improved else self.behind + 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a tuning job has had enough.

    Attributes:
        most, parallel: training jobs, in all and at a time.
        runtime: seconds.
        target: a value of the objective that is good enough.
        patience: training jobs in a row that may be no improvement.
    """

    most: int
    parallel: int
    runtime: float = NEVER
    target: float | None = None
    patience: int | None = None

    def reached(self, tally: Tally) -> bool:
        """Whether results so far are reason to end."""
        best = tally.best
        if self.patience is not None and tally.behind >= self.patience:
            return True
        if self.target is None or best is None:
            return False
        return best.value <= self.target if best.direction == "Minimize" else best.value >= self.target


class View(NamedTuple):
    """How many training jobs there are at a moment and what has become of them."""

    started: int
    running: int
    tally: Tally


@dataclass(slots=True, eq=False)
class TuningJob(Job):
    """A tuning job; `make` launches its training job of a number (from 1) at a moment.

    `inherited` is the best training job of its parents, if it has any.
    """

    limits: Limits = field(kw_only=True)
    make: Callable[[TuningJob, int, float], Child] = field(kw_only=True)
    agenda: Agenda = field(kw_only=True)
    inherited: Child | None = field(default=None, kw_only=True)
    children: list[Child] = field(default_factory=list)
    by_name: list[Child] = field(default_factory=list)
    closing: bool = False
    _running: list[Child] = field(default_factory=list)
    _starts: list[float] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)
    _tallies: list[Tally] = field(default_factory=lambda: [Tally()])
    _touched: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        Job.__post_init__(self)
        self.on_change = self._changed
        self.agenda.note(self)

    def view(self, now: float) -> View:
        """How it stands at a moment, also a past one."""
        started, ended = bisect_right(self._starts, now), bisect_right(self._ends, now)
        return View(started, started - ended, self._tallies[ended])

    def overall_best(self, now: float) -> Child | None:
        """The best training job of this and its parents."""
        best = self.view(now).tally.best
        return best if best is not None and best.better_than(self.inherited) else self.inherited

    def modified_at(self, now: float, primary_only: bool = False) -> float:
        """LastModifiedTime: of its status or, if not only that counts, of its counters."""
        at = self.life.modified_at(now, primary_only)
        touched = 0 if primary_only else bisect_right(self._touched, now)
        return max(at, self._touched[touched - 1]) if touched else at

    @property
    def _mode(self) -> str:
        """`run`, or what was done to it last: `stop`, `end`, `show` or `delete`."""
        return self.interrupts[-1].kind if self.interrupts else "run"

    def next_event(self) -> float:
        """When a training job ends or begins, or time is up."""
        first = min([child.end for child in self._running], default=NEVER)
        if self._mode == "stop":
            return first if self._running else max(self.interrupts[-1].at + self.plan.stopping, *self._ends[-1:], 0.0)
        if self._mode != "run":
            return first
        begin = self.created + self.plan.starting
        start = NEVER if self.children else begin
        limit = NEVER if self.closing else self.created + self.limits.runtime
        return min(first, start, limit, self._failure_at())

    def _failure_at(self) -> float:
        failure = self.plan.failure
        return NEVER if failure is None else self.created + self.plan.starting + (failure.after or 0.0)

    def step(self) -> None:
        """Do what is due: note who has ended, launch the next, or end."""
        at = self.next_event()
        self._settle(at)
        if self._mode == "run":
            self._go_on(at)
        elif self._mode == "stop" and not self._running and self.next_event() <= at:
            self.interrupt(Interrupt("end", at, "Stopped"))

    def _settle(self, at: float) -> None:
        ended = sorted((child for child in self._running if child.end <= at), key=lambda child: child.end)
        for child in ended:
            self._running.remove(child)
            self._ends.append(child.end)
            self._tallies.append(self._tallies[-1].with_ended(child))
            if self._mode in ("run", "stop"):
                self._touched.append(child.end)

    def _go_on(self, at: float) -> None:
        tally, failure = self._tallies[-1], self.plan.failure
        if failure is not None and at >= self._failure_at():
            self.interrupt(Interrupt("end", at, "Failed", failure.reason))
            return
        if not self.closing and (at >= self.created + self.limits.runtime or self.limits.reached(tally)):
            self.closing = True
            self._stop_children(at)
        hopeless = tally.failed >= ATTEMPTS and not (tally.completed or tally.stopped)
        if not (self.closing or hopeless):
            self._launch(at)
        if not self._running and self._mode == "run":
            self._end(at, tally)

    def _launch(self, at: float) -> None:
        while len(self._running) < self.limits.parallel and len(self.children) < self.limits.most:
            try:
                child = self.make(self, len(self.children) + 1, at)
            except AwsError as error:
                self.interrupt(Interrupt("end", at, "Failed", error.message))
                return
            child.end = _end_of(child)
            child.job.on_change = partial(self._child_changed, child)
            self.children.append(child)
            insort(self.by_name, child, key=lambda one: one.job.name)
            self._running.append(child)
            self._starts.append(at)
            self._touched.append(at)

    def _end(self, at: float, tally: Tally) -> None:
        if tally.failed and not (tally.completed or tally.stopped):
            reason = NO_SUCCESS.format(min(tally.failed, ATTEMPTS))
            self.interrupt(Interrupt("end", at, "Failed", reason))
        else:
            self.interrupt(Interrupt("end", at, "Completed"))

    def _child_changed(self, child: Child, _at: float) -> None:
        if child in self._running:
            child.end = _end_of(child)
            self.agenda.note(self)

    def _changed(self, at: float) -> None:
        if self._mode in ("stop", "end"):
            self._stop_children(at)
        self.agenda.note(self)

    def _stop_children(self, at: float) -> None:
        for child in list(self._running):
            if child.job.at(at).status == IN_PROGRESS:
                child.job.interrupt(Interrupt("stop", at))


def _end_of(child: Child) -> float:
    end = child.job.life.ended_at(NEVER)
    return NEVER if end is None else end
