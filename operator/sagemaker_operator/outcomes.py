"""How and when a job ended, read from its object's statuses, for metrics. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_operator import statuses
from sagemaker_operator.facts import Target, parse_rfc3339
from sagemaker_operator.kinds import SPECIAL
from smkube import conditions, kinds

OUTCOMES = ("Completed", "Failed", "Stopped", "DeletedExternally")
"""What the reason of the condition `Succeeded` can be once its status is known."""

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that has just ended.

    Args:
        kind: the job's kind.
        outcome: one of OUTCOMES.
        seconds: from its start to its end by SageMaker's clock; None for one that never began.
        billable: seconds that are paid for per instance (SageMaker API: BillableTimeInSeconds); None where SageMaker
            does not say.
    """

    kind: kinds.Kind
    outcome: str
    seconds: float | None
    billable: float | None


def ended(kind: kinds.Kind, old: Status, new: Status) -> Ended | None:
    """The end of a job that the second status tells of and the first did not; None when there is none."""
    outcome = _outcome(new)
    if kind.family is not kinds.Family.JOB or not outcome or _known(kind, old):
        return None
    return _told(kind, outcome, new)


def released(kind: kinds.Kind, old: Status, job: Target, description: Status) -> Ended | None:
    """The end of a job whose object goes before its status could tell; None when the status had told, or it runs.

    Args:
        kind: the job's kind.
        old: the object's last status.
        job: the job.
        description: what SageMaker says about it.
    """
    if kind.family is not kinds.Family.JOB or _known(kind, old):
        return None
    word = statuses.aws_word(kind, description)
    if word not in statuses.TERMINAL:
        return None
    return _told(kind, word, SPECIAL[kind.name].fields(job, description))


def _known(kind: kinds.Kind, status: Status) -> bool:
    """The status tells how the job ended, be it in the original operator's words alone."""
    if conditions.find(status.get("conditions") or (), "Succeeded") is None:
        return status.get(kind.status_word) in statuses.TERMINAL
    # The word of a running job may be `Failed`: the original's, where the spec was edited.
    return bool(_outcome(status))


def _outcome(status: Status) -> str:
    """The reason of a `Succeeded` that is decided; empty before that."""
    found = conditions.find(status.get("conditions") or (), "Succeeded") or {}
    return str(found.get("reason")) if found.get("status") in {"True", "False"} else ""


def _told(kind: kinds.Kind, outcome: str, status: Status) -> Ended:
    begin, end = (parse_rfc3339(str(status.get(field) or "")) for field in ("startTime", "completionTime"))
    billable = status.get("billableTimeInSeconds")
    return Ended(
        kind,
        outcome,
        max(0.0, (end - begin).total_seconds()) if begin and end else None,
        float(billable) if isinstance(billable, int | float) else None,
    )
