"""What to do next for a Model or an EndpointConfig: a pure function from facts to one step.

The rules that leave nothing behind at SageMaker and never nothing in place:

1. Finalizer and intent (name, region, endpoint) are on the object before anything is made.
2. Names hold the object's UID: what bears one is the object's own and never made twice.
3. What went away is made anew: an object asks for a resource, not for one making of it.
4. What differs from the spec is replaced (`replace`); the old one goes once SageMaker has accepted the new one.
5. "No such thing" is believed when no Create can be under way any more.
6. At rest nothing is asked and nothing is written.
"""

from __future__ import annotations

from sagemaker_operator import reasons, statusparts, tagging, targets
from sagemaker_operator.facts import Absent, Facts, Found, Refusal, Target
from sagemaker_operator.notes import Note
from sagemaker_operator.resource import calls, content, ending, places, replace, statuses
from sagemaker_operator.resource.ending import refused
from sagemaker_operator.resource.words import CREATE_CLIENT, WORDS
from sagemaker_operator.statusparts import MESSAGE_LIMIT, write
from sagemaker_operator.steps import Claim, Done, Step, WriteStatus


def decide(f: Facts) -> Step:
    """The next step for a Model or an EndpointConfig; `Done` ends the pass."""
    return ending.decide(f) if f.deleting else _living(f)


def followed(f: Facts) -> Target | None:
    """What the change feed is to look for in its sweeps."""
    return places.noted(f) if f.confirmed and not f.deleting else None


def _living(f: Facts) -> Step:
    if not f.has_finalizer:
        return Claim(None)
    wanted, job = places.main(f), places.noted(f)
    if not wanted.region:
        text = f"{WORDS[f.kind.name].prefixes[CREATE_CLIENT]}spec has no region"
        return write(f, statuses.hindered(f, text), _warning(reasons.INVALID_SPEC, text)) or Done()
    if job is None:
        return _inherited(f, wanted) if f.word and f.intent is None else _announce(f)
    if job != wanted:
        return _moved(f, job)
    if places.replacing(f):
        return replace.step(f, job) or _replaced(f, job)
    return _follow(f, job) if f.confirmed else _start(f, job)


# --- until there is one ------------------------------------------------------------------------------------------


def _announce(f: Facts, *notes: Note) -> Step:
    return WriteStatus(statuses.first(f, places.main(f)), notes, intent=True)


def _inherited(f: Facts, job: Target) -> Step:
    """An object that another operator has worked on: look before anything else."""
    match f.answers.get(calls.MAIN):
        case None:
            return calls.describe(f, job)
        case Refusal() as refusal:
            return refused(f, refusal)
        case Absent():
            return _announce(f)
        case Found() as found:
            return _compare(f, job, found)


def _start(f: Facts, job: Target) -> Step:
    """The intent is on file; whether a Create went out is for AWS to say."""
    made = f.answers.get(calls.CREATED)
    if isinstance(made, Found):
        new = statuses.created(f, job, made.description, sent=True)
        return WriteStatus(new, (statuses.created_note(f, job),))
    taken = isinstance(made, Refusal) and made.reason == reasons.NAME_CONFLICT
    if isinstance(made, Refusal) and not taken:
        return refused(f, made)
    seen = f.answers.get(calls.MAIN)
    match seen:
        case None if taken or not (f.intent_written or f.clean):
            return calls.describe(f, job)
        case Found():
            return _compare(f, job, seen)
        case Refusal():
            return refused(f, seen)
        case Absent() if taken:
            # AWS says both that the name is taken and that there is no such thing: it has not caught up yet.
            return Done(retry=reasons.NO_ANSWER)
        case _:
            return _create(f, job)


def _create(f: Facts, job: Target) -> Step:
    """Create; but announce first, in this same pass, so that the object is known to be still there and unchanged."""
    if f.intent_written:
        return calls.create(f, job)
    if f.state.get(content.NOTE) != content.digest(f):
        # The note must go on telling what an earlier Create, which may be under way, was sent with.
        rest = targets.doubt(f)
        if rest:
            return Done(after=rest, look=True)
    return WriteStatus(statuses.announced(f), intent=True)


