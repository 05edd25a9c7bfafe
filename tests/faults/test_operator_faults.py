"""AWS, the API server, etcd and the machine fail while the operator works: all comes right when they are well again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from smkube.kinds import FINALIZER, TRAINING_JOB, Kind
from tests.conformance.operator_scene import condition, status
from tests.faults.rough import BOTH, Rough
from tests.stack.stack import OPERATOR
from tests.stack.waiting import until

ROUNDS = 6
"""Objects that are played with until the operator and another writer met: whether they do is a matter of moments."""
EACH = pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.name)


def _objects(rough: Rough, of_each: int) -> list[tuple[Kind, str]]:
    return [(kind, rough.scene.name(f"many-{number}")) for kind in BOTH for number in range(of_each)]


def _trainings(rough: Rough, *stems: str) -> list[tuple[Kind, str]]:
    return [(TRAINING_JOB, rough.scene.name(stem)) for stem in stems]


# --- AWS ---------------------------------------------------------------------------------------------------------


def test_lost_answers_to_create(rough: Rough) -> None:
    """Each Create is carried out and its answer lost: each object finds its job, and no second one is made."""
    objects = _objects(rough, 6)
    rough.control.fault("lose_answer", "Create*")
    rough.create_all(objects)
    rough.until_all(objects, "InProgress")
    outcomes = [entry["outcome"] for kind in BOTH for entry in rough.scene.requests(kind.api.create)]
    assert outcomes == ["LostAnswer"] * len(objects)
    rough.check_story(objects)


def test_reads_that_lag_behind_a_create(rough: Rough) -> None:
    """Answers are lost and AWS denies the jobs for a while: they are found when AWS shows them, and made once."""
    objects = _objects(rough, 6)
    rough.control.set_faults(stale=1.0)
    rough.control.fault("lose_answer", "Create*", probability=0.5)
    rough.create_all(objects)
    rough.until_all(objects, "InProgress")
    rough.check_story(objects)


def test_deleted_while_reads_lag_behind(rough: Rough) -> None:
    """An object deleted while AWS still denies its job is held until the job can be stopped."""
    objects = _objects(rough, 2)
    rough.control.set_faults(stale=1.5)
    rough.create_all(objects)
    for kind in BOTH:
        rough.control.wait_for(f"sagemaker.{kind.api.create}", at_least=2)
    jobs = rough.scene.jobs()
    assert len(jobs) == len(objects)
    rough.delete_all()
    rough.until_gone(objects)
    assert {job["status"] for job in rough.scene.jobs()} == {"Stopped"}


def test_throttled_create_and_list(rough: Rough) -> None:
    """At one Create and one List a second all objects get their job in turn, with few throttles, and none fails."""
    objects = _trainings(rough, *map(str, range(12)))
    rough.control.throttle(CreateTrainingJob=1, ListTrainingJobs=1)
    rough.create_all(objects)
    rough.until_all(objects, "InProgress", seconds=60.0)
    throttled = rough.control.count("sagemaker.CreateTrainingJob", "ThrottlingException")
    assert 0 < throttled <= 12
    assert rough.control.count("sagemaker.CreateTrainingJob", "OK") == 12
    for kind, name in objects:
        rough.check_one_job(kind, name)
        assert {type_ for type_, _, _ in rough.scene.notes(name)} == {"Normal"}


def test_bursts_of_server_errors(rough: Rough) -> None:
    """Create, Describe and Stop answer 5xx before or after their work: one job for each object, and all are stopped."""
    objects = _objects(rough, 6)
    changing = [operation for kind in BOTH for operation in (kind.api.create, kind.api.stop)]
    for operation in changing:
        rough.control.fault("error_before", operation, count=3)
        rough.control.fault("error_after", operation, skip=3, count=3, status=503, code="ServiceUnavailable")
    rough.control.fault("error_before", "Describe*", count=6)
    rough.create_all(objects)
    rough.until_all(objects, "InProgress")
    assert len(rough.scene.jobs()) == len(objects)
    rough.delete_all()
    rough.until_gone(objects)
    assert {job["status"] for job in rough.scene.jobs()} == {"Stopped"}
    for operation in changing:
        assert rough.control.count(f"sagemaker.{operation}", "InternalFailure") == 3
        assert rough.control.count(f"sagemaker.{operation}", "ServiceUnavailable") == 3


# --- API server and etcd -----------------------------------------------------------------------------------------


def test_api_server_restarts_while_objects_start(rough: Rough) -> None:
    """The API server restarts in the middle of a burst: each object has one job and a true status."""
    objects = _objects(rough, 8)
    rough.control.set_faults(latency_ms={"CreateTrainingJob": 500, "CreateTransformJob": 500})
    rough.create_all(objects)
    rough.plane.restart_apiserver()
    rough.until_all(objects, "InProgress")
    rough.check_story(objects)


def test_jobs_change_while_the_api_server_is_away(rough: Rough) -> None:
    """Jobs that end while nobody can write a status are told of as soon as the API server is back."""
    objects = _trainings(rough, *map(str, range(6)))
    rough.create_all(objects)
    rough.until_all(objects, "InProgress")
    jobs = [job["name"] for job in rough.scene.jobs()]
    rough.plane.kill_apiserver()
    outcomes = ["Completed", "Failed"] * 3
    for job, outcome in zip(jobs, outcomes, strict=True):
        rough.control.end_job(job, outcome, reason="no more", region=rough.scene.region)
    rough.scene.polls(TRAINING_JOB, 2)
    rough.plane.start_apiserver()
    rough.until_true(TRAINING_JOB)
    said = [status(obj) for obj in rough.objects(TRAINING_JOB)]
    assert sorted(one["trainingJobStatus"] for one in said) == sorted(outcomes)
    assert {one["additional"] for one in said if one["trainingJobStatus"] == "Failed"} == {"no more"}


def test_etcd_restarts_while_objects_start(rough: Rough) -> None:
    """Killed and started in the middle of a burst, etcd costs nothing: each object has one job and a true status."""
    objects = _objects(rough, 8)
    rough.control.set_faults(latency_ms={"CreateTrainingJob": 500, "CreateTransformJob": 500})
    rough.create_all(objects)
    rough.plane.kill_etcd()
    rough.plane.start_etcd()
    rough.until_all(objects, "InProgress")
    rough.check_story(objects)


def test_watch_expires(rough: Rough) -> None:
    """What happened while the operator's watch could not go on is found by a new list, deletions included."""
    kept, gone, new = _trainings(rough, "kept", "gone", "new")
    rough.create_all([kept, gone])
    rough.until_all([kept, gone], "InProgress")
    log = rough.stack.processes.log(OPERATOR)
    before = log.stat().st_size
    with rough.frozen():
        # Without this, the changes could have come over the operator's connection and wait for it there.
        rough.plane.kill_apiserver()
        rough.plane.start_apiserver()
        rough.scene.create(*new)
        rough.scene.patch(*gone, {"metadata": {"finalizers": None}})
        rough.scene.delete(*gone)
        # A new server knows of no change from before its start, so the operator's place in the watch is lost.
        rough.plane.kill_apiserver()
        rough.plane.start_apiserver()
    rough.scene.until_word(*new, "InProgress")
    assert b"listing anew" in log.read_bytes()[before:]
    rough.check_story([kept, new])


