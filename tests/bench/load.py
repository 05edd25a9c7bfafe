"""The TrainingJob that benchmarks create many of."""

from __future__ import annotations

from typing import Any


def training_job(name: str) -> dict[str, Any]:
    """A TrainingJob that SageMaker takes."""
    return {
        "apiVersion": "sagemaker.aws.amazon.com/v1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {
            "region": "us-east-1",
            "roleArn": "arn:aws:iam::123456789012:role/bench",
            "algorithmSpecification": {
                "trainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/bench:1",
                "trainingInputMode": "File",
            },
            "hyperParameters": [{"name": "epochs", "value": "3"}],
            "outputDataConfig": {"s3OutputPath": "s3://bench-bucket/models"},
            "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.xlarge", "volumeSizeInGB": 10},
            "stoppingCondition": {"maxRuntimeInSeconds": 86400},
        },
    }
