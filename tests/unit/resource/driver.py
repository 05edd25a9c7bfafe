"""Plays passes of a reconciler: carries its steps out against a status kept here and a service given by the test.

Faults come from a script, so that each place of a life can be tried: a pass can end before any step, and the answer
of any call can get lost on the way back, or the call on the way there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sagemaker_operator import facts, reasons, statusparts
from sagemaker_operator.engine.cloud import refusal
from sagemaker_operator.facts import Absent, Answer, Facts, Found, Related
from sagemaker_operator.notes import Note
from sagemaker_operator.steps import Ask, Claim, Done, Find, Release, Step, WriteStatus
from smkube import kinds
from smkube.aws import errors
from smkube.errors import AwsError
from tests.unit.operator.cases import NOW, UID

Status = dict[str, Any]
Service = Callable[[str, Mapping[str, Any]], dict[str, Any]]
MOST_PASSES = 80
LOST_BEFORE, LOST_AFTER = "before", "after"


class Crash(Exception):  # noqa: N818 - what the test does to the process, not an error
    """The process ends here."""


@dataclass
class Life:
    """One object and the process that looks after it.

    Args:
        kind: the object's kind.
        decide: the reconciler.
        service: AWS; raises AwsError for what it refuses.
        spec: the object's spec.
        name: the object's name.
        crash_at: number of the step before which the process ends.
        lose: number of the call whose way there, or whose answer, gets lost.
    """

    kind: kinds.Kind
    decide: Callable[[Facts], Step]
    service: Service
    spec: Status
    name: str = "job"
    uid: str = UID
    status: Status = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    generation: int = 1
    deleting: bool = False
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    others: list[Related] = field(default_factory=list)
    crash_at: int = -1
    lose: tuple[int, str] = (-1, LOST_AFTER)
    seconds: float = 0.0
    released: bool = False
    steps: int = 0
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    writes: int = 0
    attempted: float | None = None
    clean: bool = True
    generation_known: int = 0

    def edit(self, **fields: Any) -> None:
        """Change the spec; None takes a field away."""
        self.spec = {key: value for key, value in {**self.spec, **fields}.items() if value is not None}
        self.generation += 1

    def restart(self) -> None:
        """Another process takes over: it knows nothing but the status."""
        unconfirmed = bool(self.state.get("jobName")) and not self.state.get("createConfirmed")
        self.attempted, self.clean = (self.seconds, False) if unconfirmed else (None, True)

    @property
    def state(self) -> Mapping[str, Any]:
        """The operator's notes."""
        return facts.notes(self.status)

    def condition(self, type_: str) -> tuple[str, str]:
        """Status and reason of a condition."""
        found = next(one for one in self.status["conditions"] if one["type"] == type_)
        return found["status"], found["reason"]

    def events(self) -> list[str]:
        """The reasons of the Events so far."""
        return [note.reason for note in self.notes]

    def operations(self) -> list[str]:
        """The calls so far."""
        return [operation for operation, _parameters in self.calls]

    def run(self, *, look: bool = False) -> Done:
        """Passes until one ends for good; time goes on as they ask. Returns how the last one ended."""
        for _ in range(MOST_PASSES):
            try:
                end = self.one_pass(look=look)
            except Crash:
                self.restart()
                continue
            look = end.look
            if self.released or (end.retry is None and not (end.after and end.look and end.after < 600)):
                return end
            stalled = end.retry is not None and reasons.RETRY[end.retry].most >= 300
            waits = end.retry == reasons.DEPENDENCY_NOT_READY
            if stalled or waits:
                return end
            self.seconds += end.after if end.after is not None else 1.0
        raise AssertionError(f"does not come to rest: {self.status}, {self.operations()[-20:]}")

    def one_pass_or_crash(self) -> None:
        """One pass that may be cut short."""
        try:
            self.one_pass()
        except Crash:
            self.restart()

    def one_pass(self, *, look: bool = False) -> Done:
        """One pass, to its Done (or the release of the object)."""
        f = self._facts(look=look)
        for _ in range(200):
            if self.steps == self.crash_at:
                self.crash_at = -1
                raise Crash
            self.steps += 1
            step = self.decide(f)
            if isinstance(step, Done):
                return step
            f = self._carry_out(f, step)
            if self.released:
                return Done()
        raise AssertionError(f"the pass does not end: {step}")

    def _facts(self, *, look: bool) -> Facts:
        at = NOW + timedelta(seconds=self.seconds)
        attempted = None if self.attempted is None else NOW + timedelta(seconds=self.attempted)
        return Facts(
            kind=self.kind,
            namespace="ns",
            name=self.name,
            uid=self.uid,
            generation=self.generation,
            deleting=self.deleting,
            finalizers=self.finalizers,
            spec=self.spec,
            status=self.status,
            now=at,
            annotations=self.annotations,
            labels=self.labels,
            cluster="here",
            look=look,
            attempted=attempted,
            clean=self.clean,
        )

    def _carry_out(self, f: Facts, step: Step) -> Facts:
        match step:
            case Claim():
                self.finalizers = (*self.finalizers, kinds.FINALIZER)
                return replace(f, finalizers=self.finalizers)
            case Release():
                self.released = True
                return f
            case Find():
                found = tuple(one for one in self.others if _fits(step, one))
                return replace(f, related={**f.related, step.key: found})
            case WriteStatus():
                return self._write(f, step)
            case Ask():
                return self._ask(f, step)
        raise AssertionError(f"no such step is expected: {step}")

    def _write(self, f: Facts, step: WriteStatus) -> Facts:
        assert step.intent or statusparts.differs(self.status, step.status), "a write that changes nothing"
        self.status = _pruned(step.status)
        self.notes.extend(step.notes)
        self.writes += 1
        after = replace(f, status=self.status)
        return replace(after, intent_written=True, answers={}) if step.intent else after

    def _ask(self, f: Facts, step: Ask) -> Facts:
        if step.creates:
            assert f.intent_written, f"{step.operation} without an announcement"
        was_clean = self.clean
        answer: Answer
        try:
            answer = Found(self._call(step))
            self.clean = self.clean and not step.creates
        except AwsError as error:
            answer = Absent() if errors.is_not_found(error) else refusal(error)
            if step.creates:
                self.clean = was_clean and not errors.leaves_doubt(error)
        if step.creates:
            self.attempted = self.seconds
        kept = {key: known for key, known in f.answers.items() if key not in step.forgets}
        attempted = None if self.attempted is None else NOW + timedelta(seconds=self.attempted)
        return replace(f, answers={**kept, step.key: answer}, attempted=attempted, clean=self.clean)

    def _call(self, step: Ask) -> dict[str, Any]:
        number = len(self.calls)
        self.calls.append((step.operation, step.parameters))
        lost = AwsError(step.operation, "ConnectionError", "connection reset")
        if self.lose == (number, LOST_BEFORE):
            raise lost
        answer = self.service(step.operation, step.parameters)
        if self.lose == (number, LOST_AFTER):
            raise lost
        return answer


def _fits(step: Find, one: Related) -> bool:
    labelled = all(one.labels.get(key) == value for key, value in step.labels.items())
    return one.kind == step.kind and (step.names is None or one.name in step.names) and labelled


def _pruned(status: Mapping[str, Any]) -> Status:
    """What a merge patch leaves: no nulls."""
    return {
        key: _pruned(value) if isinstance(value, Mapping) else value
        for key, value in status.items()
        if value is not None
    }
