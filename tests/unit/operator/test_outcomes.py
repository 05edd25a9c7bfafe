"""The end of a job as its object's statuses tell it: once, with its outcome, its time and what is paid for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_operator import outcomes
from sagemaker_operator.facts import Target
from sagemaker_operator.outcomes import Ended
from smkube import kinds

KIND = kinds.TRAINING_JOB
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Target("job", "us-east-1")
RUNNING = {"trainingJobStatus": "InProgress", "conditions": [{"type": "Succeeded", "status": "Unknown"}]}


def over(word: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """A status that tells of an end."""
    succeeded = "True" if word == "Completed" else "False"
    condition = {"type": "Succeeded", "status": succeeded, "reason": reason or word}
    return {"trainingJobStatus": word, "conditions": [condition], **more}


TIMES: dict[str, Any] = {
    "startTime": "2026-01-01T00:00:00Z",
    "completionTime": "2026-01-01T00:02:30Z",
    "billableTimeInSeconds": 90,
}


@pytest.mark.parametrize("before", [{}, RUNNING, {"trainingJobStatus": "InProgress"}, {"conditions": []}])
def test_an_end_is_news(before: dict[str, Any]) -> None:
    """Whatever the status said before, if not that the job had ended; also the original's without conditions."""
    assert outcomes.ended(KIND, before, over("Completed", **TIMES)) == Ended(KIND, "Completed", 150.0, 90.0)


def test_a_job_without_times_is_counted_all_the_same() -> None:
    """One that was stopped before it began has no duration."""
    assert outcomes.ended(KIND, RUNNING, over("Stopped")) == Ended(KIND, "Stopped", None, None)


def test_a_job_that_vanished_ends_so() -> None:
    """The outcome is not SageMaker's word but what became of the job."""
    ended = outcomes.ended(KIND, RUNNING, over("Failed", "DeletedExternally"))

    assert ended is not None
    assert ended.outcome == "DeletedExternally"
    assert ended.outcome in outcomes.OUTCOMES


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (over("Completed"), over("Completed", **TIMES)),
        (over("Failed"), over("Failed", "DeletedExternally")),
        ({"trainingJobStatus": "Completed"}, over("Completed")),
        ({}, RUNNING),
        (RUNNING, {}),
    ],
)
def test_what_is_no_news(before: dict[str, Any], after: dict[str, Any]) -> None:
    """An end that was known, in conditions or in the original's words, and what is no end."""
    assert outcomes.ended(KIND, before, after) is None


def test_a_running_job_that_is_shown_as_failed_has_its_end_to_come() -> None:
    """The original's word for a transform job whose spec was edited is `Failed`; the condition knows better."""
    kind = kinds.BATCH_TRANSFORM_JOB
    edited = {"transformJobStatus": "Failed", "conditions": [{"type": "Succeeded", "status": "Unknown"}]}
    ended = outcomes.ended(
        kind, edited, {"transformJobStatus": "Failed", "conditions": over("Completed")["conditions"]}
    )

    assert ended is not None
    assert ended.outcome == "Completed"


def test_what_is_no_job_does_not_end() -> None:
    """A condition `Succeeded` of another kind would mean something else."""
    assert outcomes.ended(kinds.MODEL, {}, over("Completed")) is None
    assert outcomes.released(kinds.MODEL, {}, JOB, {}) is None


def test_a_job_that_goes_with_its_object_is_told_from_its_description() -> None:
    """The object is let go when SageMaker says that the job has stopped, and no status tells of it any more."""
    description = {
        "TrainingJobStatus": "Stopped",
        "TrainingStartTime": BEGAN,
        "TrainingEndTime": BEGAN + timedelta(seconds=40),
        "BillableTimeInSeconds": 30,
    }

    assert outcomes.released(KIND, RUNNING, JOB, description) == Ended(KIND, "Stopped", 40.0, 30.0)
    assert outcomes.released(KIND, over("Stopped"), JOB, description) is None
    assert outcomes.released(KIND, RUNNING, JOB, {"TrainingJobStatus": "InProgress"}) is None
