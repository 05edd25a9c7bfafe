"""The life of an object from its creation to the end of its SageMaker job, for all job kinds, with the real operator.

Most tests look at one object of a crowd that is created at once, so that they wait together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from smkube.kinds import BATCH_TRANSFORM_JOB, FINALIZER, JOBS, PROCESSING_JOB, TRAINING_JOB, TUNING_JOB, Kind
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import EACH_JOB, LONG, Object, Scene, condition, generated, status
from tests.conformance.specs import MODEL
from tests.stack.stack import Stack

VIEW = {
    TRAINING_JOB.name: ["STATUS", "SECONDARY-STATUS", "CREATION-TIME", "SAGEMAKER-JOB-NAME"],
    PROCESSING_JOB.name: ["STATUS", "CREATION-TIME", "SAGEMAKER-JOB-NAME"],
    TUNING_JOB.name: [
        *("STATUS", "CREATION-TIME", "COMPLETED", "INPROGRESS", "ERRORS", "STOPPED"),
        *("BEST-TRAINING-JOB", "SAGEMAKER-JOB-NAME"),
    ],
    BATCH_TRANSFORM_JOB.name: ["STATUS", "CREATION-TIME", "SAGEMAKER-JOB-NAME"],
}
"""Printer columns of the original operator, in its order."""
RULE = {
    TRAINING_JOB.name: ("training", "training"),
    PROCESSING_JOB.name: ("processing", "processing"),
    TUNING_JOB.name: ("tuning", "training"),
    BATCH_TRANSFORM_JOB.name: ("transform", "transforming"),
}
"""What the stand-in calls a kind, and the phase in which its jobs fail."""
NAMESPACE, REGION = "lifecycle", "us-lifecycle-1"
REASON = "AlgorithmError: no such column: age"
PAIRS = [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}]
LONG_NAME = "l" * 60

ANY: dict[str, Object] = {
    "plain": {},
    "broken": {},
    "tagged": {"tags": [{"key": "team", "value": "blue"}, {"key": "empty", "value": ""}]},
}
CROWD: dict[str, dict[str, Object]] = {
    TRAINING_JOB.name: {
        **ANY,
        "slash": {"outputDataConfig": {"s3OutputPath": "s3://bucket/models/"}},
        "maps": {"hyperParameters": PAIRS, "environment": PAIRS[:1]},
        "chosen": {"trainingJobName": "chosen-by-hand"},
        LONG_NAME: {},
        "a.b": {},
    },
    PROCESSING_JOB.name: {**ANY, "maps": {"environment": PAIRS}, LONG_NAME: {}, "a.b": {}},
    # Without a chosen name a tuning job is called by the object's UID alone.
    TUNING_JOB.name: {**ANY, "plain": {TUNING_JOB.spec_name: None}},
    BATCH_TRANSFORM_JOB.name: {
        **ANY,
        "maps": {"environment": PAIRS, "dataProcessing": {"JoinSource": "Input", "inputFilter": "$.x"}},
    },
}
"""Specs of the crowd by kind and name, as far as they matter."""


@dataclass
class Crowd:
    """Objects of one namespace and region whose jobs run at the same time."""

    scene: Scene
    made: dict[tuple[str, str], Object] = field(default_factory=dict)

    def ended(self, kind: Kind, name: str, word: str = "Completed") -> Object:
        """The object once its status has this word."""
        return self.scene.until(kind, name, lambda obj: status(obj).get(kind.status_word) == word, f"{name}: {word}")

    def job(self, kind: Kind, name: str) -> str:
        """The job name that the original would have generated."""
        return generated(self.made[kind.name, name])


@pytest.fixture(scope="module")
def crowd(operator_stack: Stack, control_plane: ControlPlane) -> Crowd:
    """All objects of the crowd, just created."""
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    made = Crowd(Scene(operator_stack, control_plane, NAMESPACE, REGION))
    for kind in JOBS:
        which, phase = RULE[kind.name]
        made.scene.control.rule("broken*", kind=which, fail={"reason": REASON, "phase": phase, "after": 0.1})
        for name, spec in CROWD[kind.name].items():
            made.made[kind.name, name] = made.scene.create(kind, name, **spec)
    return made


@EACH_JOB
def test_an_object_runs_one_job_to_its_end(crowd: Crowd, kind: Kind) -> None:
    """An object gets its finalizer and its generated name, runs exactly one job, and ends Completed and Succeeded."""
    scene = crowd.scene
    job = crowd.job(kind, "plain")

    obj = crowd.ended(kind, "plain")

    if kind.writes_name:
        assert obj["spec"][kind.spec_name] == job
    assert obj["metadata"]["finalizers"] == [FINALIZER]
    assert status(obj)[kind.status_name] == job
    assert "additional" not in status(obj)
    assert len(scene.requests(kind.api.create, job)) == 1
    done = condition(obj, "Succeeded")
    assert (done["status"], done["reason"]) == ("True", "Completed")
    assert condition(obj, "Reconciling")["status"] == "False"
    assert condition(obj, "Stalled")["status"] == "False"
    generation = obj["metadata"]["generation"]
    assert status(obj)["observedGeneration"] == generation
    assert {one["observedGeneration"] for one in status(obj)["conditions"]} == {generation}
    assert status(obj)["startTime"] <= status(obj)["completionTime"]
    assert status(obj)["sageMakerJobArn"] == scene.job(job)["arn"]
    scene.until_noted("plain", "Created", "Completed")


@EACH_JOB
def test_kubectl_shows_and_waits(crowd: Crowd, kind: Kind) -> None:
    """`kubectl get` has the original's columns first and in order, and `kubectl wait` sees the end of the job."""
    kubectl = crowd.scene.stack.kubectl
    kubectl("wait", "--for=condition=Succeeded", "--timeout=20s", f"{kind.singular}/plain", "-n", NAMESPACE)
    header, line = kubectl("get", kind.plural, "plain", "-n", NAMESPACE).splitlines()

    columns = header.split()
    assert columns[: len(VIEW[kind.name]) + 1] == ["NAME", *VIEW[kind.name]]
    shown = dict(zip(columns, line.split(), strict=True))
    assert (shown["NAME"], shown["STATUS"], shown["SUCCEEDED"]) == ("plain", "Completed", "True")
    assert shown["SAGEMAKER-JOB-NAME"] == crowd.job(kind, "plain")


