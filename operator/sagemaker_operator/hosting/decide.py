"""What to do next for a HostingDeployment: a pure function from facts to one step.

The rules that keep an endpoint serving, and from costing money for nobody:

1. Finalizer and intent (name, region, endpoint) are on the object before anything is made.
2. Children come first; the endpoint is created, or updated, when the revision that the spec asks for is at SageMaker.
3. Create, update and re-creation are announced in the status in the same pass in which they are sent, so that a look
   tells afterwards what came of them (`updates`).
4. What failed is tried again only when the spec asks for something else, or the user says so.
5. An endpoint that goes away is made anew: a deployment asks for an endpoint, not for one run of it.
6. At rest nothing is asked and nothing is written.
"""

from __future__ import annotations

from dataclasses import replace

from sagemaker_operator import failurelog, marks, reasons, statusparts, tagging, targets
from sagemaker_operator.facts import Absent, Answer, Facts, Found, Owner, Refusal, Target
from sagemaker_operator.hosting import calls, children, course, ending, news, statuses, telling, updates, view
from sagemaker_operator.hosting.course import Course, Stand
from sagemaker_operator.hosting.plan import Ready, Trouble
from sagemaker_operator.hosting.updates import Outcome
from sagemaker_operator.hosting.view import View
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Claim, DeleteObject, Done, Step, WriteStatus

FIRST_LOOK = 20.0
"""Seconds the change feed has to show what was just begun, before the endpoint is described."""
LAG = 5.0
"""Seconds until a description is asked for again that is older than what is known already."""
GOING = 10.0
"""Seconds between looks at an endpoint that is being deleted: no list shows what is gone."""
UNKNOWN = 60.0
"""Seconds between looks at an endpoint whose word nobody knows."""

_CREATING = "Unable to create Endpoint: Unable to reconcile Endpoint resources: "
_UPDATING = "Unable to update SageMaker endpoint: Unable to reconcile endpoint resources: "


def decide(f: Facts) -> Step:
    """The next step for a HostingDeployment; `Done` ends the pass."""
    return ending.decide(f) if f.deleting else _living(f)


def followed(f: Facts) -> Target | None:
    """The endpoint that the change feed is to watch: one that is known to exist and not known to be gone."""
    return f.intent if f.confirmed and f.word != statuses.GONE_WORD else None


def _living(f: Facts) -> Step:
    if not f.has_finalizer:
        return Claim(None)
    job = targets.wanted(f)
    if not job.region:
        return _hindered(f, Trouble(reasons.INVALID_SPEC, "Unable to initialize operator: spec has no region", True))
    if f.intent is not None:
        return _follow(f, f.intent) if f.confirmed else _start(f, f.intent)
    return _inherited(f, job) if f.word else _announce(f)


# --- until there is an endpoint ----------------------------------------------------------------------------------


def _announce(f: Facts) -> Step:
    return WriteStatus(statuses.first(f, targets.wanted(f)), intent=True)


def _inherited(f: Facts, job: Target) -> Step:
    """An object that another operator has worked on: look before anything else."""
    match f.answers.get(calls.ENDPOINT):
        case None:
            return calls.describe(job)
        case Refusal() as refusal:
            return _refused(f, refusal)
        case Absent():
            return _announce(f)
        case Found() as found:
            return _take(f, job, found)


def _start(f: Facts, job: Target) -> Step:
    """The intent is on file; whether a Create went out is for AWS to say."""
    made = f.answers.get(calls.CREATED)
    if isinstance(made, Found):
        return WriteStatus(statuses.created(f, job, made.description), (telling.created(f, job),))
    taken = isinstance(made, Refusal) and made.reason == reasons.NAME_CONFLICT
    seen = f.answers.get(calls.ENDPOINT)
    if seen is None and (taken or (made is None and _in_doubt(f, job))):
        return calls.describe(job)
    if isinstance(seen, Found):
        return _take(f, job, seen)
    if isinstance(seen, Refusal):
        return _refused(f, seen)
    if taken:
        # AWS says both that the name is taken and that there is no such endpoint: it has not caught up yet.
        return Done(retry=reasons.NO_ANSWER)
    if made is not None:
        return _refused(f, made) if isinstance(made, Refusal) else Done(retry=reasons.SERVICE_ERROR)
    return _create(f, job)


def _in_doubt(f: Facts, job: Target) -> bool:
    """There may be an endpoint of that name: an earlier Create's, or one whose name anybody could have chosen."""
    if not f.clean or news.in_conflict(f):
        return True
    return f.intent_written and not targets.is_own_by_name(f, job)


