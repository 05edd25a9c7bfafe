"""Where an endpoint stands against what its object asks for, and so what is to be done about it. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from sagemaker_operator import reasons
from sagemaker_operator.facts import Facts
from sagemaker_operator.hosting import updates
from sagemaker_operator.hosting.plan import Ready, Trouble
from sagemaker_operator.hosting.updates import Outcome
from sagemaker_operator.hosting.view import CREATING, DELETING, FAILED, IN_SERVICE, ROLLBACK_FAILED, View


class Course(enum.Enum):
    """What is to be done."""

    WAIT = "wait"
    """SageMaker is at work on the endpoint."""
    HINDERED = "hindered"
    """The revision that the spec asks for is not there, or nowhere to be had."""
    UPDATE = "update"
    """The endpoint is to be brought to the revision that the spec asks for."""
    KEEP = "keep"
    """The endpoint has what the spec asks for."""
    GIVE_UP = "give up"
    """The update to what the spec asks for has failed: the endpoint stays as it is until the spec changes."""
    RECREATE = "recreate"
    """The endpoint failed, and may do better with what the spec asks for now."""
    MOURN = "mourn"
    """The endpoint failed with what the spec asks for."""


@dataclass(frozen=True, slots=True)
class Stand:
    """All that one look at an endpoint and its children came to.

    Args:
        view: the endpoint.
        plan: its children.
        came: what came of the update under way.
        state: the operator's notes, brought up to date by that.
        course: what is to be done.
    """

    view: View
    plan: Ready | Trouble
    came: Outcome
    state: dict[str, Any]
    course: Course


def stand(f: Facts, view: View, plan: Ready | Trouble) -> Stand:
    """Where the endpoint stands."""
    came = updates.outcome(f, view)
    state = updates.settled(f, came)
    if view.fresh and view.word not in (FAILED, DELETING):
        state.pop("recreate", None)
    return Stand(view, plan, came, state, _course(f, view, plan, came, state))


def _course(f: Facts, view: View, plan: Ready | Trouble, came: Outcome, state: dict[str, Any]) -> Course:
    if not view.at_rest or came in (Outcome.UNDER_WAY, Outcome.NOT_SEEN):
        return Course.WAIT
    if isinstance(plan, Trouble):
        return Course.HINDERED
    if view.word == FAILED:
        bad = updates.rejected(state) or view.config
        again = plan.config != bad or f.forced or bool(state.get("recreate"))
        return Course.RECREATE if again else Course.MOURN
    if view.config == plan.config and view.word != ROLLBACK_FAILED:
        return Course.KEEP
    if updates.rejected(state) == plan.config and not f.forced:
        return Course.GIVE_UP
    return Course.UPDATE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the conditions say of it.

    Args:
        reason: one of `reasons`.
        message: for people.
        reconciling: work is under way.
        stalled: waiting alone is not expected to help.
    """

    reason: str
    message: str
    reconciling: bool
    stalled: bool


def verdict(f: Facts, at: Stand, trouble: Trouble | None) -> Verdict:
    """What there is to say.

    Args:
        f: the facts.
        at: where the endpoint stands.
        trouble: what stands in the way beside that (tags that AWS refused).
    """
    view, plan = at.view, at.plan
    hindrance = plan if isinstance(plan, Trouble) else trouble
    if hindrance is not None:
        moving = at.course is Course.WAIT or not hindrance.stalled
        return Verdict(hindrance.reason, hindrance.text, reconciling=moving, stalled=hindrance.stalled)
    match at.course:
        case Course.WAIT:
            return Verdict(_progress(view), f"The SageMaker endpoint is {view.word}.", reconciling=True, stalled=False)
        case Course.UPDATE:
            return Verdict(reasons.UPDATING, begun(at), reconciling=True, stalled=False)
        case Course.RECREATE:
            text = f"The SageMaker endpoint failed and is created anew. {view.failure}".strip()
            return Verdict(reasons.IN_PROGRESS, text, reconciling=True, stalled=False)
        case Course.GIVE_UP:
            return Verdict(reasons.UPDATE_FAILED, given_up(f, at), reconciling=False, stalled=True)
        case _:
            return _rest(view)


def _rest(view: View) -> Verdict:
    if view.word == IN_SERVICE:
        text = f"The endpoint serves endpoint configuration {view.config}."
        return Verdict(reasons.IN_SERVICE, text, reconciling=False, stalled=False)
    text = f"The SageMaker endpoint is {view.word}. {view.failure}".strip()
    return Verdict(reasons.FAILED, text, reconciling=False, stalled=True)


def _progress(view: View) -> str:
    if view.word == DELETING:
        return reasons.DELETING
    return reasons.IN_PROGRESS if view.word == CREATING else reasons.UPDATING


def begun(at: Stand) -> str:
    """An update, for people."""
    to = at.plan.config if isinstance(at.plan, Ready) else ""
    return f"Updating the endpoint from endpoint configuration {at.view.config} to {to}."


def given_up(f: Facts, at: Stand) -> str:
    """An update that failed, for people."""
    bad = updates.rejected(at.state) or updates.wanted(f)
    serves = f"The endpoint still serves {at.view.config}." if at.view.word == IN_SERVICE else ""
    cause = at.view.failure or "SageMaker gives no reason."
    text = f"Unable to update SageMaker endpoint: the update to endpoint configuration {bad} failed: {cause}"
    return f"{text} {serves} It is not tried again until the spec asks for something else.".replace("  ", " ")
