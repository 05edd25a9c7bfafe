"""How a resource is replaced without ever leaving nothing behind. Pure.

SageMaker cannot change a model or an endpoint configuration, and its name is to stay. So the new one is made under a
second name first, which also shows whether SageMaker accepts it; then the old one goes and the new one is made under
the main name; then the stand-in goes. At every moment one of the two is there. What there is is looked up, not
remembered, so any step may be the last one of a process.
"""

from __future__ import annotations

from sagemaker_operator import reasons, targets
from sagemaker_operator.facts import Absent, Answer, Facts, Found, Refusal, Target
from sagemaker_operator.resource import calls, content, places, statuses
from sagemaker_operator.resource.ending import refused
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Done, Step, WriteStatus


def step(f: Facts, job: Target) -> Step | None:
    """The next step of a replacement; None once the main name bears what the spec asks for, and nothing else does."""
    made = f.answers.get(calls.CREATED)
    if made is not None:
        return _clear(f, job) if isinstance(made, Found) else _not_made(f, job, made)
    main, deleted = f.answers.get(calls.MAIN), f.answers.get(calls.DELETED)
    for answer in (main, deleted):
        if isinstance(answer, Refusal):
            return refused(f, answer)
    if main is None and deleted is None:
        return calls.describe(f, job)
    if isinstance(main, Found) and not content.differs(f, main.description):
        return _clear(f, job)
    if not f.intent_written:
        return WriteStatus(statuses.announced(f), intent=True)
    if not isinstance(main, Found):
        return calls.create(f, job)
    return _stand_in(f, job) or calls.delete(f, job)


def _stand_in(f: Facts, job: Target) -> Step | None:
    """The next step until a stand-in is there that SageMaker has accepted; None when it is."""
    name = places.stand_in(f, job).name
    made = f.answers.get(calls.STAND_IN_CREATED)
    if isinstance(made, Found):
        return None
    taken = _is_taken(made)
    if isinstance(made, Refusal) and not taken:
        return refused(f, made)
    seen, dropped = f.answers.get(calls.STAND_IN), f.answers.get(calls.STAND_IN_DELETED)
    for answer in (seen, dropped):
        if isinstance(answer, Refusal):
            return refused(f, answer)
    if dropped is not None:
        # One of an earlier spec, which is out of the way now.
        return calls.create_stand_in(f, job, name)
    match seen:
        case None:
            return calls.describe_stand_in(f, job, name)
        case Found() if content.differs(f, seen.description):
            return calls.delete_stand_in(f, job, name)
        case Found():
            return None
        case _:
            return Done(retry=reasons.NO_ANSWER, look=True) if taken else calls.create_stand_in(f, job, name)


def _clear(f: Facts, job: Target) -> Step | None:
    """The main name bears what the spec asks for: the stand-in goes; None when it is gone for certain."""
    answer = f.answers.get(calls.STAND_IN_DELETED)
    match answer:
        case None:
            return calls.delete_stand_in(f, job, places.stand_in(f, job).name)
        case Refusal():
            return refused(f, answer)
        case Absent():
            rest = targets.doubt(f)
            return Done(after=rest, look=True) if rest else None
        case Found():
            return None


def _not_made(f: Facts, job: Target, made: Answer) -> Step:
    """The new one was accepted as a stand-in, not under the main name: until it is, the stand-in is what there is."""
    if not isinstance(made, Refusal) or _is_taken(made):
        return Done(retry=reasons.NO_ANSWER, look=True)
    stand_in = places.stand_in(f, job)
    there = f.answers.get(calls.STAND_IN_CREATED) or f.answers.get(calls.STAND_IN)
    if there is None:
        return calls.describe_stand_in(f, job, stand_in.name)
    if isinstance(there, Found):
        told = write(f, statuses.stood_in(f, stand_in, there.description))
        if told is not None:
            return told
    return refused(f, made)


def _is_taken(answer: Answer | None) -> bool:
    return isinstance(answer, Refusal) and answer.reason == reasons.NAME_CONFLICT