@pytest.mark.parametrize("name", ["plain", "slash"])
def test_a_training_job_links_its_log_and_model(crowd: Crowd, name: str) -> None:
    """The log link has the original's form, and the model path is right with and without a slash at its end."""
    job = crowd.job(TRAINING_JOB, name)

    shown = status(crowd.ended(TRAINING_JOB, name))

    assert shown["cloudWatchLogUrl"] == (
        f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}#logStream:"
        f"group=/aws/sagemaker/TrainingJobs;prefix={job};streamFilter=typeLogStreamPrefix"
    )
    assert shown["modelPath"] == f"s3://bucket/models/{job}/output/model.tar.gz"
    assert shown["trainingTimeInSeconds"] >= 1
    assert shown["billableTimeInSeconds"] >= 1


@EACH_JOB
def test_a_failed_job_says_why(crowd: Crowd, kind: Kind) -> None:
    """A job that fails shows the FailureReason in `additional`, in conditions and, with its log, in an Event."""
    shown = status(crowd.ended(kind, "broken", "Failed"))

    assert shown["additional"] == REASON
    done = condition(shown, "Succeeded")
    assert (done["status"], done["reason"], done["message"]) == ("False", "Failed", REASON)
    assert "modelPath" not in shown
    assert condition(shown, "Stalled")["status"] == "True"
    # A job is never Ready, least of all one that failed.
    assert condition(shown, "Ready") == {}
    crowd.scene.until_noted("broken", "Failed")
    texts = [note for type_, reason, note in crowd.scene.notes("broken") if (type_, reason) == ("Warning", "Failed")]
    (text,) = (text for text in texts if f"The SageMaker {kind.noun}" in text)
    if kind is TUNING_JOB:
        # Its training jobs have the logs.
        assert text == f"The SageMaker {kind.noun} is Failed. {REASON}"
        return
    assert text.startswith(f"The SageMaker {kind.noun} is Failed. {REASON} Last log lines of ")
    assert "step=0" in text


@EACH_JOB
def test_tags_and_marks_arrive(crowd: Crowd, kind: Kind) -> None:
    """The user's tags reach SageMaker with the operator's own, and the Create carries the original's user agent."""
    made = crowd.made[kind.name, "tagged"]
    crowd.ended(kind, "tagged")

    assert crowd.scene.job(generated(made))["tags"] == {
        "team": "blue",
        "empty": "",
        "sagemaker-operator/uid": made["metadata"]["uid"],
        "sagemaker-operator/object": f"{kind.name}/{NAMESPACE}/tagged",
    }
    (create,) = crowd.scene.requests(kind.api.create, generated(made))
    assert re.search(r" sagemaker-on-kubernetes\b", create["user_agent"])


