"""HyperparameterTuningJob: counters, best training job, and training jobs that are shown as objects of their own."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

from sagemaker_operator import facts, spawning
from sagemaker_operator.kinds.special import Fields, Special, no_secondary, time_field

_COUNTERS = {
    "completed": "Completed",
    "inProgress": "InProgress",
    "nonRetryableError": "NonRetryableError",
    "retryableError": "RetryableError",
    "stopped": "Stopped",
}
_SINGLE_DIGITS = 9
"""Significant digits that tell any two numbers of single precision apart (IEEE 754)."""


def fields(_target: facts.Target, description: Mapping[str, Any]) -> Fields:
    """Status fields of a tuning job; SageMaker has no start time for it but that of its creation."""
    return {
        "trainingJobStatusCounters": counters(description),
        "bestTrainingJob": training_job(description.get("BestTrainingJob") or {}),
        "overallBestTrainingJob": training_job(description.get("OverallBestTrainingJob") or {}),
        "sageMakerJobArn": description.get("HyperParameterTuningJobArn"),
        "startTime": time_field(description, "CreationTime"),
        "completionTime": time_field(description, "HyperParameterTuningEndTime"),
    }


def counters(description: Mapping[str, Any]) -> Fields:
    """How many training jobs are in which state; empty as long as SageMaker has not said."""
    given = description.get("TrainingJobStatusCounters")
    if not given:
        return {}
    counted = {name: int(given.get(member) or 0) for name, member in _COUNTERS.items()}
    return {**counted, "totalError": counted["nonRetryableError"] + counted["retryableError"]}


def training_job(summary: Mapping[str, Any]) -> Fields | None:
    """A training job as the status shows the best one; None when SageMaker names none."""
    if not summary.get("TrainingJobName"):
        return None
    tuned = summary.get("TunedHyperParameters") or {}
    shown = {
        "trainingJobName": summary["TrainingJobName"],
        "trainingJobArn": summary.get("TrainingJobArn"),
        "trainingJobDefinitionName": summary.get("TrainingJobDefinitionName"),
        "tuningJobName": summary.get("TuningJobName"),
        "trainingJobStatus": summary.get("TrainingJobStatus"),
        "objectiveStatus": summary.get("ObjectiveStatus"),
        "failureReason": summary.get("FailureReason"),
        "creationTime": time_field(summary, "CreationTime"),
        "trainingStartTime": time_field(summary, "TrainingStartTime"),
        "trainingEndTime": time_field(summary, "TrainingEndTime"),
        "tunedHyperParameters": [{"name": name, "value": str(tuned[name])} for name in sorted(tuned)],
        "finalHyperParameterTuningJobObjectiveMetric": _objective(
            summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
        ),
    }
    return {key: value for key, value in shown.items() if value}


def _objective(metric: Mapping[str, Any]) -> Fields:
    value = metric.get("Value")
    shown = {
        "metricName": metric.get("MetricName"),
        "type": metric.get("Type"),
        "value": number(value) if value is not None else None,
    }
    return {name: each for name, each in shown.items() if each is not None}


def number(value: float) -> str:
    """The shortest text that stands for a number of AWS's.

    AWS keeps the objective in single precision (SageMaker API: MetricValue) and sends it with the digits of double
    precision: 0.1 comes as 0.10000000149011612. JSON has no words for what is not finite.
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    for digits in range(1, _SINGLE_DIGITS + 1):
        short = float(f"{value:.{digits}g}")
        if _single(short) == value:
            return repr(short)
    return repr(value)


def _single(value: float) -> float | None:
    """The number of single precision next to this one; None when it is too great for any."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return None


def failed_job(additional: str) -> bool:
    """The original wrote `Failed` for jobs that failed, and where it could not even make an AWS client."""
    return not additional.startswith("Unable to initialize operator")


SPECIAL = Special(
    refused_word="ReconcilingTuningJob",
    changed_word="",
    prefixes={
        "DescribeHyperParameterTuningJob": "Unable to describe SageMaker hyperparameter tuning job: ",
        "CreateHyperParameterTuningJob": (
            "Unable to create hyperparameter tuning job: Unable to create HyperParameter Tuning Job: "
        ),
        "StopHyperParameterTuningJob": "Unable to delete hyperparameter tuning job: ",
    },
    fields=fields,
    secondary=no_secondary,
    failed_job=failed_job,
    further=spawning.step,
    before_release=spawning.release_step,
    unfinished=spawning.unfinished,
)
