"""Deleting an object: its job is stopped first, and the object is held until the job is over, and no longer."""

from __future__ import annotations

import pytest

from smkube.kinds import BATCH_TRANSFORM_JOB, FINALIZER, TRAINING_JOB, Kind
from tests.conformance.operator_scene import JOBS, Scene, condition, generated
from tests.conformance.specs import ROLE
from tests.stack.waiting import until

BOTH = pytest.mark.parametrize("kind", [TRAINING_JOB, BATCH_TRANSFORM_JOB], ids=lambda kind: kind.name)
FOREIGN = "example.com/keep"


def test_a_running_job_is_stopped_before_its_object_goes(scene: Scene) -> None:
    """Deletion stops a running job, shows it Stopping, and lets the object go when the job is over, not before."""
    name = scene.name("running")
    scene.control.rule(f"{name}*", phases={"training": "600", "transforming": "600", "stopping": "1.5"})
    jobs = {kind: generated(scene.create(kind, name)) for kind in JOBS}
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")

    for kind in JOBS:
        scene.delete(kind, name)

    for kind in JOBS:
        scene.until_word(kind, name, "Stopping")
    for kind in JOBS:
        scene.until_gone(kind, name)
        assert scene.job(jobs[kind])["status"] == "Stopped"
        assert len(scene.requests(kind.api.stop)) == 1
        assert len(scene.requests(kind.api.create)) == 1


def test_a_job_that_is_stopping_is_waited_for(scene: Scene) -> None:
    """An object deleted while its job is Stopping sends no second Stop and goes when the job is over."""
    name = scene.name("stopping")
    scene.control.rule(f"{name}*", phases={"training": "600", "transforming": "600", "stopping": "1.5"})
    jobs = {kind: generated(scene.create(kind, name)) for kind in JOBS}
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")
        scene.stop_job(kind, jobs[kind])

        scene.delete(kind, name)

    for kind in JOBS:
        scene.until_gone(kind, name)
        assert scene.job(jobs[kind])["status"] == "Stopped"
        assert len(scene.requests(kind.api.stop)) == 1


def test_objects_without_a_running_job_go_at_once(scene: Scene) -> None:
    """A finished object and one whose Create was refused go without a Stop, and without AWS being asked again."""
    over, refused, unreachable = scene.name("over"), scene.name("refused"), scene.name("unreachable")
    for kind in JOBS:
        scene.control.fault(
            "error_before", kind.api.create, name=f"{refused}*", code="ValidationException", message="no"
        )
        scene.create(kind, over)
        scene.create(kind, refused)
        scene.create(kind, unreachable, region="no region")
    for kind in JOBS:
        scene.until_reason(kind, refused, "Stalled", "InvalidSpec")
        scene.until_reason(kind, unreachable, "Stalled", "InvalidSpec")
        scene.until_word(kind, over, "Completed")
    asked = [len(scene.requests(kind.api.describe)) for kind in JOBS]

    for kind in JOBS:
        for name in (over, refused, unreachable):
            scene.delete(kind, name)

    for kind in JOBS:
        for name in (over, refused, unreachable):
            scene.until_gone(kind, name, seconds=5)
        assert scene.requests(kind.api.stop) == []
    assert [len(scene.requests(kind.api.describe)) for kind in JOBS] == asked


def test_finalizers_of_others_stay(scene: Scene) -> None:
    """Only the own finalizer is added and removed; the object then waits for the others'."""
    name = scene.name("shared")
    for kind in JOBS:
        scene.create(kind, name, finalizers=[FOREIGN])
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")
        obj = scene.get(kind, name)
        assert obj is not None
        assert sorted(obj["metadata"]["finalizers"]) == sorted([FOREIGN, FINALIZER])

        scene.delete(kind, name)

    for kind in JOBS:
        scene.until(kind, name, lambda obj: obj["metadata"]["finalizers"] == [FOREIGN], "the own finalizer to go")
        assert {job["status"] for job in scene.jobs()} <= {"Stopped", "Stopping", "InProgress"}
        scene.patch(kind, name, {"metadata": {"finalizers": None}})
        scene.until_gone(kind, name)
    assert {job["status"] for job in scene.jobs()} == {"Stopped"}


