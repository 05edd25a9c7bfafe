"""The end of a HostingAutoscalingPolicy: all that it has at Application Auto Scaling goes, then the object. Pure."""

from __future__ import annotations

from sagemaker_operator import controls, reasons, statusparts, targets
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.mapping import scaling
from sagemaker_operator.scaling import calls, drop, holdings, statuses
from sagemaker_operator.scaling.drop import Dropped
from sagemaker_operator.scaling.holdings import Holdings
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Done, Release, Step

PAUSE = 1.0
"""Seconds between two passes that together do what is too much for one."""


def decide(f: Facts) -> Step:
    """The next step for a policy that is deleted."""
    if not f.has_finalizer:
        return Done()
    have, place = _have(f), f.intent or calls.place(f.spec)
    retained = controls.read(f.annotations).deletion == "retain"
    if retained or not have or not place.region or _nothing_sent(f):
        return Release()
    # The endpoint of a SageMaker URL means nothing here.
    came = drop.step(f, Target(place.name, place.region), have, {})
    return _came(f, came) if isinstance(came, Dropped) else came


def _have(f: Facts) -> Holdings:
    """What there is by the notes; the original, whose list came after the fact, may have applied the spec half-way."""
    noted = holdings.noted(f.status)
    if f.intent is not None or f.word not in (statuses.RECONCILING, statuses.ERROR):
        return noted
    try:
        return holdings.joined([noted, holdings.wanted(f.spec)])
    except scaling.ScalingError:
        # The original could not have applied such a spec either.
        return noted


def _nothing_sent(f: Facts) -> bool:
    """AWS took none of our requests: an object then goes even where AWS cannot be asked."""
    return f.intent is not None and not f.confirmed and f.clean and not f.status.get("resourceIDList")


def _came(f: Facts, came: Dropped) -> Step:
    if came.refusals:
        told = statuses.worst(came.refusals)
        if _nowhere(f, came):
            return Release()
        later = Done(retry=statuses.soonest(came.refusals), look=True)
        if told.reason in reasons.PASSING:
            return write(f, statuses.narrowed(f, came.left)) or later
        return write(f, statuses.refused(f, told, came.left), statusparts.refusal_note(told)) or later
    if came.left:
        return write(f, statuses.narrowed(f, came.left)) or Done(after=PAUSE, look=True)
    # A request whose answer got lost may still be on its way.
    rest = targets.doubt(f) if came.unsure and not f.confirmed else 0.0
    if rest:
        return Done(after=rest, look=True)
    return write(f, statuses.gone(f)) or Release()


def _nowhere(f: Facts, came: Dropped) -> bool:
    """The region is none, so nothing can be there."""
    never = all(one.operation == calls.CREATE_CLIENT and one.reason == reasons.INVALID_SPEC for one in came.refusals)
    return never and not f.confirmed and not f.status.get("resourceIDList")
