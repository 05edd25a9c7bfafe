"""Smallest valid requests for processing and tuning jobs, for tests."""

from __future__ import annotations

from typing import Any

from tests.standin.clients import ROLE

METRIC = "validation:error"


def processing_request(name: str, instances: int = 1, **more: Any) -> dict[str, Any]:
    """A small CreateProcessingJob request with one input and one output."""
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": "image:1", "ContainerEntrypoint": ["python3", "/opt/ml/code/run.py"]},
        "ProcessingInputs": [
            {
                "InputName": "data",
                "S3Input": {
                    "S3Uri": "s3://bucket/in",
                    "LocalPath": "/opt/ml/processing/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            },
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "result",
                    "S3Output": {
                        "S3Uri": "s3://bucket/out",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                },
            ],
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 5},
        },
        **more,
    }


def tuning_definition(**more: Any) -> dict[str, Any]:
    """A small TrainingJobDefinition."""
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "StaticHyperParameters": {"objective": "binary:logistic"},
        **more,
    }


def tuning_request(name: str, most: int = 4, parallel: int = 2, **more: Any) -> dict[str, Any]:
    """A small CreateHyperParameterTuningJob request that minimizes `METRIC` over two hyperparameters.

    Args:
        name: the tuning job's.
        most: training jobs in all.
        parallel: training jobs at a time.
        more: members of the request that are added or replaced.
    """
    request = {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": METRIC},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "num_round", "MinValue": "10", "MaxValue": "20"}],
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5"}],
            },
        },
        **more,
    }
    if "TrainingJobDefinitions" not in request:
        request.setdefault("TrainingJobDefinition", tuning_definition())
    return request
