"""What to do next for a HostingAutoscalingPolicy: a pure function from facts to one step.

The rules that leave no window without a policy and nothing behind:

1. What is about to be applied is noted, beside what was applied before, before anything is sent.
2. AWS is only written to where what it has is different. Register and Put write over what is there.
3. A resource that is not ready keeps no other from being applied.
4. What is no longer wanted goes after the new is in force; then the notes are narrowed.
5. At rest nothing is asked, but for a look every ten minutes: the change feed does not know policies.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sagemaker_operator import reasons, statusparts, targets
from sagemaker_operator.facts import Facts, Refusal, Target
from sagemaker_operator.mapping import scaling
from sagemaker_operator.notes import Note
from sagemaker_operator.scaling import bring, calls, drop, ending, holdings, statuses
from sagemaker_operator.scaling.bring import Outcome
from sagemaker_operator.scaling.drop import BATCH, Dropped
from sagemaker_operator.scaling.ending import PAUSE
from sagemaker_operator.scaling.holdings import Holdings, Key
from sagemaker_operator.statusparts import MESSAGE_LIMIT, write
from sagemaker_operator.steps import Ask, Claim, Done, Step, WriteStatus

LOOK_EVERY = 600.0
"""Seconds between looks at what is in force."""
LOOK_MOST = 40
"""Resources that one such look is about; of more, it is another part each time."""

_ENDS_PASS = frozenset({reasons.THROTTLED, reasons.NO_ANSWER, reasons.CREDENTIALS_INVALID})
"""Reasons for which the other resources would be answered the same."""


@dataclass(slots=True)
class Round:
    """How far a pass came."""

    outcomes: list[Outcome] = field(default_factory=list)
    complete: bool = True

    @property
    def refusals(self) -> list[Refusal]:
        """AWS's noes."""
        return [one.refusal for one in self.outcomes if one.refusal is not None]

    @property
    def changed(self) -> list[Key]:
        """Targets at which something was written."""
        return [one.key for one in self.outcomes if one.changed]


def decide(f: Facts) -> Step:
    """The next step for a HostingAutoscalingPolicy; `Done` ends the pass."""
    return ending.decide(f) if f.deleting else _living(f)


def _living(f: Facts) -> Step:
    if not f.has_finalizer:
        return Claim(None)
    try:
        scaling.check(f.spec)
        wanted = holdings.wanted(f.spec)
    except scaling.ScalingError as error:
        return _invalid(f, f"Unable to apply HostingAutoscalingPolicy: {error}")
    if not f.spec.get("region"):
        return _invalid(f, "Unable to initialize operator: spec has no region")
    if f.intent is not None and f.intent.region != f.spec["region"]:
        return _moved(f, f.intent, wanted)
    if statuses.settled(f):
        return _look(f, wanted) if f.look else Done(after=LOOK_EVERY, look=True)
    if not f.intent_written and not _inherited(f):
        return _announce(f, wanted)
    return _apply(f, wanted)


def _inherited(f: Facts) -> bool:
    """Another operator has worked on it, and we have not: look before anything else."""
    return f.intent is None and bool(f.word)


def _announce(f: Facts, wanted: Holdings) -> Step:
    have = holdings.noted(f.status)
    return WriteStatus(statuses.announced(f, holdings.joined([have, wanted]), anew=statuses.settled(f)), intent=True)


def _invalid(f: Facts, text: str) -> Step:
    note = Note("Warning", reasons.INVALID_SPEC, text[:MESSAGE_LIMIT])
    return write(f, statuses.invalid(f, text), note) or Done()


# --- at rest -----------------------------------------------------------------------------------------------------


def _look(f: Facts, wanted: Holdings) -> Step:
    """Is what the spec states still so?"""
    place = calls.place(f.spec)
    for key in _part(f, list(wanted)):
        got = bring.step(f, place, key, wanted[key], strict=False)
        if isinstance(got, Ask):
            return _announce(f, wanted) if calls.writes(got) else got
        if got.refusal is not None:
            return _cannot_look(f, got.refusal)
    return Done(after=LOOK_EVERY, look=True)


