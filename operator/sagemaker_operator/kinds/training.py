"""TrainingJob: secondary status, model path, log link and Debugger rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.kinds.special import Fields, Special, log_url, time_field
from smkube import kinds


def secondary(description: Mapping[str, Any]) -> str:
    """The secondary status; hidden while the job is stopping, as the original operator did."""
    if description.get("TrainingJobStatus") == "Stopping":
        return ""
    return str(description.get("SecondaryStatus") or "")


def fields(target: facts.Target, description: Mapping[str, Any]) -> Fields:
    """Status fields of a training job."""
    completed = description.get("TrainingJobStatus") == "Completed"
    artifacts = description.get("ModelArtifacts") or {}
    return {
        "secondaryStatus": secondary(description) or None,
        "cloudWatchLogUrl": log_url(kinds.TRAINING_JOB, target),
        "modelPath": (artifacts.get("S3ModelArtifacts") or None) if completed else None,
        "debugRuleEvaluationStatuses": rules(description) or None,
        "sageMakerJobArn": description.get("TrainingJobArn"),
        "startTime": time_field(description, "TrainingStartTime"),
        "completionTime": time_field(description, "TrainingEndTime"),
        "trainingTimeInSeconds": description.get("TrainingTimeInSeconds"),
        "billableTimeInSeconds": description.get("BillableTimeInSeconds"),
    }


def rules(description: Mapping[str, Any]) -> list[Fields]:
    """The Debugger rules as the custom resource shows them."""
    return [
        {
            key: value
            for key, value in (
                ("lastModifiedTime", time_field(rule, "LastModifiedTime")),
                ("ruleConfigurationName", rule.get("RuleConfigurationName")),
                ("ruleEvaluationJobArn", rule.get("RuleEvaluationJobArn")),
                ("ruleEvaluationStatus", rule.get("RuleEvaluationStatus")),
                ("statusDetail", rule.get("StatusDetails")),
            )
            if value
        }
        for rule in description.get("DebugRuleEvaluationStatuses") or ()
    ]


def failed_job(additional: str) -> bool:
    """The original wrote `Failed` for jobs that failed, and where it could not even make an AWS client."""
    return not additional.startswith("Unable to initialize operator")


SPECIAL = Special(
    refused_word="ReconcilingTrainingJob",
    changed_word="",
    prefixes={
        "DescribeTrainingJob": "Unable to describe SageMaker training job: ",
        "CreateTrainingJob": "Unable to create training job: Unable to create Training Job: ",
        "StopTrainingJob": "Unable to delete training job: ",
    },
    fields=fields,
    secondary=secondary,
    failed_job=failed_job,
)
