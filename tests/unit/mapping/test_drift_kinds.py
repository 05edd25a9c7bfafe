"""Which differences count for models, endpoint configurations, tuning and processing jobs."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_operator.mapping.description import from_description
from sagemaker_operator.mapping.drift import Difference, differences
from tests.unit.mapping import descriptions

_PAIRS = [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]
_CONTAINER = {
    "containerHostname": "xgboost",
    "image": "image",
    "modelDataUrl": "s3://b/model.tar.gz",
    "environment": _PAIRS,
}
_MODEL: dict[str, Any] = {
    "region": "us-west-2",
    "executionRoleArn": "arn:aws:iam::123456789012:role/sagemaker-training",
    "primaryContainer": _CONTAINER,
}
_VARIANT = {
    "variantName": "all",
    "modelName": "fashion-model-1",
    "initialInstanceCount": 1,
    "instanceType": "ml.m5.large",
}
_CONFIG: dict[str, Any] = {"region": "us-west-2", "productionVariants": [_VARIANT]}


def _model(description: dict[str, Any] | None = None, **changes: Any) -> tuple[Difference, ...]:
    return differences("Model", {**_MODEL, **changes}, {**descriptions.MODEL, **(description or {})})


def _config(description: dict[str, Any] | None = None, **changes: Any) -> tuple[Difference, ...]:
    return differences(
        "EndpointConfig", {**_CONFIG, **changes}, {**descriptions.ENDPOINT_CONFIG, **(description or {})}
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"enableNetworkIsolation": False},
        {"primaryContainer": {**_CONTAINER, "mode": "SingleModel"}},
        {"primaryContainer": {**_CONTAINER, "environment": _PAIRS[::-1], "modelPackageName": ""}},
        {"tags": [{"key": "a", "value": "b"}], "region": "elsewhere", "sageMakerEndpoint": "x"},
        {"containers": []},
    ],
    ids=str,
)
def test_model_as_aws_reports_it(changes: dict[str, Any]) -> None:
    """What AWS fills in, ways to write nothing, tags and the order of pairs are no differences of a model."""
    assert _model(**changes) == ()


@pytest.mark.parametrize(
    ("description", "changes", "difference"),
    [
        ({}, {"enableNetworkIsolation": True}, Difference("enableNetworkIsolation", True, False)),
        ({"EnableNetworkIsolation": True}, {}, Difference("enableNetworkIsolation", None, True)),
        (
            {},
            {"primaryContainer": {**_CONTAINER, "mode": "MultiModel"}},
            Difference("primaryContainer.mode", "MultiModel", "SingleModel"),
        ),
        (
            {},
            {"primaryContainer": {**_CONTAINER, "environment": _PAIRS[:1]}},
            Difference("primaryContainer.environment[A]", None, "1"),
        ),
        (
            {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
            {},
            Difference("vpcConfig", None, {"securityGroupIds": ["sg-1"], "subnets": ["subnet-1"]}),
        ),
    ],
)
def test_model_that_is_another(description: dict[str, Any], changes: dict[str, Any], difference: Difference) -> None:
    """A stated value that AWS does not have is a difference, and so is one that was taken out of the spec."""
    assert _model(description, **changes) == (difference,)


def test_mode_that_was_taken_out_of_the_spec() -> None:
    """A container without a mode has the usual one, so AWS's other one is a difference; so is all its environment."""
    container = {**descriptions.MODEL["PrimaryContainer"], "Mode": "MultiModel"}
    plain = {key: value for key, value in _CONTAINER.items() if key != "environment"}
    assert _model({"PrimaryContainer": container}, primaryContainer=plain) == (
        Difference("primaryContainer.environment[A]", None, "1"),
        Difference("primaryContainer.environment[B]", None, "2"),
        Difference("primaryContainer.mode", "SingleModel", "MultiModel"),
    )


def test_containers_count_in_their_order() -> None:
    """The order of containers matters: requests go through them in it."""
    one, two = {"ContainerHostname": "one"}, {"ContainerHostname": "two"}
    description = {"ModelName": "m", "Containers": [one, two]}
    spec = {"containers": [{"containerHostname": "two"}, {"containerHostname": "one"}]}
    found = differences("Model", spec, description)
    assert [each.path for each in found] == ["containers[0].containerHostname", "containers[1].containerHostname"]


@pytest.mark.parametrize("weight", [None, 1, 1.0])
def test_weight_that_is_unset_or_the_same(weight: float | None) -> None:
    """An unset weight equals whatever SageMaker reports, and whole numbers equal fractions."""
    variant = _VARIANT if weight is None else {**_VARIANT, "initialVariantWeight": weight}
    assert _config(productionVariants=[variant]) == ()


