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

from dataclasses import dataclass

from sagemaker_operator import facts, reasons, statuses
from sagemaker_operator.facts import Absent, Facts, Found, NotLooked, Owner, Target
from smkube import names

LOOK_AGAIN = 60.0
"""Seconds after which a job that should be ending is looked at even if the change feed said nothing."""
FIRST_LOOK = 20.0
"""Seconds the change feed has to show a new job before it is described."""
LAG = 5.0
"""Seconds until a description is asked for again that was older than what a List answer had shown already."""
CREATE_CLIENT = "CreateClient"
"""Stands for the operation in an error that came before any request: region or endpoint cannot be used."""
RULES_AGAIN = 30.0
"""Seconds between looks at Debugger rules that outlive their job; the change feed does not show them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Put our finalizer on the object and, where it has none, the job's name into its spec (one patch)."""

    name: str | None


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Bring the object's status to `status` (written only if it differs) and tell `notes` as Events."""

    status: statuses.Status
    notes: tuple[statuses.Note, ...] = ()
    intent: bool = False
    """Whether this write is the one that announces a Create."""


@dataclass(frozen=True, slots=True)
class Describe:
    """Ask AWS for the job."""

    target: Target


@dataclass(frozen=True, slots=True)
class CheckOwner:
    """Read the tags of the job just found."""

    target: Target
    arn: str


@dataclass(frozen=True, slots=True)
class Create:
    """Create the job."""

    target: Target


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the job."""

    target: Target


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizer off the object."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to do now.

    Args:
        after: seconds until the next pass that comes without a change; None for never.
        retry: instead of `after`, the reason whose back-off (`reasons.RETRY`) gives the time.
        look: whether that pass is to describe the job whatever the feed says.
    """

    after: float | None = None
    retry: str | None = None
    look: bool = False


Step = Claim | WriteStatus | Describe | CheckOwner | Create | Stop | Release | Done


def decide(f: Facts) -> Step:
    """The next step for an object; `Done` ends the pass."""
    return _deleting(f) if f.deleting else _living(f)


def target(f: Facts) -> Target | None:
    """The job the object stands for, as far as one can be known: the intent, or what the original left behind."""
    job = f.intent or (wanted(f) if f.word else None)
    # Without a region nothing can ever have been created.
    return job if job is not None and job.region else None


def wanted(f: Facts) -> Target:
    """The job that the spec asks for."""
    name = f.spec.get(f.kind.spec_name) or f.status.get(f.kind.status_name) or generated_name(f)
    return Target(str(name), str(f.spec.get("region", "")), str(f.spec.get("sageMakerEndpoint") or ""))


def generated_name(f: Facts) -> str:
    """The job name for an object that chooses none."""
    return names.sagemaker_safe(names.generated(f.name, f.uid, f.kind.name_limit))


def is_own_by_name(f: Facts, job: Target) -> bool:
    """The job's name holds the object's UID: nobody else can have made it."""
    return names.uid_hex(f.uid) in job.name


# --- an object that is to go ------------------------------------------------------------------------------------


def _deleting(f: Facts) -> Step:
    if not f.has_finalizer:
        return Done()
    job = target(f)
    if job is None or _nothing_to_stop(f):
        return Release()
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case NotLooked():
            return Describe(job)
        case Absent():
            rest = _doubt(f)
            return Done(after=rest, look=True) if rest else Release()
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
    if found.owner is Owner.NOT_CHECKED and not f.confirmed and not is_own_by_name(f, job):
        return CheckOwner(job, statuses.arn(f.kind, found.description))
    if found.owner is Owner.FOREIGN:
        return Release()
    word = statuses.aws_word(f.kind, found.description)
    if word in statuses.TERMINAL:
        return Release()
    if word not in statuses.ENDING and not f.stopped:
        return Stop(job)
    # The job is ours: said so in the status, the change feed follows it to its end.
    new = statuses.observed(f, job, found.description, confirm=True)
    return _write(f, new) or Done(after=LOOK_AGAIN, look=True)


# --- an object that is to be -----------------------------------------------------------------------------------


def _living(f: Facts) -> Step:
    named = bool(f.spec.get(f.kind.spec_name))
    if not f.has_finalizer or not named:
        return Claim(None if named else wanted(f).name)
    if f.intent is None:
        return _adopt(f, wanted(f)) if f.word else _announce(f)
    if not f.confirmed:
        return _start(f, f.intent)
    return _follow(f, f.intent)


def _announce(f: Facts) -> Step:
    return WriteStatus(statuses.first(f, wanted(f)), intent=True)


