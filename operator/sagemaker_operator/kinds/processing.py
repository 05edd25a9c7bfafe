"""ProcessingJob: log link and the message with which the container exited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.kinds.special import Fields, Special, failure_reason, log_url, no_secondary, time_field
from smkube import kinds


def exit_message(description: Mapping[str, Any]) -> str:
    """What the container left behind when it exited (SageMaker API: ExitMessage); empty without."""
    return str(description.get("ExitMessage") or "").strip()


def fields(target: facts.Target, description: Mapping[str, Any]) -> Fields:
    """Status fields of a processing job."""
    return {
        "cloudWatchLogUrl": log_url(kinds.PROCESSING_JOB, target),
        "exitMessage": exit_message(description) or None,
        "sageMakerJobArn": description.get("ProcessingJobArn"),
        "startTime": time_field(description, "ProcessingStartTime"),
        "completionTime": time_field(description, "ProcessingEndTime"),
    }


def explanation(description: Mapping[str, Any]) -> str:
    """SageMaker's reason for a failure, and the exit message where that says more."""
    reason, message = failure_reason(description), exit_message(description)
    if not message or message in reason:
        return reason
    return f"{reason}\nExit message: {message}" if reason else f"Exit message: {message}"


def failed_job(_additional: str) -> bool:
    """The original had the words `Error` and `Reconciling` for its own troubles: `Failed` is always SageMaker's."""
    return True


SPECIAL = Special(
    refused_word="Error",
    changed_word="",
    prefixes={
        "DescribeProcessingJob": "Unable to describe SageMaker processing job: ",
        "CreateProcessingJob": "Unable to create processing job: Unable to create Processing Job: ",
        "StopProcessingJob": "Unable to delete processing job: ",
    },
    fields=fields,
    secondary=no_secondary,
    failed_job=failed_job,
    explanation=explanation,
)
