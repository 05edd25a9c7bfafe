"""Tuning jobs: their training jobs as objects, the best of them, and what becomes of the objects.

Most tests look at one tuning job of a crowd that is created at once. Each is called as its object, so that its
training jobs and their objects begin with that name.
"""

from __future__ import annotations

from typing import Any

import pytest

from smkube.kinds import FINALIZER, GROUP, TRAINING_JOB, TUNING_JOB
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.operator_scene import SPAWN, Object, Scene, condition, status
from tests.stack.stack import Stack
from tests.stack.waiting import until

KIND = TUNING_JOB
NAMESPACE, REGION = "tuning", "us-tuning-1"
LABEL = f"{GROUP}/tuning-job"
OBJECTIVE = "inalHyperParameterTuningJobObjectiveMetric"
REASON = "AlgorithmError: no such column: age"


def limits(most: int, parallel: int) -> Object:
    """Another size of a tuning job."""
    config = specs.tuning(REGION)["hyperParameterTuningJobConfig"]
    counts = {"maxNumberOfTrainingJobs": most, "maxParallelTrainingJobs": parallel}
    return {"hyperParameterTuningJobConfig": {**config, "resourceLimits": counts}}


def definition(**more: Any) -> Object:
    """A training job definition."""
    return {**specs.tuning(REGION)["trainingJobDefinition"], **more}


CROWD: dict[str, tuple[Object, dict[str, str]]] = {
    "shown": ({"tags": [{"key": "team", "value": "blue"}]}, {SPAWN: "true"}),
    "generated": ({KIND.spec_name: None}, {SPAWN: "true"}),
    "limited": ({}, {SPAWN: "1"}),
    "optedout": ({}, {SPAWN: "false"}),
    "pages": (limits(24, 12), {SPAWN: "true"}),
    "failing": ({}, {SPAWN: "true"}),
    "broken": ({}, {SPAWN: "true"}),
    "running": ({}, {SPAWN: "true"}),
    "kept": ({}, {SPAWN: "true"}),
    "capital": ({KIND.spec_name: "Capital"}, {SPAWN: "true"}),
}
"""Fields of the spec that matter, and annotations, by object."""


@pytest.fixture(scope="module")
def crowd(operator_stack: Stack, control_plane: ControlPlane) -> Scene:
    """All tuning jobs of the crowd, just created."""
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    scene = Scene(operator_stack, control_plane, NAMESPACE, REGION)
    for name in ("running", "kept"):
        scene.long(name)
    scene.control.rule("failing*", kind="training", fail={"reason": REASON, "after": 0.1})
    scene.control.rule("broken*", kind="tuning", fail={"reason": REASON, "after": 0.5})
    for name, (spec, noted) in CROWD.items():
        scene.create(KIND, name, annotations=noted, **spec)
    return scene


def children(scene: Scene, name: str) -> list[Object]:
    """The TrainingJob objects of a tuning job, by their owner references."""
    parent = scene.get(KIND, name)
    uid = parent["metadata"]["uid"] if parent else ""
    return [
        obj
        for obj in scene.all(TRAINING_JOB)
        if any(owner["uid"] == uid for owner in obj["metadata"].get("ownerReferences", ()))
    ]


def until_children(scene: Scene, name: str, count: int, word: str = "Completed") -> list[Object]:
    """Wait until so many training jobs are shown, all with this word."""

    def look() -> list[Object]:
        found = children(scene, name)
        words = [status(obj).get("trainingJobStatus") for obj in found]
        return found if words == [word] * count else []

    return until(look, f"{count} training jobs of {name} to be {word}", seconds=20)


