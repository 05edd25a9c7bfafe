"""Specs of all kinds, drawn from small sets so that edits often come back to what was there before."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from smkube import kinds
from tests.unit.histories.aws import ABROAD, REGION

Spec = dict[str, Any]

GOOD_ROLE, BAD_ROLE = "arn:aws:iam::123456789012:role/good", "arn:aws:iam::123456789012:role/missing"
FOREIGN, UNMARKED = "somebody-elses", "nobody-s"
"""Names of SageMaker resources that carry another owner's mark, and none."""
MODEL = "sm-model"
"""A SageMaker model that is always there."""
ENDPOINTS = ("ep1", "ep2")
POLICIES = ("scale", "scale-more")
LONG = "d" * 40


def training(rng: random.Random) -> Spec:
    """A TrainingJob."""
    made: Spec = {
        "region": REGION if rng.random() < 0.9 else ABROAD,
        "roleArn": _role(rng),
        "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
        "outputDataConfig": {"s3OutputPath": "s3://bucket/out"},
        "resourceConfig": {
            "instanceCount": rng.choice([1, 1, 2]),
            "instanceType": "ml.m5.large",
            "volumeSizeInGB": 1,
        },
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
        "tags": _tags(rng),
    }
    return made


def named_training(rng: random.Random) -> Spec:
    """A TrainingJob whose user chose the name, a foreign one among them."""
    return {**training(rng), "trainingJobName": rng.choice(["chosen", "chosen-2", FOREIGN, UNMARKED])}


def processing(rng: random.Random) -> Spec:
    """A ProcessingJob."""
    return {
        "region": REGION,
        "roleArn": _role(rng),
        "appSpecification": {"imageUri": rng.choice(["image", "image", "image:2"])},
        "environment": [{"name": "KEY", "value": rng.choice(["1", "1", "2"])}],
        "processingResources": {
            "clusterConfig": {"instanceCount": 1, "instanceType": "ml.m5.large", "volumeSizeInGB": 1}
        },
        "tags": _tags(rng),
    }


def tuning(rng: random.Random) -> Spec:
    """A HyperparameterTuningJob with few children."""
    limits = {"maxNumberOfTrainingJobs": rng.choice([1, 2, 3]), "maxParallelTrainingJobs": rng.choice([1, 2])}
    job = training(rng)
    definition = {key: job[key] for key in ("roleArn", "outputDataConfig", "resourceConfig", "stoppingCondition")}
    ranges = {"integerParameterRanges": [{"name": "n", "minValue": "1", "maxValue": "9", "scalingType": "Linear"}]}
    metrics = [{"name": "loss", "regex": "loss=(.*)"}]
    return {
        "region": REGION,
        "hyperParameterTuningJobConfig": {
            "strategy": "Random",
            "hyperParameterTuningJobObjective": {"type": "Minimize", "metricName": "loss"},
            "resourceLimits": limits,
            "parameterRanges": ranges,
        },
        "trainingJobDefinition": {
            **definition,
            "algorithmSpecification": {
                "trainingImage": "image",
                "trainingInputMode": "File",
                "metricDefinitions": metrics,
            },
        },
        "tags": _tags(rng),
    }


def transform(rng: random.Random) -> Spec:
    """A BatchTransformJob that names a SageMaker model or a Model object, which may not be there."""
    return {
        "region": REGION,
        "modelName": rng.choice([MODEL, MODEL, "m1", "m2", "nowhere"]),
        "transformInput": {"dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3Uri": "s3://bucket/in"}}},
        "transformOutput": {"s3OutputPath": "s3://bucket/out"},
        "transformResources": {"instanceCount": 1, "instanceType": rng.choice(["ml.m5.large", "ml.m5.xlarge"])},
        "tags": _tags(rng),
    }


def model(rng: random.Random) -> Spec:
    """A Model."""
    return {
        "region": REGION,
        "executionRoleArn": _role(rng),
        "primaryContainer": {
            "image": rng.choice(["image:1", "image:2"]),
            "modelDataUrl": "s3://bucket/model.tar.gz",
            "environment": [{"name": "KEY", "value": "1"}],
        },
        "tags": _tags(rng),
    }


def endpoint_config(rng: random.Random) -> Spec:
    """An EndpointConfig of a SageMaker model that is there, or is not."""
    return {
        "region": REGION,
        "productionVariants": [
            {
                "variantName": "main",
                "modelName": rng.choice([MODEL, MODEL, MODEL, "nowhere"]),
                "initialInstanceCount": rng.choice([1, 2]),
                "instanceType": "ml.m5.large",
                **rng.choice([{}, {"initialVariantWeight": 1}, {"initialVariantWeight": 3}]),
            }
        ],
        "tags": _tags(rng),
    }


