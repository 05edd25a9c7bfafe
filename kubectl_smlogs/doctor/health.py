"""Whether an operator runs, and if not, why: its Deployment, its pods and the warnings about them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kubectl_smlogs import about
from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import Install, Installs, Object
from kubectl_smlogs.doctor.findings import DENIED, FAIL, OK, SKIP, WARN, Answer, Finding, Refusal, unknown
from kubectl_smlogs.doctor.operators import Operator
from kubectl_smlogs.happenings import happened
from kubectl_smlogs.target import mapping, moment, text

_MANY_RESTARTS = 5
"""More of them are worth a word even while the pod is ready."""


def absent(installs: Installs, objects: Answer[tuple[Object, ...]]) -> Finding:
    """There is no Deployment; but somebody may look after the objects all the same.

    Args:
        installs: without any found.
        objects: of our kinds, the newest last.
    """
    named = f"Deployment {names.DEPLOYMENT}"
    if isinstance(installs.refusal, Refusal):
        if installs.refusal.why != DENIED:
            return unknown("operator", installs.refusal)
        looked = f"; there is none in {_and(installs.namespaces)}" if installs.namespaces else ""
        needs = f"where {named} is cannot be checked, needs {installs.refusal.needs}{looked}"
        return Finding("operator", SKIP, needs)
    if not isinstance(objects, Refusal) and objects and is_touched(objects[-1]):
        metadata = mapping(objects[-1], "metadata")
        title = f"{text(objects[-1], 'kind')} {text(metadata, 'namespace')}/{text(metadata, 'name')}"
        found = (
            f"there is no {named}, but somebody looks after the objects (the newest is {title}): an operator outside"
        )
        return Finding("operator", WARN, f"{found} of this cluster, or under another name")
    found = f"there is no {named} in any namespace: nobody works on the objects"
    return Finding("operator", FAIL, found, names.APPLY_ALL)


def is_touched(obj: Object) -> bool:
    """Whether an operator has written a status; the default of a new object's is not one."""
    return any(key != "observedGeneration" for key in mapping(obj, "status"))


def running(operator: Operator, install: Install, now: datetime) -> Iterator[Finding]:
    """The Deployment has its replicas ready, or the reason why not.

    Args:
        operator: what was read from the Deployment.
        install: all that belongs to it.
        now: the time.
    """
    what = f"{_whose(operator)} in {operator.title}"
    if not operator.wanted:
        fix = f"kubectl scale -n {operator.namespace} deployment {operator.name} --replicas=1"
        yield Finding("operator", FAIL, f"{what} is scaled to 0 replicas: nobody works on the objects", fix)
        return
    pods = () if isinstance(install.pods, Refusal) else of_deployment(operator, install.pods)
    if operator.ready >= operator.wanted:
        yield from _ready(operator, what, pods, now)
        return
    reason, fix = _hindrance(operator, install, pods)
    found = f"{what}: {operator.ready} of {operator.wanted} replicas ready; {reason}"
    yield Finding("operator", WARN if operator.ready else FAIL, found, fix)


def resting(operator: Operator) -> Finding:
    """A Deployment without replicas beside one that works is in nobody's way."""
    return Finding(
        "operator", OK, f"{_whose(operator)} in {operator.title} is scaled to 0 replicas, and is not the only one"
    )


def of_deployment(operator: Operator, pods: tuple[Object, ...]) -> tuple[Object, ...]:
    """Those pods that belong to a Deployment: made by one of its replica sets, or of its account."""
    return tuple(pod for pod in pods if _owned(operator, pod))


def _owned(operator: Operator, pod: Object) -> bool:
    owners = [text(one, "name") for one in mapping(pod, "metadata").get("ownerReferences") or ()]
    if owners:
        return any(owner.rpartition("-")[0] == operator.name for owner in owners)
    return (text(mapping(pod, "spec"), "serviceAccountName") or "default") == operator.account


