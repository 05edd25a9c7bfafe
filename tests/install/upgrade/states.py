"""The states in which a release leaves objects of every kind, and how an object comes to each of them.

An object is called as its state. Everything is done through the release's own operator and the stand-in's faults, so
that what is left is what that release really writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smkube import kinds
from smkube.kinds import AUTOSCALING_POLICY, ENDPOINT_CONFIG, HOSTING_DEPLOYMENT, JOBS, MODEL, TUNING_JOB, Kind
from tests.conformance import specs
from tests.conformance.operator_scene import SPAWN, Object, Scene, status
from tests.stack.waiting import until

REASON = "AlgorithmError: it broke"
RESOURCES = (MODEL, ENDPOINT_CONFIG)
LONG, LEAVING = 80000, 3000
"""Seconds that work takes, and that stopping and deleting take: nothing comes to its end by itself meanwhile."""
PHASES: Mapping[str, float] = {
    **dict.fromkeys(("starting", "pending", "downloading", "uploading", "creating", "rolling_back"), 0.2),
    **dict.fromkeys(("training", "transforming", "processing", "updating"), LONG),
    **dict.fromkeys(("stopping", "deleting"), LEAVING),
}
TUNING_LABEL = f"{kinds.GROUP}/tuning-job"

RUNNING, COMPLETED, FAILED, STOPPED = "running", "completed", "failed", "stopped"
CREATED, SERVING, UPDATING, APPLIED, WAITING = "created", "serving", "updating", "applied", "waiting"
REFUSED, DELETING, UNSEEN = "refused", "deleting", "unseen"
ENDS: Mapping[str, str] = {COMPLETED: "Completed", FAILED: "Failed", STOPPED: "Stopped"}
"""How jobs end."""

STATES: Mapping[str, tuple[str, ...]] = {
    **{kind.name: (RUNNING, *ENDS, REFUSED, DELETING, UNSEEN) for kind in JOBS},
    **{kind.name: (CREATED, REFUSED, DELETING, UNSEEN) for kind in RESOURCES},
    HOSTING_DEPLOYMENT.name: (SERVING, UPDATING, FAILED, REFUSED, DELETING, UNSEEN),
    AUTOSCALING_POLICY.name: (APPLIED, WAITING, DELETING),
}
_OBJECTS = [(kind, state) for kind in kinds.ALL for state in STATES[kind.name] if state != UNSEEN]
_FIRST = [(kind, state) for kind, state in _OBJECTS if state != REFUSED and kind is not AUTOSCALING_POLICY]
_SECOND = [(kind, state) for kind, state in _OBJECTS if kind is AUTOSCALING_POLICY]
_GENERATED = "-" + "?" * 32
"""How a generated name ends, as a glob."""
_REFUSED_CALLS = (
    ("Create*", f"{REFUSED}{_GENERATED}"),
    # A tuning job's generated name has no room for that of its object, so it has a chosen one.
    ("Create*", f"{REFUSED}-tuning"),
    ("CreateEndpoint", f"{REFUSED}-endpoint"),
    ("Delete*", f"{DELETING}{_GENERATED}"),
    ("De*", f"endpoint/{UPDATING}-endpoint/*"),
)


def leave(scene: Scene, stop: Callable[[], object]) -> None:
    """Bring objects of all kinds into all states; `stop` stops the operator, before the last of them are made."""
    scene.control.rule("*", phases=dict(PHASES))
    failing = {"reason": REASON, "after": 0.2}
    scene.control.rule(f"{FAILED}-endpoint", kind="endpoint", phases=dict(PHASES), fail=failing)
    _stage(scene, _FIRST, _make, _begun)
    # They need endpoints in service.
    _stage(scene, _SECOND, _make, _begun)
    denied = {"code": "AccessDeniedException", "message": "The operator is not authorized to perform this action"}
    for operation, name in _REFUSED_CALLS:
        scene.control.fault("error_before", operation, name=name, **denied)
    _stage(scene, _OBJECTS, _go_on, _there)
    until(lambda: len(children(scene)) == 2, "training jobs of the tuning job that runs, as objects")
    stop()
    for kind in kinds.ALL:
        if UNSEEN in STATES[kind.name]:
            _make(scene, kind, UNSEEN)


def children(scene: Scene) -> list[Object]:
    """The objects of training jobs that the tuning jobs have, once the operator has looked at them."""
    found = scene.all(kinds.TRAINING_JOB)
    labelled = [obj for obj in found if TUNING_LABEL in (obj["metadata"].get("labels") or {})]
    return [obj for obj in labelled if status(obj).get("secondaryStatus") == "Training"]


def _stage(
    scene: Scene,
    objects: list[tuple[Kind, str]],
    act: Callable[[Scene, Kind, str], None],
    done: Callable[[Kind, str, Object], bool],
) -> None:
    """Do something for each object, and wait until all of it is done."""
    for kind, state in objects:
        act(scene, kind, state)
    for kind, state in objects:
        scene.until(kind, state, lambda obj: done(kind, state, obj), f"{kind.name} {state} ({act.__name__})")  # noqa: B023 - called at once


def _make(scene: Scene, kind: Kind, state: str) -> None:
    annotations = {SPAWN: "false"} if kind is TUNING_JOB and state != RUNNING else {}
    scene.apply(kind, state, spec_of(kind, state, scene.region), annotations=annotations)


def spec_of(kind: Kind, state: str, region: str) -> dict[str, Any]:
    """The spec of the object of a state."""
    if kind is HOSTING_DEPLOYMENT:
        return specs.hosting(region, endpointName=f"{state}-endpoint")
    if kind is AUTOSCALING_POLICY:
        endpoint = {APPLIED: SERVING, DELETING: UPDATING}.get(state, "absent")
        return specs.scaling(region, f"{endpoint}-endpoint")
    if kind is TUNING_JOB and state == REFUSED:
        return specs.tuning(region, hyperParameterTuningJobName=f"{REFUSED}-tuning")
    return specs.SPECS[kind.name](region)


def _begun(kind: Kind, state: str, obj: Object) -> bool:
    word = status(obj).get(kind.status_word)
    if kind is HOSTING_DEPLOYMENT:
        return word == ("Failed" if state == FAILED else "InService")
    if kind is AUTOSCALING_POLICY:
        return _has_reason(obj, "DependencyNotReady") if state == WAITING else word == "Created"
    return word == ("InProgress" if kind in JOBS else "Created")


def _go_on(scene: Scene, kind: Kind, state: str) -> None:
    if state == REFUSED:
        _make(scene, kind, state)
    elif state == DELETING:
        scene.delete(kind, state)
    elif kind is HOSTING_DEPLOYMENT and state == UPDATING:
        edited = specs.variant("m", initialInstanceCount=2)
        scene.edit(kind, state, productionVariants=[edited])
    elif kind in JOBS and state in ENDS:
        job = status(scene.get(kind, state))[kind.status_name]
        scene.control.end_job(job, ENDS[state], REASON if state == FAILED else "", region=scene.region)


def _there(kind: Kind, state: str, obj: Object) -> bool:
    word = status(obj).get(kind.status_word)
    if state == REFUSED or (state == DELETING and kind in (*RESOURCES, AUTOSCALING_POLICY)):
        return _has_reason(obj, "AccessDenied")
    if state == DELETING:
        return word == ("Stopping" if kind in JOBS else "Deleting")
    if kind in JOBS and state in ENDS:
        return word == ENDS[state]
    return word == "Updating" if state == UPDATING else _begun(kind, state, obj)


def _has_reason(obj: Object, reason: str) -> bool:
    return any(condition["reason"] == reason for condition in status(obj).get("conditions") or ())
