"""A living tuning job: objects for the training jobs that have none yet, a batch in each pass. Pure.

What was dealt with is noted in `operatorState`: how many (`spawned`), up to which creation time (`spawnedUntil`) and
which of the last of them (`spawnedNames`), for a List answer may show an older training job after a newer one. As
long as SageMaker's counters tell of no more than that, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_operator import controls, facts, reasons, statusparts
from sagemaker_operator.facts import Absent, Facts, Found, Refusal, Related, Target
from sagemaker_operator.notes import Note
from sagemaker_operator.spawning import listing, objects
from sagemaker_operator.spawning.listing import Child
from sagemaker_operator.steps import Ask, Done, Find, Step, WriteStatus
from smkube import kinds

BATCH = 20
"""Training jobs that are dealt with in one pass."""
PAUSE = 1.0
"""Seconds between two batches: others want the worker too."""
LISTING_LAG = 60.0
"""Seconds by which a List answer may lag behind."""
AGAIN = 60.0
"""Seconds until a list is read again that showed fewer training jobs than the counters."""
REFUSED_AGAIN = 300.0
"""Seconds until a call is tried again that AWS refused; the tuning job itself is followed meanwhile."""

_FIND, _DESCRIBE = "children:", "child:"
"""Beginnings of the keys of answers."""
_RUNNING = frozenset({"InProgress", "Stopping"})
"""Words of a tuning job that may start training jobs, or has just done so."""


def step(f: Facts, job: Target, description: Mapping[str, Any]) -> Step | None:
    """The next step on the way to an object for each training job; None when nothing is to be done (now).

    Args:
        f: facts about the tuning job.
        job: the tuning job.
        description: what DescribeHyperParameterTuningJob says of it.
    """
    launched, done, limit = _launched(description.get("TrainingJobStatusCounters")), _done(f), _limit(f)
    if launched <= done:
        return None
    if done >= limit:
        return _at_limit(f, limit)
    refusal = listing.refusal(f)
    if refusal is not None:
        return _refused(f, refusal, description)
    pending = [child for child in listing.children(f) if not _dealt_with(f, child)][: min(BATCH, limit - done)]
    if pending:
        return _deal(f, job, pending, description)
    return listing.next_page(f, job) or _all_listed(f, description, launched)


def unfinished(f: Facts) -> bool:
    """By the status there are training jobs to be dealt with: the job is to be described though its word is final."""
    return _launched(f.status.get("trainingJobStatusCounters")) > _done(f) and _done(f) < _limit(f)


def all_known(f: Facts) -> bool:
    """Each training job was dealt with, so that the objects of all of them are owned or somebody else's."""
    return "spawned" in f.state and _launched(f.status.get("trainingJobStatusCounters")) <= _done(f)


# --- a batch -----------------------------------------------------------------------------------------------------


def _deal(f: Facts, job: Target, batch: Sequence[Child], description: Mapping[str, Any]) -> Step | None:
    key = f"{_FIND}{batch[0].name}"
    found = f.related.get(key)
    if found is None:
        if any(other.startswith(_FIND) for other in f.related):
            # This pass has had its batch.
            return Done(after=PAUSE, look=True)
        return Find(key, kinds.TRAINING_JOB.name, names=frozenset(child.object_name for child in batch))
    by_name = {each.name: each for each in found}
    for child in batch:
        more = _show(f, job, child, by_name.get(child.object_name))
        if isinstance(more, Refusal):
            return _refused(f, more, description)
        if more is not None:
            return more
    return _note(f, batch, len(found))


def _show(f: Facts, job: Target, child: Child, found: Related | None) -> Step | Refusal | None:
    """The next step for one training job; None when it was dealt with."""
    if found is not None:
        return objects.adopted(f, child, found)
    if child.object_name in f.refused_objects:
        return None
    key = f"{_DESCRIBE}{child.name}"
    match f.answers.get(key):
        case None:
            api, place = kinds.TRAINING_JOB.api, Target(child.name, job.region, job.endpoint)
            return Ask(key, place, api.describe, {api.name: child.name})
        case Absent():
            return None
        case Found(described):
            return objects.wanted(f, job, child, described)
        case refusal:
            return refusal


