"""The measurements in which an operator ends: a restart in order, and the leader's death beside a second replica."""

from __future__ import annotations

import math
import time

from tests.bench.scale import loader
from tests.bench.scale.figures import Figures
from tests.bench.scale.phases import NAMESPACE, key_of
from tests.bench.scale.watching import Expectation
from tests.bench.scale.world import SECOND, World
from tests.stack.stack import OPERATOR

PAGE = 100
"""Jobs on a page of a List answer, at most (SageMaker API: MaxResults)."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the operator's metrics; each costs it something."""
PATIENCE = 180.0
"""Seconds a new process may take."""
TRAINING_JOB = "trainingjob"
"""The kind in the operator's metrics."""


def restart(world: World, objects: int) -> Figures:
    """Stop the operator in order and start it again.

    It is steady when its caches are filled, it has looked at every object once, its queue is empty, its change feed
    has gone over all running jobs, and a job that ended meanwhile is shown as ended.
    """
    before, began = world.read(), time.monotonic()
    world.stack.processes.stop(OPERATOR)
    stopped = time.monotonic()
    # The last one, as the first ones may have come to their end.
    probe = key_of(objects - 1)
    job = world.job(probe)
    ended = world.watcher.expect(probe, lambda shown: shown.word == "Completed")
    world.stack.control.end_job(job)
    # A process that has started counts anew.
    world.start_operator(OPERATOR)
    ready = time.monotonic()
    running = world.watcher.running[NAMESPACE]
    passed = _passed(world, objects)
    listed = _listed(world, before.there, running)
    world.watcher.wait(lambda: ended.seen is not None, PATIENCE)
    marks = [ready, passed, listed, ended.seen]
    after = world.read()
    asked = [str(one["name"]) for one in world.stack.control.record(before.there) if "Describe" in one["operation"]]
    return {
        "steady_s": None if None in marks else round(max(mark for mark in marks if mark is not None) - began, 2),
        "stopped_s": round(stopped - began, 2),
        "ready_s": round(ready - began, 2),
        "looked_at_all_s": _since(began, passed),
        "feed_round_s": _since(began, listed),
        "change_shown_s": _since(began, ended.seen),
        "creates": sum(number for name, number in (after.aws - before.aws).items() if name.startswith("Create")),
        "describes": sum(name != job for name in asked),
        "lists": (after.aws - before.aws)["ListTrainingJobs"],
        "cpu_s": round(after.used.cpu, 2),
        "peak_mb": round(after.used.peak),
    }


def _passed(world: World, objects: int) -> float | None:
    """When every object was looked at and none is in line; None if that takes too long."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        passes = world.metric("controller_runtime_reconcile_total", controller=TRAINING_JOB)
        if passes >= objects and not world.metric("workqueue_depth", name=TRAINING_JOB):
            return time.monotonic()
        time.sleep(LOOK_EVERY)
    return None


def _listed(world: World, since: float, running: int) -> float | None:
    """When there were enough List answers for a walk over all running jobs."""
    pages = math.ceil(running / PAGE)
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        record = world.stack.control.record(since)
        times = [float(one["time"]) for one in record if one["operation"] == "ListTrainingJobs"]
        if len(times) >= pages:
            # The time of that answer, by the clock of ours that stood beside it at the beginning.
            return time.monotonic() - (world.stack.control.now() - times[pages - 1])
        time.sleep(LOOK_EVERY)
    return None


def failover(world: World, objects: int) -> Figures:
    """Kill the leader beside a second replica, and at once do what users do."""
    world.start_operator(SECOND)
    before, began = world.read(), time.monotonic()
    world.stack.processes.stop(OPERATOR, patience=0)
    world.leader = SECOND
    new, edited, deleted = (NAMESPACE, "after-the-kill"), key_of(objects - 2), key_of(objects - 3)
    created = world.watcher.expect(new, lambda shown: shown.runs)
    loader.apply(world.plane, [new])
    seen = [created, *users(world, edited, deleted)]
    world.watcher.wait(lambda: all(one.seen is not None for one in seen), PATIENCE)
    passed = _passed(world, objects)
    creates = (world.stack.control.requests()["counts"]["sagemaker.CreateTrainingJob"]).get("OK", 0)
    jobs = sum(one["kind"] == "training" for one in world.stack.control.jobs())
    times = {"create": created.seen, "edit": seen[1].seen, "delete": seen[2].seen}
    return {
        "served_s": None if None in times.values() else round(max(at or 0.0 for at in times.values()) - began, 2),
        **{f"{what}_s": _since(began, at) for what, at in times.items()},
        "looked_at_all_s": _since(began, passed),
        # A job is known to the stand-in once; what was created beyond the objects has no object.
        "twice": creates - (objects + 1),
        "jobs": jobs,
        "cpu_s": round(world.usage().cpu, 2),
        "sagemaker": dict(sorted((world.read().aws - before.aws).items())),
    }


def users(world: World, edited: tuple[str, str], deleted: tuple[str, str]) -> list[Expectation]:
    """Edit the tags of one object and delete another, both of running jobs; when the operator has served each."""
    generation = world.patch(edited, {"spec": {"tags": [{"key": "edited", "value": "by a user"}]}})
    edit = world.watcher.expect(edited, lambda shown: shown.observed >= generation)
    delete = world.watcher.expect(deleted, lambda shown: shown.word == "Stopping" or shown.gone)
    world.delete(deleted)
    return [edit, delete]


def _since(began: float, at: float | None) -> float | None:
    return None if at is None else round(at - began, 2)
