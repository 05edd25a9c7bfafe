"""Takes away what an object has at Application Auto Scaling and no longer asks for. Pure.

A target is only deregistered when nobody else has a policy or a scheduled action on it: AWS would take those along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sagemaker_operator import reasons
from sagemaker_operator.facts import Absent, Facts, Refusal, Target
from sagemaker_operator.scaling import calls, others
from sagemaker_operator.scaling.holdings import Held, Holdings, Key
from sagemaker_operator.steps import Ask, Find

BATCH = 120
"""Answers in one pass after which it stops; what is left is noted, and the next pass goes on from there."""


@dataclass(slots=True)
class Dropped:
    """What came of it.

    Args:
        left: what may still be there.
        refusals: AWS's noes.
        unsure: AWS did not know something that may have been on its way.
    """

    left: Holdings = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    unsure: bool = False


def step(f: Facts, place: Target, have: Holdings, kept: Holdings) -> Ask | Find | Dropped:
    """The next call on the way to `kept`, or what came of it.

    Args:
        f: the facts.
        place: whom to ask.
        have: what there is, or may be.
        kept: what is to stay.
    """
    surplus = {key: held - kept.get(key, Held()) for key, held in have.items()}
    surplus = {key: held for key, held in surplus.items() if held or key not in kept}
    if not surplus:
        return Dropped()
    search = others.search(f)
    if search is not None:
        return search
    theirs, came = others.have(f, place.region), Dropped()
    for key, held in sorted(surplus.items()):
        got = _one(f, place, key, held, theirs, whole=key not in kept)
        if isinstance(got, Ask) and len(f.answers) < BATCH:
            return got
        if isinstance(got, Ask | Refusal):
            came.left[key] = have[key] if key not in kept else held
            came.refusals.extend([got] if isinstance(got, Refusal) else [])
        else:
            came.unsure = came.unsure or got
    return came


def _one(f: Facts, place: Target, key: Key, held: Held, theirs: Holdings, *, whole: bool) -> Ask | Refusal | bool:
    """The next call for a target, AWS's no, or whether something was not found."""
    unsure = False
    for ask in _calls(f, place, key, held, theirs, whole=whole):
        if isinstance(ask, Refusal):
            return ask
        answer = f.answers.get(ask.key)
        if answer is None:
            return ask
        if isinstance(answer, Refusal):
            return answer
        unsure = unsure or isinstance(answer, Absent)
    return unsure


def _calls(f: Facts, place: Target, key: Key, held: Held, theirs: Holdings, *, whole: bool) -> Iterator[Ask | Refusal]:
    shared = theirs.get(key, Held())
    for name in sorted(held.policies - shared.policies):
        yield calls.ask(place, "DeleteScalingPolicy", {**calls.of(key), "PolicyName": name}, *key, name)
    for name in sorted(held.actions - shared.actions):
        yield calls.ask(place, "DeleteScheduledAction", {**calls.of(key), "ScheduledActionName": name}, *key, name)
    if not whole or key in theirs:
        return
    used = _used_by_others(f, place, key, held)
    if isinstance(used, Ask | Refusal):
        yield used
    elif not used:
        yield calls.ask(place, "DeregisterScalableTarget", calls.of(key), *key)


def _used_by_others(f: Facts, place: Target, key: Key, held: Held) -> Ask | Refusal | bool:
    """Whether AWS knows a policy or a scheduled action of the target that is not ours."""
    policies = calls.policies(f, place, key)
    if not isinstance(policies, list):
        return policies
    if any(one.get("PolicyName") not in held.policies for one in policies):
        return True
    actions = calls.scheduled_actions(f, place, key)
    if isinstance(actions, Refusal) and actions.reason == reasons.ACCESS_DENIED and not held.actions:
        # The original needed no right to ask; it deregistered whatever there was.
        return False
    if not isinstance(actions, list):
        return actions
    return any(one.get("ScheduledActionName") not in held.actions for one in actions)
