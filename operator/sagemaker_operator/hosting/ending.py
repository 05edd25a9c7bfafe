"""The end of a HostingDeployment: first the endpoint, then its children, then the object. Pure.

Nothing about the children stands in the way of the endpoint's end: it is what costs money.
"""

from __future__ import annotations

from sagemaker_operator import controls, marks, reasons, statusparts, targets
from sagemaker_operator.facts import Absent, Facts, Found, Owner, Refusal, Target
from sagemaker_operator.hosting import calls, children, statuses, view
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Done, Release, Step

GOING = 10.0
"""Seconds between looks at an endpoint that is being deleted: no list shows what is gone."""
BUSY = 60.0
"""Seconds between attempts at an endpoint that AWS is at work on; the change feed tells of its end before that."""


def decide(f: Facts) -> Step:
    """The next step for a deployment that is deleted."""
    if not f.has_finalizer:
        return Done()
    if controls.read(f.annotations).deletion == "retain":
        return _finish(f, retain=True)
    job = targets.known(f)
    if job is None or f.word == statuses.GONE_WORD or _never_created(f):
        return _finish(f)
    seen, deleted = f.answers.get(calls.ENDPOINT), f.answers.get(calls.DELETED)
    if seen is None:
        return calls.describe(job)
    if isinstance(seen, Refusal):
        return _refused(f, seen)
    if isinstance(seen, Absent) or isinstance(deleted, Absent):
        rest = targets.doubt(f)
        return Done(after=rest, look=True) if rest else _finish(f)
    if deleted is None:
        return _delete(f, job, seen)
    return _deleted(f, job, seen, deleted)


def _never_created(f: Facts) -> bool:
    """No endpoint of ours can be there, whatever AWS would say: an object then goes even where AWS cannot be asked."""
    if f.confirmed or f.intent is None:
        return False
    seen = f.answers.get(calls.ENDPOINT)
    nowhere = isinstance(seen, Refusal) and seen.operation == statuses.CREATE_CLIENT
    return f.clean or (nowhere and isinstance(seen, Refusal) and seen.reason == reasons.INVALID_SPEC)


def _delete(f: Facts, job: Target, seen: Found) -> Step:
    found = view.of_description(seen.description)
    if not f.confirmed and not targets.is_own_by_name(f, job):
        answer = f.answers.get(calls.OWNER)
        if answer is None:
            return calls.tags(job, found.arn)
        if isinstance(answer, Refusal):
            return _refused(f, answer)
        if isinstance(answer, Found) and not _is_ours(f, answer):
            return _finish(f)
    if found.word == view.DELETING:
        return _under_way(f, job, seen, GOING)
    return calls.delete(job)


def _is_ours(f: Facts, tags: Found) -> bool:
    """An endpoint without our mark is the original operator's, unless all that there is of it is our own intent."""
    owner, _who = marks.owner(tags.description.get("Tags") or (), f.uid)
    unmarkable = len(f.spec.get("tags") or ()) >= marks.TAG_LIMIT
    return owner is Owner.OURS or (owner is Owner.UNMARKED and (f.intent is None or unmarkable))


def _deleted(f: Facts, job: Target, seen: Found, answer: Found | Refusal) -> Step:
    """What AWS says to the deletion. Of an endpoint that it is at work on it refuses one, which is no error."""
    if isinstance(answer, Found):
        return _under_way(f, job, seen, GOING)
    busy = answer.reason == reasons.SERVICE_ERROR and not view.of_description(seen.description).at_rest
    return _under_way(f, job, seen, BUSY) if busy else _refused(f, answer)


def _under_way(f: Facts, job: Target, seen: Found, pause: float) -> Step:
    return write(f, statuses.deleting(f, job, seen.description)) or Done(after=pause, look=True)


def _finish(f: Facts, *, retain: bool = False) -> Step:
    """There is no endpoint any more, or none of ours: the children go, then the object."""
    search = children.look(f)
    if search is not None:
        return search
    step, left = children.end(f, retain=retain), children.left(f)
    if step is None and not left:
        return Release()
    if not retain:
        # This word also tells the children's own controllers that nothing needs them.
        told = write(f, statuses.gone(f, children.trouble(f)))
        if told is not None:
            return told
    return step or Done(retry=reasons.DEPENDENCY_NOT_READY)


def _refused(f: Facts, refusal: Refusal) -> Step:
    later = Done(retry=refusal.reason, look=True)
    if refusal.reason in reasons.PASSING and f.confirmed:
        return later
    notes = () if refusal.reason == reasons.THROTTLED else (statusparts.refusal_note(refusal),)
    return write(f, statuses.refused(f, refusal), *notes) or later
