"""Specs that AWS takes, one function per kind; keyword arguments go over the fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smkube import kinds

MODEL = "model"
"""A SageMaker model that is there in every scene."""
ROLE = "arn:aws:iam::123456789012:role/execution"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"

Spec = dict[str, Any]


def training(region: str, **more: Any) -> Spec:
    """A TrainingJob."""
    return {"region": region, "roleArn": ROLE, **_training_part(), **more}


def tuning(region: str, **more: Any) -> Spec:
    """A HyperparameterTuningJob of four training jobs, two at a time."""
    return {
        "region": region,
        "hyperParameterTuningJobConfig": {
            "strategy": "Bayesian",
            "hyperParameterTuningJobObjective": {"type": "Minimize", "metricName": "validation:error"},
            "resourceLimits": {"maxNumberOfTrainingJobs": 4, "maxParallelTrainingJobs": 2},
            "parameterRanges": {
                "integerParameterRanges": [
                    {"name": "num_round", "minValue": "10", "maxValue": "20", "scalingType": "Linear"}
                ],
                "continuousParameterRanges": [],
                "categoricalParameterRanges": [],
            },
            "trainingJobEarlyStoppingType": "Auto",
        },
        "trainingJobDefinition": {
            "roleArn": ROLE,
            "staticHyperParameters": [{"name": "base_score", "value": "0.5"}],
            **_training_part(),
        },
        **more,
    }


def processing(region: str, **more: Any) -> Spec:
    """A ProcessingJob."""
    return {
        "region": region,
        "roleArn": ROLE,
        "appSpecification": {"imageUri": IMAGE, "containerEntrypoint": ["python3", "/opt/ml/processing/code/run.py"]},
        "environment": [{"name": "MODE", "value": "fast"}],
        "processingResources": {
            "clusterConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 5}
        },
        **more,
    }


def transform(region: str, **more: Any) -> Spec:
    """A BatchTransformJob, if the model is there."""
    return {
        "region": region,
        "modelName": MODEL,
        "transformInput": {"dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3Uri": "s3://bucket/in"}}},
        "transformOutput": {"s3OutputPath": "s3://bucket/out"},
        "transformResources": {"instanceCount": 1, "instanceType": "ml.m5.large"},
        **more,
    }


def model(region: str, **more: Any) -> Spec:
    """A Model."""
    return {
        "region": region,
        "executionRoleArn": ROLE,
        "primaryContainer": {"containerHostname": "one", "image": IMAGE, "modelDataUrl": "s3://bucket/model.tar.gz"},
        **more,
    }


def endpoint_config(region: str, **more: Any) -> Spec:
    """An EndpointConfig of the model that is there."""
    return {"region": region, "productionVariants": [variant(MODEL)], **more}


def hosting(region: str, **more: Any) -> Spec:
    """A HostingDeployment with one model."""
    container = {"containerHostname": "one", "image": IMAGE, "modelDataUrl": "s3://bucket/model.tar.gz"}
    return {
        "region": region,
        "models": [{"name": "m", "executionRoleArn": ROLE, "containers": [container]}],
        "productionVariants": [variant("m")],
        **more,
    }


def variant(model_name: str, name: str = "all", **more: Any) -> Spec:
    """A production variant."""
    return {
        "variantName": name,
        "modelName": model_name,
        "initialInstanceCount": 1,
        "instanceType": "ml.m5.large",
        "initialVariantWeight": 1,
        **more,
    }


def scaling(region: str, endpoint: str = "endpoint", **more: Any) -> Spec:
    """A HostingAutoscalingPolicy on a predefined metric."""
    return {
        "region": region,
        "resourceId": [{"endpointName": endpoint, "variantName": "all"}],
        "minCapacity": 1,
        "maxCapacity": 2,
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 60,
            "scaleInCooldown": 700,
            "scaleOutCooldown": 300,
            "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
        **more,
    }


def _training_part() -> Spec:
    return {
        "algorithmSpecification": {"trainingImage": "image:1", "trainingInputMode": "File"},
        "outputDataConfig": {"s3OutputPath": "s3://bucket/models"},
        "resourceConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 5},
        "stoppingCondition": {"maxRuntimeInSeconds": 86400},
    }


SPECS: Mapping[str, Callable[..., Spec]] = {
    kinds.TRAINING_JOB.name: training,
    kinds.TUNING_JOB.name: tuning,
    kinds.PROCESSING_JOB.name: processing,
    kinds.BATCH_TRANSFORM_JOB.name: transform,
    kinds.MODEL.name: model,
    kinds.ENDPOINT_CONFIG.name: endpoint_config,
    kinds.HOSTING_DEPLOYMENT.name: hosting,
    kinds.AUTOSCALING_POLICY.name: scaling,
}