def test_a_refused_stop_is_shown_and_tried_again(scene: Scene) -> None:
    """While AWS refuses the Stop the object stays and says why; afterwards the job is stopped and the object goes."""
    name = scene.name("unstoppable")
    scene.long(name)
    made = scene.create(TRAINING_JOB, name)
    scene.until_word(TRAINING_JOB, name, "InProgress")
    text = "User: x is not authorized to perform: sagemaker:StopTrainingJob"
    scene.control.fault(
        "error_before", "StopTrainingJob", name=f"{name}*", code="AccessDeniedException", message=text, count=1
    )
    scene.delete(TRAINING_JOB, name)

    shown = scene.until_reason(TRAINING_JOB, name, "Stalled", "AccessDenied")

    assert shown["additional"].startswith(f"Unable to delete training job: AccessDeniedException: {text}")
    assert scene.job(generated(made))["status"] == "InProgress"
    # Anything a user changes about the object is a reason to try again at once.
    scene.patch(TRAINING_JOB, name, {"metadata": {"annotations": {"example.com/try": "again"}}})
    scene.until_gone(TRAINING_JOB, name)
    assert scene.job(generated(made))["status"] == "Stopped"


@BOTH
def test_a_deletion_before_the_create_leaves_nothing(scene: Scene, kind: Kind) -> None:
    """An object deleted while its Create is under way is held until the job, if there is one, has been stopped."""
    name = scene.name("early")
    scene.long(name)
    scene.control.fault("hold_before", kind.api.create, name=f"{name}*", count=1)
    scene.create(kind, name)
    assert scene.control.held(at_least=1, timeout=10)

    scene.delete(kind, name)
    scene.control.release()

    scene.until_gone(kind, name)
    assert [job["status"] for job in scene.jobs()] in ([], ["Stopped"])
    until(lambda: all(job["status"] != "InProgress" for job in scene.jobs()), "no job to run")


def test_a_new_object_of_the_same_name_has_a_job_of_its_own(scene: Scene) -> None:
    """Deleted and created anew under the same name: the second object runs its own job, named after its own UID."""
    name = scene.name("again")
    scene.long(name)
    first = scene.create(TRAINING_JOB, name)
    scene.until_word(TRAINING_JOB, name, "InProgress")
    scene.delete(TRAINING_JOB, name)
    scene.until_gone(TRAINING_JOB, name)

    second = scene.create(TRAINING_JOB, name)

    assert scene.until_word(TRAINING_JOB, name, "InProgress")["sageMakerTrainingJobName"] == generated(second)
    assert {job["name"]: job["status"] for job in scene.jobs()} == {
        generated(first): "Stopped",
        generated(second): "InProgress",
    }


def test_the_same_chosen_name_again_is_not_the_old_job(scene: Scene) -> None:
    """A chosen name that a deleted object's job still bears is a conflict: the old outcome is not taken for the new."""
    old, new, job = scene.name("old"), scene.name("new"), scene.name("chosen")
    scene.create(TRAINING_JOB, old, trainingJobName=job)
    scene.until_word(TRAINING_JOB, old, "Completed")
    scene.delete(TRAINING_JOB, old)
    scene.until_gone(TRAINING_JOB, old)

    scene.create(TRAINING_JOB, new, trainingJobName=job, roleArn=ROLE)

    shown = scene.until_reason(TRAINING_JOB, new, "Stalled", "NameConflict")
    assert condition(shown, "Succeeded")["status"] == "Unknown"
    assert f"TrainingJob/{scene.namespace}/{old}" in shown["additional"]
