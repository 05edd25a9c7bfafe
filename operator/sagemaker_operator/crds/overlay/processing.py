"""ProcessingJob. Only data."""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Rule
from sagemaker_operator.crds.overlay.common import CLIENT, CREATION_TIME, OPTIONAL, SOME, SUCCEEDED
from smkube import kinds

PROCESSING_JOB = Definition(
    kind=kinds.PROCESSING_JOB,
    description="A ProcessingJob runs one processing job in Amazon SageMaker and shows how it goes.",
    spec_required=False,
    columns=(
        Column("Status", ".status.processingJobStatus"),
        CREATION_TIME,
        Column("Sagemaker-Job-Name", ".status.sageMakerProcessingJobName"),
        SUCCEEDED,
    ),
    paths={
        "AppSpecification.ImageUri": OPTIONAL,
        "StoppingCondition.MaxRuntimeInSeconds": OPTIONAL,
        "Environment": Entry(always_sent=True),
        "ProcessingResources.ClusterConfig": Entry(
            rules=(
                Rule(
                    "has(self.instancePreferences) || (has(self.instanceType) && has(self.instanceCount))",
                    "give instanceType and instanceCount, or instancePreferences",
                ),
            )
        ),
        "ProcessingResources.ClusterConfig.InstanceType": SOME,
        "ProcessingInputs[]": Entry(
            rules=(
                Rule(
                    "has(self.s3Input) || has(self.datasetDefinition) || has(self.appManaged)",
                    "an input is read from s3Input or datasetDefinition, or the application itself sees to it "
                    "(appManaged)",
                ),
                Rule(
                    "!has(self.s3Input) || has(self.s3Input.localPath) || (has(self.appManaged) && self.appManaged)",
                    "s3Input needs localPath, except where the application itself sees to the input (appManaged: true)",
                ),
            )
        ),
        "ProcessingOutputConfig.Outputs[]": Entry(
            rules=(
                Rule(
                    "has(self.s3Output) || has(self.featureStoreOutput) || has(self.appManaged)",
                    "an output goes to s3Output or featureStoreOutput, or the application itself sees to it "
                    "(appManaged)",
                ),
            )
        ),
    },
    omitted=frozenset(
        {
            "ProcessingJobName",
            "ProcessingResources.ClusterConfig.SelectedInstanceType",
            "ProcessingResources.ClusterConfig.SelectedInstanceCount",
        }
    ),
    client=CLIENT,
    status={
        **status.job(),
        "processingJobStatus": status.text("SageMaker's status of the job, or a word of the operator's before that."),
        "sageMakerProcessingJobName": status.text("Name of the processing job in SageMaker."),
        "cloudWatchLogUrl": status.text("Where the job's logs are in the CloudWatch console."),
        "exitMessage": status.text("What the container left behind when it exited, as SageMaker tells it."),
    },
)
