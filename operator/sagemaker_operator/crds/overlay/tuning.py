"""HyperparameterTuningJob. Only data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Rule
from sagemaker_operator.crds.overlay.common import CLIENT, CREATION_TIME, ROOM, SOME, SUCCEEDED, job_name
from smkube import kinds

if TYPE_CHECKING:
    from sagemaker_operator.crds.status import Schema

_COUNTERS = ".status.trainingJobStatusCounters"


def _count(name: str, field: str) -> Column:
    return Column(name, f"{_COUNTERS}.{field}", type="number", format="int64")


_DEFINITION = Entry(
    rules=(
        Rule(
            "has(self.resourceConfig) || has(self.hyperParameterTuningResourceConfig)",
            "give resourceConfig, or hyperParameterTuningResourceConfig for a choice of instance types",
        ),
    )
)
_ALGORITHM = Entry(
    rules=(
        Rule(
            "(has(self.trainingImage) && self.trainingImage != '') != has(self.algorithmName)",
            "give either trainingImage (a container image) or algorithmName (an algorithm resource), not both",
        ),
    )
)


def _definition(path: str) -> dict[str, Entry]:
    """Entries for one training job definition."""
    return {
        path: _DEFINITION,
        f"{path}.AlgorithmSpecification": _ALGORITHM,
        f"{path}.ResourceConfig.InstanceCount": ROOM,
        f"{path}.ResourceConfig.InstanceType": SOME,
    }


def _omitted(path: str) -> set[str]:
    return {f"{path}.ResourceConfig.SelectedInstanceType", f"{path}.ResourceConfig.SelectedInstanceCount"}


def _training_job(description: str) -> Schema:
    return status.group(
        description,
        trainingJobName=status.text("Name of the training job in SageMaker."),
        trainingJobArn=status.text("Amazon Resource Name of the training job."),
        trainingJobDefinitionName=status.text("Name of the training job definition that it was made from."),
        tuningJobName=status.text("Name of the tuning job that started it."),
        trainingJobStatus=status.text("SageMaker's status of the training job."),
        objectiveStatus=status.text("SageMaker's status of the objective metric's evaluation."),
        failureReason=status.text("Why the training job failed."),
        creationTime=status.time("When the training job was created."),
        trainingStartTime=status.time("When training started."),
        trainingEndTime=status.time("When training ended."),
        tunedHyperParameters=status.named_values("The hyperparameters that the tuning job chose."),
        finalHyperParameterTuningJobObjectiveMetric=status.group(
            "The objective metric at the end of the training job.",
            metricName=status.text("Name of the metric."),
            type=status.text("Whether the metric is to be made small (Minimize) or large (Maximize)."),
            value=status.text("The metric's value, as a decimal number."),
        ),
    )


TUNING_JOB = Definition(
    kind=kinds.TUNING_JOB,
    description=(
        "A HyperparameterTuningJob runs one hyperparameter tuning job in Amazon SageMaker, shows how it goes and "
        "which of its training jobs is the best."
    ),
    spec_required=False,
    columns=(
        Column("Status", ".status.hyperParameterTuningJobStatus"),
        CREATION_TIME,
        _count("Completed", "completed"),
        _count("InProgress", "inProgress"),
        _count("Errors", "totalError"),
        _count("Stopped", "stopped"),
        Column("Best-Training-Job", ".status.bestTrainingJob.trainingJobName"),
        Column("Sagemaker-Job-Name", ".status.sageMakerHyperParameterTuningJobName"),
        SUCCEEDED,
    ),
    paths={
        "": Entry(
            rules=(
                Rule(
                    "has(self.trainingJobDefinition) != has(self.trainingJobDefinitions)",
                    "give either trainingJobDefinition or trainingJobDefinitions",
                ),
            )
        ),
        "HyperParameterTuningJobName": job_name("tuning job"),
        **_definition("TrainingJobDefinition"),
        **_definition("TrainingJobDefinitions[]"),
    },
    omitted=frozenset(_omitted("TrainingJobDefinition") | _omitted("TrainingJobDefinitions[]")),
    client=CLIENT,
    status={
        **status.job(),
        "hyperParameterTuningJobStatus": status.text(
            "SageMaker's status of the job, or a word of the operator's before that."
        ),
        "sageMakerHyperParameterTuningJobName": status.text("Name of the tuning job in SageMaker."),
        "trainingJobStatusCounters": status.group(
            "How many of the training jobs are in which state.",
            completed=status.whole("Training jobs that are completed."),
            inProgress=status.whole("Training jobs that are under way."),
            nonRetryableError=status.whole("Training jobs that failed and cannot be tried again."),
            retryableError=status.whole("Training jobs that failed and can be tried again."),
            stopped=status.whole("Training jobs that were stopped."),
            totalError=status.whole("Training jobs that failed."),
        ),
        "bestTrainingJob": _training_job("The training job with the best objective metric so far."),
        "overallBestTrainingJob": _training_job(
            "The best training job of this tuning job and of those that it was warm started from."
        ),
        "spawnedTrainingJobs": status.whole("Training jobs that are shown as TrainingJob objects."),
    },
)
