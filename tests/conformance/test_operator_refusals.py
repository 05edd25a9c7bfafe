"""What happens when AWS refuses a job: the reason is shown, nothing is tried in a hot loop, and a correction counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from smkube.kinds import BATCH_TRANSFORM_JOB, JOBS, PROCESSING_JOB, TRAINING_JOB, TUNING_JOB, Kind
from tests.conformance import specs
from tests.conformance.operator_scene import (
    EACH_CHOOSING,
    EACH_JOB,
    Object,
    Scene,
    chosen,
    condition,
    generated,
    status,
)
from tests.conformance.specs import ROLE

BAD_ROLE = "arn:aws:iam::123456789012:role/nobody-has-it"
WORD = {
    TRAINING_JOB.name: "ReconcilingTrainingJob",
    PROCESSING_JOB.name: "Error",
    TUNING_JOB.name: "ReconcilingTuningJob",
    BATCH_TRANSFORM_JOB.name: "Failed",
}
"""Status word of the original operator for an object whose request AWS refused."""
PREFIX = {
    TRAINING_JOB.name: "Unable to create training job: Unable to create Training Job: ",
    PROCESSING_JOB.name: "Unable to create processing job: Unable to create Processing Job: ",
    TUNING_JOB.name: "Unable to create hyperparameter tuning job: Unable to create HyperParameter Tuning Job: ",
    BATCH_TRANSFORM_JOB.name: "",
}


@dataclass(frozen=True)
class Trouble:
    """An error of AWS and what becomes of it."""

    code: str
    message: str
    reason: str
    stalled: str


TROUBLES = (
    Trouble("ValidationException", "1 validation error detected", "InvalidSpec", "True"),
    Trouble("AccessDeniedException", "User: x is not authorized to perform: sagemaker:Create", "AccessDenied", "True"),
    Trouble("ExpiredTokenException", "The security token included in the request is expired", "CredentialsInvalid",
            "True"),
    Trouble("UnrecognizedClientException", "The security token is invalid.", "CredentialsInvalid", "True"),
    Trouble("ResourceLimitExceeded", "The account-level service limit is 0 Instances", "QuotaExceeded", "False"),
)  # fmt: skip


def refuse(scene: Scene, kind: Kind, name: str, trouble: Trouble) -> None:
    """Have AWS refuse to create the jobs of an object."""
    scene.control.fault(
        "error_before", kind.api.create, name=f"{name}*", code=trouble.code, message=trouble.message, status=400
    )


@EACH_JOB
def test_a_refusal_is_shown_everywhere_and_a_correction_is_tried_at_once(scene: Scene, kind: Kind) -> None:
    """Whatever AWS's reason: it shows in word, `additional`, conditions, an Event; the next edit is tried at once."""
    troubles = {scene.name(f"refused-{number}"): trouble for number, trouble in enumerate(TROUBLES)}
    scene.long("refused-")
    made = {}
    for name, trouble in troubles.items():
        refuse(scene, kind, name, trouble)
        made[name] = scene.create(kind, name)
    for name, trouble in troubles.items():
        shown = scene.until_reason(kind, name, "Stalled", trouble.reason)
        check_refused(kind, shown, trouble)
        note = f"{kind.api.create}: {trouble.code}: {trouble.message}"
        assert ("Warning", trouble.reason, note) in scene.until_noted(name, trouble.reason)
    # The time in which another object is created and its job seen would be enough for many calls of a hot loop.
    other = scene.name("healthy")
    scene.create(kind, other)
    scene.until_word(kind, other, "InProgress")
    assert {name: len(scene.requests(kind.api.create, name)) for name in troubles} == dict.fromkeys(troubles, 1)

    scene.control.clear_faults()
    for name in troubles:
        scene.edit(kind, name, tags=[{"key": "second", "value": "try"}])

    for name in troubles:
        shown = scene.until_word(kind, name, "InProgress")
        assert "additional" not in shown
        assert condition(shown, "Stalled")["status"] == "False"
        assert scene.job(generated(made[name]))["tags"]["second"] == "try"
    assert {name: len(scene.requests(kind.api.create, name)) for name in troubles} == dict.fromkeys(troubles, 2)


def check_refused(kind: Kind, shown: dict[str, Any], trouble: Trouble) -> None:
    """The status of an object whose Create AWS refused."""
    assert shown[kind.status_word] == WORD[kind.name]
    text = re.escape(f"{PREFIX[kind.name]}{trouble.code}: {trouble.message}")
    assert re.fullmatch(text + r"\n\tstatus code: 400, request id: \S+", shown["additional"])
    stalled = condition(shown, "Stalled")
    assert (stalled["status"], stalled["message"]) == (trouble.stalled, f"{trouble.code}: {trouble.message}")
    assert condition(shown, "Succeeded")["status"] == "Unknown"
    assert kind.status_name not in shown


def with_role(kind: Kind, role: str) -> Object:
    """Fields of a spec that names a role, of kinds that have one."""
    if kind is TUNING_JOB:
        return {"trainingJobDefinition": {**specs.tuning("")["trainingJobDefinition"], "roleArn": role}}
    return {"roleArn": role}


