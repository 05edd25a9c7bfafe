"""What to do next for one object: a pure function from facts to one step.

The controller carries the step out, adds what it learned to the facts and asks again, until the answer is `Done`.
So each call to Kubernetes or AWS is one decision, and thousands of histories can be tried without a server.

The rules that keep a job from running twice or for ever:

1. The finalizer and the name are on the object before anything else.
2. The job's name, region and endpoint (the intent) are in the status before a Create is sent.
3. Names are fixed, and unique at SageMaker: a second Create of the same job is refused there.
4. An object whose Create was ever confirmed never creates again, whatever a Describe says later.
5. After any doubt the operator looks before it decides, and a deletion waits until AWS's answer "no such job" can
   be believed.
"""

from __future__ import annotations

from sagemaker_operator import (
    controls,
    facts,
    failurelog,
    reasons,
    references,
    spawning,
    statuses,
    statusparts,
    tagging,
    targets,
)
from sagemaker_operator.facts import Absent, Facts, Found, NotLooked, Owner, Target
from sagemaker_operator.kinds import SPECIAL
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Ask, CheckOwner, Claim, Create, Describe, Done, Release, Step, Stop, WriteStatus

LOOK_AGAIN = 60.0
"""Seconds after which a job that should be ending is looked at even if the change feed said nothing."""
FIRST_LOOK = 20.0
"""Seconds the change feed has to show a new job before it is described."""
NEWS_OF_CREATED = 2.0
"""Seconds the change feed has to show a job that was just created, before its creation is written down by itself."""
EARLY_LOOK = 180.0
"""Seconds after its creation when a job is described that does not train yet: a List answer does not say why."""
LAG = 5.0
"""Seconds until a description is asked for again that was older than what a List answer had shown already."""
CREATE_CLIENT = "CreateClient"
"""Stands for the operation in an error that came before any request: region or endpoint cannot be used."""
ERASED = "erased"
"""Key of the answer to the deletion of a job's record."""
RULES_AGAIN = 30.0
"""Seconds between looks at Debugger rules that outlive their job; the change feed does not show them."""


def decide(f: Facts) -> Step:
    """The next step for an object; `Done` ends the pass."""
    return _deleting(f) if f.deleting else _living(f)


# --- an object that is to go ------------------------------------------------------------------------------------


def _deleting(f: Facts) -> Step:
    if not f.has_finalizer:
        # The original made the object for a tuning job and had not begun to work on it.
        return Release() if f.has_tuning_finalizer else Done()
    job = targets.known(f)
    if job is None:
        return Release()
    if controls.read(f.annotations).deletion == "retain":
        return _let_go(f, job)
    if _nothing_to_stop(f):
        return _erase(f, job) if f.confirmed else _let_go(f, job)
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case NotLooked():
            return Describe(job)
        case Absent():
            rest = targets.doubt(f)
            return Done(after=rest, look=True) if rest else _let_go(f, job)
        case Found():
            return _end(f, job, f.sighting)


def _nothing_to_stop(f: Facts) -> bool:
    """No job of ours can be running, whatever AWS would say: an object then goes even where AWS cannot be asked."""
    if f.confirmed:
        return statuses.over(f)
    if f.intent is None:
        return False
    # AWS refused each Create for good, or nothing was ever sent because the spec's region or endpoint is none.
    no = f.refusal
    return f.clean or (no is not None and (no.operation, no.reason) == (CREATE_CLIENT, reasons.INVALID_SPEC))


def _end(f: Facts, job: Target, found: Found) -> Step:
    if found.owner is Owner.NOT_CHECKED and not f.confirmed and not _surely_ours(f, job):
        return CheckOwner(job, statuses.arn(f.kind, found.description))
    if found.owner is Owner.FOREIGN:
        return Release()
    word = statuses.aws_word(f.kind, found.description)
    if word in statuses.OVER:
        return _erase(f, job)
    if word not in statuses.ENDING and not f.stopped:
        return Stop(job)
    # The job is ours: said so in the status, the change feed follows it to its end.
    new = statuses.observed(f, job, found.description, confirm=True)
    return write(f, new) or Done(after=LOOK_AGAIN, look=True)


