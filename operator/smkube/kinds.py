"""The custom resources as one table: what each kind is called, in Kubernetes and at AWS.

A kind differs from the next by its row here. Nothing in this module does I/O or knows a library.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

GROUP = "sagemaker.aws.amazon.com"
VERSION = "v1"
API_VERSION = f"{GROUP}/{VERSION}"

FINALIZER = "sagemaker-operator-finalizer"
"""Holds an object until what it stands for at AWS is over or gone (name kept from the original operator)."""

TUNING_FINALIZER = "sagemaker-operator-hpo-trainingjob"
"""Second finalizer of TrainingJobs that the original operator spawned for a tuning job."""


class Family(enum.Enum):
    """What kind of life the AWS side of a custom resource leads; each family has one way of being reconciled."""

    JOB = "job"
    """Runs once and ends: training, processing, tuning, batch transform."""
    RESOURCE = "resource"
    """Is there or is not, and never changes: models, endpoint configurations."""
    ENDPOINT = "endpoint"
    """Serves until it is deleted, and is updated in place."""
    SCALING = "scaling"
    """Settings at Application Auto Scaling, written over and over."""


@dataclass(frozen=True, slots=True)
class Api:
    """The AWS operations of a kind, and the members their requests and answers are read by.

    Source: the operation pages of the Amazon SageMaker API reference and of Application Auto Scaling. An operation
    that the API does not have is empty.
    """

    create: str
    describe: str
    name: str
    """Member for the name in every request, description and summary."""
    arn: str
    list: str = ""
    summaries: str = ""
    """Member of the List answer that holds the summaries."""
    status: str = ""
    """Member for the status word in description and summary; empty for what has no status."""
    stop: str = ""
    delete: str = ""
    update: str = ""
    lists_changes: bool = True
    """Whether List can be asked for what was modified since a time."""
    service: str = "sagemaker"


@dataclass(frozen=True, slots=True)
class Kind:
    """One custom resource.

    `spec_name`, `status_name` and `status_word` are field names of the custom resource; `status_name` is
    where users and the plugin find the SageMaker name.
    """

    name: str
    plural: str
    short_names: tuple[str, ...]
    noun: str
    """How error texts call the SageMaker side, as in `Unable to describe SageMaker training job`."""
    family: Family
    status_name: str
    status_word: str
    name_limit: int
    """Greatest length of the SageMaker name, in characters."""
    api: Api
    spec_name: str = ""
    """Field in which a user may choose the name; empty where the name is always a generated one."""
    writes_name: bool = False
    """Whether a generated name is written into that field (as the original operator did for most jobs)."""
    log_group: str = ""
    """CloudWatch log group that the kind writes to; for endpoints its beginning."""
    check_time: str = "lastCheckTime"
    """Status field for the time of the last look."""

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
    family=Family.JOB,
    spec_name="trainingJobName",
    writes_name=True,
    status_name="sageMakerTrainingJobName",
    status_word="trainingJobStatus",
    name_limit=63,
    log_group="/aws/sagemaker/TrainingJobs",
    api=Api(
        create="CreateTrainingJob",
        describe="DescribeTrainingJob",
        stop="StopTrainingJob",
        delete="DeleteTrainingJob",
        list="ListTrainingJobs",
        summaries="TrainingJobSummaries",
        name="TrainingJobName",
        arn="TrainingJobArn",
        status="TrainingJobStatus",
    ),
)

PROCESSING_JOB = Kind(
    name="ProcessingJob",
    plural="processingjobs",
    short_names=("pj",),
    noun="processing job",
    family=Family.JOB,
    status_name="sageMakerProcessingJobName",
    status_word="processingJobStatus",
    name_limit=63,
    log_group="/aws/sagemaker/ProcessingJobs",
    api=Api(
        create="CreateProcessingJob",
        describe="DescribeProcessingJob",
        stop="StopProcessingJob",
        delete="DeleteProcessingJob",
        list="ListProcessingJobs",
        summaries="ProcessingJobSummaries",
        name="ProcessingJobName",
        arn="ProcessingJobArn",
        status="ProcessingJobStatus",
    ),
)

TUNING_JOB = Kind(
    name="HyperparameterTuningJob",
    plural="hyperparametertuningjobs",
    short_names=("htj",),
    noun="hyperparameter tuning job",
    family=Family.JOB,
    spec_name="hyperParameterTuningJobName",
    writes_name=True,
    status_name="sageMakerHyperParameterTuningJobName",
    status_word="hyperParameterTuningJobStatus",
    name_limit=32,
    api=Api(
        create="CreateHyperParameterTuningJob",
        describe="DescribeHyperParameterTuningJob",
        stop="StopHyperParameterTuningJob",
        delete="DeleteHyperParameterTuningJob",
        list="ListHyperParameterTuningJobs",
        summaries="HyperParameterTuningJobSummaries",
        name="HyperParameterTuningJobName",
        arn="HyperParameterTuningJobArn",
        status="HyperParameterTuningJobStatus",
    ),
)

BATCH_TRANSFORM_JOB = Kind(
    name="BatchTransformJob",
    plural="batchtransformjobs",
    short_names=("btj",),
    noun="transform job",
    family=Family.JOB,
    spec_name="transformJobName",
    writes_name=True,
    status_name="sageMakerTransformJobName",
    status_word="transformJobStatus",
    name_limit=63,
    log_group="/aws/sagemaker/TransformJobs",
    api=Api(
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

MODEL = Kind(
    name="Model",
    plural="models",
    short_names=("smm",),
    noun="model",
    family=Family.RESOURCE,
    status_name="sageMakerModelName",
    status_word="status",
    name_limit=63,
    check_time="lastUpdateTime",
    api=Api(
        create="CreateModel",
        describe="DescribeModel",
        delete="DeleteModel",
        list="ListModels",
        summaries="Models",
        lists_changes=False,
        name="ModelName",
        arn="ModelArn",
    ),
)

ENDPOINT_CONFIG = Kind(
    name="EndpointConfig",
    plural="endpointconfigs",
    short_names=("epc",),
    noun="endpoint configuration",
    family=Family.RESOURCE,
    status_name="sageMakerEndpointConfigName",
    status_word="status",
    name_limit=63,
    check_time="lastUpdateTime",
    api=Api(
        create="CreateEndpointConfig",
        describe="DescribeEndpointConfig",
        delete="DeleteEndpointConfig",
        list="ListEndpointConfigs",
        summaries="EndpointConfigs",
        lists_changes=False,
        name="EndpointConfigName",
        arn="EndpointConfigArn",
    ),
)

HOSTING_DEPLOYMENT = Kind(
    name="HostingDeployment",
    plural="hostingdeployments",
    short_names=("hd",),
    noun="endpoint",
    family=Family.ENDPOINT,
    spec_name="endpointName",
    status_name="endpointName",
    status_word="endpointStatus",
    name_limit=63,
    log_group="/aws/sagemaker/Endpoints/",
    api=Api(
        create="CreateEndpoint",
        describe="DescribeEndpoint",
        update="UpdateEndpoint",
        delete="DeleteEndpoint",
        list="ListEndpoints",
        summaries="Endpoints",
        name="EndpointName",
        arn="EndpointArn",
        status="EndpointStatus",
    ),
)

AUTOSCALING_POLICY = Kind(
    name="HostingAutoscalingPolicy",
    plural="hostingautoscalingpolicies",
    short_names=("hap",),
    noun="autoscaling policy",
    family=Family.SCALING,
    spec_name="policyName",
    status_name="policyName",
    status_word="hostingAutoscalingPolicyStatus",
    name_limit=256,
    api=Api(
        create="PutScalingPolicy",
        describe="DescribeScalingPolicies",
        delete="DeleteScalingPolicy",
        name="PolicyName",
        arn="PolicyARN",
        service="application-autoscaling",
    ),
)

ALL = (
    TRAINING_JOB,
    PROCESSING_JOB,
    TUNING_JOB,
    BATCH_TRANSFORM_JOB,
    MODEL,
    ENDPOINT_CONFIG,
    HOSTING_DEPLOYMENT,
    AUTOSCALING_POLICY,
)

JOBS = tuple(kind for kind in ALL if kind.family is Family.JOB)

BY_NAME = {kind.name: kind for kind in ALL}


def resource_path(kind: Kind, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
    """URL path of a kind at the API server; without a namespace, of all namespaces."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    path = f"/apis/{GROUP}/{VERSION}{scope}/{kind.plural}"
    for part in (name, subresource):
        path = f"{path}/{part}" if part else path
    return path
