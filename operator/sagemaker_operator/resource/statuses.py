"""Statuses of a Model or EndpointConfig: what it says in each state. Pure; each function returns a whole new status.

The original operator's fields keep their names, words and texts. Beside them stand `Ready` (SageMaker has what the
spec asks for), `Reconciling` (work is under way) and `Stalled` (waiting alone is not expected to help).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sagemaker_operator import facts, reasons, statusparts, tagging
from sagemaker_operator.facts import Facts, Refusal, Target
from sagemaker_operator.notes import Note
from sagemaker_operator.resource import content, places
from sagemaker_operator.resource.words import CREATED, DELETED, ERROR, WORDS
from sagemaker_operator.statusparts import FIRST_WORD, Status, plain, ready_conditions, same_but_request_id, status
from smkube import conditions
from smkube.conditions import Wanted

_UNSURE = "unsure"
"""In place of the digest of tags, where those that AWS has are not known."""

# --- reading ---------------------------------------------------------------------------------------------------


def settled(f: Facts) -> bool:
    """The status says that SageMaker has what the present spec asks for, and that nothing is under way."""
    ready = conditions.is_true(f.status.get("conditions") or (), "Ready")
    looked_at = f.status.get("observedGeneration") == f.generation
    calm = not (places.replacing(f) or tagging.unsure(f))
    return f.confirmed and ready and looked_at and f.word == CREATED and calm


def arn(f: Facts, answer: Mapping[str, Any]) -> str:
    """The ARN in the answer of a Create or a Describe."""
    return str(answer.get(f.kind.api.arn) or "")


# --- writing ---------------------------------------------------------------------------------------------------


def first(f: Facts, job: Target) -> Status:
    """The intent is on file, the resource is not there (any more)."""
    # Tags that come with an edit before it is known what came of the Create are to be noticed.
    untagged = {"tagHash": tagging.digest({})}
    state = {**untagged, **statusparts.intent(f, job), content.NOTE: content.digest(f)}
    if places.replacing(f):
        state["replacement"] = f.state["replacement"]
    text = f"Waiting for SageMaker to create the {f.kind.noun}."
    return _with(
        f,
        {f.kind.status_word: FIRST_WORD, **_named(f, None, None), "additional": None, "operatorState": state},
        ready_conditions("False" if f.confirmed else "Unknown", reasons.PENDING, text, working=True),
    )


def announced(f: Facts) -> Status:
    """The intent once more, with the time of this attempt; nothing else moves."""
    state = _with_unsure_tags(f, statusparts.renewed(f)["operatorState"])
    if not places.replacing(f):
        # What it says of a resource that is to be replaced holds until that is done.
        state[content.NOTE] = content.digest(f)
    return {**f.status, "operatorState": state}


def replacing(f: Facts, stand_in: Target) -> Status:
    """What is there is another one than the spec asks for; before anything is done the stand-in's name is on file."""
    state = _with_unsure_tags(f, {**f.state, "replacement": stand_in.name, "createAttempt": f.timestamp()})
    text = f"The {f.kind.noun} is being replaced: SageMaker cannot change one that exists."
    return _with(f, {"operatorState": state}, ready_conditions("False", reasons.UPDATING, text, working=True))


def taken(f: Facts, job: Target, description: Mapping[str, Any]) -> Status:
    """What was found is the object's own, whatever is to become of it."""
    return {**f.status, "operatorState": _state(f, job, description)}


def created(f: Facts, job: Target, answer: Mapping[str, Any], *, sent: bool, trouble: Refusal | None = None) -> Status:
    """SageMaker has what the spec asks for.

    Args:
        f: the facts.
        job: the resource.
        answer: of the Create or the Describe.
        sent: the spec's tags went with it.
        trouble: what AWS said against the tags, if it did.
    """
    before = {key: value for key, value in _state(f, job, answer).items() if key != "replacement"}
    if sent:
        before = {key: value for key, value in before.items() if key not in ("tagHash", "tagKeys")}
        before.update(tagging.note(f))
    state = {**tagging.state(f, before), content.NOTE: content.digest(f)}
    text = None if trouble is None else _text(f, f"{trouble.operation}: {trouble.text}")
    new = _with(
        f,
        {
            f.kind.status_word: CREATED,
            **_named(f, job.name, arn(f, answer)),
            "additional": text,
            "operatorState": state,
        },
        ready_conditions("True", reasons.READY, f"SageMaker has the {f.kind.noun}."),
    )
    return new if trouble is None else _with_trouble(f, new, trouble)


def refused(f: Facts, refusal: Refusal) -> Status:
    """AWS refused a request. What is there keeps its name."""
    fields: Status = {}
    if refusal.reason not in reasons.PASSING:
        prefix = WORDS[f.kind.name].prefixes.get(refusal.operation, "")
        fields["additional"] = _text(f, prefix + refusal.text)
        if refusal.reason != reasons.DEPENDENCY_NOT_READY:
            fields[f.kind.status_word] = ERROR
    ready = Wanted("Ready", "False" if f.confirmed else "Unknown", refusal.reason, plain(refusal.text))
    new = _with(f, fields, [ready, *statusparts.refusal_conditions(refusal)])
    if f.confirmed and refusal.operation != f.kind.api.create:
        # What the spec says now was not compared with SageMaker yet.
        new["observedGeneration"] = f.status.get("observedGeneration", 0)
    return new


