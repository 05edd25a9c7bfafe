"""Statuses: what an object's status says in each state. Pure; each function returns a whole new status.

The original operator's fields keep their names, words and texts. Beside them stand conditions by the Kubernetes API
conventions: `Succeeded` (Unknown until the job is over), `Reconciling` (there is work under way) and `Stalled`
(waiting alone is not expected to help).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sagemaker_operator import failurelog, feedstate, reasons, references, statusparts, tagging
from sagemaker_operator.facts import Facts, Refusal, Summary, Target
from sagemaker_operator.kinds import SPECIAL
from sagemaker_operator.mapping import drift
from sagemaker_operator.notes import Note
from sagemaker_operator.statusparts import (
    FIRST_WORD,
    MESSAGE_LIMIT,
    Status,
    plain,
    refusal_conditions,
    same_but_request_id,
    status,
)
from smkube import conditions, kinds

TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
"""Words after which a job never changes again (SageMaker API: TrainingJobStatus, TransformJobStatus)."""
OVER = TERMINAL | {"DeleteFailed"}
"""Words of a job that runs no more; a deletion is only ever tried of a job at its end."""
ENDING = frozenset({"Stopping", "Deleting"})
"""Words of a job that is already on its way to its end."""
_ARN = "sageMakerJobArn"

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


def hindered(f: Facts) -> bool:
    """The status tells of a refusal that is tried again; if nobody looked, it would tell of it for ever."""
    have = f.status.get("conditions") or ()
    told = (conditions.find(have, name) or {} for name in ("Stalled", "Reconciling"))
    return any(one.get("reason") in reasons.RETRY for one in told)


def followed(f: Facts) -> Target | None:
    """The job that the change feed is to watch: one that is known, and not at its end."""
    if not (f.confirmed or f.created) or (settled(f) and not f.deleting):
        return None
    return f.intent


def lags(kind: kinds.Kind, description: Mapping[str, Any], listed: Summary) -> bool:
    """A description is older than a List answer. Transform jobs are described without LastModifiedTime."""
    modified = description.get("LastModifiedTime")
    if isinstance(modified, datetime):
        return modified.timestamp() < listed.modified
    return listed.status in TERMINAL and aws_word(kind, description) not in TERMINAL


def agrees(f: Facts, listed: Summary) -> bool:
    """The status already says what a List answer shows. An outcome is only written down with its conditions."""
    if listed.status in TERMINAL:
        return settled(f)
    special = SPECIAL[f.kind.name]
    shown = {f.kind.api.status: listed.status, "SecondaryStatus": listed.secondary}
    same_secondary = not listed.secondary or special.secondary(shown) == str(f.status.get("secondaryStatus") or "")
    same_counters = not listed.counters or listed.counters == feedstate.counters(
        f.status.get("trainingJobStatusCounters") or {}
    )
    return f.word == listed.status and same_secondary and same_counters


def is_early(f: Facts, listed: Summary) -> bool:
    """The job does not train yet, and was not described so far: a description is where an ARN comes from."""
    return listed.status == "InProgress" and listed.secondary not in ("", "Training") and not f.status.get(_ARN)


def is_told_by_list(f: Facts, listed: Summary) -> bool:
    """A List answer says all that there is to say: no Describe is needed to show it.

    What AWS says about each step on the way is told with the first description, which follows when the job trains.
    """
    if f.word == FIRST_WORD:
        return listed.status not in TERMINAL
    return f.word == listed.status and not listed.counters and is_early(f, listed)


# --- writing ---------------------------------------------------------------------------------------------------


def first(f: Facts, job: Target) -> Status:
    """Before the Create: the intent is on file, the job is not there yet."""
    note = {**statusparts.intent(f, job), **references.note(f)}
    fields = {f.kind.status_word: FIRST_WORD, f.kind.status_name: None, "additional": None, "operatorState": note}
    return status(f, fields, _pending("Waiting for SageMaker to create the job."))


def renewed(f: Facts) -> Status:
    """The intent once more, with the time of this attempt."""
    new = statusparts.renewed(f)
    return {**new, "operatorState": {**new["operatorState"], **references.note(f)}}


def confirmed(f: Facts, job: Target) -> Status:
    """The Create was accepted; what the job does is not known yet. An edit that came meanwhile was not looked at."""
    fields = {
        **SPECIAL[f.kind.name].fields(job, {}),
        f.kind.status_word: FIRST_WORD,
        f.kind.status_name: job.name,
        "additional": None,
        "operatorState": _confirmed(f, job),
    }
    looked_at = replace(f, generation=f.created_from)
    return status(looked_at, fields, _pending("SageMaker has accepted the job."))


def summarised(f: Facts, job: Target, listed: Summary, *, confirm: bool = False) -> Status:
    """A running job as a List answer shows it; see `observed`."""
    shown = {f.kind.api.status: listed.status, "SecondaryStatus": listed.secondary}
    return observed(f, job, shown, confirm=confirm)


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
    refusal = tagging.refusal(f)
    untagged = f"{refusal.operation}: {plain(refusal.text)}" if refusal else ""
    state = _confirmed(f, job) if confirm else f.state
    fields = {
        **special.fields(job, description),
        f.kind.status_word: special.changed_word if changed and special.changed_word else word,
        f.kind.status_name: job.name,
        "additional": special.explanation(description) or changed or untagged or None,
        "operatorState": tagging.state(f, state) or None,
    }
    new = status(f, fields, [*_outcome(f, word, description), _stalled(f, word, description, changed, refusal)])
    if refusal:
        # The spec is not carried out yet.
        new["observedGeneration"] = f.status.get("observedGeneration", 0)
    return new


def refused(f: Facts, refusal: Refusal) -> Status:
    """AWS refused a request; a job that exists keeps the word it has."""
    fields: Status = {}
    if refusal.reason not in reasons.PASSING:
        special = SPECIAL[f.kind.name]
        text = special.prefixes.get(refusal.operation, "") + refusal.text
        fields["additional"] = same_but_request_id(str(f.status.get("additional", "")), text)
        inherited_outcome = f.intent is None and has_run(f)
        if not f.confirmed and not f.deleting and not inherited_outcome:
            fields[f.kind.status_word] = special.refused_word
    wanted = refusal_conditions(refusal)
    if not f.confirmed:
        wanted.append(conditions.Wanted("Succeeded", "Unknown", refusal.reason, plain(refusal.text)))
    new = status(f, fields, wanted)
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
    return status(f, {f.kind.status_word: word, "additional": text}, wanted)


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
        "operatorState": _confirmed(f, job),
    }
    wanted = [
        conditions.Wanted("Succeeded", succeeded, reasons.DELETED_EXTERNALLY, text),
        conditions.Wanted("Reconciling", "False", reasons.SETTLED),
        conditions.Wanted("Stalled", "False" if f.word == "Completed" else "True", reasons.DELETED_EXTERNALLY, text),
    ]
    return status(f, fields, wanted)


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
    return Note("Warning", reasons.NAME_CONFLICT, str(conflict["additional"])[:MESSAGE_LIMIT])


def transition_notes(f: Facts, new: Status, description: Mapping[str, Any]) -> list[Note]:
    """What changed between the object's status and the new one, in SageMaker's own words where it has some."""
    notes = [
        Note("Normal", str(step["Status"]), str(step.get("StatusMessage") or step["Status"]))
        for step in _new_transitions(f, description)
        if step.get("Status") not in TERMINAL
    ]
    word = new.get(f.kind.status_word)
    stalled = conditions.find(new.get("conditions") or (), "Stalled") or {}
    newly_stalled = stalled.get("status") == "True" and stalled.get("reason") not in TERMINAL
    if newly_stalled and not conditions.is_true(f.status.get("conditions") or (), "Stalled"):
        notes.append(Note("Warning", str(stalled["reason"]), str(stalled["message"])[:MESSAGE_LIMIT]))
    elif word != f.word and word in TERMINAL:
        notes.append(_end_note(f, str(word), str(new.get("additional") or "")))
    elif word != f.word and not notes:
        notes.append(Note("Normal", str(word), f"The SageMaker {f.kind.noun} is {word}."))
    return notes


def _end_note(f: Facts, word: str, additional: str) -> Note:
    """The end of a job; of one that failed with the reason and, where they could be read, its last log lines."""
    text = f"The SageMaker {f.kind.noun} is {word}."
    if word != "Failed":
        return Note("Normal", word, text)
    text = f"{text} {additional}".strip()
    lines = failurelog.tail(f, MESSAGE_LIMIT - min(len(text), MESSAGE_LIMIT // 2) - 1)
    if lines:
        text = f"{text[: MESSAGE_LIMIT // 2]} {lines}"
    return Note("Warning", word, text[:MESSAGE_LIMIT])


# --- pieces ----------------------------------------------------------------------------------------------------


def _confirmed(f: Facts, job: Target) -> Status:
    """`operatorState` of a job that is known to exist; what names of objects stood for stays on file."""
    return {**statusparts.confirmed(f, job), **references.note(f)}


def _pending(message: str) -> list[conditions.Wanted]:
    return [
        conditions.Wanted("Succeeded", "Unknown", reasons.PENDING, message),
        conditions.Wanted("Reconciling", "True", reasons.PENDING, message),
        conditions.Wanted("Stalled", "False", reasons.PENDING),
    ]


def _stalled(
    f: Facts, word: str, description: Mapping[str, Any], changed: str, refusal: Refusal | None
) -> conditions.Wanted:
    """A job that did not succeed counts as stalled too: whoever waits for it by kstatus's rules is to see a failure."""
    if changed:
        return conditions.Wanted("Stalled", "True", reasons.SPEC_CHANGED, changed)
    if refusal is not None and reasons.RETRY[refusal.reason].stalled:
        return conditions.Wanted("Stalled", "True", refusal.reason, f"{refusal.operation}: {plain(refusal.text)}")
    if word in TERMINAL and word != "Completed":
        return conditions.Wanted("Stalled", "True", word, _verdict(f, word, description))
    return conditions.Wanted("Stalled", "False", reasons.SETTLED)


