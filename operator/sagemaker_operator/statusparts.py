"""What the statuses of all kinds are made of. Pure.

A status is always a whole new one, made from the old one and what is to be different; it is written only when it
differs by more than the time of the last look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_operator import reasons, tagging
from sagemaker_operator.facts import Facts, Found, Refusal, Target
from sagemaker_operator.notes import Note
from sagemaker_operator.steps import Done, Step, WriteStatus
from smkube import conditions

Status = dict[str, Any]

FIRST_WORD = "SynchronizingK8sJobWithSageMaker"
"""Status word of an object that SageMaker is not known to have anything for yet (the original operator's)."""
CREATED = "created"
"""Key of the answer to the call that makes what the object stands for."""
MESSAGE_LIMIT = 1000
"""Length to which the text of an Event is cut, in characters."""

_REQUEST_ID = re.compile(r"request id: \S+")
_CHECK_TIMES = frozenset({"lastCheckTime", "lastUpdateTime"})


def status(f: Facts, fields: Status, wanted: list[conditions.Wanted]) -> Status:
    """The object's status with other fields and conditions.

    Args:
        f: the facts.
        fields: fields to set; None takes one away.
        wanted: conditions to set; others stay.
    """
    merged = {**f.status, **fields}
    now = f.timestamp()
    merged["conditions"] = conditions.merge(f.status.get("conditions") or (), wanted, f.generation, now)
    merged["observedGeneration"] = f.generation
    merged[f.kind.check_time] = now
    merged["operatorState"] = _with_difference(merged.get("operatorState") or {}, wanted) or None
    return {key: value for key, value in merged.items() if value is not None}


def _with_difference(state: Mapping[str, Any], wanted: list[conditions.Wanted]) -> Status:
    """The notes, with whether the spec differs: the rules that refuse edits of what exists go by it."""
    stalled = next((one for one in wanted if one.type == "Stalled"), None)
    if stalled is None:
        return dict(state)
    rest = {key: value for key, value in state.items() if key != "specDiffers"}
    return {**rest, "specDiffers": True} if stalled.reason == reasons.SPEC_CHANGED else rest


def write(f: Facts, new: Status, *notes: Note) -> WriteStatus | None:
    """A step when the status is to change, else None."""
    return WriteStatus(new, tuple(notes)) if differs(f.status, new) else None


def differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a status is worth a write: the time of the last look alone is not."""
    return bool(patch(old, new).keys() - _CHECK_TIMES)


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


def intent(f: Facts, job: Target) -> Status:
    """`operatorState` before a Create: what the object stands for, not known to exist."""
    return _noted(f, job, confirmed=False)


def confirmed(f: Facts, job: Target) -> Status:
    """`operatorState` once it is known to exist. An earlier note of that keeps its time, so that it is written once."""
    if f.confirmed:
        return dict(f.state)
    noted = _noted(f, job, confirmed=True)
    just_made = (f.created and f.created_from == f.generation) or isinstance(f.answers.get(CREATED), Found)
    # Found after a doubt, and not just made: the tags may be those of an earlier spec.
    return noted if f.intent is None or just_made else {**noted, **tagging.unknown(f)}


def _noted(f: Facts, job: Target, *, confirmed: bool) -> Status:
    kept = {key: f.state[key] for key in ("reconcileNow",) if key in f.state}
    return {
        **kept,
        **tagging.note(f),
        "jobName": job.name,
        "jobRegion": job.region,
        "jobEndpoint": job.endpoint,
        "createAttempt": f.timestamp(),
        "createConfirmed": confirmed,
    }


def renewed(f: Facts) -> Status:
    """The intent once more, with the time of this attempt; nothing else moves."""
    # An earlier attempt may have had other tags.
    return {**f.status, "operatorState": {**f.state, **tagging.unknown(f), "createAttempt": f.timestamp()}}


def plain(text: str) -> str:
    """AWS's message without the line on status code and request id, which differs each time."""
    return text.partition("\n\tstatus code:")[0]


def same_but_request_id(old: str, new: str) -> str:
    """Keep the old text when only AWS's request id differs: every retry would be a change otherwise."""
    return old if _REQUEST_ID.sub("", old) == _REQUEST_ID.sub("", new) else new


def refusal_conditions(refusal: Refusal) -> list[conditions.Wanted]:
    """`Reconciling` and `Stalled` of an object whose request AWS refused."""
    message = plain(refusal.text)
    stalled = reasons.RETRY[refusal.reason].stalled
    # Never both, or kstatus would see progress where there is none.
    return [
        conditions.Wanted("Reconciling", "False" if stalled else "True", refusal.reason, message),
        conditions.Wanted("Stalled", "True" if stalled else "False", refusal.reason, message),
    ]


def ready_conditions(
    ready: str, reason: str, message: str, *, working: bool = False, stalled: bool = False
) -> list[conditions.Wanted]:
    """`Ready`, `Reconciling` and `Stalled` of what is either there or not.

    Args:
        ready: the status of `Ready`.
        reason: why.
        message: the same for people.
        working: there is work under way.
        stalled: waiting alone is not expected to help.
    """
    calm = reason if working or stalled else reasons.SETTLED
    told = {True: ("True", reason, message), False: ("False", calm, "")}
    return [
        conditions.Wanted("Ready", ready, reason, message),
        conditions.Wanted("Reconciling", *told[working]),
        conditions.Wanted("Stalled", *told[stalled]),
    ]


def refused(f: Facts, refusal: Refusal, say: Callable[[Facts, Refusal], Status]) -> Step:
    """AWS said no, or nothing: tell the user what stands in the way, and come back by the reason's back-off.

    Args:
        f: the facts.
        refusal: what AWS said.
        say: the status that shows it.
    """
    later = Done(retry=refusal.reason, look=f.confirmed)
    if refusal.reason in reasons.PASSING and f.confirmed:
        return later
    notes = () if refusal.reason == reasons.THROTTLED else (refusal_note(refusal),)
    return write(f, say(f, refusal), *notes) or later


def refusal_note(refusal: Refusal) -> Note:
    """The Event about a refused request."""
    return Note("Warning", refusal.reason, f"{refusal.operation}: {plain(refusal.text)}"[:MESSAGE_LIMIT])
