"""Checks of one object: its status and conditions, its job at AWS, and its log. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_smlogs import about
from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import GroupTrial
from kubectl_smlogs.doctor.findings import DENIED, FAIL, OK, WARN, Answer, Finding, Refusal, skipped, unknown
from kubectl_smlogs.target import FAILED, Condition, Target

_OVERLOOKED = 60.0
"""Seconds after which an object without a status has been overlooked."""

_NEXT = {
    "InvalidSpec": "correct the spec as AWS says, then: kubectl replace --force -f FILE",
    "AccessDenied": f"give the operator's role the action that AWS names; all it needs are in {names.OPERATOR_POLICY}",
    "CredentialsInvalid": "see the checks role, pod-role and trust: kubectl smlogs doctor",
    "QuotaExceeded": "aws service-quotas request-service-quota-increase, or use fewer or other instances",
    "NameConflict": "choose another name in the spec, then: kubectl replace --force -f FILE",
    "DependencyNotReady": "kubectl get models,endpointconfigs,hostingdeployments -n {namespace}",
    "SpecChanged": "undo the change, or make a new object under another name: kubectl replace --force -f FILE",
    "UpdateFailed": "correct the spec; the endpoint serves what it did before: kubectl describe {words}",
    "DeletedExternally": "the job is gone at AWS; to run it again: kubectl replace --force -f FILE",
    "InvalidAnnotation": "kubectl describe {words}",
    "Paused": "kubectl annotate {words} sagemaker.aws.amazon.com/pause-",
}
"""What to do about the reasons that the operator gives (docs/status.md)."""


def checks(target: Target, *, served: bool, now: datetime) -> Iterator[Finding]:
    """What the object itself says.

    Args:
        target: the object.
        served: whether some operator that was found works on its namespace.
        now: the time.
    """
    yield Finding("object", OK, f"{target.title} is there, made {about.age(target.created, now) or 'some time'} ago")
    yield _status(target, served=served, now=now)
    yield _job(target)


def _status(target: Target, *, served: bool, now: datetime) -> Finding:
    words = ", ".join(word for word in (target.status, target.secondary) if word)
    if not words and not target.conditions:
        return _unseen(target, served=served, now=now)
    blocking = _blocking(target)
    if blocking is not None:
        said = f": {blocking.message}" if blocking.message else ""
        outcome = WARN if blocking.type == "Paused" else FAIL
        return Finding(
            "status",
            outcome,
            f"{words or 'no status'}, {blocking.reason or blocking.type}{said}",
            _next(target, blocking.reason),
        )
    if target.outcome == FAILED:
        said = f": {target.reason}" if target.reason else ""
        return Finding(
            "status",
            FAIL,
            f"{words}{said}",
            f"kubectl smlogs {target.words} --tail 100"
            if target.resource.has_log
            else f"kubectl describe {target.words}",
        )
    waiting = next((one for one in target.conditions if one.type == "Reconciling" and one.status == "True"), None)
    told = f" ({waiting.reason}: {waiting.message})" if waiting and waiting.message else ""
    if waiting and waiting.reason in _NEXT:
        return Finding("status", WARN, f"{words or 'no status'}{told}", _next(target, waiting.reason))
    return Finding("status", OK, f"{words or 'no status yet'}{told}")


def _unseen(target: Target, *, served: bool, now: datetime) -> Finding:
    age = (now - target.created).total_seconds() if target.created else 0.0
    if age <= _OVERLOOKED:
        return Finding("status", OK, "none yet: the object is new")
    who = "the operator has not looked at it" if served else "no operator works on its namespace"
    found = f"none, {about.span(age)} after it was made: {who}"
    return Finding("status", FAIL, found, "see the check operator; then: kubectl smlogs doctor " + _operand(target))


def _operand(target: Target) -> str:
    return f"{target.resource.label}/{target.name} -n {target.namespace}"


def _blocking(target: Target) -> Condition | None:
    """The condition that says why nothing goes on."""
    for name in ("Stalled", "Paused", "InvalidAnnotation", "ACK.Terminal", "ACK.Recoverable"):
        found = next((one for one in target.conditions if one.type == name and one.status == "True"), None)
        if found is not None and found.reason != FAILED:
            return found
    return None


def _next(target: Target, reason: str) -> str:
    text = _NEXT.get(reason, "kubectl smlogs status {words}")
    return text.format(words=target.words, namespace=target.namespace)


def _job(target: Target) -> Finding:
    noun = target.resource.aws.noun
    if not target.job:
        return skipped("job", f"SageMaker has no {noun} for it (yet)")
    if not target.region:
        return Finding(
            "job", WARN, f"{noun} {target.job}, in a region that the object does not name", "name it with --region"
        )
    return Finding("job", OK, f"{noun} {target.job} in {target.region}")


# --- its log -------------------------------------------------------------------------------------------------------


def no_log(target: Target, region: str) -> Finding | None:
    """Why its log is not looked for; None when it is."""
    if not target.resource.has_log:
        return skipped("log", f"a {target.resource.kind} writes none")
    if not target.job:
        return skipped("log", "there is no job")
    return None if region else skipped("log", "the region is not known")


def log(target: Target, prefix: str, found: Answer[GroupTrial]) -> Finding:
    """Its streams are there.

    Args:
        target: the object.
        prefix: what the names of its streams begin with.
        found: how looking for them went.
    """
    if isinstance(found, Refusal):
        return unknown("log", found)
    place = f"log group {found.group} in {found.region}"
    refusals = [one for one in found.calls.values() if isinstance(one, Refusal)]
    if found.exists is None:
        denied = next((one for one in refusals if one.why == DENIED), refusals[0] if refusals else None)
        return unknown("log", denied) if denied else skipped("log", f"{place} cannot be looked at")
    if found.exists and found.lines:
        return Finding("log", OK, f"streams {prefix}* are in {place}; to see it: kubectl smlogs {target.words}")
    missing = f"no stream {prefix}* in {place}" if found.exists else f"there is no {place}"
    if target.outcome:
        return Finding("log", WARN, f"{missing} (any more): it never wrote a line, or the group's retention is over")
    return Finding("log", OK, f"{missing} yet; to wait for it: kubectl smlogs {target.words} -f --wait")