def _verdict(f: Facts, word: str, description: Mapping[str, Any]) -> str:
    return SPECIAL[f.kind.name].explanation(description) or f"The SageMaker {f.kind.noun} is {word}."


def _outcome(f: Facts, word: str, description: Mapping[str, Any]) -> list[conditions.Wanted]:
    if word not in TERMINAL:
        reason = reasons.STOPPING if word == "Stopping" else reasons.IN_PROGRESS
        message = SPECIAL[f.kind.name].secondary(description) or word
        return [
            conditions.Wanted("Succeeded", "Unknown", reason, message),
            conditions.Wanted("Reconciling", "True", reason, message),
        ]
    message = _verdict(f, word, description)
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
    found = list(drift.differences(f.kind.name, references.spec(f), description))
    for field, actual in (("region", job.region), ("sageMakerEndpoint", job.endpoint)):
        if str(f.spec.get(field) or "") != actual:
            found.append(drift.Difference(field, f.spec.get(field), actual or None))
    return drift.drift_text(f.kind.name, found) if found else ""


def _new_transitions(f: Facts, description: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Secondary status transitions whose message was not told yet: those after the one that the status shows.

    A status without an ARN was filled in from a List answer, which has no messages: none was told. A job that is
    stopping hides its secondary status; its word says the same.
    """
    steps = list(description.get("SecondaryStatusTransitions") or ())
    if not f.status.get(_ARN):
        return steps
    shown = str(f.status.get("secondaryStatus") or f.word)
    for index in range(len(steps) - 1, -1, -1):
        if steps[index].get("Status") == shown:
            return steps[index + 1 :]
    return steps
