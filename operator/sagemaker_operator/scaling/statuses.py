"""Statuses of a HostingAutoscalingPolicy: what it says in each state. Pure; each function returns a whole new status.

The original operator's fields keep their names, words and texts. Beside them stand `Ready` (bounds, policy and
schedule are in force everywhere), `Reconciling` (work is under way) and `Stalled` (waiting alone is not expected to
help), and `targets` with a line for each resource.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sagemaker_operator import reasons, statusparts, tagging
from sagemaker_operator.facts import Facts, Refusal
from sagemaker_operator.mapping import scaling
from sagemaker_operator.notes import Note
from sagemaker_operator.scaling import bring, calls, holdings
from sagemaker_operator.scaling.bring import Outcome
from sagemaker_operator.scaling.holdings import Holdings, Key
from sagemaker_operator.statusparts import Status, plain, ready_conditions, same_but_request_id, status
from smkube import conditions
from smkube.conditions import Wanted

RECONCILING, CREATED, ERROR, DELETED = "Reconciling", "Created", "Error", "Deleted"
"""Status words (the original operator's)."""
NOTE = "contentHash"
"""Key in `operatorState` of the digest of the requests that `targets` speaks of."""

_INNER = {
    "RegisterScalableTarget": "Unable to Register Target: ",
    "PutScalingPolicy": "Unable to Put Scaling Policy: ",
    "DeleteScalingPolicy": "Unable to DeleteScalingPolicy: ",
    "DeregisterScalableTarget": "Unable to DeregisterScalableTarget: ",
}
_WAITS = reasons.PASSING | {reasons.DEPENDENCY_NOT_READY}
"""Reasons for which the word is `Reconciling`; the original had it for the errors that these stand for."""

# --- reading ---------------------------------------------------------------------------------------------------


def digest(f: Facts) -> str:
    """A short text that differs when the requests for the spec do."""
    asked = [
        (
            scaling.register_request(f.spec, one, scaling.tags(f.spec)),
            scaling.put_policy_request(f.spec, one),
            scaling.scheduled_action_requests(f.spec, one),
        )
        for one in scaling.resource_ids(f.spec)
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def settled(f: Facts) -> bool:
    """The status says that everything the present spec asks for is in force, and that nothing is under way."""
    ready = conditions.is_true(f.status.get("conditions") or (), "Ready")
    return f.confirmed and ready and f.word == CREATED and f.status.get("observedGeneration") == f.generation


def in_force(f: Facts) -> frozenset[str]:
    """The resources that were brought to the present spec, by the status of an object that is not settled."""
    if f.state.get(NOTE) != digest(f):
        return frozenset()
    return frozenset(str(one.get("resourceId")) for one in f.status.get("targets") or () if one.get("ready"))


# --- writing ---------------------------------------------------------------------------------------------------


def announced(f: Facts, applied: Holdings, *, anew: bool) -> Status:
    """What is about to be applied is on file.

    Args:
        f: the facts.
        applied: what there is or may be from now on.
        anew: what the status says of each resource is not believed any more.
    """
    place = calls.place(f.spec)
    kept = {key: value for key, value in f.state.items() if key in ("tagHash", "tagKeys", NOTE)}
    if anew:
        kept.pop(NOTE, None)
    state = {**statusparts.intent(f, place), **kept, holdings.NOTE: holdings.notes(applied)}
    for key in ("tagHash", "tagKeys"):
        if key not in kept:
            state.pop(key, None)
    if f.word and f.status.get("conditions"):
        return {**f.status, "operatorState": state}
    fields = {f.kind.status_word: f.word or RECONCILING, f.kind.status_name: place.name, "operatorState": state}
    text = "Waiting for Application Auto Scaling."
    return status(f, fields, ready_conditions("Unknown", reasons.PENDING, text, working=True))


def created(f: Facts, wanted: Holdings) -> Status:
    """Everything is in force, and nothing else."""
    fields = {
        f.kind.status_word: CREATED,
        f.kind.status_name: scaling.policy_name(f.spec),
        "additional": None,
        "resourceIDList": _ids(wanted),
        "targets": [{"resourceId": one, "ready": True} for one in _ids(wanted)],
        "operatorState": _state(f, wanted, confirmed=True, tagged=True),
    }
    return status(f, fields, ready_conditions("True", reasons.READY, "The policy is in force."))


def partial(f: Facts, outcomes: Sequence[Outcome], applied: Holdings, refusals: Sequence[Refusal]) -> Status:
    """Something is not in force, or not gone, yet.

    Args:
        f: the facts.
        outcomes: how it stands with each resource, as far as the pass came.
        applied: what there is or may be.
        refusals: AWS's noes; none when the pass only could not do everything at once.
    """
    came = {one.key[0]: one for one in outcomes}
    ready = {resource for resource, one in came.items() if one.refusal is None}
    before = set(f.status.get("resourceIDList") or ())
    fields: Status = {
        f.kind.status_name: scaling.policy_name(f.spec),
        "resourceIDList": [one for one in _ids(applied) if one in ready | before],
        "targets": [_line(f, one, came.get(one)) for one in scaling.resource_ids(f.spec)],
        "operatorState": _state(f, applied, confirmed=False, tagged=False),
    }
    if not refusals:
        fields |= {f.kind.status_word: RECONCILING, "additional": None}
        return status(f, fields, ready_conditions("False", reasons.PENDING, "Not all is applied yet.", working=True))
    told = worst(refusals)
    fields |= {f.kind.status_word: _word(told), "additional": _text(f, told)}
    return status(f, fields, _refused(told))


def refused(f: Facts, refusal: Refusal, applied: Holdings | None = None) -> Status:
    """AWS refused what has nothing to do with the present spec.

    Args:
        f: the facts.
        refusal: AWS's no.
        applied: what there is or may be, where that is less by now.
    """
    fields: Status = {"additional": _text(f, refusal), f.kind.status_word: _word(refusal)}
    if applied is not None:
        fields["operatorState"] = {**f.state, holdings.NOTE: holdings.notes(applied)}
    return status(f, fields, _refused(refusal))


def invalid(f: Facts, text: str) -> Status:
    """The spec cannot be carried out, and AWS need not be asked; what is in force stays."""
    fields = {f.kind.status_word: ERROR, "additional": text, f.kind.status_name: scaling.policy_name(f.spec)}
    return status(f, fields, ready_conditions("False", reasons.INVALID_SPEC, text, stalled=True))


def spec_changed(f: Facts, noted: str) -> Status:
    """The spec asks for another region than the one in which the policy is in force."""
    text = (
        "What cannot be changed of a policy that is in force was changed in the spec: region (the object says "
        f"{f.spec.get('region')}, the policy has {noted}). The policy is left as it is until the edit is reverted; "
        "create another object for another region."
    )
    return status(f, {"additional": text}, ready_conditions("False", reasons.SPEC_CHANGED, text, stalled=True))


def narrowed(f: Facts, applied: Holdings) -> Status:
    """Part of it is gone."""
    return {**f.status, "operatorState": {**f.state, holdings.NOTE: holdings.notes(applied)}}


def gone(f: Facts) -> Status:
    """Application Auto Scaling has nothing of the object any more."""
    state = {**f.state, holdings.NOTE: []}
    fields = {
        f.kind.status_word: DELETED,
        "additional": None,
        "resourceIDList": None,
        "targets": None,
        "operatorState": state,
    }
    return status(f, fields, ready_conditions("False", reasons.DELETING, "The policy is deleted.", working=True))


# --- what is told ------------------------------------------------------------------------------------------------


def worst(refusals: Sequence[Refusal]) -> Refusal:
    """The one that needs somebody's help most."""
    return max(refusals, key=lambda one: (one.reason not in _WAITS, reasons.RETRY[one.reason].stalled))


def soonest(refusals: Sequence[Refusal]) -> str:
    """The reason by which to come back; what is waited for wakes the object."""
    found = {one.reason for one in refusals}
    if reasons.DEPENDENCY_NOT_READY in found:
        return reasons.DEPENDENCY_NOT_READY
    return min(found, key=lambda reason: (reasons.RETRY[reason].first, reason))


def made_note(f: Facts, keys: Sequence[Key]) -> Note:
    """The policy came into force for the first time."""
    return Note("Normal", reasons.CREATED, f"Applied policy {scaling.policy_name(f.spec)} to {_names(keys)}.")


def adopted_note(f: Facts, keys: Sequence[Key]) -> Note:
    """What is in force is looked after from now on."""
    text = f"Looks after the existing policy {scaling.policy_name(f.spec)} of {_names(keys)} now."
    return Note("Normal", reasons.ADOPTED, text)


def updated_note(f: Facts, keys: Sequence[Key]) -> Note:
    """Something was changed at AWS by an edit."""
    return Note("Normal", reasons.UPDATED, f"Updated policy {scaling.policy_name(f.spec)} of {_names(keys)}.")


def restored_note(f: Facts, keys: Sequence[Key]) -> Note:
    """Somebody else had changed something."""
    text = f"Policy {scaling.policy_name(f.spec)} of {_names(keys)} was changed outside of Kubernetes; it is set again."
    return Note("Warning", reasons.UPDATED, text)


def _names(keys: Sequence[Key]) -> str:
    shown = [key[0] for key in keys[:5]]
    more = f" and {len(keys) - len(shown)} more" if len(keys) > len(shown) else ""
    return f"{', '.join(shown)}{more}" if shown else "no resource"


# --- pieces ------------------------------------------------------------------------------------------------------


def _state(f: Facts, applied: Holdings, *, confirmed: bool, tagged: bool) -> Status:
    state = dict(f.state) if f.intent is not None else statusparts.intent(f, calls.place(f.spec))
    state |= {"createConfirmed": confirmed, holdings.NOTE: holdings.notes(applied), NOTE: digest(f)}
    state["jobName"] = scaling.policy_name(f.spec)
    if tagged and bring.tags_differ(f):
        state = {key: value for key, value in state.items() if key not in ("tagHash", "tagKeys")}
        state |= tagging.note(f)
    return state


def _line(f: Facts, resource: str, came: Outcome | None) -> Status:
    if came is None:
        ready = resource in in_force(f)
        return {"resourceId": resource, "ready": True} if ready else _not_ready(resource, "Not reached yet.")
    if came.refusal is None:
        return {"resourceId": resource, "ready": True}
    return _not_ready(resource, _INNER.get(came.refusal.operation, "") + plain(came.refusal.text))


def _not_ready(resource: str, message: str) -> Status:
    return {"resourceId": resource, "ready": False, "message": message}


def _ids(applied: Holdings) -> list[str]:
    return sorted({resource for resource, _dimension in applied})


def _word(refusal: Refusal) -> str:
    return RECONCILING if refusal.reason in _WAITS else ERROR


def _text(f: Facts, refusal: Refusal) -> str:
    return same_but_request_id(str(f.status.get("additional", "")), _prefix(f, refusal.operation) + refusal.text)


def _prefix(f: Facts, operation: str) -> str:
    if operation == calls.CREATE_CLIENT:
        return "Unable to initialize operator: "
    if operation.startswith("Describe"):
        return "Unable to describe HostingAutoscalingPolicy.: "
    outer = "delete" if f.deleting else "apply"
    return f"Unable to {outer} HostingAutoscalingPolicy: {_INNER.get(operation, f'Unable to {operation}: ')}"


def _refused(refusal: Refusal) -> list[Wanted]:
    ready = Wanted("Ready", "False", refusal.reason, plain(refusal.text))
    return [ready, *statusparts.refusal_conditions(refusal)]
