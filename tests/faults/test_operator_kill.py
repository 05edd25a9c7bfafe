"""The operator is killed by SIGKILL wherever it speaks to AWS: nothing runs twice, nothing is left running."""

from __future__ import annotations

import bisect
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from smkube.kinds import TRAINING_JOB, Kind
from tests.conformance.operator_scene import generated, status
from tests.faults.rough import BOTH, Rough

BEFORE, AFTER = "before", "after"
"""The call is held before AWS carries it out, or after that and before the answer."""

Act = Callable[[Rough, Kind, str], object]


def _create(rough: Rough, kind: Kind, name: str) -> None:
    rough.scene.create(kind, name)


def _create_with_name(rough: Rough, kind: Kind, name: str) -> None:
    named: dict[str, Any] = {kind.spec_name: f"{name}-job"}
    rough.scene.create(kind, name, **named)


def _drop_a_create(rough: Rough, kind: Kind, name: str) -> None:
    """The first Create breaks off, so that the operator looks, and finds nothing."""
    rough.control.fault("drop", kind.api.create, name=f"{name}-*", count=1)


def _lose_an_answer(rough: Rough, kind: Kind, name: str) -> None:
    """The answer to the first Create is lost, so that the operator looks, and finds its job."""
    rough.control.fault("lose_answer", kind.api.create, name=f"{name}-*", count=1)


def _make_the_job(rough: Rough, kind: Kind, name: str) -> None:
    """The job is there already and bears no mark, so that the operator reads its tags."""
    rough.scene.start_job(kind, f"{name}-job")


def _run(rough: Rough, kind: Kind, name: str) -> None:
    """The object's job runs, and nothing about it is going to change by itself."""
    rough.scene.create(kind, name)
    rough.scene.until_word(kind, name, "InProgress")
    if kind is TRAINING_JOB:
        rough.scene.until(kind, name, lambda obj: status(obj).get("secondaryStatus") == "Training", "the training")


def _delete(rough: Rough, kind: Kind, name: str) -> None:
    rough.scene.delete(kind, name)


def _end(rough: Rough, kind: Kind, name: str) -> None:
    rough.control.end_job(_job(rough, kind, name), "Completed", region=rough.scene.region)


def _nothing(_rough: Rough, _kind: Kind, _name: str) -> None:
    """All is as it should be."""


def _job(rough: Rough, kind: Kind, name: str) -> str:
    obj = rough.scene.get(kind, name)
    assert obj is not None
    return generated(obj)


@dataclass(frozen=True)
class Moment:
    """A call to AWS.

    Attributes:
        operation: the operation, by kind.
        act: what makes the operator send it.
        arrange: what is done before calls are held.
        whens: when the operator is killed.
    """

    operation: Callable[[Kind], str]
    act: Act
    arrange: Act = _nothing
    whens: Sequence[str] = (BEFORE, AFTER)


@dataclass(frozen=True)
class Case:
    """An object whose call is held."""

    when: str
    kind: Kind
    name: str


def _kill_at(rough: Rough, moment: Moment) -> list[Case]:
    """Kill the operator while it is in that call, for objects of both kinds; start it anew with AWS well again."""
    cases = [
        Case(when, kind, rough.scene.name(f"{when}-{kind.short_names[0]}")) for when in moment.whens for kind in BOTH
    ]
    for case in cases:
        moment.arrange(rough, case.kind, case.name)
    for case in cases:
        operation = moment.operation(case.kind)
        name = "*" if operation.startswith("List") and operation != "ListTags" else f"*{case.name}-*"
        rough.control.fault(f"hold_{case.when}", operation, name=name)
    for case in cases:
        moment.act(rough, case.kind, case.name)
    held = rough.control.held(at_least=len(cases), timeout=20.0)
    assert len(held) == len(cases), held

    rough.kill()
    rough.control.clear_faults()
    rough.control.release(drop=True)
    rough.restart()
    return cases


CREATING = {
    "create": Moment(lambda kind: kind.api.create, _create),
    "describe-finding-nothing": Moment(lambda kind: kind.api.describe, _create, _drop_a_create, [BEFORE]),
    "describe-finding-the-job": Moment(lambda kind: kind.api.describe, _create, _lose_an_answer),
    "tags-of-an-existing-job": Moment(lambda _kind: "ListTags", _create_with_name, _make_the_job),
}


@pytest.mark.parametrize("moment", CREATING.values(), ids=CREATING)
def test_killed_while_creating(rough: Rough, moment: Moment) -> None:
    """Before and after each call that creation makes: the next process makes the job if it is not there, once."""
    rough.check_story([(case.kind, case.name) for case in _kill_at(rough, moment)])


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_killed_while_listing(rough: Rough, when: str) -> None:
    """Before and after a List of the change feed: the next process goes on following the jobs."""
    cases = _kill_at(rough, Moment(lambda kind: kind.api.list, _create, whens=[when]))
    rough.check_story([(case.kind, case.name) for case in cases])


def test_killed_while_the_end_is_looked_up(rough: Rough) -> None:
    """Before and after the Describe of a job that has ended: the next process tells the outcome, and runs nothing."""
    for case in _kill_at(rough, Moment(lambda kind: kind.api.describe, _end, _run)):
        rough.scene.until_word(case.kind, case.name, "Completed")
        rough.check_one_job(case.kind, case.name)


