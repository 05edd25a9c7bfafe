"""Facts for tests of the pure decisions: an object, its status and what AWS says, with defaults for the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.mapping import request
from smkube import conditions, kinds
from tests.conformance import specs

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
UID = "01234567-89ab-cdef-0123-456789abcdef"
REGION = "us-east-1"
JOB = "job-0123456789abcdef0123456789abcdef"
"""The generated name of the object `job`."""
TARGET = facts.Target(JOB, REGION)
OTHER = facts.Target("by-hand", REGION)
"""A name that anybody could have chosen."""

Status = dict[str, Any]

_SPECS: dict[str, Status] = {
    "TrainingJob": {
        "region": REGION,
        "roleArn": "role",
        "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
        "outputDataConfig": {"s3OutputPath": "s3://bucket/out"},
        "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 1},
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
    },
    "BatchTransformJob": {
        "region": REGION,
        "modelName": "model",
        "transformInput": {"dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3Uri": "s3://bucket/in"}}},
        "transformOutput": {"s3OutputPath": "s3://bucket/out"},
        "transformResources": {"instanceCount": 1, "instanceType": "ml.m5.large"},
    },
}
_REQUESTS: dict[str, Status] = {
    "TrainingJob": {
        "RoleArn": "role",
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    "BatchTransformJob": {
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    },
}


def stamp(seconds: float = 0.0) -> str:
    """A moment so many seconds before NOW, as Kubernetes writes it."""
    return facts.rfc3339(NOW - timedelta(seconds=seconds))


def spec(kind: kinds.Kind = kinds.TRAINING_JOB, job: str = JOB, **more: Any) -> Status:
    """A spec with the job's name in it, where the kind has a field for that."""
    whole = _SPECS.get(kind.name) or specs.SPECS[kind.name](REGION)
    return {**whole, **({kind.spec_name: job} if kind.spec_name else {}), **more}


def state(job: facts.Target = TARGET, *, confirmed: bool = False, ago: float = 600.0) -> Status:
    """The operator's notes about a job."""
    return {
        "jobName": job.name,
        "jobRegion": job.region,
        "jobEndpoint": job.endpoint,
        "createAttempt": stamp(ago),
        "createConfirmed": confirmed,
    }


def succeeded(value: str, reason: str) -> list[Status]:
    """The conditions of an object of ours, reduced to the one that decisions read."""
    return conditions.merge([], [conditions.Wanted("Succeeded", value, reason)], 1, stamp(60))


def running(kind: kinds.Kind = kinds.TRAINING_JOB, job: facts.Target = TARGET, **more: Any) -> Status:
    """The status of an object whose job is known to run."""
    fields: Status = {
        kind.status_word: "InProgress",
        kind.status_name: job.name,
        "operatorState": state(job, confirmed=True),
        "sageMakerJobArn": "arn",
        "conditions": succeeded("Unknown", "InProgress"),
        "observedGeneration": 1,
        "lastCheckTime": stamp(60),
    }
    if kind is kinds.TRAINING_JOB:
        fields["secondaryStatus"] = "Training"
    return {**fields, **more}


def completed(kind: kinds.Kind = kinds.TRAINING_JOB, **more: Any) -> Status:
    """The status of an object whose job is known to be over."""
    fields = {**running(kind), kind.status_word: "Completed"}
    if kind is kinds.TRAINING_JOB:
        fields["secondaryStatus"] = "Completed"
    return {**fields, "conditions": succeeded("True", "Completed"), **more}


def described(word: str, kind: kinds.Kind = kinds.TRAINING_JOB, job: str = JOB, **more: Any) -> Status:
    """What Describe answers about a job made from `spec`."""
    known = _REQUESTS.get(kind.name) or request.to_request(kind.name, specs.SPECS[kind.name](REGION), job)
    return {**known, kind.api.name: job, kind.api.arn: "arn", kind.api.status: word, **more}


def found(word: str, kind: kinds.Kind = kinds.TRAINING_JOB, **more: Any) -> facts.Found:
    """AWS described the job."""
    return facts.Found(described(word, kind, **more))


def refusal(reason: str, operation: str = "CreateTrainingJob", code: str = "Code", **more: Any) -> facts.Refusal:
    """AWS's no, in the form in which it is shown."""
    return facts.Refusal(operation, reason, f"{code}: message\n\tstatus code: 400, request id: 1", **more)


def case(kind: kinds.Kind = kinds.TRAINING_JOB, **more: Any) -> facts.Facts:
    """Facts about a named object with our finalizer and nothing in its status."""
    defaults: Status = {
        "kind": kind,
        "namespace": "ns",
        "name": "job",
        "uid": UID,
        "generation": 1,
        "deleting": False,
        "finalizers": (kinds.FINALIZER,),
        "spec": spec(kind),
        "status": {},
        "now": NOW,
        "clean": True,
    }
    return facts.Facts(**{**defaults, **more})