def test_a_role_that_cannot_be_assumed(scene: Scene) -> None:
    """SageMaker's own text about a wrong role is shown, and the right role is tried at once."""
    name = scene.name("role")
    kinds = [kind for kind in JOBS if kind is not BATCH_TRANSFORM_JOB]
    scene.control.settings(missing_roles=[BAD_ROLE])
    for kind in kinds:
        scene.create(kind, name, **with_role(kind, BAD_ROLE))

    for kind in kinds:
        shown = scene.until_reason(kind, name, "Stalled", "InvalidSpec")

        assert f"ValidationException: Could not assume role {BAD_ROLE}." in shown["additional"]
        scene.edit(kind, name, **with_role(kind, ROLE))
        scene.until_word(kind, name, "InProgress")


def test_a_model_that_is_missing(scene: Scene) -> None:
    """A transform job whose model is not there says so, and runs once the spec names one that is."""
    name = scene.name("modelless")
    scene.create(BATCH_TRANSFORM_JOB, name, modelName="not-there")

    shown = scene.until_word(BATCH_TRANSFORM_JOB, name, "Failed")

    assert shown["additional"].startswith("ValidationException: Could not find model ")
    assert "not-there" in shown["additional"]
    # The model may be on its way: the operator waits, and does not call the spec wrong.
    assert condition(shown, "Stalled")["status"] == "False"
    assert condition(shown, "Reconciling")["reason"] == "DependencyNotReady"
    assert condition(shown, "Succeeded")["status"] == "Unknown"
    scene.edit(BATCH_TRANSFORM_JOB, name, modelName="model")
    scene.until_word(BATCH_TRANSFORM_JOB, name, "InProgress")


def test_a_quota_names_itself(scene: Scene) -> None:
    """An exceeded quota shows AWS's text with the quota and its figures."""
    name = scene.name("quota")
    resource = {"instanceCount": 3, "instanceType": "ml.p4d.24xlarge", "volumeSizeInGB": 5}
    scene.control.settings(quotas={"ml.p4d.24xlarge for training job usage": 2})
    scene.create(TRAINING_JOB, name, resourceConfig=resource)

    shown = scene.until_reason(TRAINING_JOB, name, "Reconciling", "QuotaExceeded")

    text = "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 2 Instances"
    assert text in shown["additional"]
    assert text in condition(shown, "Reconciling")["message"]
    assert condition(shown, "Reconciling")["status"] == "True"
    scene.edit(TRAINING_JOB, name, resourceConfig={**resource, "instanceCount": 2})
    scene.until_word(TRAINING_JOB, name, "InProgress")


def test_a_denied_action_is_named(scene: Scene) -> None:
    """Where IAM denies the Create, the action that is missing stands in the status."""
    name = scene.name("denied")
    scene.control.set_faults(deny=["sagemaker:CreateTransformJob"])
    try:
        scene.create(BATCH_TRANSFORM_JOB, name)
        shown = scene.until_reason(BATCH_TRANSFORM_JOB, name, "Stalled", "AccessDenied")
    finally:
        scene.control.set_faults(deny=[])

    assert "is not authorized to perform: sagemaker:CreateTransformJob" in shown["additional"]
    scene.edit(BATCH_TRANSFORM_JOB, name, maxPayloadInMB=5)
    scene.until_word(BATCH_TRANSFORM_JOB, name, "InProgress")


def test_a_request_that_the_client_refuses(scene: Scene) -> None:
    """A spec that botocore itself finds wrong is shown like AWS's own refusal and corrected like one."""
    name = scene.name("unsent")
    for kind in JOBS:
        scene.create(kind, name, region="no region")

    for kind in JOBS:
        shown = scene.until_reason(kind, name, "Stalled", "InvalidSpec")

        assert "no region" in shown["additional"]
        scene.edit(kind, name, region=scene.region)
        scene.until_word(kind, name, "InProgress")


def test_an_endpoint_that_is_no_url(scene: Scene) -> None:
    """A `sageMakerEndpoint` nobody can call is shown as a fault of the spec and can be corrected."""
    name = scene.name("nowhere")
    scene.create(TRAINING_JOB, name, sageMakerEndpoint="http://")

    shown = scene.until_reason(TRAINING_JOB, name, "Stalled", "InvalidSpec")

    assert "http://" in shown["additional"]
    scene.edit(TRAINING_JOB, name, sageMakerEndpoint=None)
    scene.until_word(TRAINING_JOB, name, "InProgress")


def test_a_throttled_create_waits_and_goes_through(scene: Scene) -> None:
    """A throttle is not shown as a failure: the job is created by itself once AWS takes the call."""
    name = scene.name("throttled")
    for kind in JOBS:
        scene.control.fault("error_before", kind.api.create, name=f"{name}*", code="ThrottlingException", count=1)
        scene.create(kind, name)

    for kind in JOBS:
        assert "additional" not in scene.until_word(kind, name, "InProgress")
        outcomes = [entry["outcome"] for entry in scene.requests(kind.api.create, name)]
        assert outcomes == ["ThrottlingException", "OK"]
    assert not any(type_ == "Warning" for type_, _, _ in scene.notes(name))


