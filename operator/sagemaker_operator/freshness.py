"""How old AWS's news are when a status first shows them, for metrics. Pure.

Counted are changes that happened at AWS while the object followed its job: not what an edit of the spec changes in a
status, and not the first look at a job that was there before.
"""

from __future__ import annotations

from sagemaker_operator.facts import Facts

_NEWS = ("secondaryStatus", "trainingJobStatusCounters")
"""Fields of a status that change with the job, besides the status word."""


def shown(before: Facts, after: Facts, seen: float) -> float | None:
    """When AWS's news came about that a status write has shown, in seconds since the epoch; None when it showed none.

    Args:
        before: the facts before the write.
        after: the facts after it.
        seen: LastModifiedTime of the newest description, in seconds since the epoch; 0 when there was none.
    """
    followed = before.confirmed and before.intent == after.intent and not after.deleting
    edited = before.status.get("observedGeneration") != after.generation
    changed = before.word != after.word or any(before.status.get(name) != after.status.get(name) for name in _NEWS)
    if not followed or edited or not changed:
        return None
    listed = before.listed
    # A job may have moved on since it was listed; transform jobs are described without a LastModifiedTime.
    known = listed.modified if listed is not None and listed.status == after.word else 0.0
    return max(seen, known) or None
