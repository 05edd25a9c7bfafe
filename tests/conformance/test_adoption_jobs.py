"""Taking over what the Go operator left of jobs: every kind, in every status of its state machines.

All objects are written before the operator starts; each test then looks at what became of its own. The whole is
started once more at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from smkube import kinds
from smkube.kinds import FINALIZER, JOBS, TRAINING_JOB, TUNING_FINALIZER, TUNING_JOB, Kind
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.adoption import left
from tests.conformance.adoption.estate import Estate
from tests.conformance.operator_scene import Object, Scene, condition, status
from tests.stack.clusters import Shared
from tests.stack.stack import ACCOUNT, NAMESPACE, Stack
from tests.stack.waiting import until

REGION, WATCHED = "eu-test-1", "default"
LABEL = f"{kinds.GROUP}/tuning-job"
EVERY = [(kind, name) for kind in JOBS for name in left.jobs(kind)]
LIVING = [(kind, name) for kind, name in EVERY if not left.jobs(kind)[name].deleted]
DELETED = [(kind, name) for kind, name in EVERY if left.jobs(kind)[name].deleted]
SPAWNED = "spawned"
"""Field of the estate's names for the training jobs of a tuning job."""


@pytest.fixture(scope="module")
def estate(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The objects, with the operator taking over."""
    with ControlPlane(tmp_path_factory.mktemp("estate"), cluster_binaries) as plane:
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--phase", "starting=0.2", "pending=0.2", "downloading=0.2", "training=0.5",
                           "uploading=0.2", "transforming=0.5", "processing=0.5", "stopping=0.3"],
            operator_flags=["--consistency-window=1"],
        )  # fmt: skip
        try:
            stack.start_standin()
            stack.install()
            made = Estate(Scene(stack, plane, WATCHED, REGION), stack)
            made.leave(partial(made.leave_job, kind, name, left.jobs(kind)[name]) for kind, name in EVERY)
            made.leave(partial(_leave_tuning, made, name, one) for name, one in TUNED.items() if TUNING_JOB in JOBS)
            stack.cluster.service_account_kubeconfig(stack.folder / "operator.kubeconfig", NAMESPACE, ACCOUNT)
            made.start()
            yield made
        finally:
            stack.stop()


# --- what is left of tuning jobs with training jobs ---------------------------------------------------------------

TUNED = {
    "tuned-running": left.Left("InProgress", "InProgress", ends="InProgress", reason="InProgress"),
    "tuned-completed": left.Left("Completed", "Completed", ends="Completed", reason="Completed"),
    "tuned-deleted": left.Left("Completed", "Completed", deleted=True),
    "tuned-deleted-running": left.Left("InProgress", "InProgress", deleted=True, calls=("stop",)),
}
"""Tuning jobs of which the Go operator has shown training jobs as objects."""
STUCK = "tuned-running"
"""The tuning job of which a user has deleted a training job's object; the Go operator held that for ever."""


def _leave_tuning(made: Estate, name: str, one: left.Left) -> None:
    living = left.Left(one.word, "InProgress")
    made.leave_job(TUNING_JOB, name, living)
    tuning = made.aws[TUNING_JOB.name, name]
    children = until(lambda: _children(made.scene, tuning), f"training jobs of {tuning}")
    for number, child in enumerate(children):
        _leave_child(made, child, known=number > 0)
        made.aws[SPAWNED, f"{name}/{number}"] = child
    if one.job == "Completed":
        made.scene.control.end_job(tuning, "Completed", region=REGION)
    if one.deleted:
        made.scene.delete(TUNING_JOB, name)
    if name == STUCK:
        made.aws[SPAWNED, STUCK] = _uid(made.scene.get(TRAINING_JOB, children[1]))
        made.scene.delete(TRAINING_JOB, children[1])


def _children(scene: Scene, tuning: str) -> list[str] | None:
    answer = scene.sagemaker().list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    names = sorted(summary["TrainingJobName"] for summary in answer["TrainingJobSummaries"])
    return names if len(names) >= 2 else None


def _leave_child(made: Estate, job: str, *, known: bool) -> None:
    """A training job as an object: just made, or followed by the training jobs' own controller for a while."""
    scene = made.scene
    description = scene.sagemaker().describe_training_job(TrainingJobName=job)
    finalizers = [TUNING_FINALIZER, FINALIZER] if known else [TUNING_FINALIZER]
    scene.apply(TRAINING_JOB, job, _as_spec(description), finalizers=finalizers)
    if known:
        shown = {
            "trainingJobStatus": "InProgress",
            "secondaryStatus": "Training",
            "sageMakerTrainingJobName": job,
            "additional": "",
        }
        scene.patch(TRAINING_JOB, job, {"status": shown}, "status")


def _as_spec(description: Object) -> Object:
    """A description turned back into a spec, as the Go operator did: capitals small, maps as lists."""
    wanted = ("AlgorithmSpecification", "OutputDataConfig", "ResourceConfig", "StoppingCondition", "RoleArn")
    spec: Object = {name[0].lower() + name[1:]: _small(description[name]) for name in wanted}
    parameters = description.get("HyperParameters") or {}
    spec["hyperParameters"] = [{"name": name, "value": parameters[name]} for name in sorted(parameters)]
    return {**spec, "region": REGION, "trainingJobName": description["TrainingJobName"]}


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _small(each) for name, each in value.items()}
    return [_small(each) for each in value] if isinstance(value, list) else value


