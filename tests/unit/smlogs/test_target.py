"""How the custom resource is read: job name, header, outcome."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubectl_smlogs import exits
from kubectl_smlogs.target import read
from smkube.kinds import BATCH_TRANSFORM_JOB, TRAINING_JOB


def _job(spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"name": "x", "namespace": "ns", "uid": "u", "resourceVersion": "7"},
        "spec": spec,
        "status": status,
    }


def _succeeded(status: str, **more: str) -> dict[str, Any]:
    return {"type": "Succeeded", "status": status, **more}


def test_headers_of_the_original() -> None:
    """The header names object, job, region and status as the original's does."""
    training = _job(
        {"trainingJobName": "j", "region": "us-west-2"},
        {"trainingJobStatus": "InProgress", "secondaryStatus": "Training"},
    )
    assert read(TRAINING_JOB, training).header() == (
        '"x" has SageMaker TrainingJobName "j" in region "us-west-2", status "InProgress" '
        'and secondary status "Training"'
    )
    transform = _job({"transformJobName": "t", "region": "us-west-2"}, {"transformJobStatus": "Completed"})
    assert read(BATCH_TRANSFORM_JOB, transform).header() == (
        '"x" has SageMaker TransformJobName "t" in region "us-west-2", status "Completed"'
    )


def test_job_name_of_spec_before_that_of_status() -> None:
    """The name comes from the spec, else from the status."""
    assert read(TRAINING_JOB, _job({"trainingJobName": "a"}, {"sageMakerTrainingJobName": "b"})).job == "a"
    assert read(TRAINING_JOB, _job({}, {"sageMakerTrainingJobName": "b"})).job == "b"
    assert read(TRAINING_JOB, _job({}, {})).job == ""


def test_job_of_somebody_else_is_not_ours() -> None:
    """A name in the spec whose job belongs to another object does not lead to that one's log."""
    conflict = {"conditions": [{"type": "Stalled", "status": "True", "reason": "NameConflict", "message": "no"}]}
    target = read(TRAINING_JOB, _job({"trainingJobName": "a"}, conflict))
    assert target.job == ""
    assert target.reason == "no"


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ({"trainingJobStatus": "Completed"}, "Completed", exits.OK),
        ({"trainingJobStatus": "Failed"}, "Failed", exits.JOB_FAILED),
        ({"trainingJobStatus": "Stopped"}, "Stopped", exits.JOB_STOPPED),
        ({"trainingJobStatus": "InProgress"}, "", exits.ERROR),
        ({"trainingJobStatus": "SomethingNew"}, "", exits.ERROR),
        ({}, "", exits.ERROR),
        ({"trainingJobStatus": "Failed", "conditions": [_succeeded("Unknown")]}, "", exits.ERROR),
        ({"trainingJobStatus": "Completed", "conditions": [_succeeded("True")]}, "Completed", exits.OK),
        ({"trainingJobStatus": "Stopped", "conditions": [_succeeded("False")]}, "Stopped", exits.JOB_STOPPED),
        ({"trainingJobStatus": "InProgress", "conditions": [_succeeded("False")]}, "Failed", exits.JOB_FAILED),
        ({"trainingJobStatus": "Completed", "conditions": "nonsense"}, "Completed", exits.OK),
    ],
)
def test_outcome(status: dict[str, Any], outcome: str, code: int) -> None:
    """The condition decides where there is one (the word says Failed for a refused spec, too), else the status word."""
    target = read(TRAINING_JOB, _job({}, status))
    assert (target.outcome, target.exit_code()) == (outcome, code)


def test_settled_some_minutes_after_the_end() -> None:
    """A log counts as complete some minutes after the end, as far as the status tells when that was."""
    now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    for stamp, settled in {"2026-01-01T11:00:00Z": True, "2026-01-01T11:59:00Z": False, "whenever": False}.items():
        by_condition = {"conditions": [_succeeded("True", lastTransitionTime=stamp)]}
        by_check = {"trainingJobStatus": "Completed", "lastCheckTime": stamp}
        for status in (by_condition, by_check):
            assert read(TRAINING_JOB, _job({}, status)).settled(now) is settled
    running = {"trainingJobStatus": "InProgress", "lastCheckTime": "2026-01-01T11:00:00Z"}
    assert not read(TRAINING_JOB, _job({}, running)).settled(now)