def test_training_jobs_are_shown_owned_and_labelled(crowd: Scene) -> None:
    """Each training job is an object with its name, its owner, a label, a spec that says what runs, and its status."""
    parent = crowd.until(KIND, "shown", completed, "the tuning job")

    found = until_children(crowd, "shown", 4)

    for obj in found:
        job = crowd.job(obj["metadata"]["name"])
        assert obj["metadata"]["labels"][LABEL] == "shown"
        (owner,) = obj["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["controller"]) == (KIND.name, "shown", True)
        assert owner["uid"] == parent["metadata"]["uid"]
        assert obj["metadata"]["finalizers"] == [FINALIZER]
        assert obj["spec"]["trainingJobName"] == status(obj)["sageMakerTrainingJobName"] == job["name"]
        assert obj["spec"]["roleArn"] == specs.ROLE
        parameters = {pair["name"]: pair["value"] for pair in obj["spec"]["hyperParameters"]}
        assert parameters["base_score"] == "0.5"
        assert 10 <= int(parameters["num_round"]) <= 20
        assert condition(obj, "Succeeded")["status"] == "True"
        assert condition(obj, "Stalled")["status"] == "False"
    crowd.until(KIND, "shown", lambda obj: status(obj).get("spawnedTrainingJobs") == 4, "the count of its objects")
    assert crowd.requests("CreateTrainingJob") == []


def completed(obj: Object) -> bool:
    """Whether a tuning job is Completed, and its counters say so too."""
    shown = status(obj)
    return bool(shown.get(KIND.status_word) == "Completed" and condition(obj, "Succeeded")["status"] == "True")


def test_the_best_training_job_and_the_counters(crowd: Scene) -> None:
    """The status counts the training jobs and names the best, with its objective's value and hyperparameters."""
    shown = status(crowd.until(KIND, "shown", completed, "the tuning job"))

    assert shown["trainingJobStatusCounters"] == {
        "completed": 4,
        "inProgress": 0,
        "nonRetryableError": 0,
        "retryableError": 0,
        "stopped": 0,
        "totalError": 0,
    }
    told = crowd.sagemaker().describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="shown")["BestTrainingJob"]
    best = shown["bestTrainingJob"]
    assert best["trainingJobName"] == told["TrainingJobName"]
    metric, expected = (
        best["finalHyperParameterTuningJobObjectiveMetric"],
        told["FinalHyperParameterTuningJobObjectiveMetric"],
    )
    assert metric["metricName"] == "validation:error"
    assert float(metric["value"]) == pytest.approx(expected["Value"], rel=1e-6)
    assert best["tunedHyperParameters"] == [
        {"name": name, "value": value} for name, value in sorted(told["TunedHyperParameters"].items())
    ]
    assert best["objectiveStatus"] == "Succeeded"


def test_kubectl_shows_and_waits(crowd: Scene) -> None:
    """`kubectl wait` sees the end, and `kubectl get` has counters and best training job in the original's columns."""
    kubectl = crowd.stack.kubectl
    kubectl("wait", "--for=condition=Succeeded", "--timeout=20s", f"{KIND.resource}/shown", "-n", NAMESPACE)

    header, line = kubectl("get", KIND.plural, "shown", "-n", NAMESPACE).splitlines()

    shown = dict(zip(header.split(), line.split(), strict=True))
    assert [shown[column] for column in ("STATUS", "COMPLETED", "INPROGRESS", "ERRORS", "STOPPED")] == [
        *("Completed", "4", "0", "0", "0")
    ]
    assert shown["BEST-TRAINING-JOB"].startswith("shown-")
    assert shown["SUCCEEDED"] == "True"


def test_a_generated_name(crowd: Scene) -> None:
    """Without a chosen name the tuning job is called by the UID's 32 digits, and its training jobs after it."""
    obj = crowd.until(KIND, "generated", completed, "the tuning job")

    name = obj["metadata"]["uid"].replace("-", "")
    assert obj["spec"][KIND.spec_name] == status(obj)[KIND.status_name] == name
    assert all(each["metadata"]["name"].startswith(f"{name}-") for each in until_children(crowd, "generated", 4))
    assert {each["metadata"]["labels"][LABEL] for each in children(crowd, "generated")} == {"generated"}


def test_a_limit_and_an_opt_out(crowd: Scene) -> None:
    """The annotation limits how many training jobs are shown, which an Event tells, or switches that off."""
    for name in ("limited", "optedout"):
        crowd.until(KIND, name, completed, "the tuning job")

    (only,) = until_children(crowd, "limited", 1)
    assert "-001-" in only["metadata"]["name"]
    notes = crowd.until_noted("limited", "SpawnLimit")
    assert any(why == "SpawnLimit" and "The first 1 training jobs" in note for _, why, note in notes)
    assert children(crowd, "optedout") == []
    assert status(crowd.get(KIND, "limited"))["trainingJobStatusCounters"]["completed"] == 4