def test_a_create_without_an_answer_makes_one_job(scene: Scene) -> None:
    """Whether AWS did the work before the answer was lost or not: there is one job, and it is followed to its end."""
    jobs = {}
    for kind in JOBS:
        for fault in ("lose_answer", "error_after", "drop", "error_before"):
            name = scene.name(fault.replace("_", "-"))
            scene.control.fault(fault, kind.api.create, name=f"{name}*", count=1)
            jobs[kind, name] = generated(scene.create(kind, name))

    for (kind, name), job in jobs.items():
        assert scene.until_word(kind, name, "Completed")[kind.status_name] == job

    assert sorted(job["name"] for job in scene.jobs()) == sorted(jobs.values())


def owned_by(uid: str) -> list[dict[str, Any]]:
    """Tags by which a job belongs to the object of a UID."""
    return [
        {"Key": "sagemaker-operator/uid", "Value": uid},
        {"Key": "sagemaker-operator/object", "Value": "TrainingJob/elsewhere/theirs"},
        {"Key": "sagemaker-operator/cluster", "Value": "other-cluster"},
    ]


@EACH_CHOOSING
def test_a_job_of_another_object_is_left_alone(scene: Scene, kind: Kind) -> None:
    """A job whose tags name another object is neither followed nor stopped; the object says whose it is."""
    name = scene.name("conflict")
    scene.start_job(kind, name, owned_by("00000000-0000-0000-0000-000000000001"))
    scene.create(kind, name, **chosen(kind, name))

    shown = scene.until_reason(kind, name, "Stalled", "NameConflict")

    assert shown[kind.status_word] == WORD[kind.name]
    assert shown["additional"] == (
        f"A SageMaker {kind.noun} named {name} exists in {scene.region} and belongs to TrainingJob/elsewhere/theirs "
        "in cluster other-cluster (UID 00000000-0000-0000-0000-000000000001). It is left alone; choose another "
        f"spec.{kind.spec_name}, or delete this object."
    )
    assert condition(shown, "Stalled")["status"] == "True"
    assert kind.status_name not in shown
    assert ("Warning", "NameConflict") in {
        (type_, reason) for type_, reason, _ in scene.until_noted(name, "NameConflict")
    }
    scene.edit(kind, name, **chosen(kind, f"{name}-2"))
    shown = scene.until(kind, name, lambda obj: status(obj).get(kind.status_name) == f"{name}-2", "its own job")
    assert "additional" not in status(shown)
    scene.delete(kind, name)
    scene.until_gone(kind, name)
    assert scene.job(name)["status"] == "InProgress"


@EACH_CHOOSING
def test_deleting_an_object_in_conflict_leaves_the_other_job_alone(scene: Scene, kind: Kind) -> None:
    """An object that stands before another's job goes at once when it is deleted, and that job runs on."""
    name = scene.name("conflict")
    scene.start_job(kind, name, owned_by("00000000-0000-0000-0000-000000000001"))
    scene.create(kind, name, **chosen(kind, name))
    scene.until_reason(kind, name, "Stalled", "NameConflict")

    scene.delete(kind, name)

    scene.until_gone(kind, name)
    assert scene.job(name)["status"] == "InProgress"


@EACH_CHOOSING
def test_a_job_without_marks_is_adopted(scene: Scene, kind: Kind) -> None:
    """A job of the chosen name that no operator marked is followed, as the original did, and stopped on deletion."""
    name = scene.name("orphan")
    scene.start_job(kind, name, [{"Key": "team", "Value": "blue"}])
    scene.create(kind, name, **chosen(kind, name))

    shown = scene.until_word(kind, name, "InProgress")

    assert shown[kind.status_name] == name
    assert condition(shown, "Stalled")["status"] == "False"
    text = f"Follows the existing SageMaker {kind.noun} {name} in {scene.region}."
    assert ("Normal", "Adopted", text) in scene.until_noted(name, "Adopted")
    scene.delete(kind, name)
    scene.until_gone(kind, name)
    assert scene.job(name)["status"] == "Stopped"


@EACH_CHOOSING
def test_a_job_with_the_own_mark_is_adopted(scene: Scene, kind: Kind) -> None:
    """A job that bears the object's own UID is the object's, whoever wrote the rest of the tags."""
    name = scene.name("mine")
    scene.control.fault("error_before", kind.api.create, name=f"{name}*", code="AccessDeniedException", count=1)
    made = scene.create(kind, name, **chosen(kind, name))
    scene.until_reason(kind, name, "Stalled", "AccessDenied")
    scene.start_job(kind, name, owned_by(made["metadata"]["uid"]))

    scene.edit(kind, name, tags=[{"key": "try", "value": "twin"}])

    shown = scene.until_word(kind, name, "InProgress")
    assert shown[kind.status_name] == name
    assert len(scene.jobs()) == 1