# --- every kind in every status ----------------------------------------------------------------------------------


def _wanted_calls(kind: Kind, one: left.Left) -> Counter[str]:
    return Counter({"create": kind.api.create, "stop": kind.api.stop}[call] for call in one.calls)


@pytest.mark.parametrize(("kind", "name"), LIVING, ids=lambda value: getattr(value, "name", value))
def test_what_was_left_is_taken_over(estate: Estate, kind: Kind, name: str) -> None:
    """The status tells the truth, under the name that the Go operator chose; only what never ran is created."""
    one = left.jobs(kind)[name]

    shown = estate.until_settled(kind, name, one.ends, "Succeeded", one.reason)

    assert shown[kind.status_name] == estate.aws[kind.name, name]
    assert estate.calls(kind, name) == _wanted_calls(kind, one)
    over = {"Completed": "True", "Failed": "False", "Stopped": "False"}
    assert condition(shown, "Succeeded")["status"] == over.get(one.ends, "Unknown")
    if one.job == "Failed":
        assert shown["additional"] == left.REASON


@pytest.mark.parametrize(("kind", "name"), DELETED, ids=lambda value: getattr(value, "name", value))
def test_what_was_deleted_goes(estate: Estate, kind: Kind, name: str) -> None:
    """A deletion ends at whatever point the Go operator left it; a running job is stopped once, nothing is created."""
    one = left.jobs(kind)[name]

    estate.scene.until_gone(kind, name)

    assert estate.calls(kind, name) == _wanted_calls(kind, one)
    job = estate.aws[kind.name, name]
    words = {each["status"] for each in estate.scene.all_jobs() if each["name"] == job}
    assert words == ({"Completed" if one.job == "Completed" else "Stopped"} if one.job else set())


def test_a_job_that_is_over_is_described_once(estate: Estate) -> None:
    """What is over for good costs one Describe at the take-over, however long ago it ended."""
    for kind in JOBS:
        for name in ("completed", "failed", "stopped"):
            estate.until_settled(kind, name, name.capitalize(), "Succeeded", name.capitalize())
            assert len(estate.scene.requests(kind.api.describe, estate.aws[kind.name, name])) == 1


def test_a_wrong_model_path_is_put_right(estate: Estate) -> None:
    """The Go operator joined path and job name without a slash; SageMaker says where the model is."""
    shown = estate.until_settled(TRAINING_JOB, "completed", "Completed", "Succeeded", "Completed")

    job = estate.aws[TRAINING_JOB.name, "completed"]
    assert shown["modelPath"] == f"s3://bucket/models/{job}/output/model.tar.gz"


# --- training jobs of tuning jobs --------------------------------------------------------------------------------

tuning = pytest.mark.skipif(TUNING_JOB not in JOBS, reason="there are no tuning jobs")