def test_more_than_a_page(crowd: Scene) -> None:
    """Two dozen training jobs, more than a default page of the API, are all shown, each once."""
    crowd.until(KIND, "pages", completed, "the tuning job")

    found = until_children(crowd, "pages", 24)

    assert len({obj["spec"]["trainingJobName"] for obj in found}) == 24


def test_capitals(crowd: Scene) -> None:
    """A tuning job whose chosen name has capitals has objects in lower case that follow the right training jobs."""
    crowd.until(KIND, "capital", completed, "the tuning job")

    for obj in until_children(crowd, "capital", 4):
        assert obj["spec"]["trainingJobName"].startswith("Capital-")
        assert obj["metadata"]["name"] == obj["spec"]["trainingJobName"].lower()


def test_failures_are_told_on_both(crowd: Scene) -> None:
    """A tuning job whose training jobs all fail is Failed for SageMaker's reason, and each of them for its own."""
    shown = status(
        crowd.until(KIND, "failing", lambda obj: status(obj).get(KIND.status_word) == "Failed", "the failure")
    )

    assert shown["additional"].startswith("No training job succeeded after")
    assert condition(shown, "Succeeded")["status"] == "False"
    assert condition(shown, "Stalled")["status"] == "True"
    assert shown["trainingJobStatusCounters"]["totalError"] == 4
    for obj in until_children(crowd, "failing", 4, "Failed"):
        assert status(obj)["additional"] == REASON
        assert condition(obj, "Succeeded")["status"] == "False"
    assert crowd.until_word(KIND, "broken", "Failed")["additional"] == REASON
    crowd.until_noted("failing", "Failed")


def test_what_a_user_deletes_stays_gone(crowd: Scene) -> None:
    """A shown training job that the user deletes is stopped and goes, at once, and does not come back."""
    found = until_children(crowd, "running", 2, "InProgress")
    names = [obj["metadata"]["name"] for obj in found]

    crowd.stack.kubectl("delete", TRAINING_JOB.resource, names[0], "-n", NAMESPACE, "--timeout=20s")

    assert crowd.job(names[0])["status"] == "Stopped"
    # Its place is taken by the next one, which is shown.
    until(lambda: len(children(crowd, "running")) == 2 and children(crowd, "running")[1]["metadata"]["name"] > names[1],
          "the next training job to be shown")  # fmt: skip
    assert crowd.get(TRAINING_JOB, names[0]) is None
    crowd.annotate(KIND, "running", reconcile_now="1")
    crowd.until(KIND, "running", lambda obj: status(obj)["operatorState"].get("reconcileNow") == "1", "another look")
    assert crowd.get(TRAINING_JOB, names[0]) is None


def test_deletion_while_running(crowd: Scene) -> None:
    """A deleted tuning job is stopped with its training jobs, and the objects of all of them go, none stuck."""
    until_children(crowd, "running", 2, "InProgress")
    names = [obj["metadata"]["name"] for obj in children(crowd, "running")]

    crowd.stack.kubectl("delete", KIND.resource, "running", "-n", NAMESPACE, "--timeout=30s")

    for name in names:
        crowd.until_gone(TRAINING_JOB, name)
    jobs = [job for job in crowd.all_jobs() if job["name"].startswith("running")]
    assert {job["status"] for job in jobs} == {"Stopped"}
    assert len(crowd.requests("StopHyperParameterTuningJob", "running")) == 1


def test_retained(crowd: Scene) -> None:
    """With the deletion policy `retain` the objects go and the tuning job and its training jobs run on."""
    until_children(crowd, "kept", 2, "InProgress")
    names = [obj["metadata"]["name"] for obj in children(crowd, "kept")]
    crowd.annotate(KIND, "kept", deletion_policy="retain")

    crowd.delete(KIND, "kept")

    crowd.until_gone(KIND, "kept")
    for name in names:
        crowd.until_gone(TRAINING_JOB, name)
    jobs = [job for job in crowd.all_jobs() if job["name"].startswith("kept")]
    assert {job["status"] for job in jobs} == {"InProgress"}
    assert len(jobs) == 3


