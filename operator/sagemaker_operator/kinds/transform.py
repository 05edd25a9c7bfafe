"""BatchTransformJob: nothing beyond the common flow but its error word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.kinds.special import Fields, Special, no_secondary, time_field


def fields(_target: facts.Target, description: Mapping[str, Any]) -> Fields:
    """Status fields of a transform job."""
    return {
        "sageMakerJobArn": description.get("TransformJobArn"),
        "startTime": time_field(description, "TransformStartTime"),
        "completionTime": time_field(description, "TransformEndTime"),
    }


def failed_job(additional: str) -> bool:
    """The original never showed why a job failed: any text but those about edits, and ours, is an error of its own."""
    ours = "deleted outside of Kubernetes" in additional
    return not additional or ours or additional.startswith("Updates to v1.BatchTransformJob are not supported")


SPECIAL = Special(
    refused_word="Failed",
    changed_word="Failed",
    prefixes={},
    fields=fields,
    secondary=no_secondary,
    failed_job=failed_job,
)
