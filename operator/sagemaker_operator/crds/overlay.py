"""The overlay: every place where a custom resource departs from AWS's service model. Only data.

Sources: the original operator's definitions for names, shapes and required fields; the field descriptions of
the SageMaker API reference for the CEL rules. A rule stands here only where AWS is sure to refuse the request
otherwise, for what the original accepted must be accepted still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Rule
from smkube import kinds

if TYPE_CHECKING:
    from sagemaker_operator.crds.status import Schema

_CREATION_TIME = Column("Creation-Time", ".metadata.creationTimestamp", format="date")
_SUCCEEDED = Column("Succeeded", '.status.conditions[?(@.type=="Succeeded")].status')

OWN_FIELDS: dict[str, Schema] = {
    "region": {
        "type": "string",
        "minLength": 1,
        "description": "AWS Region in which the SageMaker resource lives, for example us-west-2.",
    },
    "sageMakerEndpoint": {
        "type": "string",
        "pattern": "^((https|http)://.*)?$",
        "description": (
            "URL at which the SageMaker API is called for this object, for example that of a VPC endpoint. "
            "Without it the operator's own setting or AWS's public endpoint of the Region is used."
        ),
    },
}
"""Spec fields of every kind that set up the AWS client and never reach AWS."""

OWN_REQUIRED = ("region",)

SHAPES: dict[str, Entry] = {
    # Closed sets: the original enforced the first four; AWS's values of today are accepted with them.
    "TrainingInputMode": Entry(enforced=True),
    "CompressionType": Entry(enforced=True),
    "S3DataType": Entry(enforced=True),
    "S3DataDistribution": Entry(enforced=True),
    "FileSystemAccessMode": Entry(enforced=True),
    "RecordWrapper": Entry(enforced=True, empty_value=True),
    "SplitType": Entry(enforced=True, empty_value=True),
    "AssemblyType": Entry(enforced=True, empty_value=True),
    "BatchStrategy": Entry(enforced=True, empty_value=True),
    "JoinSource": Entry(enforced=True, empty_value=True),
    # Sets that AWS models as lists.
    "VpcSecurityGroupIds": Entry(unordered=True),
    "Subnets": Entry(unordered=True),
    "InstanceGroupNames": Entry(unordered=True),
    "TagKey": Entry(
        rules=(Rule("!self.startsWith('aws:')", "tag keys that begin with aws: are reserved for AWS's own use"),)
    ),
    # AWS's expression looks behind for a dash; the naming rule of algorithms says the same.
    "ArnOrName": Entry(
        keywords={
            "minLength": 1,
            "pattern": (
                r"^(?:(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?"
                r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$"
            ),
        }
    ),
    "TrainingEnvironmentMap": Entry(complete=True),
    "TransformEnvironmentMap": Entry(complete=True),
    "DataSource": Entry(
        rules=(
            Rule(
                "[has(self.s3DataSource), has(self.fileSystemDataSource), has(self.datasetSource)]"
                ".exists_one(given, given)",
                "a channel reads from one place: give exactly one of s3DataSource, fileSystemDataSource "
                "and datasetSource",
            ),
        )
    ),
    "StoppingCondition": Entry(
        rules=(
            Rule(
                "!has(self.maxWaitTimeInSeconds) || !has(self.maxRuntimeInSeconds)"
                " || self.maxWaitTimeInSeconds >= self.maxRuntimeInSeconds",
                "maxWaitTimeInSeconds covers waiting for capacity and running: it must be at least maxRuntimeInSeconds",
            ),
        )
    ),
    "AlgorithmSpecification": Entry(
        rules=(
            Rule(
                "has(self.trainingImage) != has(self.algorithmName)",
                "give either trainingImage (a container image) or algorithmName (an algorithm resource), not both",
            ),
        )
    ),
    "ResourceConfig": Entry(
        rules=(
            Rule(
                "has(self.instanceGroups) || has(self.instancePreferences)"
                " || (has(self.instanceType) && has(self.instanceCount))",
                "give instanceType and instanceCount, or instanceGroups, or instancePreferences",
            ),
        )
    ),
}


def _job_name(shape_of_name: str) -> Entry:
    return Entry(
        required=False,
        description=(
            f"Name of the SageMaker {shape_of_name}. Without it the operator makes one from the object's name and "
            "UID. A job of this name that exists already is followed instead of a new one."
        ),
    )


TRAINING_JOB = Definition(
    kind=kinds.TRAINING_JOB,
    description="A TrainingJob runs one training job in Amazon SageMaker and shows how it goes.",
    spec_required=True,
    columns=(
        Column("Status", ".status.trainingJobStatus"),
        Column("Secondary-Status", ".status.secondaryStatus"),
        _CREATION_TIME,
        Column("Sagemaker-Job-Name", ".status.sageMakerTrainingJobName"),
        _SUCCEEDED,
    ),
    paths={
        "": Entry(
            rules=(
                Rule(
                    "has(self.algorithmSpecification) || has(self.serverlessJobConfig)",
                    "algorithmSpecification is required, except for a serverless job (serverlessJobConfig)",
                ),
                Rule(
                    "has(self.resourceConfig) || has(self.serverlessJobConfig)",
                    "resourceConfig is required, except for a serverless job (serverlessJobConfig)",
                ),
                Rule(
                    "!has(self.inputDataConfig) || self.inputDataConfig.all(one, "
                    "self.inputDataConfig.exists_one(other, other.channelName == one.channelName))",
                    "every channel of inputDataConfig needs a channelName of its own",
                ),
            )
        ),
        "TrainingJobName": _job_name("training job"),
        "AlgorithmSpecification.TrainingImage": Entry(keywords={"minLength": 1}),
        "HyperParameters": Entry(always_sent=True),
        "DebugHookConfig.HookParameters": Entry(name="ruleParameters", alias="hookParameters"),
        "ResourceConfig.InstanceCount": Entry(keywords={"minimum": 1}),
        "ResourceConfig.InstanceType": Entry(keywords={"minLength": 1}),
    },
    omitted=frozenset({"ResourceConfig.SelectedInstanceType", "ResourceConfig.SelectedInstanceCount"}),
    status={
        "trainingJobStatus": status.text("SageMaker's status of the job, or a word of the operator's before that."),
        "secondaryStatus": status.text("SageMaker's finer status while the job is on its way."),
        "sageMakerTrainingJobName": status.text("Name of the training job in SageMaker."),
        "cloudWatchLogUrl": status.text("Where the job's logs are in the CloudWatch console."),
        "modelPath": status.text("Where the model was written, once the job is completed."),
        "debugRuleEvaluationStatuses": status.several(
            "How the evaluation of the job's debugger rules goes.",
            lastModifiedTime=status.time("When the evaluation last changed."),
            ruleConfigurationName=status.text("Name of the rule."),
            ruleEvaluationJobArn=status.text("Amazon Resource Name of the evaluation job."),
            ruleEvaluationStatus=status.text("SageMaker's status of the evaluation."),
            statusDetail=status.text("What SageMaker says about the status."),
        ),
        "trainingTimeInSeconds": status.whole("How long the job trained, in seconds."),
        "billableTimeInSeconds": status.whole("For how many seconds AWS bills the job."),
    },
)

BATCH_TRANSFORM_JOB = Definition(
    kind=kinds.BATCH_TRANSFORM_JOB,
    description="A BatchTransformJob runs one batch transform job in Amazon SageMaker and shows how it goes.",
    spec_required=False,
    columns=(
        Column("Status", ".status.transformJobStatus"),
        _CREATION_TIME,
        Column("Sagemaker-Job-Name", ".status.sageMakerTransformJobName"),
        _SUCCEEDED,
    ),
    paths={
        "": Entry(
            rules=(
                Rule(
                    "!has(self.maxPayloadInMB) || self.maxPayloadInMB <= 100",
                    "maxPayloadInMB can be at most 100; 0 stands for a payload of any size in chunks",
                ),
                Rule(
                    "!has(self.maxPayloadInMB) || !has(self.maxConcurrentTransforms)"
                    " || self.maxPayloadInMB * self.maxConcurrentTransforms <= 100",
                    "maxPayloadInMB times maxConcurrentTransforms can be at most 100",
                ),
            )
        ),
        "TransformJobName": _job_name("transform job"),
        "TransformResources.InstanceType": Entry(keywords={"minLength": 1}),
        "MaxConcurrentTransforms": Entry(zero_is_empty=True),
        "DataProcessing": Entry(only_if_both=True),
        "DataProcessing.JoinSource": Entry(name="JoinSource", alias="joinSource"),
        "DataProcessing.OutputFilter": Entry(name="OutputFilter", alias="outputFilter"),
    },
    status={
        "transformJobStatus": status.text("SageMaker's status of the job, or a word of the operator's before that."),
        "sageMakerTransformJobName": status.text("Name of the transform job in SageMaker."),
    },
)

ALL = (TRAINING_JOB, BATCH_TRANSFORM_JOB)