def _adopt(f: Facts, job: Target) -> Step:
    """An object that another operator has worked on: look before anything else."""
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case NotLooked():
            return Describe(job)
        case Absent() if statuses.has_run(f):
            return _write(f, statuses.deleted_externally(f, job)) or Done()
        case Absent():
            return _announce(f)
        case Found():
            return _take(f, job, f.sighting)


def _take(f: Facts, job: Target, found: Found) -> Step:
    """A job of the right name exists: it is ours, or nobody's, or another's."""
    if found.owner is Owner.NOT_CHECKED and not is_own_by_name(f, job):
        return CheckOwner(job, statuses.arn(f.kind, found.description))
    if found.owner is Owner.FOREIGN:
        if f.intent is not None and job != wanted(f):
            # The spec asks for another job by now, and this one was never ours.
            return _announce(f)
        conflict = statuses.name_conflict(f, job, found.owner_text)
        return _write(f, conflict, statuses.conflict_note(conflict)) or Done(retry=reasons.NAME_CONFLICT)
    new = statuses.observed(f, job, found.description, confirm=True)
    return _write(f, new, statuses.adopted_note(f, job)) or Done()


def _start(f: Facts, job: Target) -> Step:
    """The intent is on file; whether a Create went out is for AWS to say."""
    if f.created:
        return WriteStatus(statuses.confirmed(f, job), (statuses.created_note(f, job),))
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


def _create(f: Facts, job: Target) -> Step:
    """Create; but announce first, in this same pass, so that the object is known to be still there and unchanged."""
    if job == wanted(f):
        return Create(job) if f.intent_written else WriteStatus(statuses.renewed(f), intent=True)
    # The spec asks for another name or place by now.
    rest = _doubt(f)
    return Done(after=rest, look=True) if rest else _announce(f)


def _follow(f: Facts, job: Target) -> Step:
    """The job exists or existed: keep the status true to it."""
    if f.refusal is not None:
        return _refused(f, f.refusal)
    match f.sighting:
        case Found():
            new = statuses.observed(f, job, f.sighting.description)
            notes = statuses.transition_notes(f, new, f.sighting.description)
            return _write(f, new, *notes) or _rest(f, f.sighting)
        case Absent():
            rest = _doubt(f)
            if rest:
                return Done(after=rest, look=True)
            new = statuses.deleted_externally(f, job)
            return _write(f, new, statuses.deleted_note(f, job)) or Done()
        case NotLooked():
            return _compare(f, job)


def _compare(f: Facts, job: Target) -> Step:
    """Nothing was asked in this pass: is there a reason to?"""
    if f.look or f.missing or f.status.get("observedGeneration") != f.generation or _rules_running(f):
        return Describe(job)
    if statuses.settled(f):
        return Done()
    if f.listed is None or f.listed.modified < f.seen_modified:
        age = _age(f)
        waiting = f.word == statuses.FIRST_WORD and age is not None
        if waiting and age is not None and age >= FIRST_LOOK:
            return Describe(job)
        return Done(after=FIRST_LOOK, look=True) if waiting else Done()
    if statuses.agrees(f, f.listed):
        return Done()
    if f.word == statuses.FIRST_WORD and f.listed.status not in statuses.TERMINAL:
        new = statuses.summarised(f, job, f.listed)
        return _write(f, new, *statuses.transition_notes(f, new, {})) or Done()
    return Describe(job)


def _rest(f: Facts, found: Found) -> Step:
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


# --- shared ----------------------------------------------------------------------------------------------------


def _refused(f: Facts, refusal: facts.Refusal) -> Step:
    """AWS said no, or nothing: tell the user what stands in the way, and come back by the reason's back-off."""
    later = Done(retry=refusal.reason, look=f.confirmed)
    if refusal.reason in reasons.PASSING and f.confirmed:
        return later
    notes = () if refusal.reason == reasons.THROTTLED else (statuses.refusal_note(refusal),)
    return _write(f, statuses.refused(f, refusal), *notes) or later


def _write(f: Facts, new: statuses.Status, *notes: statuses.Note) -> WriteStatus | None:
    """A step when the status is to change, else None."""
    return WriteStatus(new, tuple(notes)) if statuses.differs(f.status, new) else None


def _doubt(f: Facts) -> float:
    """Seconds for which "no such job" cannot be believed yet, since a Create was sent a short while ago."""
    if f.clean and not f.confirmed:
        return 0.0
    sent = [moment for moment in (f.attempted, f.announced) if moment]
    if not sent:
        return 0.0
    return max(0.0, f.consistency_window - (f.now - max(sent)).total_seconds())


def _age(f: Facts) -> float | None:
    return (f.now - f.announced).total_seconds() if f.announced else None