def _ready(operator: Operator, what: str, pods: tuple[Object, ...], now: datetime) -> Iterator[Finding]:
    restarts = sum(_restarts(pod) for pod in pods)
    created = [made for pod in pods if (made := moment(text(mapping(pod, "metadata"), "creationTimestamp")))]
    facts = [f"{operator.ready} of {operator.wanted} ready"]
    facts += [f"pods {about.age(min(created), now)} old"] if created else []
    facts += [f"{restarts} restarts"] if restarts else []
    facts += [operator.where() or "all namespaces"]
    found = f"{what}: {', '.join(facts)}"
    if not operator.ours:
        yield Finding(
            "operator", WARN, f"{found}; it is the original, not this project's", f"to move see {names.MIGRATION}"
        )
    elif restarts >= _MANY_RESTARTS:
        fix = f"kubectl logs -n {operator.namespace} deployment/{operator.name} -c {names.CONTAINER} --previous"
        yield Finding("operator", WARN, found, fix)
    else:
        yield Finding("operator", OK, found)


def _whose(operator: Operator) -> str:
    version = f" {operator.version}" if operator.version else ""
    image = f" (image {operator.image.rpartition('/')[2]})" if operator.image else ""
    return f"{'operator' if operator.ours else 'the original operator'}{version}{image}"


def _restarts(pod: Object) -> int:
    return sum(one.get("restartCount") or 0 for one in _statuses(pod))


def _statuses(pod: Object) -> list[Any]:
    found = mapping(pod, "status").get("containerStatuses")
    return found if isinstance(found, list) else []


# --- why it is not ready -------------------------------------------------------------------------------------------


def _hindrance(operator: Operator, install: Install, pods: tuple[Object, ...]) -> tuple[str, str]:
    """Why replicas are not ready, and what to do."""
    place = f"-n {operator.namespace}"
    if isinstance(install.pods, Refusal):
        needs = f"why needs the right to {install.pods.needs}" if install.pods.why == DENIED else install.pods.text
        return needs, f"kubectl describe {place} deployment {operator.name}"
    if not pods:
        return _without_pods(install.deployment), f"kubectl describe {place} deployment {operator.name}"
    for pod in pods:
        found = _of_containers(pod, place)
        if found:
            return found
    name = text(mapping(pods[0], "metadata"), "name")
    unscheduled = _condition(pods[0], "PodScheduled")
    if text(unscheduled, "status") == "False":
        return f"pod {name} finds no node: {text(unscheduled, 'message')}", f"kubectl describe {place} pod {name}"
    return _unready(install, name), f"kubectl logs {place} {name} -c {names.CONTAINER}"


def _without_pods(deployment: Object) -> str:
    conditions = mapping(deployment, "status").get("conditions") or ()
    refused = next((text(one, "message") for one in conditions if text(one, "type") == "ReplicaFailure"), "")
    return f"no pod can be made: {refused}" if refused else "there is no pod (yet)"


def _of_containers(pod: Object, place: str) -> tuple[str, str] | None:
    """What a container waits for, or how it ended the last time."""
    name = text(mapping(pod, "metadata"), "name")
    for one in _statuses(pod):
        container, state = text(one, "name"), mapping(one, "state")
        waiting, ended = mapping(state, "waiting"), mapping(state, "terminated")
        last = mapping(mapping(one, "lastState"), "terminated") or ended
        reason = text(waiting, "reason") or text(ended, "reason")
        if not reason or reason in ("ContainerCreating", "PodInitializing"):
            continue
        said = f": {message}" if (message := text(waiting, "message")) else ""
        if last:
            how = f"its last run ended with {text(last, 'reason') or 'an error'}, exit code {last.get('exitCode')}"
            count = one.get("restartCount") or 0
            return (
                f"container {container} of pod {name} is in {reason} after {count} restarts; {how}",
                f"kubectl logs {place} {name} -c {container} --previous",
            )
        return f"container {container} of pod {name} waits in {reason}{said}", f"kubectl describe {place} pod {name}"
    return None


def _unready(install: Install, name: str) -> str:
    """It runs and is not ready: the last warning about it says why, if somebody gave one."""
    events = () if isinstance(install.events, Refusal) else install.events
    warnings = happened([one for one in events if text(mapping(one, "involvedObject"), "name") == name])
    told = next((one for one in reversed(warnings) if one.reason == "RoleNotSet"), warnings[-1] if warnings else None)
    said = f": {told.reason}: {told.message}" if told else ", and there is no Event that says why"
    return f"pod {name} runs and is not ready{said}"


def _condition(pod: Object, type_: str) -> Object:
    conditions = mapping(pod, "status").get("conditions") or ()
    return next((one for one in conditions if text(one, "type") == type_), {})


def _and(namespaces: tuple[str, ...]) -> str:
    return " and ".join(f'namespace "{one}"' for one in namespaces)