def test_weight_in_single_precision() -> None:
    """AWS reports 0.1 with the digits of the single-precision number next to it."""
    described = {**descriptions.ENDPOINT_CONFIG["ProductionVariants"][0], "InitialVariantWeight": 0.10000000149011612}
    wanted = {**_VARIANT, "initialVariantWeight": 0.1}
    assert _config({"ProductionVariants": [described]}, productionVariants=[wanted]) == ()
    other = _config({"ProductionVariants": [described]}, productionVariants=[{**wanted, "initialVariantWeight": 0.2}])
    assert [each.path for each in other] == ["productionVariants[0].initialVariantWeight"]


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("KmsKeyId", "alias/key", "kmsKeyId"),
        ("DataCaptureConfig", {"InitialSamplingPercentage": 5}, "dataCaptureConfig"),
        ("ShadowProductionVariants", [{"VariantName": "s"}], "shadowProductionVariants"),
        ("AsyncInferenceConfig", {"OutputConfig": {"S3OutputPath": "s3://b/out"}}, "asyncInferenceConfig"),
    ],
)
def test_what_was_taken_out_of_a_configuration(member: str, value: Any, path: str) -> None:
    """A key, a capture or a shadow that the spec no longer has is a difference: AWS never adds such."""
    described = {**value, "DestinationS3Uri": "s3://b", "CaptureOptions": []} if path == "dataCaptureConfig" else value
    assert [each.path for each in _config({member: described})] == [path]


def test_other_instance_type_is_a_difference() -> None:
    """What the configuration says of a variant is compared."""
    assert _config(productionVariants=[{**_VARIANT, "instanceType": "ml.c5.large"}]) == (
        Difference("productionVariants[0].instanceType", "ml.c5.large", "ml.m5.large"),
    )


def test_tuning_job_as_aws_reports_it() -> None:
    """Static hyperparameters, scaling types and limits that AWS filled in are tolerated; a changed range is not."""
    description = {
        "HyperParameterTuningJobName": "tuning",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "IntegerParameterRanges": [
                    {"Name": "depth", "MinValue": "1", "MaxValue": "9", "ScalingType": "Auto"},
                ],
            },
            "TrainingJobEarlyStoppingType": "Off",
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"_tuning_objective_metric": "loss", "eta": "0.2"},
            "EnableNetworkIsolation": False,
        },
    }
    ranges = {"integerParameterRanges": [{"name": "depth", "minValue": "1", "maxValue": "9"}]}
    config = {
        "strategy": "Bayesian",
        "resourceLimits": {"maxNumberOfTrainingJobs": 4.0, "maxParallelTrainingJobs": 2},
        "parameterRanges": {**ranges, "continuousParameterRanges": []},
    }
    spec = {
        "hyperParameterTuningJobConfig": config,
        "trainingJobDefinition": {"staticHyperParameters": [{"name": "eta", "value": "0.2"}]},
    }
    assert differences("HyperparameterTuningJob", spec, description) == ()
    config["parameterRanges"] = {"integerParameterRanges": [{"name": "depth", "minValue": "1", "maxValue": "8"}]}
    assert [each.path for each in differences("HyperparameterTuningJob", spec, description)] == [
        "hyperParameterTuningJobConfig.parameterRanges.integerParameterRanges[0].maxValue"
    ]


def test_processing_job_as_aws_reports_it() -> None:
    """An environment is whole, and what AWS filled in of inputs is tolerated."""
    source = {"S3Uri": "s3://b/in", "LocalPath": "/in", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    description = {
        "ProcessingJobName": "p",
        "ProcessingInputs": [
            {"InputName": "in", "AppManaged": False, "S3Input": {**source, "S3CompressionType": "None"}}
        ],
        "Environment": {"A": "1"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    }
    given = {"s3Uri": "s3://b/in", "localPath": "/in", "s3DataType": "S3Prefix", "s3InputMode": "File"}
    spec = {
        "processingInputs": [{"inputName": "in", "s3Input": given}],
        "environment": [{"name": "A", "value": "1"}],
    }
    assert differences("ProcessingJob", spec, description) == ()
    assert differences("ProcessingJob", {**spec, "environment": [{"name": "B"}]}, description) == (
        Difference("environment[A]", None, "1"),
    )


def test_description_of_a_tuning_jobs_training_job_becomes_a_spec() -> None:
    """The spec of such a job has what a spec can have, and no object that lacks what AWS demands of it."""
    assert from_description("TrainingJob", descriptions.TUNING_CHILD) == descriptions.TUNING_CHILD_SPEC
    assert differences("TrainingJob", descriptions.TUNING_CHILD_SPEC, descriptions.TUNING_CHILD) == ()


@pytest.mark.parametrize(
    ("kind", "description", "absent"),
    [
        ("Model", descriptions.MODEL, "modelName"),
        ("EndpointConfig", descriptions.ENDPOINT_CONFIG, "endpointConfigName"),
        ("ProcessingJob", {"ProcessingJobName": "p"}, "processingJobName"),
    ],
)
def test_names_that_are_always_generated_are_no_part_of_a_spec(
    kind: str, description: dict[str, Any], absent: str
) -> None:
    """Kinds without a name field get none from a description."""
    assert absent not in from_description(kind, description)
