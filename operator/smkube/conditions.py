"""Status conditions by the Kubernetes API conventions ("Typical status properties"): pure functions over plain data.

A condition is `{type, status, reason, message, lastTransitionTime, observedGeneration}`. Its transition time moves
only when its status does, so that an unchanged state never causes a write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Condition = Mapping[str, Any]

MESSAGE_LIMIT = 32768
"""Greatest length of a message, in characters (metav1.Condition)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A condition as it should be; when it last changed follows from what was there before."""

    type: str
    status: str
    reason: str
    message: str = ""


def merge(before: Sequence[Condition], wanted: Sequence[Wanted], generation: int, now: str) -> list[dict[str, Any]]:
    """The new list of conditions.

    Args:
        before: the conditions the object has.
        wanted: the conditions it should have; others of `before` are kept as they are (they are somebody else's).
        generation: `metadata.generation` that was looked at.
        now: time of the change, RFC 3339 in UTC.
    """
    have = {str(condition.get("type")): dict(condition) for condition in before}
    for one in wanted:
        have[one.type] = _merged(have.get(one.type), one, generation, now)
    # kstatus goes by the first of `Reconciling` and `Stalled` that is true: what is stalled is no progress.
    return sorted(have.values(), key=lambda one: one.get("type") == "Reconciling")


def find(conditions: Sequence[Condition], type_: str) -> Condition | None:
    """The condition of a type, or None. What is no condition is passed over: others may write statuses too."""
    found = (condition for condition in conditions if isinstance(condition, Mapping))
    return next((condition for condition in found if condition.get("type") == type_), None)


def is_true(conditions: Sequence[Condition], type_: str) -> bool:
    """Whether the condition exists and is `True`."""
    found = find(conditions, type_)
    return found is not None and found.get("status") == "True"


def _merged(before: Condition | None, wanted: Wanted, generation: int, now: str) -> dict[str, Any]:
    moved = before is None or before.get("status") != wanted.status
    return {
        "type": wanted.type,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": wanted.message[:MESSAGE_LIMIT],
        "observedGeneration": generation,
        "lastTransitionTime": now if moved or before is None else before.get("lastTransitionTime", now),
    }
