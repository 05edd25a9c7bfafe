"""A tuning job that is over or gone: the objects of its training jobs go with it, and none is left stuck. Pure.

They are asked to go, and nobody waits here until they are gone: each has its own way out, on which it also loses the
finalizer that objects made by the original operator carry. That is not taken off here, for until the object is on its
way nothing else tells whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from sagemaker_operator import controls
from sagemaker_operator.facts import Absent, Facts, Found, Related, Target
from sagemaker_operator.spawning import listing, objects, spawn
from sagemaker_operator.steps import DeleteObject, Done, Find, PatchObject, Step
from smkube import kinds

BATCH = 40
"""Writes to other objects in one pass."""
ORPHAN = "orphan"
"""Finalizer of an object that was deleted on condition that what it owns stays (Kubernetes: garbage collection)."""

_OWNED, _ORIGINALS = "owned", "originals"
"""Keys of the answers."""


def release_step(f: Facts, job: Target) -> Step | None:
    """The next step before the tuning job's object may go; None when all is done.

    Args:
        f: facts about the tuning job; it is being deleted.
        job: the tuning job.
    """
    if ORPHAN in f.finalizers:
        return None
    owned = f.related.get(_OWNED)
    if owned is None:
        return Find(_OWNED, kinds.TRAINING_JOB.name, owner=f.uid)
    return _let_all_go(f, owned) or _let_originals_go(f, job)


def _let_originals_go(f: Facts, job: Target) -> Step | None:
    if spawn.all_known(f):
        return None
    ask = _worth_asking(f)
    page = listing.next_page(f, job) if ask else None
    if page is not None:
        return page
    # Where AWS does not tell, the names do: a refusal must not hold the object for ever.
    complete = ask and listing.refusal(f) is None and not listing.gone(f)
    listed = {child.name: child.object_name for child in listing.children(f)}
    found = f.related.get(_ORIGINALS)
    if found is None:
        return Find(_ORIGINALS, kinds.TRAINING_JOB.name, names=frozenset(listed.values()) if complete else None)
    return _let_all_go(
        f,
        [
            each
            for each in found
            if objects.spawned_by_original(each)
            and (objects.job_name(each) in listed or objects.named_after(job, each))
        ],
    )


def _worth_asking(f: Facts) -> bool:
    """The tuning job was there when last seen, and AWS may be asked about it."""
    seen = f.confirmed or isinstance(f.sighting, Found)
    return seen and not isinstance(f.sighting, Absent) and not objects.retained(f)


def _let_all_go(f: Facts, found: Iterable[Related]) -> Step | None:
    more = next((step for each in found if (step := _let_go(each, objects.retained(f))) is not None), None)
    if more is None:
        return None
    return Done(after=spawn.PAUSE) if f.written >= BATCH else more


def _let_go(found: Related, retain: bool) -> Step | None:
    if retain and controls.DELETION_POLICY not in found.annotations:
        # Its own deletion would stop a training job that the tuning job still needs.
        return PatchObject(found, {"metadata": {"annotations": {controls.DELETION_POLICY: "retain"}}})
    return None if found.deleting else DeleteObject(found)
