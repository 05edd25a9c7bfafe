"""Edits after the job was created: SageMaker jobs cannot be changed.

The API server refuses them once the job is confirmed (test_crds_edits.py); of an edit that came in between the object
says what is not followed.
"""

from __future__ import annotations

import pytest

from smkube.kinds import BATCH_TRANSFORM_JOB, TRAINING_JOB
from tests.cluster.errors import ApiError
from tests.conformance.operator_scene import Scene, condition, generated, status

OPENING = (
    "Updates to v1.BatchTransformJob are not supported; the resource no longer matches the SageMaker resource. The job "
    'will be marked as "Failed" and no modifications to the existing SageMaker job will be made until the update is '
    "reverted. The differences that prevent tracking of the SageMaker resource are:\n"
)


def test_an_edited_transform_job_is_failed_until_the_edit_is_taken_back(scene: Scene) -> None:
    """The original's word and text, Stalled, an Event, no change of the job; a revert brings the truth back."""
    name = scene.name("edited")
    scene.long(name)
    made = scene.create(BATCH_TRANSFORM_JOB, name)
    scene.until_word(BATCH_TRANSFORM_JOB, name, "InProgress")

    scene.edit_unseen(BATCH_TRANSFORM_JOB, name, transformOutput={"s3OutputPath": "s3://bucket/elsewhere"})

    shown = scene.until_word(BATCH_TRANSFORM_JOB, name, "Failed")
    line = '  transformOutput.s3OutputPath: the object says "s3://bucket/elsewhere", SageMaker has "s3://bucket/out"'
    assert shown["additional"] == OPENING + line
    assert (condition(shown, "Stalled")["status"], condition(shown, "Stalled")["reason"]) == ("True", "SpecChanged")
    assert condition(shown, "Succeeded")["status"] == "Unknown"
    scene.until_noted(name, "SpecChanged")
    before = scene.until(BATCH_TRANSFORM_JOB, name, lambda obj: "startTime" in status(obj), "the job's start")
    scene.polls(BATCH_TRANSFORM_JOB, 1)
    assert scene.get(BATCH_TRANSFORM_JOB, name) == before
    assert scene.job(generated(made))["status"] == "InProgress"

    scene.edit(BATCH_TRANSFORM_JOB, name, transformOutput={"s3OutputPath": "s3://bucket/out"})

    shown = scene.until_word(BATCH_TRANSFORM_JOB, name, "InProgress")
    assert "additional" not in shown
    assert condition(shown, "Stalled")["status"] == "False"
    assert [len(scene.requests(each)) for each in ("CreateTransformJob", "StopTransformJob")] == [1, 0]


def test_a_finished_transform_job_that_is_edited_and_reverted(scene: Scene) -> None:
    """An edit of a finished transform job is told alike, is not run, and reverting it restores Completed."""
    name = scene.name("finished")
    scene.create(BATCH_TRANSFORM_JOB, name, modelName="model")
    scene.until_word(BATCH_TRANSFORM_JOB, name, "Completed")

    scene.edit_unseen(BATCH_TRANSFORM_JOB, name, modelName="other")

    shown = scene.until_word(BATCH_TRANSFORM_JOB, name, "Failed")
    assert '  modelName: the object says "other", SageMaker has "model"' in shown["additional"]
    scene.edit(BATCH_TRANSFORM_JOB, name, modelName="model")
    shown = scene.until_word(BATCH_TRANSFORM_JOB, name, "Completed")
    assert condition(shown, "Succeeded")["status"] == "True"
    assert len(scene.requests("CreateTransformJob")) == 1


@pytest.mark.parametrize("field", ["hyperParameters", "region", "trainingJobName", "sageMakerEndpoint"])
def test_an_edited_training_job_runs_on_as_it_was(scene: Scene, field: str) -> None:
    """Edits of a training job, even of name, region and endpoint, touch no job and make no second one, and are told."""
    name = scene.name("edited")
    scene.long(name)
    made = scene.create(TRAINING_JOB, name)
    job = generated(made)
    scene.until_word(TRAINING_JOB, name, "InProgress")
    values = {
        "hyperParameters": [{"name": "epochs", "value": "9"}],
        "region": "somewhere-else-1",
        "trainingJobName": "another",
        "sageMakerEndpoint": f"{scene.stack.url}/",
    }

    generation = scene.edit_unseen(TRAINING_JOB, name, **{field: values[field]})["metadata"]["generation"]

    shown = status(
        scene.until(TRAINING_JOB, name, lambda obj: status(obj).get("observedGeneration") == generation, "the edit")
    )
    assert (condition(shown, "Stalled")["status"], condition(shown, "Stalled")["reason"]) == ("True", "SpecChanged")
    assert f"{field}" in condition(shown, "Stalled")["message"]
    assert (shown["trainingJobStatus"], shown["sageMakerTrainingJobName"]) == ("InProgress", job)
    assert [(each["name"], each["status"]) for each in scene.jobs()] == [(job, "InProgress")]
    scene.control.end_job(job, region=scene.region)
    assert condition(scene.until_word(TRAINING_JOB, name, "Completed"), "Succeeded")["status"] == "True"
    assert [each["operation"] for each in scene.control.record() if each["name"] == "another"] == []


def test_an_edit_of_a_confirmed_job_is_refused_with_the_way_out(scene: Scene) -> None:
    """The refusal names the field and says what to do; the job and the object stay as they are."""
    name = scene.name("refused")
    scene.long(name)
    scene.create(TRAINING_JOB, name)
    scene.until_word(TRAINING_JOB, name, "InProgress")

    with pytest.raises(ApiError, match="roleArn of a training job cannot be changed once it exists: delete"):
        scene.edit(TRAINING_JOB, name, roleArn="arn:aws:iam::123456789012:role/another")

    assert len(scene.requests("CreateTrainingJob")) == 1


def test_edits_of_tags_and_metadata_mean_nothing(scene: Scene) -> None:
    """Tags cannot be compared with a description and labels are not ours: neither makes a job stalled."""
    name = scene.name("tags")
    scene.long(name)
    scene.create(TRAINING_JOB, name)
    scene.until_word(TRAINING_JOB, name, "InProgress")

    scene.patch(TRAINING_JOB, name, {"metadata": {"labels": {"team": "blue"}}})
    made = scene.edit(TRAINING_JOB, name, tags=[{"key": "team", "value": "blue"}])

    generation = made["metadata"]["generation"]
    shown = scene.until(TRAINING_JOB, name, lambda obj: status(obj)["observedGeneration"] == generation, "the edit")
    assert condition(shown, "Stalled")["status"] == "False"
    assert len(scene.requests("CreateTrainingJob")) == 1