def _note(f: Facts, batch: Sequence[Child], shown: int) -> WriteStatus:
    before = _until(f)
    until = max(child.created for child in batch)
    until = max(until, before) if before else until
    recent = until - timedelta(seconds=LISTING_LAG)
    listed = listing.children(f)
    names = {child.name for child in listed if child.created >= recent and _dealt_with(f, child)}
    names |= {child.name for child in batch if child.created >= recent}
    return _write(
        f,
        shown=int(f.status.get("spawnedTrainingJobs") or 0) + shown,
        spawned=_done(f) + len(batch),
        spawnedUntil=until.astimezone(UTC).isoformat(timespec="microseconds"),
        spawnedNames=sorted(names),
    )


def _dealt_with(f: Facts, child: Child) -> bool:
    until = _until(f)
    if until is None:
        return False
    return child.created < until - timedelta(seconds=LISTING_LAG) or child.name in (f.state.get("spawnedNames") or ())


# --- ends --------------------------------------------------------------------------------------------------------


def _all_listed(f: Facts, description: Mapping[str, Any], launched: int) -> Step | None:
    """The list ends before the counters do: it lags, or it will never show the rest."""
    if listing.gone(f):
        return None
    if _may_change(f, description):
        return _write(f) if "spawnProblem" in f.state else Done(after=AGAIN, look=True)
    return _write(f, spawned=launched)


def _may_change(f: Facts, description: Mapping[str, Any]) -> bool:
    if description.get(kinds.TUNING_JOB.api.status) in _RUNNING:
        return True
    ended = description.get("HyperParameterTuningEndTime") or description.get("LastModifiedTime")
    return isinstance(ended, datetime) and f.now - ended < timedelta(seconds=LISTING_LAG)


def _at_limit(f: Facts, limit: int) -> Step | None:
    """More were started than are to be shown: said once for each limit, except for one that hides all."""
    if limit == 0 or f.state.get("spawnLimit") == limit:
        return None
    text = (
        f"The first {limit} training jobs of the tuning job are shown as TrainingJob objects, the others are not. "
        f"The annotation {controls.SPAWN} sets another limit."
    )
    return _write(f, Note("Normal", reasons.SPAWN_LIMIT, text), spawnLimit=limit)


def _refused(f: Facts, refusal: Refusal, description: Mapping[str, Any]) -> Step | None:
    """Training jobs cannot be listed or described; that is told once, and no reason not to follow the tuning job."""
    if refusal.reason in reasons.PASSING:
        return Done(retry=refusal.reason, look=True)
    problem = f"{refusal.operation}: {refusal.reason}"
    if f.state.get("spawnProblem") != problem:
        return _write(f, statusparts.refusal_note(refusal), spawnProblem=problem)
    return Done(after=REFUSED_AGAIN, look=True) if _may_change(f, description) else None


# --- notes -------------------------------------------------------------------------------------------------------


def _write(f: Facts, *notes: Note, shown: int | None = None, **noted: Any) -> WriteStatus:
    state = {**{key: value for key, value in f.state.items() if key != "spawnProblem"}, **noted}
    counted = {} if shown is None else {"spawnedTrainingJobs": shown}
    return WriteStatus({**f.status, **counted, "operatorState": state}, notes)


def _done(f: Facts) -> int:
    return int(f.state.get("spawned") or 0)


def _until(f: Facts) -> datetime | None:
    return facts.parse_rfc3339(str(f.state.get("spawnedUntil", "")))


def _limit(f: Facts) -> int:
    asked = controls.read(f.annotations).spawn
    return f.spawn_limit if asked is None else asked


def _launched(counters: Mapping[str, Any] | None) -> int:
    """Training jobs that were started, by the counters in AWS's names or the custom resource's."""
    given = {name[:1].upper() + name[1:]: value for name, value in (counters or {}).items()}
    members = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return sum(int(given.get(member) or 0) for member in members)