def test_deletion_after_the_end_takes_the_objects(crowd: Scene) -> None:
    """A finished tuning job's object goes with the objects of its training jobs, without a Stop."""
    crowd.until(KIND, "shown", completed, "the tuning job")
    names = [obj["metadata"]["name"] for obj in until_children(crowd, "shown", 4)]

    crowd.delete(KIND, "shown")

    crowd.until_gone(KIND, "shown")
    for name in names:
        crowd.until_gone(TRAINING_JOB, name)
    stops = [*crowd.requests("StopHyperParameterTuningJob", "shown"), *crowd.requests("StopTrainingJob", "shown")]
    assert stops == []


def test_an_object_of_the_users_is_left_alone(scene: Scene) -> None:
    """A TrainingJob that happens to have the name of a training job stays the user's, and nothing is overwritten."""
    name = scene.name("clash")
    scene.long(name)
    made = scene.create(KIND, name, annotations={SPAWN: "false"})
    scene.until_word(KIND, name, "InProgress")
    jobs = until(lambda: [job for job in scene.all_jobs() if job["name"].startswith(f"{name}-001-")], "a training job")
    first = jobs[0]["name"]
    user = scene.create(TRAINING_JOB, first, trainingJobName=scene.name("mine"))

    scene.annotate(KIND, name, spawn_training_jobs="true")

    scene.until(KIND, name, lambda _: len(children(scene, name)) == 1, "the other training job to be shown")
    left = scene.get(TRAINING_JOB, first)
    assert left is not None
    assert "ownerReferences" not in left["metadata"]
    assert left["metadata"]["uid"] == user["metadata"]["uid"]
    scene.delete(KIND, made["metadata"]["name"])
    scene.until_gone(KIND, name)
    assert scene.get(TRAINING_JOB, first) is not None


def test_several_definitions(scene: Scene) -> None:
    """Several training job definitions, each with ranges and an objective, arrive, and all their jobs are shown."""
    name = scene.name("several")
    config = specs.tuning(scene.region)["hyperParameterTuningJobConfig"]
    own = {
        "tuningObjective": config["hyperParameterTuningJobObjective"],
        "hyperParameterRanges": config["parameterRanges"],
    }
    bare = {
        field: value
        for field, value in config.items()
        if field not in ("hyperParameterTuningJobObjective", "parameterRanges")
    }
    made = scene.create(
        KIND,
        name,
        annotations={SPAWN: "true"},
        hyperParameterTuningJobConfig=bare,
        trainingJobDefinition=None,
        trainingJobDefinitions=[definition(definitionName=each, **own) for each in ("one", "two")],
    )

    obj = scene.until(KIND, name, completed, "the tuning job")

    assert made["spec"]["trainingJobDefinitions"][1]["definitionName"] == "two"
    request = scene.job(name)["request"]
    assert [each["DefinitionName"] for each in request["TrainingJobDefinitions"]] == ["one", "two"]
    assert len(until_children(scene, name, 4)) == 4
    assert status(obj)["bestTrainingJob"]["trainingJobDefinitionName"] in ("one", "two")


def test_the_metric_that_sagemaker_adds_is_no_difference(scene: Scene) -> None:
    """To the metric definitions of the user's own image SageMaker adds one for the objective, which is no edit."""
    name = scene.name("metrics")
    training = definition()
    metrics = [{"name": "validation:error", "regex": "error=([0-9.]+)"}]
    algorithm = {**training["algorithmSpecification"], "metricDefinitions": metrics}
    scene.create(KIND, name, trainingJobDefinition={**training, "algorithmSpecification": algorithm})

    obj = scene.until(KIND, name, completed, "the tuning job")

    shown = scene.job(name)["request"]["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    assert [each["Name"] for each in shown] == ["validation:error", "ObjectiveMetric"]
    assert condition(obj, "Stalled")["status"] == "False"


def test_an_edit_that_came_too_late_is_told_and_changes_nothing(scene: Scene) -> None:
    """Of an edit after the tuning job was created the object says what is not followed; there is one tuning job."""
    name = scene.name("edited")
    scene.long(name)
    scene.create(KIND, name)
    scene.until_word(KIND, name, "InProgress")

    scene.edit_unseen(KIND, name, **limits(9, 2))

    shown = scene.until_reason(KIND, name, "Stalled", "SpecChanged")
    assert "maxNumberOfTrainingJobs" in condition(shown, "Stalled")["message"]
    assert shown[KIND.status_word] == "InProgress"
    assert scene.job(name)["request"]["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 4
    assert len(scene.requests(KIND.api.create)) == 1
