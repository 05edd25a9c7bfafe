"""Statuses of a HostingDeployment: what it says in each state. Pure; each function returns a whole new status.

The original operator's fields keep their names, words and texts. Beside them stand `Ready` (the endpoint serves),
`Reconciling` (work is under way) and `Stalled` (waiting alone is not expected to help).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import reasons, statusparts, tagging
from sagemaker_operator.facts import Facts, Refusal, Target
from sagemaker_operator.hosting import course, described
from sagemaker_operator.hosting.course import Course, Stand, Verdict
from sagemaker_operator.hosting.plan import Ready, Trouble
from sagemaker_operator.hosting.view import CHANGING, CREATING, DELETING, IN_SERVICE, UPDATING
from sagemaker_operator.statusparts import FIRST_WORD, Status, plain, same_but_request_id, status
from smkube import conditions
from smkube.conditions import Wanted

RECONCILING_WORD = "ReconcilingEndpoint"
"""Status word while there is no endpoint and something stands in the way of one (the original operator's)."""
INITIALISING_WORD = "Failed"
"""Status word while AWS cannot even be asked (the original operator's)."""
GONE_WORD = "Deleted"
"""Status word of a deployment that is deleted and whose endpoint is gone; its children may go then."""
CREATE_CLIENT = "CreateClient"
"""Stands for the operation in an error that came before any request: region or endpoint cannot be used."""

PREFIXES = {
    CREATE_CLIENT: "Unable to initialize operator: ",
    "DescribeEndpoint": "Unable to describe SageMaker endpoint: ",
    "CreateEndpoint": "Unable to create Endpoint: ",
    "UpdateEndpoint": "Unable to update SageMaker endpoint: ",
    "DeleteEndpoint": "Unable to delete Endpoint: ",
}
"""Texts before AWS's own in `additional`, by operation."""

_OF_ENDPOINT = (
    *("endpointName", "endpointArn", "endpointConfigName", "endpointUrl", "modelNames"),
    *("failureReason", "creationTime", "lastModifiedTime", "productionVariants", "shadowProductionVariants"),
)
"""Fields that speak of an endpoint that exists."""

# --- before there is an endpoint ---------------------------------------------------------------------------------


def first(f: Facts, job: Target) -> Status:
    """The intent is on file, the endpoint is not there yet."""
    fields: Status = {f.kind.status_word: FIRST_WORD, "additional": None, "operatorState": statusparts.intent(f, job)}
    wanted = _conditions("Unknown", Verdict(reasons.PENDING, "Waiting for models and endpoint.", True, False))
    return status(f, {**dict.fromkeys(_OF_ENDPOINT), **fields}, wanted)


def announced(f: Facts, job: Target) -> Status:
    """The intent once more, right before the Create; nothing else moves.

    Tags of earlier attempts stay on file as long as one of those may have come through.
    """
    noted = statusparts.intent(f, job)
    keys = {*noted.get("tagKeys", ()), *f.state.get("tagKeys", ())}
    return {**f.status, "operatorState": {**noted, **({"tagKeys": sorted(keys)} if keys else {})}}


def taken(f: Facts, job: Target) -> Status:
    """An endpoint was found where there was a doubt, or before anything was made, and is looked after from now on."""
    return {**f.status, "operatorState": statusparts.confirmed(f, job)}


def hindered(f: Facts, trouble: Trouble) -> Status:
    """Something stands in the way of the endpoint."""
    fields = {f.kind.status_word: RECONCILING_WORD, "additional": _text(f, trouble.text)}
    moving = not trouble.stalled
    return status(f, fields, _conditions("Unknown", Verdict(trouble.reason, trouble.text, moving, trouble.stalled)))


def created(f: Facts, job: Target, answer: Mapping[str, Any]) -> Status:
    """The Create was accepted."""
    fields = {
        f.kind.status_word: CREATING,
        f.kind.status_name: job.name,
        "endpointArn": answer.get("EndpointArn"),
        "endpointUrl": url(job),
        "additional": None,
        "operatorState": statusparts.confirmed(f, job),
    }
    verdict = Verdict(reasons.IN_PROGRESS, "SageMaker has accepted the endpoint.", reconciling=True, stalled=False)
    return status(f, fields, _conditions("False", verdict))


def name_conflict(f: Facts, job: Target, owner: str) -> Status:
    """An endpoint of that name exists and belongs to somebody else: it is left alone."""
    text = (
        f"A SageMaker endpoint named {job.name} exists in {job.region} and belongs to {owner}. It is left alone; "
        f"choose another spec.{f.kind.spec_name}, or delete this object."
    )
    fields = {f.kind.status_word: RECONCILING_WORD, "additional": text}
    return status(f, fields, _conditions("Unknown", Verdict(reasons.NAME_CONFLICT, text, False, True)))


# --- of an endpoint that exists ----------------------------------------------------------------------------------


def observed(f: Facts, job: Target, at: Stand, trouble: Trouble | None) -> Status:
    """An endpoint as it stands.

    Args:
        f: the facts.
        job: the endpoint.
        at: where it stands.
        trouble: what AWS said against tags, if it did.
    """
    verdict = course.verdict(f, at, trouble)
    fields: Status = {
        **described.fields(at.view.description),
        f.kind.status_word: at.view.word,
        f.kind.status_name: job.name,
        "endpointUrl": url(job),
        "additional": _additional(f, at, verdict, trouble),
        "operatorState": tagging.state(f, at.state) or None,
    }
    if isinstance(at.plan, Ready):
        fields["modelNames"] = [{"name": name, "value": at.plan.models[name]} for name in sorted(at.plan.models)]
    new = status(f, fields, _conditions(_ready(f, at.view.word), verdict))
    return _as_seen(f, new) if trouble is not None else new


def update_announced(f: Facts, at: Stand, state: Mapping[str, Any]) -> Status:
    """Right before an UpdateEndpoint, or the deletion of an endpoint that failed: only notes are new.

    What the conditions say of an earlier attempt stays until this one is accepted.
    """
    return {**f.status, **described.present(described.fields(at.view.description)), "operatorState": dict(state)}


def update_accepted(f: Facts, state: Mapping[str, Any], message: str) -> Status:
    """SageMaker has taken an update."""
    fields = {f.kind.status_word: UPDATING, "additional": None, "operatorState": dict(state)}
    ready = _ready(f, UPDATING)
    verdict = Verdict(reasons.UPDATING, message, reconciling=True, stalled=False)
    return _as_seen(f, status(f, fields, _conditions(ready, verdict)))


def recreation_begun(f: Facts) -> Status:
    """An endpoint that failed is being deleted, to be created anew."""
    fields = {f.kind.status_word: DELETING, "additional": None}
    text = "The SageMaker endpoint failed and is created anew."
    return status(f, fields, _conditions("False", Verdict(reasons.IN_PROGRESS, text, True, False)))


# --- of a deployment that is to go -------------------------------------------------------------------------------


def deleting(f: Facts, job: Target, description: Mapping[str, Any]) -> Status:
    """The endpoint is being deleted; it is ours, and so the change feed follows it to its end."""
    text = "The endpoint is being deleted."
    fields = {
        **described.fields(description),
        f.kind.status_word: DELETING,
        f.kind.status_name: job.name,
        "additional": None,
        "operatorState": statusparts.confirmed(f, job),
    }
    return status(f, fields, _conditions("False", Verdict(reasons.DELETING, text, True, False)))


def gone(f: Facts, trouble: str) -> Status:
    """The endpoint is gone, the children are on their way.

    Args:
        f: the facts.
        trouble: what keeps one of them from going; empty when nothing does.
    """
    fields = {f.kind.status_word: GONE_WORD, "additional": _text(f, trouble) or None}
    verdict = Verdict(reasons.DELETING, trouble or "The endpoint is gone.", reconciling=True, stalled=False)
    return status(f, fields, _conditions("False", verdict))


# --- whatever there is -------------------------------------------------------------------------------------------


def refused(f: Facts, refusal: Refusal, state: Mapping[str, Any] | None = None) -> Status:
    """AWS refused a request; an endpoint that exists keeps the word it has.

    Args:
        f: the facts.
        refusal: AWS's no.
        state: the operator's notes, where they are other ones than before.
    """
    fields: Status = {} if state is None else {"operatorState": dict(state)}
    if refusal.reason not in reasons.PASSING:
        fields["additional"] = _text(f, PREFIXES.get(refusal.operation, "") + refusal.text)
        if f.deleting:
            fields[f.kind.status_word] = DELETING
        elif not f.confirmed and f.intent is not None:
            initialising = refusal.operation == CREATE_CLIENT
            fields[f.kind.status_word] = INITIALISING_WORD if initialising else RECONCILING_WORD
    wanted = statusparts.refusal_conditions(refusal)
    if not f.confirmed:
        wanted.append(Wanted("Ready", "Unknown", refusal.reason, plain(refusal.text)))
    new = status(f, fields, wanted)
    return _as_seen(f, new) if f.confirmed else new


def speaks_of_a_refused_look(f: Facts) -> bool:
    """The status tells that AWS could not be asked about the endpoint."""
    told = str(f.status.get("additional") or "")
    return told.startswith((PREFIXES[CREATE_CLIENT], PREFIXES["DescribeEndpoint"]))


def url(job: Target) -> str:
    """Where the endpoint takes requests. In the China regions AWS's domain has a further part."""
    domain = "amazonaws.com.cn" if job.region.startswith("cn-") else "amazonaws.com"
    return f"https://runtime.sagemaker.{job.region}.{domain}/endpoints/{job.name}/invocations"


# --- pieces ------------------------------------------------------------------------------------------------------


def _conditions(ready: str, verdict: Verdict) -> list[Wanted]:
    """An endpoint that serves is `Ready` for that one reason, whatever else there is to say."""
    reason, message = verdict.reason, plain(verdict.message)
    if ready == "True" and reason != reasons.IN_SERVICE:
        reason, message = reasons.IN_SERVICE, "The endpoint serves requests."
    return [
        Wanted("Ready", ready, reason, message),
        _flag("Reconciling", verdict.reconciling, verdict),
        _flag("Stalled", verdict.stalled, verdict),
    ]


def _flag(type_: str, on: bool, verdict: Verdict) -> Wanted:
    if on:
        return Wanted(type_, "True", verdict.reason, plain(verdict.message))
    return Wanted(type_, "False", verdict.reason if verdict.reconciling or verdict.stalled else reasons.SETTLED)


def _ready(f: Facts, word: str) -> str:
    """An endpoint that changes goes on serving, if it did before."""
    if word in CHANGING:
        before = conditions.find(f.status.get("conditions") or (), "Ready") or {}
        return "False" if before.get("status") == "False" else "True"
    return "True" if word == IN_SERVICE else "False"


def _as_seen(f: Facts, new: Status) -> Status:
    """The status as one of the generation that the old one speaks of: the spec is not compared, or not carried out."""
    return {**new, "observedGeneration": f.status.get("observedGeneration", 0)}


def _additional(f: Facts, at: Stand, verdict: Verdict, trouble: Trouble | None) -> str | None:
    """What there is to say beyond the word; SageMaker's own reason for a failure has a field of its own."""
    if isinstance(at.plan, Trouble) or trouble is not None or at.course is Course.GIVE_UP:
        return _text(f, verdict.message)
    return None


def _text(f: Facts, text: str) -> str:
    return same_but_request_id(str(f.status.get("additional", "")), text)