def _take(f: Facts, job: Target, found: Found) -> Step:
    """An endpoint of the right name exists: it is ours, or nobody's, or another's."""
    owner, who = Owner.OURS, ""
    if not targets.is_own_by_name(f, job):
        answer = f.answers.get(calls.OWNER)
        if answer is None:
            return calls.tags(job, view.of_description(found.description).arn)
        if not isinstance(answer, Found):
            return _refused(f, answer) if isinstance(answer, Refusal) else Done(after=LAG, look=True)
        owner, who = marks.owner(answer.description.get("Tags") or (), f.uid)
    if owner is not Owner.FOREIGN:
        return WriteStatus(statuses.taken(f, job), (telling.adopted(f, job),))
    if f.intent is not None and job != targets.wanted(f):
        # The spec asks for another endpoint by now, and this one was never ours.
        return _announce(f)
    conflict = statuses.name_conflict(f, job, who)
    return write(f, conflict, telling.conflict(str(conflict["additional"]))) or Done(retry=reasons.NAME_CONFLICT)


def _create(f: Facts, job: Target) -> Step:
    """The children, then the endpoint; announced first, in this same pass."""
    if job != targets.wanted(f):
        # The spec asks for another name or place by now.
        rest = targets.doubt(f)
        return Done(after=rest, look=True) if rest else _announce(f)
    planned = children.plan(f, frozenset())
    if isinstance(planned, Trouble):
        return _hindered(f, replace(planned, text=_CREATING + planned.text))
    if not isinstance(planned, Ready):
        return planned
    if not f.intent_written:
        return WriteStatus(statuses.announced(f, job), intent=True)
    return calls.create(f, job, planned.config)


def _hindered(f: Facts, trouble: Trouble) -> Step:
    """Nothing can be created yet. What is waited for wakes the object when it changes."""
    later = Done(retry=reasons.DEPENDENCY_NOT_READY) if trouble.waits else Done()
    return write(f, statuses.hindered(f, trouble), *telling.hindered(f, trouble)) or later


# --- an endpoint that is known -----------------------------------------------------------------------------------


def _follow(f: Facts, job: Target) -> Step:
    begun = _carried_on(f, job)
    if begun is not None:
        return begun
    seen = f.answers.get(calls.ENDPOINT)
    match seen:
        case Refusal():
            return _refused(f, seen)
        case Absent():
            return _replace(f, job)
        case Found():
            return _tend(f, job, view.of_description(seen.description))
        case None:
            return calls.describe(job) if news.asks_for_look(f) else _tend(f, job, view.of_status(f))


def _carried_on(f: Facts, job: Target) -> Step | None:
    """The next step of what this pass has announced, and what comes of it; None without such a thing."""
    updated, deleted = f.answers.get(calls.UPDATED), f.answers.get(calls.DELETED)
    if updated is not None:
        return _updated(f, updated)
    if deleted is not None:
        return _cleared(f, deleted)
    if f.intent_written and updates.wanted(f):
        return calls.update(f, job, updates.wanted(f))
    if f.intent_written and updates.recreates(f):
        return calls.delete(job)
    return None


def _replace(f: Facts, job: Target) -> Step:
    """There is no endpoint (any more): another one is made."""
    rest = targets.doubt(f)
    if rest:
        return Done(after=rest, look=True)
    notes = () if updates.recreates(f) else (telling.vanished(f, job),)
    return WriteStatus(statuses.first(f, targets.wanted(f)), notes, intent=True)


def _tend(f: Facts, job: Target, seen: View) -> Step:
    """Compare the endpoint with what the spec asks for: status first, then the next thing to do about it."""
    more = tagging.step(f, job, seen.arn) if seen.arn else None
    if more is not None:
        return more
    planned = _planned(f, job, seen)
    if not isinstance(planned, Ready | Trouble):
        return planned
    at = course.stand(f, seen, planned)
    if at.came is Outcome.NOT_SEEN:
        return Done(after=min(LAG, updates.patience(f)), look=True)
    if telling.ended(f, at) and (lines := failurelog.step(f, job)) is not None:
        return lines
    trouble = _tag_trouble(f)
    if at.course is Course.UPDATE and trouble is None and _attempted(f, at):
        # What the status says of the last attempt stands until this one is accepted.
        return _act(f, job, at)
    new = statuses.observed(f, job, at, trouble)
    return write(f, new, *telling.changes(f, at, trouble)) or _act(f, job, at)


