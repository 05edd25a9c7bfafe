"""TrainingJob. Only data."""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry, Rule
from sagemaker_operator.crds.overlay.common import CLIENT, CREATION_TIME, ROOM, SOME, SUCCEEDED, job_name
from smkube import kinds

TRAINING_JOB = Definition(
    kind=kinds.TRAINING_JOB,
    description="A TrainingJob runs one training job in Amazon SageMaker and shows how it goes.",
    spec_required=True,
    columns=(
        Column("Status", ".status.trainingJobStatus"),
        Column("Secondary-Status", ".status.secondaryStatus"),
        CREATION_TIME,
        Column("Sagemaker-Job-Name", ".status.sageMakerTrainingJobName"),
        SUCCEEDED,
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
        "TrainingJobName": job_name("training job"),
        "AlgorithmSpecification.TrainingImage": SOME,
        "HyperParameters": Entry(always_sent=True),
        "DebugHookConfig.HookParameters": Entry(name="ruleParameters", alias="hookParameters"),
        "ResourceConfig.InstanceCount": ROOM,
        "ResourceConfig.InstanceType": SOME,
    },
    omitted=frozenset({"ResourceConfig.SelectedInstanceType", "ResourceConfig.SelectedInstanceCount"}),
    client=CLIENT,
    status={
        **status.job(),
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