def _erase(f: Facts, job: Target) -> Step:
    """The job is over; its record at SageMaker goes too where the user wants that and the API can."""
    operation = f.kind.api.delete
    if controls.read(f.annotations).deletion != "delete" or not operation:
        return _let_go(f, job)
    answer = f.answers.get(ERASED)
    if answer is None:
        return Ask(ERASED, job, operation, {f.kind.api.name: job.name})
    return _refused(f, answer) if isinstance(answer, facts.Refusal) else _let_go(f, job)


def _let_go(f: Facts, job: Target) -> Step:
    return SPECIAL[f.kind.name].before_release(f, job) or Release()


# --- an object that is to be -----------------------------------------------------------------------------------


def _living(f: Facts) -> Step:
    named = not f.kind.writes_name or bool(f.spec.get(f.kind.spec_name))
    if not f.has_finalizer or not named:
        return Claim(None if named else targets.wanted(f).name)
    if f.intent is None:
        inherited = bool(f.word) or spawning.is_child(f)
        return _adopt(f, targets.wanted(f)) if inherited else _announce(f)
    if not f.confirmed:
        return _start(f, f.intent)
    return _follow(f, f.intent)


def _announce(f: Facts) -> Step:
    return references.resolve(f) or WriteStatus(statuses.first(f, targets.wanted(f)), intent=True)


def _adopt(f: Facts, job: Target) -> Step:
    """An object that another operator has worked on: look before anything else."""
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case NotLooked():
            return Describe(job)
        case Absent() if statuses.has_run(f) or spawning.is_child(f):
            # A training job that a tuning job started is never ours to start.
            return write(f, statuses.deleted_externally(f, job)) or Done()
        case Absent():
            return _announce(f)
        case Found():
            return _take(f, job, f.sighting)


def _take(f: Facts, job: Target, found: Found) -> Step:
    """A job of the right name exists: it is ours, or nobody's, or another's."""
    if found.owner is Owner.NOT_CHECKED and not _surely_ours(f, job):
        return CheckOwner(job, statuses.arn(f.kind, found.description))
    if found.owner is Owner.FOREIGN:
        if f.intent is not None and job != targets.wanted(f):
            # The spec asks for another job by now, and this one was never ours.
            return _announce(f)
        conflict = statuses.name_conflict(f, job, found.owner_text)
        return write(f, conflict, statuses.conflict_note(conflict)) or Done(retry=reasons.NAME_CONFLICT)
    new = statuses.observed(f, job, found.description, confirm=True)
    return write(f, new, statuses.adopted_note(f, job)) or Done()


def _start(f: Facts, job: Target) -> Step:
    """The intent is on file; whether a Create went out is for AWS to say."""
    if f.created:
        return _created(f, job)
    taken = f.refusal is not None and f.refusal.reason == reasons.NAME_CONFLICT
    if f.refusal is not None and not (taken and f.refusal.operation == f.kind.api.create):
        return _refused(f, f.refusal)
    match f.sighting:
        case Found():
            return _take(f, job, f.sighting)
        case Absent() if taken:
            # AWS says both that the name is taken and that there is no such job: it has not caught up yet.
            return Done(retry=reasons.NO_ANSWER)
        case Absent():
            return _create(f, job)
        case NotLooked() if not taken and (f.intent_written or f.clean):
            return _create(f, job)
        case NotLooked():
            return Describe(job)


def _created(f: Facts, job: Target) -> Step:
    """AWS accepted the Create: one write tells that and what the job does, where the feed shows that in a moment.

    A process that ends in this moment leaves an intent behind, and so its successor looks before it decides.
    """
    told = (statuses.created_note(f, job),)
    if f.created_from != f.generation:
        # Edited meanwhile: what the job was made from is all that the status may speak of.
        return WriteStatus(statuses.confirmed(f, job), told)
    if f.listed is not None and f.listed.status not in statuses.TERMINAL:
        return WriteStatus(statuses.summarised(f, job, f.listed, confirm=True), told)
    waited = (f.now - f.attempted).total_seconds() if f.attempted else NEWS_OF_CREATED
    # A clock that was put back makes nobody wait for longer.
    if f.listed is None and f.kind.api.lists_changes and 0 <= waited < NEWS_OF_CREATED:
        return Done(after=NEWS_OF_CREATED - waited)
    return WriteStatus(statuses.confirmed(f, job), told)


