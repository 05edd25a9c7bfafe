"""The decision for any object: first what its annotations say, then what its family of kinds does. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sagemaker_operator import controls, decide, facts, reasons, statuses, statusparts
from sagemaker_operator.controls import Controls
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.hosting import decide as hosting
from sagemaker_operator.notes import Note
from sagemaker_operator.resource import decide as resource
from sagemaker_operator.scaling import decide as scaling
from sagemaker_operator.steps import DeleteSelf, Done, Step, WriteStatus
from smkube import conditions, kinds


@dataclass(frozen=True, slots=True)
class Way:
    """How a family is reconciled.

    Args:
        decide: the next step.
        followed: what the change feed is to watch for the object; None for nothing.
    """

    decide: Callable[[Facts], Step]
    followed: Callable[[Facts], Target | None]


def _nothing(_facts: Facts) -> None:
    """No list tells of changes at Application Auto Scaling."""


WAYS: dict[kinds.Family, Way] = {
    kinds.Family.JOB: Way(decide.decide, statuses.followed),
    kinds.Family.RESOURCE: Way(resource.decide, resource.followed),
    kinds.Family.ENDPOINT: Way(hosting.decide, hosting.followed),
    kinds.Family.SCALING: Way(scaling.decide, _nothing),
}

_PAUSED, _MISWRITTEN = "Paused", "InvalidAnnotation"
"""Conditions of an object that is left alone, and of one whose annotations cannot be understood."""


def next_step(f: Facts) -> Step:
    """The next step for an object; `Done` ends the pass."""
    asked = controls.read(f.annotations)
    if f.deleting and not (f.has_finalizer or f.has_tuning_finalizer):
        return Done()
    if asked.paused:
        return _pause(f) or Done()
    told = _tell(f, asked)
    if told is not None:
        return told
    if f.deleting and _unclear_end(f):
        # What must not be undone is not done on an instruction that cannot be understood.
        return Done()
    now = bool(asked.reconcile_now) and asked.reconcile_now != f.state.get("reconcileNow")
    step = WAYS[f.kind.family].decide(replace(f, look=True, forced=True) if now else f)
    if not isinstance(step, Done) or f.deleting:
        return step
    if now:
        return WriteStatus({**f.status, "operatorState": {**f.state, "reconcileNow": asked.reconcile_now}})
    return _end_of_time(f, asked, step)


def followed(f: Facts) -> Target | None:
    """What the change feed is to watch for the object; None for nothing."""
    if controls.read(f.annotations).paused:
        return None
    return WAYS[f.kind.family].followed(f)


def _pause(f: Facts) -> WriteStatus | None:
    text = f"Nothing is done for this object, until the annotation {controls.PAUSE} is taken off."
    wanted = conditions.Wanted(_PAUSED, "True", reasons.PAUSED, text)
    return _conditions_only(f, [wanted], (), Note("Normal", reasons.PAUSED, text))


def _tell(f: Facts, asked: Controls) -> WriteStatus | None:
    """Tell about annotations; None when there is nothing (new) to tell."""
    have = f.status.get("conditions") or ()
    gone = {_PAUSED} if conditions.is_true(have, _PAUSED) else set()
    if not asked.problems:
        gone |= {_MISWRITTEN} if conditions.find(have, _MISWRITTEN) else set()
        return _conditions_only(f, [], tuple(gone)) if gone else None
    text = " ".join(asked.problems)
    wanted = conditions.Wanted(_MISWRITTEN, "True", reasons.INVALID_ANNOTATION, text)
    return _conditions_only(f, [wanted], tuple(gone), Note("Warning", reasons.INVALID_ANNOTATION, text))


def _conditions_only(
    f: Facts, wanted: list[conditions.Wanted], gone: tuple[str, ...], *notes: Note
) -> WriteStatus | None:
    before = [one for one in f.status.get("conditions") or () if one.get("type") not in gone]
    new = {**f.status, "conditions": conditions.merge(before, wanted, f.generation, f.timestamp())}
    return statusparts.write(f, new, *notes)


def _unclear_end(f: Facts) -> bool:
    policy = f.annotations.get(controls.DELETION_POLICY, "").lower()
    return bool(policy) and policy not in controls.POLICIES


def _end_of_time(f: Facts, asked: Controls, step: Done) -> Step:
    """A finished job whose time to live is over goes; one whose time is not over is looked at again then."""
    finished = _finished_at(f)
    if asked.time_to_live is None or finished is None:
        return step
    left = asked.time_to_live - (f.now - finished).total_seconds()
    if left <= 0:
        return DeleteSelf()
    return replace(step, after=min(left, step.after or left)) if step.retry is None else step


def _finished_at(f: Facts) -> datetime | None:
    """When a job's outcome was known; None while it is not, and for what never finishes."""
    done: Any = conditions.find(f.status.get("conditions") or (), "Succeeded")
    if done is None or done.get("status") == "Unknown":
        return None
    ended = facts.parse_rfc3339(str(f.status.get("completionTime", "")))
    return ended or facts.parse_rfc3339(str(done.get("lastTransitionTime", "")))
