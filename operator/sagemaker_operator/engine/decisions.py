"""A log line for each decision: what was done about which object, with AWS's request id. Says, and does nothing else.

What changes something, at AWS or in the cluster, is told at INFO; what only looks is told at DEBUG, so that objects at
rest cost nothing. No line holds a request, an answer or a spec, and a text of AWS's only as `secrecy.told` has it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sagemaker_operator import facts, reasons, secrecy, steps
from sagemaker_operator.engine.cloud import Busy, reason_of
from smkube import kinds
from smkube.aws import errors
from smkube.aws.session import Answer
from smkube.errors import AwsError, KubeError

if TYPE_CHECKING:
    from sagemaker_operator.engine.memory import Pass
    from smkube.kube import envelope

log = logging.getLogger(__name__)

_LOOKS = ("Describe", "List", "Get", "Filter")
"""Beginnings of the names of operations that change nothing."""
ACCEPTED, REFUSED, WRITTEN, POSTPONED = "accepted", "refused", "written", "postponed"
"""Values of the field `outcome`."""

TRACE_LIMIT = 20_000
"""Characters of a trace that are told."""

Fields = dict[str, Any]
Writing = steps.Claim | steps.Release | steps.DeleteSelf | steps.CreateObject | steps.PatchObject | steps.DeleteObject
"""Steps that write to the cluster, statuses aside."""


class Decisions:
    """Tells of the decisions about objects of one kind.

    Args:
        kind: the kind.
    """

    def __init__(self, kind: kinds.Kind) -> None:
        self._kind = kind

    # --- calls to AWS ----------------------------------------------------------------------------------------

    def accepted(self, run: Pass, target: facts.Target, operation: str, answer: Mapping[str, Any]) -> None:
        """AWS has done what a call asked for."""
        level = logging.DEBUG if looks(operation) else logging.INFO
        if not log.isEnabledFor(level):
            return
        fields = self._called(run, target, operation, ACCEPTED)
        if isinstance(answer, Answer):
            _measured(fields, answer.request_id, answer.seconds)
        self._tell(level, run, f"{operation} accepted", fields)

    def refused(self, run: Pass, target: facts.Target, operation: str, error: AwsError) -> None:
        """AWS has refused a call, or has not answered it.

        Of what is tried again and again, only every attempt is told whose number is a power of two. A look that fails
        for a reason that passes is told by what follows from it.
        """
        missing = errors.is_not_found(error)
        reason = "" if missing else reason_of(error)
        quiet = looks(operation) and (missing or reason in reasons.PASSING)
        level = logging.INFO if not quiet and worth_telling(_attempt(run)) else logging.DEBUG
        if not log.isEnabledFor(level):
            return
        fields = self._called(run, target, operation, REFUSED)
        fields |= {"reason": reason, "error_code": error.code} if reason else {"error_code": error.code}
        _measured(fields, error.request_id, error.seconds)
        text = secrecy.told(f"{error.code}: {error.message}", run.facts.spec)
        self._tell(level, run, f"{operation} refused: {text}", fields)

    def waits(self, run: Pass, target: facts.Target, operation: str, busy: Busy) -> None:
        """A call's turn has not come."""
        if log.isEnabledFor(logging.DEBUG):
            fields = self._called(run, target, operation, POSTPONED) | {"delay_seconds": round(busy.after, 3)}
            self._tell(logging.DEBUG, run, f"{operation} waits for its turn", fields)

    # --- steps -----------------------------------------------------------------------------------------------

    def made(self, run: Pass, step: steps.Step) -> None:
        """What is to be done next was decided."""
        if log.isEnabledFor(logging.DEBUG):
            self._tell(logging.DEBUG, run, f"decided: {in_words(step)}", {})

    def carried_out(self, run: Pass, step: steps.Step) -> None:
        """A step that writes to the cluster was done; calls to AWS tell of themselves."""
        words = self._written(run, step) if log.isEnabledFor(logging.INFO) else None
        if words is None:
            return
        job = run.facts.intent
        fields: Fields = {"job": job.name, "region": job.region} if job is not None else {}
        if isinstance(step, steps.WriteStatus) and not step.intent:
            fields["status"] = run.facts.word
        self._tell(logging.INFO, run, words, {**fields, "operation": type(step).__name__, "outcome": WRITTEN})

    def postponed(self, run: Pass, reason: str, delay: float) -> None:
        """An object is tried again later."""
        attempts = run.memory.attempts
        level = logging.INFO if worth_telling(attempts) else logging.DEBUG
        if not log.isEnabledFor(level):
            return
        fields = {"outcome": POSTPONED, "reason": reason, "delay_seconds": round(delay, 3), "attempt": attempts}
        self._tell(level, run, f"tried again in {delay:.1f} s ({reason})", fields)

    # --- what fails ------------------------------------------------------------------------------------------

    def not_created(self, run: Pass, step: steps.CreateObject, error: KubeError) -> None:
        """The API server would not create another object, and the pass goes on."""
        text = secrecy.told(f"{step.kind} {step.metadata['name']} cannot be created: {error}", run.facts.spec)
        fields = {"operation": type(step).__name__, "outcome": REFUSED, "reason": error.reason}
        self._tell(logging.WARNING, run, text, fields)

    def write_refused(self, obj: envelope.Object, error: KubeError) -> None:
        """The API server refused a write for good."""
        text = secrecy.told(f"the Kubernetes API refused a write: {error}", obj.spec_dict())
        self._record(logging.WARNING, obj, text, {"outcome": REFUSED, "reason": error.reason})

    def broke(self, obj: envelope.Object, error: Exception) -> None:
        """A pass ended with an error that nobody foresaw: with its trace, which may quote the spec."""
        trace = secrecy.told("".join(traceback.format_exception(error)), obj.spec_dict(), TRACE_LIMIT)
        self._record(logging.ERROR, obj, "reconciling failed", {"outcome": "error"}, trace)

    # --- pieces ----------------------------------------------------------------------------------------------

    def _written(self, run: Pass, step: steps.Step) -> str | None:
        """What a step has written to the cluster, in words; None for one that has written nothing."""
        if isinstance(step, steps.WriteStatus):
            return self._status(run, step)
        if isinstance(step, steps.CreateObject) and str(step.metadata["name"]) in run.facts.refused_objects:
            return None
        return _writing(step) if isinstance(step, Writing) else None

    def _status(self, run: Pass, step: steps.WriteStatus) -> str:
        if step.intent:
            return f"announce {step.before or self._kind.api.create}"
        notes = "; ".join(f"{note.reason}: {secrecy.told(note.text, run.facts.spec)}" for note in step.notes)
        return f"status {run.facts.word or 'without a word'}" + (f" ({notes})" if notes else "")

    def _called(self, run: Pass, target: facts.Target, operation: str, outcome: str) -> Fields:
        return {
            "job": target.name,
            "region": target.region,
            "operation": operation,
            "outcome": outcome,
            "attempt": _attempt(run),
        }

    def _tell(self, level: int, run: Pass, words: str, fields: Fields) -> None:
        self._record(level, run.obj, words, fields)

    def _record(self, level: int, obj: envelope.Object, words: str, fields: Fields, trace: str | None = None) -> None:
        """Where in the program a line comes from is never told, so nobody searches for it: half of a line's cost."""
        if not log.isEnabledFor(level):
            return
        meta = obj.metadata
        about = {"kind": self._kind.name, "object": obj.key, "uid": meta.uid, "generation": meta.generation}
        text, args = "%s %s: %s", (self._kind.name, obj.key, words)
        log.handle(log.makeRecord(log.name, level, "", 0, text, args, None, extra=about | fields, sinfo=trace))