def _create(f: Facts, job: Target) -> Step:
    """Create; but announce first, in this same pass, so that the object is known to be still there and unchanged."""
    if job == targets.wanted(f):
        if f.intent_written:
            return Create(job, references.spec(f))
        return references.resolve(f) or WriteStatus(statuses.renewed(f), intent=True)
    # The spec asks for another name or place by now.
    rest = targets.doubt(f)
    return Done(after=rest, look=True) if rest else _announce(f)


def _follow(f: Facts, job: Target) -> Step:
    """The job exists or existed: keep the status true to it."""
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case Found() if statuses.over(f) and statuses.aws_word(f.kind, f.sighting.description) in statuses.ENDING:
            # Somebody deletes the record of a job that is over; its outcome stays, and an edit waits until it is gone.
            edited = f.status.get("observedGeneration") != f.generation
            return Done(after=LOOK_AGAIN, look=True) if edited else Done()
        case Found():
            return _observe(f, job, f.sighting)
        case Absent():
            rest = targets.doubt(f)
            if rest:
                return Done(after=rest, look=True)
            new = statuses.deleted_externally(f, job)
            return write(f, new, statuses.deleted_note(f, job)) or Done()
        case NotLooked():
            return _compare(f, job)


def _observe(f: Facts, job: Target, found: Found) -> Step:
    """A description is there: first the calls it asks for, then the status, then what else the kind does."""
    failed_now = statuses.aws_word(f.kind, found.description) == "Failed" and f.word not in statuses.TERMINAL
    more = tagging.step(f, job, statuses.arn(f.kind, found.description))
    if more is None and failed_now:
        more = failurelog.step(f, job)
    if more is not None:
        return more
    new = statuses.observed(f, job, found.description)
    notes = statuses.transition_notes(f, new, found.description)
    further = SPECIAL[f.kind.name].further
    return write(f, new, *notes) or further(f, job, found.description) or _rest(f, found)


def _compare(f: Facts, job: Target) -> Step:
    """Nothing was asked in this pass: is there a reason to?"""
    changed = f.status.get("observedGeneration") != f.generation or tagging.unsure(f)
    if f.look or f.missing or changed or _rules_running(f) or SPECIAL[f.kind.name].unfinished(f):
        return Describe(job)
    if statuses.settled(f):
        # The process that was refused and meant to try again may have ended since.
        return Describe(job) if statuses.hindered(f) else Done()
    if f.listed is None or f.listed.modified < f.seen_modified:
        age = _age(f)
        waiting = f.word == statusparts.FIRST_WORD and age is not None
        if waiting and age is not None and age >= FIRST_LOOK:
            return Describe(job)
        return Done(after=FIRST_LOOK, look=True) if waiting else Done()
    if statuses.agrees(f, f.listed):
        return _early(f, job, f.listed)
    if statuses.is_told_by_list(f, f.listed):
        new = statuses.summarised(f, job, f.listed)
        return write(f, new, *statuses.transition_notes(f, new, {})) or Done()
    return Describe(job)


def _early(f: Facts, job: Target, listed: facts.Summary) -> Step:
    """A job that does not come to train is described once: its instances may not be to be had."""
    age = _age(f)
    if age is None or not statuses.is_early(f, listed):
        return Done()
    return Describe(job) if age >= EARLY_LOOK else Done(after=EARLY_LOOK - age, look=True)


def _rest(f: Facts, found: Found) -> Step:
    refused = tagging.refusal(f)
    if refused is not None:
        return Done(retry=refused.reason, look=True)
    if _rules_running(f):
        return Done(after=RULES_AGAIN, look=True)
    # The feed tells of a change once, so an answer from before the change must not be the last word.
    lags = f.listed is not None and statuses.lags(f.kind, found.description, f.listed)
    return Done(after=LAG, look=True) if lags else Done()


def _rules_running(f: Facts) -> bool:
    rules = f.status.get("debugRuleEvaluationStatuses") or ()
    return f.word in statuses.TERMINAL and any(
        rule.get("ruleEvaluationStatus") in {"InProgress", "Stopping"} for rule in rules
    )


def _surely_ours(f: Facts, job: Target) -> bool:
    return targets.is_own_by_name(f, job) or spawning.is_child(f)


# --- shared ----------------------------------------------------------------------------------------------------


def _refused(f: Facts, refusal: facts.Refusal) -> Step:
    return statusparts.refused(f, refusal, statuses.refused)


def _age(f: Facts) -> float | None:
    return (f.now - f.announced).total_seconds() if f.announced else None
