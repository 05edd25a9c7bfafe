"""The end of a Model or EndpointConfig: what it stands for at SageMaker goes, then the object. Pure."""

from __future__ import annotations

from sagemaker_operator import controls, reasons, statusparts, targets
from sagemaker_operator.facts import Absent, Facts, Refusal, Target
from sagemaker_operator.resource import calls, owner, places, statuses
from sagemaker_operator.resource.words import CREATE_CLIENT
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Done, Release, Step


def decide(f: Facts) -> Step:
    """The next step for an object that is deleted."""
    if not f.has_finalizer:
        return Done()
    job = places.known(f)
    if job is None or controls.read(f.annotations).deletion == "retain" or _nothing_there(f):
        return Release()
    return owner.wait(f) or _delete(f, job)


def _nothing_there(f: Facts) -> bool:
    """Nothing of ours can be there, whatever AWS would say: an object then goes even where AWS cannot be asked."""
    if f.confirmed or f.intent is None or places.replacing(f):
        return False
    answer = f.answers.get(calls.DELETED)
    # AWS refused each Create for good, or nothing was ever sent because the spec's region or endpoint is none.
    nowhere = isinstance(answer, Refusal) and answer.operation == CREATE_CLIENT
    return f.clean or (nowhere and isinstance(answer, Refusal) and answer.reason == reasons.INVALID_SPEC)


def _delete(f: Facts, job: Target) -> Step:
    """Both names go by the same rule: a deletion that finds nothing is believed once no Create can be under way."""
    asks = [calls.delete(f, job)]
    if places.replacing(f):
        asks.append(calls.delete_stand_in(f, job, places.stand_in(f, job).name))
    for ask in asks:
        answer = f.answers.get(ask.key)
        if answer is None:
            return ask
        if isinstance(answer, Refusal):
            return refused(f, answer)
    unsure = any(isinstance(f.answers[ask.key], Absent) for ask in asks)
    rest = targets.doubt(f) if unsure else 0.0
    if rest:
        return Done(after=rest, look=True)
    return write(f, statuses.gone(f)) or Release()


def refused(f: Facts, refusal: Refusal) -> Step:
    """The next step after a call that AWS refused."""
    return statusparts.refused(f, refusal, statuses.refused)
