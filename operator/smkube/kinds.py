"""The custom resources as one table: what each kind is called, in Kubernetes and at AWS.

A kind differs from the next by its row here. Nothing in this module does I/O or knows a library.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "sagemaker.aws.amazon.com"
VERSION = "v1"
API_VERSION = f"{GROUP}/{VERSION}"

FINALIZER = "sagemaker-operator-finalizer"
"""Holds an object until its SageMaker job is over (name kept from the original operator)."""

TUNING_FINALIZER = "sagemaker-operator-hpo-trainingjob"
"""Second finalizer of TrainingJobs that the original operator spawned for a tuning job."""


@dataclass(frozen=True, slots=True)
class JobApi:
    """The AWS operations of a job kind, and the members their requests and answers are read by.

    Source: the operation pages of the Amazon SageMaker API reference.
    """

    create: str
    describe: str
    stop: str
    list: str
    summaries: str
    """Member of the List answer that holds the summaries."""
    name: str
    """Member for the job's name in every request, description and summary."""
    arn: str
    status: str
    """Member for the status word in description and summary."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One custom resource.

    `spec_name`, `status_name` and `status_word` are field names of the custom resource; `status_name` is
    where users and the plugin find the SageMaker job.
    """

    name: str
    plural: str
    short_names: tuple[str, ...]
    noun: str
    """How error texts call the SageMaker side, as in `Unable to describe SageMaker training job`."""
    spec_name: str
    status_name: str
    status_word: str
    name_limit: int
    """Greatest length of the SageMaker name, in characters."""
    log_group: str
    api: JobApi

    @property
    def singular(self) -> str:
        """Lower-case kind, as kubectl accepts it."""
        return self.name.lower()

    @property
    def resource(self) -> str:
        """Full resource name, as in `kubectl get <resource>`."""
        return f"{self.plural}.{GROUP}"


TRAINING_JOB = Kind(
    name="TrainingJob",
    plural="trainingjobs",
    short_names=("tj",),
    noun="training job",
    spec_name="trainingJobName",
    status_name="sageMakerTrainingJobName",
    status_word="trainingJobStatus",
    name_limit=63,
    log_group="/aws/sagemaker/TrainingJobs",
    api=JobApi(
        create="CreateTrainingJob",
        describe="DescribeTrainingJob",
        stop="StopTrainingJob",
        list="ListTrainingJobs",
        summaries="TrainingJobSummaries",
        name="TrainingJobName",
        arn="TrainingJobArn",
        status="TrainingJobStatus",
    ),
)

BATCH_TRANSFORM_JOB = Kind(
    name="BatchTransformJob",
    plural="batchtransformjobs",
    short_names=("btj",),
    noun="transform job",
    spec_name="transformJobName",
    status_name="sageMakerTransformJobName",
    status_word="transformJobStatus",
    name_limit=63,
    log_group="/aws/sagemaker/TransformJobs",
    api=JobApi(
        create="CreateTransformJob",
        describe="DescribeTransformJob",
        stop="StopTransformJob",
        list="ListTransformJobs",
        summaries="TransformJobSummaries",
        name="TransformJobName",
        arn="TransformJobArn",
        status="TransformJobStatus",
    ),
)

ALL = (TRAINING_JOB, BATCH_TRANSFORM_JOB)

BY_NAME = {kind.name: kind for kind in ALL}


def resource_path(kind: Kind, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
    """URL path of a kind at the API server; without a namespace, of all namespaces."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    path = f"/apis/{GROUP}/{VERSION}{scope}/{kind.plural}"
    for part in (name, subresource):
        path = f"{path}/{part}" if part else path
    return path