DELETING = {
    "describe": Moment(lambda kind: kind.api.describe, _delete, _run),
    "stop": Moment(lambda kind: kind.api.stop, _delete, _run),
}


@pytest.mark.parametrize("moment", DELETING.values(), ids=DELETING)
def test_killed_while_deleting(rough: Rough, moment: Moment) -> None:
    """Before and after each call that deletion makes: the job is stopped, and then the object goes."""
    for case in _kill_at(rough, moment):
        rough.scene.until_gone(case.kind, case.name)
        jobs = [job for job in rough.scene.jobs() if job["name"].startswith(f"{case.name}-")]
        assert [job["status"] for job in jobs] == ["Stopped"]


def test_killed_while_waiting_for_the_stop(rough: Rough) -> None:
    """While a deleted object's job is Stopping: the next process holds the object until the end."""
    rough.control.rule("*", phases={"training": "600", "transforming": "600", "stopping": "600"})
    names = {kind: rough.scene.name("stopping") for kind in BOTH}
    jobs = {}
    for kind, name in names.items():
        _run(rough, kind, name)
        jobs[kind] = _job(rough, kind, name)
        rough.scene.delete(kind, name)
        rough.scene.until_word(kind, name, "Stopping")
    rough.kill()
    rough.control.reset("requests")
    rough.restart()
    for kind, name in names.items():
        rough.control.wait_for(f"sagemaker.{kind.api.describe}")
        assert rough.scene.get(kind, name) is not None
        rough.control.end_job(jobs[kind], "Stopped", region=rough.scene.region)
        rough.scene.until_gone(kind, name)
        assert rough.scene.requests(kind.api.stop) == []


def test_a_create_of_the_dead_process_is_carried_out_late(rough: Rough) -> None:
    """A Create that was under way when the operator died and reaches AWS after the next one's makes no second job."""
    names = {kind: rough.scene.name("late") for kind in BOTH}
    for kind, name in names.items():
        rough.control.fault("hold_before", kind.api.create, name=f"{name}-*", count=1)
        rough.scene.create(kind, name)
    assert len(rough.control.held(at_least=2, timeout=20.0)) == 2
    rough.kill()
    rough.restart()
    for kind, name in names.items():
        rough.scene.until_word(kind, name, "InProgress")
    assert rough.control.release() == 2
    for kind, name in names.items():
        rough.control.wait_for(f"sagemaker.{kind.api.create}", at_least=2)
        outcomes = [entry["outcome"] for entry in rough.scene.requests(kind.api.create, name)]
        assert outcomes == ["OK", "ResourceInUse"]
    rough.check_story(names.items())


def test_a_late_create_of_a_deleted_object_is_stopped(rough: Rough) -> None:
    """An object deleted while its Create is under way is held until AWS would show the job, which is then stopped."""
    name = rough.scene.name("late")
    rough.control.fault("hold_before", TRAINING_JOB.api.create, count=1)
    rough.scene.create(TRAINING_JOB, name)
    assert rough.control.held(at_least=1, timeout=20.0)
    job = _job(rough, TRAINING_JOB, name)
    rough.kill()
    rough.scene.delete(TRAINING_JOB, name)
    rough.restart()
    rough.control.wait_for(f"sagemaker.{TRAINING_JOB.api.describe}")
    assert rough.control.release() == 1
    rough.check_end(TRAINING_JOB, name, job)


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.name)
def test_killed_at_random_in_a_burst(rough: Rough, kind: Kind) -> None:
    """Killed five times at any moment while 40 objects start, 40 jobs run in the end, each for its own object."""
    dice = random.Random(f"kill {kind.name}")
    rough.control.set_faults(latency_ms={kind.api.create: 300, kind.api.describe: 20})
    objects = [(kind, rough.scene.name(f"burst-{number}")) for number in range(40)]
    rough.create_all(objects)
    kills = []
    for _ in range(5):
        time.sleep(dice.uniform(0.0, 0.5))  # The moment of the kill is what is drawn; nothing is waited for.
        rough.kill()
        kills.append(rough.control.now())
        rough.restart()
    rough.until_all(objects, "InProgress")
    created = [entry for entry in rough.scene.requests(kind.api.create) if entry["outcome"] == "OK"]
    assert len({bisect.bisect(kills, entry["time"]) for entry in created}) >= 3, "the kills came too late"
    assert len(rough.scene.jobs()) == len(created) == len(objects)
    for _, name in objects:
        rough.check_one_job(kind, name)


def test_objects_deleted_while_the_operator_is_killed(rough: Rough) -> None:
    """Killed three times while 24 objects go, every job is stopped and every object goes."""
    dice = random.Random("kill deletions")
    objects = [(kind, rough.scene.name(f"burst-{number}")) for kind in BOTH for number in range(12)]
    rough.create_all(objects)
    rough.until_all(objects, "InProgress")
    rough.control.set_faults(latency_ms={kind.api.stop: 100 for kind in BOTH})
    rough.delete_all()
    for _ in range(3):
        time.sleep(dice.uniform(0.0, 0.3))  # The moment of the kill is what is drawn; nothing is waited for.
        rough.kill()
        rough.restart()
    rough.until_gone(objects)
    assert {job["status"] for job in rough.scene.jobs()} == {"Stopped"}
