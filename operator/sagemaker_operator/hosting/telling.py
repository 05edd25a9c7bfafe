"""What is told of an endpoint as Events. Pure."""

from __future__ import annotations

from sagemaker_operator import failurelog, reasons
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.hosting import course
from sagemaker_operator.hosting.course import Stand
from sagemaker_operator.hosting.plan import Ready, Trouble
from sagemaker_operator.hosting.updates import Outcome
from sagemaker_operator.hosting.view import FAILED, ROLLBACK_FAILED
from sagemaker_operator.notes import Note
from sagemaker_operator.statusparts import MESSAGE_LIMIT, plain

_BAD = frozenset({FAILED, ROLLBACK_FAILED, "RollingBack", "OutOfService"})


def created(f: Facts, job: Target) -> Note:
    """The endpoint was created."""
    return Note("Normal", reasons.CREATED, f"Created SageMaker {f.kind.noun} {job.name} in {job.region}.")


def adopted(f: Facts, job: Target) -> Note:
    """An existing endpoint is looked after from now on."""
    return Note("Normal", reasons.ADOPTED, f"Looks after the existing SageMaker {f.kind.noun} {job.name} now.")


def vanished(f: Facts, job: Target) -> Note:
    """The endpoint was deleted by somebody else."""
    text = (
        f"SageMaker {f.kind.noun} {job.name} no longer exists: it was deleted outside of Kubernetes. It is made anew."
    )
    return Note("Warning", reasons.DELETED_EXTERNALLY, text)


def conflict(text: str) -> Note:
    """The endpoint's name is taken by somebody else's endpoint."""
    return Note("Warning", reasons.NAME_CONFLICT, text[:MESSAGE_LIMIT])


def updating(text: str) -> Note:
    """An update has begun."""
    return Note("Normal", reasons.UPDATING, text)


def recreating(text: str) -> Note:
    """An endpoint that failed is deleted to be created anew."""
    return Note("Normal", reasons.REPLACED, text[:MESSAGE_LIMIT])


def hindered(f: Facts, trouble: Trouble) -> list[Note]:
    """A trouble that does not pass by waiting is told when it is new."""
    if not trouble.stalled or plain(trouble.text) in _said(f):
        return []
    return [Note("Warning", trouble.reason, plain(trouble.text)[:MESSAGE_LIMIT])]


def changes(f: Facts, at: Stand, trouble: Trouble | None) -> list[Note]:
    """What changed between the object's status and where the endpoint stands now."""
    notes = []
    if at.came is Outcome.FAILED:
        notes.append(Note("Warning", reasons.UPDATE_FAILED, course.given_up(f, at)[:MESSAGE_LIMIT]))
    elif at.came is Outcome.DONE:
        notes.append(Note("Normal", reasons.UPDATED, _done(at)[:MESSAGE_LIMIT]))
    if at.view.word != f.word:
        notes.append(_word(f, at))
    for each in (at.plan, trouble):
        if isinstance(each, Trouble):
            notes.extend(hindered(f, each))
    return notes


def ended(f: Facts, at: Stand) -> bool:
    """The endpoint has just failed: its last log lines say more than its status."""
    return at.view.word == FAILED and f.word != FAILED


def _word(f: Facts, at: Stand) -> Note:
    view = at.view
    text = f"The SageMaker {f.kind.noun} is {view.word}."
    if view.word not in _BAD:
        return Note("Normal", view.word or "Unknown", text)
    text = f"{text} {view.failure}".strip()
    if view.word == FAILED:
        lines = failurelog.tail(f, MESSAGE_LIMIT - min(len(text), MESSAGE_LIMIT // 2) - 1)
        text = f"{text[: MESSAGE_LIMIT // 2]} {lines}" if lines else text
    return Note("Warning", view.word, text[:MESSAGE_LIMIT])


def _done(at: Stand) -> str:
    text = f"The endpoint serves endpoint configuration {at.view.config} now."
    surplus = [f"{child.kind} {child.name}" for child in at.plan.surplus] if isinstance(at.plan, Ready) else []
    return f"{text} No longer used, and deleted: {', '.join(surplus)}." if surplus else text


def _said(f: Facts) -> str:
    """All that the conditions say."""
    return "\n".join(str(one.get("message") or "") for one in f.status.get("conditions") or ())