def test_lists_of_names_and_values_become_maps(crowd: Crowd) -> None:
    """Hyperparameters and environments are written as lists and arrive at SageMaker as maps."""
    requests: dict[str, Any] = {}
    for kind in JOBS:
        if "maps" in CROWD[kind.name]:
            crowd.ended(kind, "maps")
            requests[kind.name] = crowd.scene.job(crowd.job(kind, "maps"))["request"]

    training, transform = requests[TRAINING_JOB.name], requests[BATCH_TRANSFORM_JOB.name]
    assert training["HyperParameters"] == {"A": "2", "B": ""}
    assert training["Environment"] == {"A": "1"}
    assert transform["Environment"] == {"A": "2", "B": ""}
    assert transform["DataProcessing"]["JoinSource"] == "Input"
    assert transform["DataProcessing"]["InputFilter"] == "$.x"
    assert transform["ModelName"] == MODEL
    assert requests[PROCESSING_JOB.name]["Environment"] == {"A": "2", "B": ""}


def test_names_are_the_originals(crowd: Crowd) -> None:
    """A chosen job name is used as it is; a long object name is cut to fit; dots, which SageMaker refuses, go."""
    for kind in JOBS:
        names = {"plain": crowd.job(kind, "plain")}
        if LONG_NAME in CROWD[kind.name]:
            names |= {LONG_NAME: crowd.job(kind, LONG_NAME), "a.b": crowd.job(kind, "a.b").replace(".", "-")}
            assert names[LONG_NAME].startswith("l" * 30 + "-")
            assert len(names[LONG_NAME]) == 63
        if "chosen" in CROWD[kind.name]:
            names["chosen"] = "chosen-by-hand"
        for name, job in names.items():
            assert status(crowd.ended(kind, name))[kind.status_name] == job
            assert crowd.scene.job(job)["status"] == "Completed"


def test_a_training_job_shows_its_way(scene: Scene) -> None:
    """Secondary statuses appear as the job passes through them, each with AWS's own message as an Event."""
    name = scene.name("way")
    scene.control.rule(f"{name}*", phases=dict.fromkeys(("pending", "downloading", "training", "uploading"), "1.2"))
    scene.create(TRAINING_JOB, name)

    seen: list[str] = []
    words: set[str] = set()

    def over(obj: Object) -> bool:
        words.add(str(status(obj).get("trainingJobStatus", "")))
        secondary = str(status(obj).get("secondaryStatus", ""))
        if secondary and secondary not in seen:
            seen.append(secondary)
        return secondary == "Completed"

    scene.until(TRAINING_JOB, name, over, "the end of the job")

    passed = ["Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"]
    assert seen == [one for one in passed if one in seen]
    assert len(seen) >= 4
    assert words - {"", "SynchronizingK8sJobWithSageMaker"} == {"InProgress", "Completed"}
    notes = {(reason, note) for _, reason, note in scene.until_noted(name, "Completed", "Uploading")}
    assert notes >= {
        ("Starting", "Starting the training job"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "The SageMaker training job is Completed."),
    }


def test_a_job_stopped_outside_of_kubernetes_ends_stopped(scene: Scene) -> None:
    """A job that somebody stops in SageMaker becomes Stopping and Stopped, is not Succeeded, and is not run again."""
    name = scene.name("halted")
    scene.control.rule(f"{name}*", phases={**LONG, "stopping": "2.5"})
    made = {kind.name: scene.create(kind, name) for kind in JOBS}
    for kind in JOBS:
        scene.until_word(kind, name, "InProgress")

    for kind in JOBS:
        scene.stop_job(kind, generated(made[kind.name]))

    for kind in JOBS:
        stopping = scene.until_word(kind, name, "Stopping")
        assert condition(stopping, "Succeeded")["status"] == "Unknown"
        assert condition(stopping, "Succeeded")["reason"] == "Stopping"
        assert "secondaryStatus" not in stopping
    for kind in JOBS:
        done = condition(scene.until_word(kind, name, "Stopped"), "Succeeded")
        assert (done["status"], done["reason"]) == ("False", "Stopped")
        assert len(scene.requests(kind.api.create)) == 1
