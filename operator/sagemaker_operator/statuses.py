"""Statuses: what an object's status says in each state. Pure; each function returns a whole new status.

The original operator's fields keep their names, words and texts. Beside them stand conditions by the Kubernetes API
conventions: `Succeeded` (Unknown until the job is over), `Reconciling` (there is work under way) and `Stalled`
(waiting alone is not expected to help).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sagemaker_operator import reasons
from sagemaker_operator.facts import Facts, Refusal, Summary, Target
from sagemaker_operator.kinds import SPECIAL
from sagemaker_operator.mapping import drift
from smkube import conditions, kinds

Status = dict[str, Any]

FIRST_WORD = "SynchronizingK8sJobWithSageMaker"
"""Status word of an object whose job is not known to SageMaker yet (the original operator's)."""
TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
"""Words after which a job never changes again (SageMaker API: TrainingJobStatus, TransformJobStatus)."""
ENDING = frozenset({"Stopping", "Deleting"})
"""Words of a job that is already on its way to its end."""

_REQUEST_ID = re.compile(r"request id: \S+")
_MESSAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell as a Kubernetes Event; `type` is Normal or Warning."""

    type: Literal["Normal", "Warning"]
    reason: str
    text: str


# --- reading ---------------------------------------------------------------------------------------------------


def aws_word(kind: kinds.Kind, description: Mapping[str, Any]) -> str:
    """SageMaker's status word in a description."""
    return str(description.get(kind.api.status) or "")


def arn(kind: kinds.Kind, description: Mapping[str, Any]) -> str:
    """The job's ARN in a description."""
    return str(description.get(kind.api.arn) or "")


def has_run(f: Facts) -> bool:
    """The status that another operator left shows that the job once existed.

    A `Failed` that only tells of the operator's own troubles is no outcome: the original wrote that for jobs it could
    not create.
    """
    if f.word == "Failed":
        return SPECIAL[f.kind.name].failed_job(str(f.status.get("additional") or ""))
    return f.word in TERMINAL or f.word in {"InProgress", "Stopping"}


def settled(f: Facts) -> bool:
    """The outcome is written down; only a change of the spec or a deletion asks for more."""
    found = conditions.find(f.status.get("conditions") or (), "Succeeded")
    return found is not None and found.get("status") in {"True", "False"}


def over(f: Facts) -> bool:
    """SageMaker itself said that the job has ended, and that never changes.

    A job that was only no longer to be found is not over for certain.
    """
    found = conditions.find(f.status.get("conditions") or (), "Succeeded")
    return settled(f) and found is not None and found.get("reason") != reasons.DELETED_EXTERNALLY


def lags(kind: kinds.Kind, description: Mapping[str, Any], listed: Summary) -> bool:
    """A description is older than a List answer. Transform jobs are described without LastModifiedTime."""
    modified = description.get("LastModifiedTime")
    if isinstance(modified, datetime):
        return modified.timestamp() < listed.modified
    return listed.status in TERMINAL and aws_word(kind, description) not in TERMINAL


def agrees(f: Facts, listed: Summary) -> bool:
    """The status already says what a List answer shows."""
    special = SPECIAL[f.kind.name]
    shown = {f.kind.api.status: listed.status, "SecondaryStatus": listed.secondary}
    same_secondary = not listed.secondary or special.secondary(shown) == str(f.status.get("secondaryStatus") or "")
    return f.word == listed.status and same_secondary


def differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a status is worth a write: the time of the last check alone is not."""
    return bool(patch(old, new).keys() - {"lastCheckTime"})


def patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> Status:
    """The JSON merge patch (RFC 7396) that turns one status into another; None removes a field."""
    changes: Status = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, Mapping):
            inner = patch(before, value)
            if inner:
                changes[key] = inner
        elif before != value:
            changes[key] = value
    return changes


# --- writing ---------------------------------------------------------------------------------------------------


def first(f: Facts, job: Target) -> Status:
    """Before the Create: the intent is on file, the job is not there yet."""
    note = _note(f, job, confirmed=False)
    fields = {f.kind.status_word: FIRST_WORD, f.kind.status_name: None, "additional": None, "operatorState": note}
    return _status(f, fields, _pending("Waiting for SageMaker to create the job."))


def renewed(f: Facts) -> Status:
    """The intent once more, with the time of this attempt; nothing else moves."""
    return {**f.status, "operatorState": {**f.state, "createAttempt": f.timestamp()}}


def confirmed(f: Facts, job: Target) -> Status:
    """The Create was accepted; what the job does is not known yet."""
    fields = {
        **SPECIAL[f.kind.name].fields(job, {}),
        f.kind.status_word: FIRST_WORD,
        f.kind.status_name: job.name,
        "additional": None,
        "operatorState": _state(f, job),
    }
    return _status(f, fields, _pending("SageMaker has accepted the job."))


def summarised(f: Facts, job: Target, listed: Summary) -> Status:
    """A running job as a List answer shows it."""
    return observed(f, job, {f.kind.api.status: listed.status, "SecondaryStatus": listed.secondary})


def observed(f: Facts, job: Target, description: Mapping[str, Any], *, confirm: bool = False) -> Status:
    """A job as SageMaker describes it.

    Args:
        f: the facts.
        job: the job.
        description: the answer of a Describe.
        confirm: note that the job exists (adoption); otherwise that note stands already or is not ours to make.
    """
    word = aws_word(f.kind, description)
    special = SPECIAL[f.kind.name]
    changed = _spec_changed(f, job, description)
    fields = {
        **special.fields(job, description),
        f.kind.status_word: special.changed_word if changed and special.changed_word else word,
        f.kind.status_name: job.name,
        "additional": str(description.get("FailureReason") or "") or changed or None,
    }
    if confirm:
        fields["operatorState"] = _state(f, job)
    outcome = _outcome(f, word, description)
    return _status(f, fields, [*outcome, _stalled(changed)])


def refused(f: Facts, refusal: Refusal) -> Status:
    """AWS refused a request; a job that exists keeps the word it has."""
    policy = reasons.RETRY[refusal.reason]
    fields: Status = {}
    if refusal.reason not in reasons.PASSING:
        special = SPECIAL[f.kind.name]
        text = special.prefixes.get(refusal.operation, "") + refusal.text
        fields["additional"] = _same_but_request_id(str(f.status.get("additional", "")), text)
        inherited_outcome = f.intent is None and has_run(f)
        if not f.confirmed and not f.deleting and not inherited_outcome:
            fields[f.kind.status_word] = special.refused_word
    message = _plain(refusal.text)
    wanted = [
        conditions.Wanted("Reconciling", "True", refusal.reason, message),
        conditions.Wanted("Stalled", "True" if policy.stalled else "False", refusal.reason, message),
    ]
    if not f.confirmed:
        wanted.append(conditions.Wanted("Succeeded", "Unknown", refusal.reason, message))
    new = _status(f, fields, wanted)
    if f.confirmed:
        # What the spec says now was not compared with the job yet.
        new["observedGeneration"] = f.status.get("observedGeneration", 0)
    return new


def name_conflict(f: Facts, job: Target, owner: str) -> Status:
    """A job of that name exists and belongs to somebody else: it is left alone."""
    text = (
        f"A SageMaker {f.kind.noun} named {job.name} exists in {job.region} and belongs to {owner}. It is left alone; "
        f"choose another spec.{f.kind.spec_name}, or delete this object."
    )
    word = SPECIAL[f.kind.name].refused_word
    wanted = [
        conditions.Wanted("Succeeded", "Unknown", reasons.NAME_CONFLICT, text),
        conditions.Wanted("Reconciling", "False", reasons.NAME_CONFLICT, text),
        conditions.Wanted("Stalled", "True", reasons.NAME_CONFLICT, text),
    ]
    return _status(f, {f.kind.status_word: word, "additional": text}, wanted)


def deleted_externally(f: Facts, job: Target) -> Status:
    """The job was there and is gone: its outcome stays, and it is not run again."""
    text = (
        f"The SageMaker {f.kind.noun} {job.name} no longer exists in {job.region}: it was deleted outside of "
        "Kubernetes. It is not run again; create a new object for that."
    )
    over = f.word in TERMINAL
    succeeded = "True" if f.word == "Completed" else "False"
    fields = {
        f.kind.status_word: f.word if over else "Failed",
        f.kind.status_name: job.name,
        "additional": (f.status.get("additional") or None) if over else text,
        "operatorState": _state(f, job),
    }
    wanted = [
        conditions.Wanted("Succeeded", succeeded, reasons.DELETED_EXTERNALLY, text),
        conditions.Wanted("Reconciling", "False", reasons.SETTLED),
        _stalled(""),
    ]
    return _status(f, fields, wanted)


# --- telling ---------------------------------------------------------------------------------------------------


def created_note(f: Facts, job: Target) -> Note:
    """The job was created."""
    return Note("Normal", reasons.CREATED, f"Created SageMaker {f.kind.noun} {job.name} in {job.region}.")


def adopted_note(f: Facts, job: Target) -> Note:
    """An existing job is followed from now on."""
    return Note("Normal", reasons.ADOPTED, f"Follows the existing SageMaker {f.kind.noun} {job.name} in {job.region}.")


def deleted_note(f: Facts, job: Target) -> Note:
    """The job vanished."""
    return Note("Warning", reasons.DELETED_EXTERNALLY, f"SageMaker {f.kind.noun} {job.name} no longer exists.")


def conflict_note(conflict: Status) -> Note:
    """The job's name is taken by somebody else's job."""
    return Note("Warning", reasons.NAME_CONFLICT, str(conflict["additional"])[:_MESSAGE_LIMIT])


def refusal_note(refusal: Refusal) -> Note:
    """AWS refused a request."""
    return Note("Warning", refusal.reason, f"{refusal.operation}: {_plain(refusal.text)}"[:_MESSAGE_LIMIT])


def transition_notes(f: Facts, new: Status, description: Mapping[str, Any]) -> list[Note]:
    """What changed between the object's status and the new one, in SageMaker's own words where it has some."""
    notes = [
        Note("Normal", str(step["Status"]), str(step.get("StatusMessage") or step["Status"]))
        for step in _new_transitions(f, description)
        if step.get("Status") not in TERMINAL
    ]
    word = new.get(f.kind.status_word)
    stalled = conditions.find(new.get("conditions") or (), "Stalled") or {}
    if stalled.get("status") == "True" and not conditions.is_true(f.status.get("conditions") or (), "Stalled"):
        notes.append(Note("Warning", str(stalled["reason"]), str(stalled["message"])[:_MESSAGE_LIMIT]))
    elif word != f.word and word in TERMINAL:
        failed = word == "Failed"
        text = f"The SageMaker {f.kind.noun} is {word}." + (f" {new.get('additional', '')}" if failed else "")
        notes.append(Note("Warning" if failed else "Normal", str(word), text[:_MESSAGE_LIMIT]))
    elif word != f.word and not notes:
        notes.append(Note("Normal", str(word), f"The SageMaker {f.kind.noun} is {word}."))
    return notes


# --- pieces ----------------------------------------------------------------------------------------------------


def _status(f: Facts, fields: Status, wanted: list[conditions.Wanted]) -> Status:
    merged = {**f.status, **fields}
    now = f.timestamp()
    merged["conditions"] = conditions.merge(f.status.get("conditions") or (), wanted, f.generation, now)
    merged["observedGeneration"] = f.generation
    merged["lastCheckTime"] = now
    return _present(merged)


def _present(fields: Mapping[str, Any]) -> Status:
    return {key: value for key, value in fields.items() if value is not None}


def _state(f: Facts, job: Target) -> Status:
    """The note that the job exists. An earlier note of the same keeps its time, so that it is written once."""
    return dict(f.state) if f.confirmed else _note(f, job, confirmed=True)


def _note(f: Facts, job: Target, *, confirmed: bool) -> Status:
    """Which job the object stands for, and whether it is known to exist."""
    return {
        "jobName": job.name,
        "jobRegion": job.region,
        "jobEndpoint": job.endpoint,
        "createAttempt": f.timestamp(),
        "createConfirmed": confirmed,
    }


def _pending(message: str) -> list[conditions.Wanted]:
    return [
        conditions.Wanted("Succeeded", "Unknown", reasons.PENDING, message),
        conditions.Wanted("Reconciling", "True", reasons.PENDING, message),
        conditions.Wanted("Stalled", "False", reasons.PENDING),
    ]


def _stalled(changed: str) -> conditions.Wanted:
    if changed:
        return conditions.Wanted("Stalled", "True", reasons.SPEC_CHANGED, changed)
    return conditions.Wanted("Stalled", "False", reasons.SETTLED)


def _outcome(f: Facts, word: str, description: Mapping[str, Any]) -> list[conditions.Wanted]:
    if word not in TERMINAL:
        reason = reasons.STOPPING if word == "Stopping" else reasons.IN_PROGRESS
        message = SPECIAL[f.kind.name].secondary(description) or word
        return [
            conditions.Wanted("Succeeded", "Unknown", reason, message),
            conditions.Wanted("Reconciling", "True", reason, message),
        ]
    message = str(description.get("FailureReason") or f"The SageMaker {f.kind.noun} is {word}.")
    return [
        conditions.Wanted("Succeeded", "True" if word == "Completed" else "False", word, message),
        conditions.Wanted("Reconciling", "False", reasons.SETTLED),
    ]


def _spec_changed(f: Facts, job: Target, description: Mapping[str, Any]) -> str:
    """What the spec says now and the job does not have; empty when they agree.

    A summary (which has no ARN here) tells too little to compare.
    """
    if not arn(f.kind, description):
        return ""
    found = list(drift.differences(f.kind.name, f.spec, description))
    for field, actual in (("region", job.region), ("sageMakerEndpoint", job.endpoint)):
        if str(f.spec.get(field) or "") != actual:
            found.append(drift.Difference(field, f.spec.get(field), actual or None))
    return drift.drift_text(f.kind.name, found) if found else ""


def _plain(text: str) -> str:
    """AWS's message without the line on status code and request id, which differs each time."""
    return text.partition("\n\tstatus code:")[0]


def _same_but_request_id(old: str, new: str) -> str:
    """Keep the old text when only AWS's request id differs: every retry would be a change otherwise."""
    return old if _REQUEST_ID.sub("", old) == _REQUEST_ID.sub("", new) else new


def _new_transitions(f: Facts, description: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Secondary status transitions whose message was not told yet: those after the one that the status shows.

    A status without an ARN was filled in from a List answer, which has no messages: none was told. A job that is
    stopping hides its secondary status; its word says the same.
    """
    steps = list(description.get("SecondaryStatusTransitions") or ())
    if not f.status.get("sageMakerJobArn"):
        return steps
    shown = str(f.status.get("secondaryStatus") or f.word)
    for index in range(len(steps) - 1, -1, -1):
        if steps[index].get("Status") == shown:
            return steps[index + 1 :]
    return steps