def _planned(f: Facts, job: Target, seen: View) -> Step | Ready | Trouble:
    """The children; none are made for an endpoint that cannot become what the spec asks for."""
    if job != targets.wanted(f):
        return news.spec_changed(f, job)
    in_use = frozenset(name for name in (seen.config, updates.wanted(f)) if name)
    planned = children.plan(f, in_use)
    return replace(planned, text=_UPDATING + planned.text) if isinstance(planned, Trouble) else planned


def _attempted(f: Facts, at: Stand) -> bool:
    """The status speaks of an earlier attempt at what the spec asks for, and there is nothing else to tell."""
    told = str(f.status.get("additional") or "").startswith(statuses.PREFIXES["UpdateEndpoint"])
    news_to_tell = at.came in (Outcome.DONE, Outcome.FAILED) or at.view.word != f.word
    return told and not news_to_tell and f.status.get("observedGeneration") == f.generation


def _tag_trouble(f: Facts) -> Trouble | None:
    refusal = tagging.refusal(f)
    if refusal is None:
        return None
    stalled = reasons.RETRY[refusal.reason].stalled
    return Trouble(refusal.reason, f"{refusal.operation}: {refusal.text}", stalled)


# --- what is done about it ---------------------------------------------------------------------------------------


def _act(f: Facts, job: Target, at: Stand) -> Step:
    refused = tagging.refusal(f)
    match at.course:
        case Course.WAIT:
            return _wait(f, at)
        case Course.UPDATE | Course.RECREATE if not at.view.fresh:
            return calls.describe(job)
        case Course.UPDATE if isinstance(at.plan, Ready):
            state = updates.announced(f, at.view, at.plan.config)
            return WriteStatus(statuses.update_announced(f, at, state), intent=True, before=f.kind.api.update)
        case Course.RECREATE:
            state = {**at.state, "recreate": True}
            return WriteStatus(statuses.update_announced(f, at, state), intent=True, before=f.kind.api.delete)
        case Course.KEEP if (surplus := _surplus(at)) is not None:
            # An old revision only goes when the endpoint was just seen not to need it.
            return surplus if at.view.fresh else calls.describe(job)
        case Course.HINDERED if isinstance(at.plan, Trouble) and at.plan.waits:
            return Done(retry=reasons.DEPENDENCY_NOT_READY)
    if refused is not None:
        return Done(retry=refused.reason, look=True)
    return Done(after=LAG, look=True) if news.lags(f, at.view) else Done()


def _wait(f: Facts, at: Stand) -> Step:
    """SageMaker is at work; the change feed tells when that is over."""
    word = at.view.word
    if word == view.DELETING:
        return Done(after=GOING, look=True)
    if word not in view.CHANGING and word != view.CREATING:
        return Done(after=UNKNOWN, look=True)
    if news.lags(f, at.view):
        return Done(after=LAG, look=True)
    return Done() if at.view.fresh or f.listed is not None else Done(after=FIRST_LOOK, look=True)


def _surplus(at: Stand) -> DeleteObject | None:
    surplus = at.plan.surplus if isinstance(at.plan, Ready) else ()
    return DeleteObject(surplus[0]) if surplus else None


def _updated(f: Facts, answer: Answer) -> Step:
    """What AWS says to an update."""
    if isinstance(answer, Found):
        if updates.accepted(f):
            return Done(after=FIRST_LOOK, look=True)
        text = f"Updating the endpoint from endpoint configuration {f.status.get('endpointConfigName')} to "
        text = f"{text}{updates.wanted(f)}."
        return WriteStatus(statuses.update_accepted(f, updates.taken(f), text), (telling.updating(text),))
    if isinstance(answer, Absent) or answer.leaves_doubt:
        return Done(retry=answer.reason if isinstance(answer, Refusal) else reasons.SERVICE_ERROR, look=True)
    later = Done(retry=answer.reason, look=True)
    notes = () if answer.reason in reasons.PASSING else (statusparts.refusal_note(answer),)
    return write(f, statuses.refused(f, answer, updates.refused(f)), *notes) or later


def _cleared(f: Facts, answer: Answer) -> Step:
    """What AWS says to the deletion of an endpoint that failed."""
    if isinstance(answer, Refusal):
        return _refused(f, answer)
    text = "The SageMaker endpoint failed; it is deleted and created anew."
    return write(f, statuses.recreation_begun(f), telling.recreating(text)) or Done(after=LAG, look=True)


def _refused(f: Facts, refusal: Refusal) -> Step:
    return statusparts.refused(f, refusal, statuses.refused)