def deployment(rng: random.Random, name: str = "") -> Spec:
    """A HostingDeployment of one or two models."""
    names = ["one", "two"][: rng.choice([1, 2])]
    made: Spec = {
        "region": REGION,
        "models": [
            {
                "name": one,
                "executionRoleArn": _role(rng),
                "containers": [{"containerHostname": "host", "image": rng.choice(["image:1", "image:2"])}],
            }
            for one in names
        ],
        "productionVariants": [
            {
                "variantName": f"variant-{one}",
                "modelName": one,
                "initialInstanceCount": rng.choice([1, 1, 2]),
                "instanceType": "ml.m5.large",
                **rng.choice([{}, {"initialVariantWeight": 1}, {"initialVariantWeight": 2}]),
            }
            for one in names
        ],
        "tags": _tags(rng),
    }
    if rng.random() < 0.3:
        made["retainAllVariantProperties"] = rng.choice([True, False])
        made["excludeRetainedVariantProperties"] = [{"variantPropertyType": "DesiredWeight"}]
    if name:
        made["endpointName"] = name
    return made


def policy(rng: random.Random, variant: str) -> Spec:
    """A HostingAutoscalingPolicy for one or two endpoints; no two objects are to rule the same variant."""
    resources = [{"endpointName": endpoint, "variantName": variant} for endpoint in ENDPOINTS]
    made: Spec = {
        "region": REGION,
        "resourceId": rng.choice([resources, resources[:1], resources[1:]]),
        "minCapacity": rng.choice([1, 2]),
        "maxCapacity": rng.choice([2, 4]),
        "policyName": rng.choice([None, *POLICIES]),
    }
    kind = rng.choice(["TargetTrackingScaling", "TargetTrackingScaling", "StepScaling"])
    if kind == "StepScaling":
        made["policyType"] = kind
        made["targetTrackingScalingPolicyConfiguration"] = None
        made["stepScalingPolicyConfiguration"] = {
            "adjustmentType": "ChangeInCapacity",
            "stepAdjustments": [{"metricIntervalLowerBound": 0, "scalingAdjustment": rng.choice([1, 2])}],
        }
    else:
        made["policyType"] = rng.choice([None, kind])
        made["stepScalingPolicyConfiguration"] = None
        made["targetTrackingScalingPolicyConfiguration"] = {
            "targetValue": rng.choice([60, 70]),
            "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        }
    action = {
        "scheduledActionName": "night",
        "schedule": rng.choice(["cron(0 22 * * ? *)", "cron(0 23 * * ? *)"]),
        "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 2},
    }
    made["scheduledActions"] = [action] if rng.random() < 0.3 else None
    return made


POOL: dict[str, dict[str, Callable[[random.Random], Spec]]] = {
    kinds.TRAINING_JOB.name: {"a": training, "b.c": training, LONG: training, "named": named_training},
    kinds.PROCESSING_JOB.name: {"p1": processing, "p2": processing},
    kinds.TUNING_JOB.name: {"t1": tuning, "t2": tuning},
    kinds.BATCH_TRANSFORM_JOB.name: {"x1": transform, "x2": transform},
    kinds.MODEL.name: {"m1": model, "m2": model},
    kinds.ENDPOINT_CONFIG.name: {"c1": endpoint_config},
    kinds.HOSTING_DEPLOYMENT.name: {
        "h1": lambda rng: deployment(rng, ENDPOINTS[0]),
        "h2": lambda rng: deployment(rng, ENDPOINTS[1]),
        "h3": lambda rng: deployment(rng, rng.choice(["", "", FOREIGN, UNMARKED])),
    },
    kinds.AUTOSCALING_POLICY.name: {
        "s1": lambda rng: policy(rng, "variant-one"),
        "s2": lambda rng: policy(rng, "variant-two"),
    },
}
"""The objects that users make: per kind their names and how their specs are drawn."""


def _role(rng: random.Random) -> str:
    return BAD_ROLE if rng.random() < 0.12 else GOOD_ROLE


def _tags(rng: random.Random) -> list[dict[str, str]] | None:
    return rng.choice([None, None, [{"key": "team", "value": "a"}], [{"key": "team", "value": "b"}]])