def stood_in(f: Facts, stand_in: Target, answer: Mapping[str, Any]) -> Status:
    """The resource could not be made again under its own name: the stand-in is what there is."""
    found = arn(f, answer) or None
    return {key: value for key, value in {**f.status, **_named(f, stand_in.name, found)}.items() if value is not None}


def spec_changed(f: Facts, job: Target) -> Status:
    """The spec asks for a resource in another place than the one that was made."""
    wanted = places.main(f)
    pairs = (("region", wanted.region, job.region), ("sageMakerEndpoint", wanted.endpoint, job.endpoint))
    told = ", ".join(
        f"{field} (the object says {says or 'nothing'}, the {f.kind.noun} has {has or 'none'})"
        for field, says, has in pairs
        if says != has
    )
    text = (
        f"What cannot be changed of a {f.kind.noun} that exists was changed in the spec: {told}. The {f.kind.noun} is "
        "left as it is until the edit is reverted; create another object for another place."
    )
    return _with(f, {"additional": text}, ready_conditions("False", reasons.SPEC_CHANGED, text, stalled=True))


def hindered(f: Facts, text: str) -> Status:
    """The spec cannot be carried out, and AWS need not be asked."""
    fields = {f.kind.status_word: ERROR, "additional": text}
    return _with(f, fields, ready_conditions("Unknown", reasons.INVALID_SPEC, text, stalled=True))


def waiting(f: Facts, text: str) -> Status:
    """The object is to go, and something else has to go first."""
    return _with(f, {}, ready_conditions("False", reasons.DEPENDENCY_NOT_READY, text, working=True))


def gone(f: Facts) -> Status:
    """SageMaker has nothing of the object any more."""
    fields = {f.kind.status_word: DELETED, **_named(f, None, None), "additional": None}
    text = f"The SageMaker {f.kind.noun} is deleted."
    return _with(f, fields, ready_conditions("False", reasons.DELETING, text, working=True))


# --- Events ----------------------------------------------------------------------------------------------------


def created_note(f: Facts, job: Target) -> Note:
    """It was created."""
    return Note("Normal", reasons.CREATED, f"Created SageMaker {f.kind.noun} {job.name} in {job.region}.")


def adopted_note(f: Facts, job: Target) -> Note:
    """An existing one is looked after from now on."""
    return Note("Normal", reasons.ADOPTED, f"Looks after the existing SageMaker {f.kind.noun} {job.name} now.")


def replaced_note(f: Facts, job: Target) -> Note:
    """It was made anew from the spec as it is now."""
    return Note("Normal", reasons.REPLACED, f"Replaced SageMaker {f.kind.noun} {job.name} in {job.region}.")


def vanished_note(f: Facts, job: Target) -> Note:
    """It was deleted by somebody else."""
    text = (
        f"SageMaker {f.kind.noun} {job.name} no longer exists: it was deleted outside of Kubernetes. It is made anew."
    )
    return Note("Warning", reasons.DELETED_EXTERNALLY, text)


# --- pieces ----------------------------------------------------------------------------------------------------


def _state(f: Facts, job: Target, answer: Mapping[str, Any]) -> Status:
    """`operatorState` of a resource that is known to exist; the time of its making stays as it was noted."""
    made = answer.get("CreationTime")
    if f.intent is None:
        state = statusparts.confirmed(f, job)
        return {**state, "createAttempt": facts.rfc3339(made)} if isinstance(made, datetime) else state
    return {**f.state, "createConfirmed": True}


def _with_unsure_tags(f: Facts, state: Mapping[str, Any]) -> Status:
    """The notes before a Create that may come with other tags than are noted: AWS has to tell then what counts."""
    tags = tagging.of_spec(f)
    if state.get("tagHash") == tagging.digest(tags):
        return dict(state)
    return {**state, "tagHash": _UNSURE, "tagKeys": sorted({*map(str, state.get("tagKeys") or ()), *tags})}


def _with(f: Facts, fields: Status, wanted: list[Wanted]) -> Status:
    return status(f, fields, wanted)


def _with_trouble(f: Facts, new: Status, trouble: Refusal) -> Status:
    """The resource is there, and its tags are not those of the spec yet."""
    wanted = statusparts.refusal_conditions(trouble)
    ready = Wanted("Ready", "False", trouble.reason, plain(trouble.text))
    old = f.status.get("conditions") or ()
    merged = conditions.merge(old, [ready, *wanted], f.generation, f.timestamp())
    return {**new, "conditions": merged, "observedGeneration": f.status.get("observedGeneration", 0)}


def _named(f: Facts, name: str | None, found: str | None) -> Status:
    return {f.kind.status_name: name, WORDS[f.kind.name].arn: found or None}


def _text(f: Facts, text: str) -> str:
    return same_but_request_id(str(f.status.get("additional", "")), text)