@contextlib.contextmanager
def _label_writer(rough: Rough, kind: Kind, name: str) -> Iterator[list[int]]:
    """Somebody who edits an object's labels all the time; the list has one number, how often they did."""
    over, count = threading.Event(), [0]

    def write() -> None:
        while not over.wait(0.005):
            count[0] += 1
            rough.scene.patch(kind, name, {"metadata": {"labels": {"count": str(count[0])}}})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield count
    finally:
        over.set()
        writer.join()


@EACH
def test_conflicts_with_a_busy_writer(rough: Rough, kind: Kind) -> None:
    """While somebody edits labels all the time the object gets its one job, its status, and its end."""
    for number in range(ROUNDS):
        name = rough.scene.name(f"busy-{number}")
        rough.scene.create(kind, name)
        with _label_writer(rough, kind, name) as count:
            rough.scene.until_word(kind, name, "InProgress")
            job = rough.check_one_job(kind, name)["name"]
            # However slow the machine is: the operator has had many to quarrel with.
            until(lambda: count[0] > 20, "more than twenty edits")
            rough.control.end_job(job, "Completed", region=rough.scene.region)
            found = rough.scene.until_word(kind, name, "Completed")
        assert condition(found, "Succeeded")["status"] == "True"
        assert len(rough.scene.requests(kind.api.create, name)) == 1
        if _refused_writes(rough):
            return
    raise AssertionError(f"there was no conflict in {ROUNDS} rounds")


def _refused_writes(rough: Rough) -> list[Any]:
    return [
        record
        for record in rough.plane.audit_records()
        if record["responseStatus"]["code"] == 409
        and (record.get("objectRef") or {}).get("namespace") == rough.scene.namespace
        and record["verb"] == "patch"
    ]


# --- the machine -------------------------------------------------------------------------------------------------


def test_operator_frozen_and_resumed(rough: Rough) -> None:
    """What a frozen operator slept through is made up for when it wakes: an end, a deletion, a new object."""
    ended, deleted, new = _trainings(rough, "ended", "deleted", "new")
    rough.create_all([ended, deleted])
    rough.until_all([ended, deleted], "InProgress")
    jobs = {one: rough.check_one_job(*one)["name"] for one in (ended, deleted)}
    with rough.frozen():
        rough.control.end_job(jobs[ended], "Completed", region=rough.scene.region)
        rough.scene.delete(*deleted)
        rough.scene.create(*new)
        until(lambda: rough.scene.job(jobs[ended])["status"] == "Completed", "the job's end")
    rough.scene.until_word(*ended, "Completed")
    rough.check_end(*deleted, jobs[deleted])
    rough.check_story([new])


def test_operator_frozen_in_a_create(rough: Rough) -> None:
    """Frozen with a Create under way that AWS carries out and gives up answering, the operator finds its job."""
    name = rough.scene.name("asleep")
    rough.control.fault("hold_after", TRAINING_JOB.api.create, count=1)
    rough.scene.create(TRAINING_JOB, name)
    assert rough.control.held(at_least=1, timeout=20.0)
    with rough.frozen():
        assert rough.control.release(drop=True) == 1
        rough.scene.patch(TRAINING_JOB, name, {"metadata": {"labels": {"changed": "meanwhile"}}})
    rough.check_story([(TRAINING_JOB, name)])
    assert FINALIZER not in str(rough.scene.get(TRAINING_JOB, name))