def looks(operation: str) -> bool:
    """Whether an operation changes nothing at AWS."""
    return operation.startswith(_LOOKS)


def worth_telling(attempt: int) -> bool:
    """Whether an attempt is told of: the first, and then ever fewer."""
    return attempt & (attempt - 1) == 0


def in_words(step: steps.Step) -> str:
    """A step as the log tells it: what it is about, and nothing of what is in it."""
    match step:
        case steps.Done():
            return f"done (after={step.after}, retry={step.retry})"
        case steps.Find():
            return f"find {step.kind} objects"
        case steps.Ask():
            return f"ask {step.operation} about {step.target.name}"
        case steps.Describe() | steps.CheckOwner() | steps.Create() | steps.Stop():
            return f"{type(step).__name__} {step.target.name}"
        case steps.WriteStatus():
            return f"write status ({', '.join(note.reason for note in step.notes) or 'nothing to tell'})"
        case _:
            return _writing(step)


def _writing(step: Writing) -> str:
    match step:
        case steps.Claim():
            return "claim" + (f", with the name {step.name}" if step.name is not None else "")
        case steps.Release():
            return "release"
        case steps.DeleteSelf():
            return "delete, as its time to live is over"
        case steps.CreateObject():
            return f"create {step.kind} {step.metadata['name']}"
        case steps.PatchObject():
            return f"change {step.related.kind} {step.related.name}"
        case steps.DeleteObject():
            return f"delete {step.related.kind} {step.related.name}"


def _attempt(run: Pass) -> int:
    """The number of this pass among those that ended with the same reason to try again."""
    return run.memory.attempts + 1


def _measured(fields: Fields, request_id: str, seconds: float | None) -> None:
    if request_id:
        fields["aws_request_id"] = request_id
    if seconds is not None:
        fields["duration_ms"] = round(seconds * 1000, 1)