@tuning
@pytest.mark.parametrize("name", ["tuned-running", "tuned-completed"])
def test_spawned_objects_are_recognised(estate: Estate, name: str) -> None:
    """Objects that the Go operator made for training jobs are owned and labelled, and none is made twice."""
    one = TUNED[name]
    estate.until_settled(TUNING_JOB, name, one.ends, "Succeeded", one.reason)
    owner = estate.scene.get(TUNING_JOB, name) or {}
    first = estate.aws[SPAWNED, f"{name}/0"]

    obj = estate.scene.until(TRAINING_JOB, first, lambda obj: "ownerReferences" in obj["metadata"], "an owner")

    (reference,) = obj["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["name"], reference["uid"], reference["controller"]) == (
        TUNING_JOB.name,
        name,
        owner["metadata"]["uid"],
        True,
    )
    assert obj["metadata"]["labels"][LABEL] == name
    assert estate.calls(TUNING_JOB, name) == Counter()
    shown = estate.scene.until(TRAINING_JOB, first, lambda obj: bool(status(obj).get("conditions")), "a look")
    assert status(shown)["sageMakerTrainingJobName"] == first
    jobs = [status(obj).get("sageMakerTrainingJobName") for obj in estate.scene.all(TRAINING_JOB)]
    assert jobs.count(first) == 1


@tuning
def test_a_spawned_object_that_a_user_deleted_goes(estate: Estate) -> None:
    """Its training job is stopped, and the finalizer that held it for ever goes with ours.

    The tuning job may show the training job once more, as it has not been told of a deletion before its time.
    """
    stuck = estate.aws[SPAWNED, f"{STUCK}/1"]
    deleted = estate.aws[SPAWNED, STUCK]

    until(lambda: _uid(estate.scene.get(TRAINING_JOB, stuck)) != deleted, f"{stuck} to go")

    until(lambda: estate.scene.job(stuck)["status"] == "Stopped", f"{stuck} to be stopped")
    assert len(estate.scene.requests("StopTrainingJob", stuck)) == 1
    assert estate.scene.requests("CreateTrainingJob", stuck) == []


def _uid(obj: Object | None) -> str:
    return str((obj or {"metadata": {"uid": ""}})["metadata"]["uid"])


@tuning
@pytest.mark.parametrize("name", [name for name, one in TUNED.items() if one.deleted])
def test_a_deleted_tuning_job_takes_its_objects_along(estate: Estate, name: str) -> None:
    """The objects of its training jobs go with it, both finalizers off, also those that were only just made."""
    estate.scene.until_gone(TUNING_JOB, name)

    for number in (0, 1):
        child = estate.aws[SPAWNED, f"{name}/{number}"]
        estate.scene.until_gone(TRAINING_JOB, child)
        assert estate.scene.job(child)["status"] in {"Completed", "Stopped"}
    assert estate.calls(TUNING_JOB, name) == _wanted_calls(TUNING_JOB, TUNED[name])


# --- there and back ----------------------------------------------------------------------------------------------


def test_there_and_back_again_costs_nothing(estate: Estate) -> None:
    """When the Go operator has had objects for a while once more, they are taken over as at first."""
    estate.until_quiet(JOBS)
    # The Go operator itself runs a job anew whose record is gone, so those are no part of this.
    names = ("running", "completed", "failed", "stopped", "begun")
    calls = estate.all_calls()
    estate.stop()
    for kind in JOBS:
        for name in names:
            estate.as_the_other_wrote(kind, name)

    estate.run()

    for kind in JOBS:
        for name in names:
            one = left.jobs(kind)[name]
            estate.until_settled(kind, name, one.ends, "Succeeded", one.reason)
    assert estate.all_calls() == calls


# --- at the end --------------------------------------------------------------------------------------------------


def test_a_second_start_changes_nothing(estate: Estate) -> None:
    """A new process finds all as it was: no object is written, and nothing is called that changes anything."""
    before = estate.until_quiet(JOBS)
    calls = estate.all_calls()

    estate.restart()

    for kind in JOBS:
        until(lambda: estate.scene.requests(kind.api.list), f"{kind.api.list}")  # noqa: B023 - called at once
    assert estate.until_quiet(JOBS) == before
    assert estate.all_calls() == calls
