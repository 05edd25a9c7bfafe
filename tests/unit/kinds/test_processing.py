"""What is special about processing jobs: log link, times and the exit message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator.facts import Target
from sagemaker_operator.kinds import processing

JOB = Target("clean-0123", "us-west-2")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_description_fills_in_all_fields() -> None:
    """Link, exit message, ARN and both times."""
    description = {
        "ProcessingJobArn": "arn",
        "ExitMessage": "17 rows skipped\n",
        "ProcessingStartTime": NOON,
        "ProcessingEndTime": NOON.replace(hour=13),
    }

    assert processing.fields(JOB, description) == {
        "cloudWatchLogUrl": (
            "https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logStream:"
            "group=/aws/sagemaker/ProcessingJobs;prefix=clean-0123;streamFilter=typeLogStreamPrefix"
        ),
        "exitMessage": "17 rows skipped",
        "sageMakerJobArn": "arn",
        "startTime": "2026-03-01T12:00:00Z",
        "completionTime": "2026-03-01T13:00:00Z",
    }


def test_before_the_first_description_there_is_only_the_link() -> None:
    """What AWS has not said yet is absent; in China the console has another address."""
    known = processing.fields(Target("clean", "cn-north-1"), {})

    assert {name: value for name, value in known.items() if value is not None} == {
        "cloudWatchLogUrl": (
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#logStream:"
            "group=/aws/sagemaker/ProcessingJobs;prefix=clean;streamFilter=typeLogStreamPrefix"
        )
    }


@pytest.mark.parametrize(
    ("reason", "message", "told"),
    [
        (None, None, ""),
        ("AlgorithmError: exit code 1", None, "AlgorithmError: exit code 1"),
        ("AlgorithmError: exit code 1", "no such column", "AlgorithmError: exit code 1\nExit message: no such column"),
        (
            "AlgorithmError: no such column, exit code 1",
            " no such column ",
            "AlgorithmError: no such column, exit code 1",
        ),
        ("AlgorithmError: exit code 1", " \n", "AlgorithmError: exit code 1"),
        (None, "17 rows skipped", "Exit message: 17 rows skipped"),
    ],
)
def test_the_exit_message_is_told_where_it_says_more(reason: str | None, message: str | None, told: str) -> None:
    """Reason for the failure, and the container's own words unless the reason quotes them."""
    description: dict[str, Any] = {"FailureReason": reason, "ExitMessage": message}

    assert processing.SPECIAL.explanation(description) == told


def test_failed_is_always_sagemakers_word() -> None:
    """The original had other words for its own troubles, whatever its text says."""
    assert processing.SPECIAL.failed_job("Unable to initialize operator: no credentials")
    assert processing.SPECIAL.refused_word == "Error"