def _part(f: Facts, keys: list[Key]) -> list[Key]:
    """What this look is about: all, or another part each time."""
    parts = -(-len(keys) // LOOK_MOST)
    number = int(f.now.timestamp() // LOOK_EVERY) % parts
    return keys[number * LOOK_MOST : (number + 1) * LOOK_MOST]


def _cannot_look(f: Facts, refusal: Refusal) -> Step:
    later = Done(retry=refusal.reason, look=True)
    if refusal.reason in reasons.PASSING:
        return later
    return write(f, statuses.refused(f, refusal), statusparts.refusal_note(refusal)) or later


# --- under way ---------------------------------------------------------------------------------------------------


def _apply(f: Facts, wanted: Holdings) -> Step:
    """Bring each resource to the spec, then take away what is no longer wanted, then say how it stands."""
    have, place = holdings.noted(f.status), calls.place(f.spec)
    came = _bring_all(f, place, wanted, have)
    if not isinstance(came, Round):
        return came if f.intent_written or not calls.writes(came) else _announce(f, wanted)
    dropped = Dropped()
    if came.complete:
        kept = _kept(came, wanted, have)
        gone = drop.step(f, place, have, kept)
        if not isinstance(gone, Dropped):
            return gone if f.intent_written else _announce(f, wanted)
        dropped = gone
    return _tell(f, wanted, have, came, dropped)


def _bring_all(f: Facts, place: Target, wanted: Holdings, have: Holdings) -> Ask | Round:
    came, done = Round(), statuses.in_force(f)
    for key in wanted:
        if key[0] in done:
            came.outcomes.append(Outcome(key))
            continue
        held = have.get(key, holdings.Held())
        got = bring.step(f, place, key, held, strict=not _inherited(f))
        if isinstance(got, Ask):
            if len(f.answers) < BATCH:
                return got
            came.complete = False
            return came
        came.outcomes.append(got)
        if got.refusal is not None and got.refusal.reason in _ENDS_PASS:
            came.complete = False
            return came
    return came


def _kept(came: Round, wanted: Holdings, have: Holdings) -> Holdings:
    """What stays: what the spec asks for, and the old where the new is not in force."""
    failed = {one.key: have.get(one.key, holdings.Held()) for one in came.outcomes if one.refusal is not None}
    return holdings.joined([wanted, failed])


def _tell(f: Facts, wanted: Holdings, have: Holdings, came: Round, dropped: Dropped) -> Step:
    refusals = [*came.refusals, *dropped.refusals]
    if refusals and _inherited(f):
        return _cannot_look(f, statuses.worst(refusals))
    if came.complete and not refusals and not dropped.left:
        return write(f, statuses.created(f, wanted), *_notes(f, wanted, came)) or Done(after=LOOK_EVERY, look=True)
    left = have if not came.complete else holdings.joined([_kept(came, wanted, have), dropped.left])
    later = Done(retry=statuses.soonest(refusals), look=True) if refusals else Done(after=PAUSE, look=True)
    if refusals and f.word == statuses.CREATED and all(one.reason in reasons.PASSING for one in refusals):
        # What was in force still is, as far as is known.
        return later
    notes = [statusparts.refusal_note(statuses.worst(refusals))] if refusals else []
    told = [note for note in notes if note.reason != reasons.THROTTLED]
    new = statuses.partial(f, came.outcomes, holdings.joined([left, wanted]), refusals)
    return write(f, new, *told) or later


def _notes(f: Facts, wanted: Holdings, came: Round) -> list[Note]:
    if _inherited(f):
        return [statuses.adopted_note(f, list(wanted))]
    if not came.changed:
        return []
    if f.word != statuses.CREATED and not f.status.get("resourceIDList"):
        return [statuses.made_note(f, list(wanted))]
    same_spec = f.word == statuses.CREATED and f.status.get("observedGeneration") == f.generation
    return [(statuses.restored_note if same_spec else statuses.updated_note)(f, came.changed)]


# --- a spec that asks for another region -------------------------------------------------------------------------


def _moved(f: Facts, noted: Target, wanted: Holdings) -> Step:
    """What is in force stays where it is; what never came into force is cleaned up there, and then made here."""
    if f.status.get("resourceIDList"):
        new = statuses.spec_changed(f, noted.region)
        text = str(new["additional"])
        return write(f, new, Note("Warning", reasons.SPEC_CHANGED, text[:MESSAGE_LIMIT])) or Done()
    if not f.clean:
        came = drop.step(f, Target(noted.name, noted.region), holdings.noted(f.status), {})
        if not isinstance(came, Dropped):
            return came
        nowhere = all(one.operation == calls.CREATE_CLIENT for one in came.refusals)
        if came.refusals and not nowhere:
            told = statuses.worst(came.refusals)
            new = statuses.refused(f, told, came.left)
            return write(f, new, statusparts.refusal_note(told)) or Done(retry=told.reason, look=True)
        if came.left and not came.refusals:
            return write(f, statuses.narrowed(f, came.left)) or Done(after=PAUSE, look=True)
        rest = targets.doubt(f) if came.unsure else 0.0
        if rest:
            return Done(after=rest, look=True)
    return WriteStatus(statuses.announced(f, wanted, anew=True), intent=True)
