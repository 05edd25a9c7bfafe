"""Deleting an object: its job is stopped first, and the object is held until the job is over, and no longer."""

from __future__ import annotations

from smkube.kinds import FINALIZER, JOBS, Kind
from tests.conformance.operator_scene import CHOOSING, EACH_JOB, LONG, Scene, chosen, condition, generated
from tests.stack.waiting import until

FOREIGN = "example.com/keep"
SLOW_STOP = {**LONG, "stopping": "1.5"}
PREFIX = {
    "TrainingJob": "Unable to delete training job: ",
    "ProcessingJob": "Unable to delete processing job: ",
    "HyperparameterTuningJob": "Unable to delete hyperparameter tuning job: ",
    "BatchTransformJob": "",
}
"""Text of the original operator before AWS's own when a job cannot be stopped."""


def test_a_running_job_is_stopped_before_its_object_goes(scene: Scene) -> None:
    """Deletion stops a running job, shows it Stopping, and lets the object go when the job is over, not before."""
    name = scene.name("running")
    scene.control.rule(f"{name}*", phases=SLOW_STOP)
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
    scene.control.rule(f"{name}*", phases=SLOW_STOP)
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
    scene.long(name)
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
    made = {kind: scene.create(kind, name) for kind in JOBS}
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")
        scene.control.fault(
            "error_before",
            kind.api.stop,
            name=f"{name}*",
            code="AccessDeniedException",
            message=denied(kind),
            count=1,
        )
        scene.delete(kind, name)

    for kind in JOBS:
        shown = scene.until_reason(kind, name, "Stalled", "AccessDenied")

        assert shown["additional"].startswith(f"{PREFIX[kind.name]}AccessDeniedException: {denied(kind)}")
        assert scene.job(generated(made[kind]))["status"] == "InProgress"
        # Anything a user changes about the object is a reason to try again at once.
        scene.patch(kind, name, {"metadata": {"annotations": {"example.com/try": "again"}}})
    for kind in JOBS:
        scene.until_gone(kind, name)
        assert scene.job(generated(made[kind]))["status"] == "Stopped"


def denied(kind: Kind) -> str:
    """What IAM says where stopping is not allowed."""
    return f"User: x is not authorized to perform: sagemaker:{kind.api.stop}"


@EACH_JOB
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
    first = {kind: scene.create(kind, name, **chosen(kind, None)) for kind in JOBS}
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")
        scene.delete(kind, name)
    for kind in JOBS:
        scene.until_gone(kind, name)

    second = {kind: scene.create(kind, name, **chosen(kind, None)) for kind in JOBS}

    for kind in JOBS:
        assert scene.until_word(kind, name, "InProgress")[kind.status_name] == generated(second[kind])
    assert {job["name"]: job["status"] for job in scene.jobs()} == {
        **{generated(obj): "Stopped" for obj in first.values()},
        **{generated(obj): "InProgress" for obj in second.values()},
    }


def test_the_same_chosen_name_again_is_not_the_old_job(scene: Scene) -> None:
    """A chosen name that a deleted object's job still bears is a conflict: the old outcome is not taken for the new."""
    old, new, job = scene.name("old"), scene.name("new"), scene.name("chosen")
    for kind in CHOOSING:
        scene.create(kind, old, **chosen(kind, job))
    for kind in CHOOSING:
        scene.until_word(kind, old, "Completed")
        scene.delete(kind, old)
    for kind in CHOOSING:
        scene.until_gone(kind, old)
        scene.create(kind, new, **chosen(kind, job))

    for kind in CHOOSING:
        shown = scene.until_reason(kind, new, "Stalled", "NameConflict")
        assert condition(shown, "Succeeded")["status"] == "Unknown"
        assert f"{kind.name}/{scene.namespace}/{old}" in shown["additional"]