# --- one that is known -------------------------------------------------------------------------------------------


def _follow(f: Facts, job: Target) -> Step:
    seen = f.answers.get(calls.MAIN)
    match seen:
        case None:
            rests = statuses.settled(f) and not (f.look or f.missing)
            return Done() if rests else calls.describe(f, job)
        case Refusal():
            return refused(f, seen)
        case Absent():
            rest = targets.doubt(f)
            return Done(after=rest, look=True) if rest else _announce(f, statuses.vanished_note(f, job))
        case Found():
            return _compare(f, job, seen)


def _compare(f: Facts, job: Target, found: Found) -> Step:
    """What is there is the object's own: leave it, bring its tags up to date, or replace it."""
    notes = [statuses.adopted_note(f, job) if f.intent is None else statuses.created_note(f, job)]
    if f.confirmed:
        notes = []
    if content.differs(f, found.description):
        if not f.confirmed:
            return WriteStatus(statuses.taken(f, job, found.description), tuple(notes))
        return WriteStatus(statuses.replacing(f, places.stand_in(f, job)), intent=True)
    return _keep(f, job, found, notes)


def _keep(f: Facts, job: Target, found: Found, notes: list[Note]) -> Step:
    more = tagging.step(f, job, statuses.arn(f, found.description))
    if more is not None:
        return more
    trouble = tagging.refusal(f)
    if trouble is not None and trouble.reason in reasons.PASSING:
        return Done(retry=trouble.reason, look=True)
    new = statuses.created(f, job, found.description, sent=False, trouble=trouble)
    if trouble is not None:
        notes = [*notes, statusparts.refusal_note(trouble)]
    told = write(f, new, *notes)
    if told is not None:
        return told
    if trouble is not None:
        return Done(retry=trouble.reason, look=True)
    # A description may be older than the last Create.
    rest = targets.doubt(f)
    return Done(after=rest, look=True) if rest else Done()


def _replaced(f: Facts, job: Target) -> Step:
    """The main name bears what the spec asks for, and the stand-in is gone."""
    made, seen = f.answers.get(calls.CREATED), f.answers.get(calls.MAIN)
    if isinstance(made, Found):
        new = statuses.created(f, job, made.description, sent=True)
        return WriteStatus(new, (statuses.replaced_note(f, job),))
    return _keep(f, job, seen, []) if isinstance(seen, Found) else calls.describe(f, job)


# --- a spec that asks for another place --------------------------------------------------------------------------


def _moved(f: Facts, job: Target) -> Step:
    """Region or endpoint of the spec are others by now. What exists stays where it is; what does not can be moved."""
    if f.confirmed or places.replacing(f):
        return _stays(f, job)
    if f.clean:
        return _announce(f)
    # A Create may have gone out before the edit.
    answer = f.answers.get(calls.DELETED)
    match answer:
        case None:
            return calls.delete(f, job)
        case Refusal() if answer.operation == CREATE_CLIENT and answer.reason == reasons.INVALID_SPEC:
            return _announce(f)
        case Refusal():
            return refused(f, answer)
        case _:
            rest = targets.doubt(f) if isinstance(answer, Absent) else 0.0
            return Done(after=rest, look=True) if rest else _announce(f)


def _stays(f: Facts, job: Target) -> Step:
    seen = f.answers.get(calls.MAIN)
    if (f.look or f.missing) and seen is None:
        return calls.describe(f, job)
    if isinstance(seen, Refusal):
        return refused(f, seen)
    if isinstance(seen, Absent) and not places.replacing(f):
        rest = targets.doubt(f)
        return Done(after=rest, look=True) if rest else _announce(f, statuses.vanished_note(f, job))
    new = statuses.spec_changed(f, job)
    return write(f, new, _warning(reasons.SPEC_CHANGED, str(new["additional"]))) or Done()


def _warning(reason: str, text: str) -> Note:
    return Note("Warning", reason, text[:MESSAGE_LIMIT])
