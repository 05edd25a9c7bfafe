"""Which differences between a spec and a SageMaker job count, and how they are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_operator.mapping.description import from_description
from sagemaker_operator.mapping.drift import Difference, differences, drift_text

_TRANSFORM: dict[str, Any] = {
    "region": "us-west-2",
    "modelName": "model",
    "transformInput": {"dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3Uri": "s3://b/in"}}},
    "transformOutput": {"s3OutputPath": "s3://b/out"},
    "transformResources": {"instanceCount": 1, "instanceType": "ml.m5.xlarge"},
}
_DESCRIBED: dict[str, Any] = {
    "TransformJobName": "job",
    "TransformJobArn": "arn:aws:sagemaker:us-west-2:123456789012:transform-job/job",
    "TransformJobStatus": "InProgress",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "ModelName": "model",
    "MaxPayloadInMB": 6,
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}},
        "CompressionType": "None",
        "SplitType": "None",
    },
    "TransformOutput": {"S3OutputPath": "s3://b/out", "AssembleWith": "None", "KmsKeyId": ""},
    "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"},
    "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
}


def _transform(description: dict[str, Any] | None = None, **changes: Any) -> tuple[Difference, ...]:
    return differences("BatchTransformJob", {**_TRANSFORM, **changes}, {**_DESCRIBED, **(description or {})})


def _input(**changes: Any) -> dict[str, Any]:
    return {**_TRANSFORM["transformInput"], **changes}


def test_what_aws_filled_in_is_no_difference() -> None:
    """Defaults and facts that only the description has do not count."""
    assert _transform() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "eu-west-1"},
        {"sageMakerEndpoint": "https://elsewhere"},
        {"tags": [{"key": "a", "value": "b"}]},
        {"environment": []},
        {"batchStrategy": ""},
        {"transformJobName": ""},
        {"transformInput": _input(compressionType="", splitType="None")},
        {"transformInput": _input(compressionType="None", contentType="")},
        {"transformOutput": {"s3OutputPath": "s3://b/out", "assembleWith": "None", "kmsKeyId": ""}},
        {"transformResources": {"instanceCount": 1.0, "instanceType": "ml.m5.xlarge"}},
        {"maxConcurrentTransforms": 0},
        {"dataProcessing": {}},
        {"dataProcessing": {"joinSource": "None"}},
        {"strange": 1},
    ],
    ids=str,
)
def test_tolerated(changes: dict[str, Any]) -> None:
    """Client settings, tags, empty values, `None` and other ways to write the same are no differences."""
    assert _transform(**changes) == ()


def test_data_processing_is_ignored_when_one_side_lacks_it() -> None:
    """DataProcessing is only compared where spec and description both have it."""
    assert _transform({"DataProcessing": None}, dataProcessing={"JoinSource": "Input"}) == ()
    assert _transform(dataProcessing={"JoinSource": "Input"}) == (
        Difference("dataProcessing.JoinSource", "Input", None),
    )


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"modelName": "other"}, Difference("modelName", "other", "model")),
        ({"maxPayloadInMB": 0}, Difference("maxPayloadInMB", 0, 6)),
        ({"batchStrategy": "MultiRecord"}, Difference("batchStrategy", "MultiRecord", None)),
        ({"transformJobName": "other"}, Difference("transformJobName", "other", "job")),
        (
            {"transformInput": _input(compressionType="Gzip")},
            Difference("transformInput.compressionType", "Gzip", None),
        ),
        (
            {"transformResources": {"instanceCount": 2, "instanceType": "ml.m5.xlarge"}},
            Difference("transformResources.instanceCount", 2, 1),
        ),
        ({"environment": [{"name": "A", "value": "1"}]}, Difference("environment[A]", "1", None)),
        (
            {"modelClientConfig": {"invocationsMaxRetries": 1}},
            Difference("modelClientConfig.invocationsMaxRetries", 1, None),
        ),
    ],
    ids=lambda value: value.path if isinstance(value, Difference) else "",
)
def test_differences(changes: dict[str, Any], difference: Difference) -> None:
    """A stated value that the job does not have is one difference, with its path and both values."""
    assert _transform(**changes) == (difference,)


def test_environment_is_compared_by_name() -> None:
    """The order of a name-and-value list does not count; values, additions and removals do."""
    described = {"Environment": {"A": "1", "B": "2"}}
    pairs = [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]
    assert _transform(described, environment=pairs) == ()
    assert _transform(described, environment=pairs[1:]) == (Difference("environment[B]", None, "2"),)
    changed = [{"name": "A", "value": "9"}, {"name": "C", "value": "3"}, {"name": "B", "value": "2"}]
    assert _transform(described, environment=changed) == (
        Difference("environment[A]", "9", "1"),
        Difference("environment[C]", "3", None),
    )


def test_training_job() -> None:
    """Hyperparameters that AWS added are tolerated, sets have no order, lists do, unset flags are false."""
    description = {
        "TrainingJobName": "job",
        "HyperParameters": {"epochs": "3", "_tuning_objective_metric": "loss"},
        "VpcConfig": {"SecurityGroupIds": ["sg-2", "sg-1"], "Subnets": ["subnet-1"]},
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File", "MetricDefinitions": []},
        "InputDataConfig": [
            {"ChannelName": "train", "CompressionType": "None", "RecordWrapperType": "None"},
            {"ChannelName": "test"},
        ],
        "EnableNetworkIsolation": False,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    spec = {
        "hyperParameters": [{"name": "epochs", "value": "3"}],
        "vpcConfig": {"securityGroupIds": ["sg-1", "sg-2"], "subnets": ["subnet-1"]},
        "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
        "inputDataConfig": [{"channelName": "train", "compressionType": "None"}, {"channelName": "test"}],
        "enableManagedSpotTraining": False,
        "sessionChainingConfig": {"enableSessionTagChaining": True},
        "stoppingCondition": {"maxRuntimeInSeconds": 60.0},
    }
    assert differences("TrainingJob", spec, description) == ()
    turned = {**spec, "inputDataConfig": [{"channelName": "test"}, {"channelName": "train"}]}
    assert [each.path for each in differences("TrainingJob", turned, description)] == [
        "inputDataConfig[0].channelName",
        "inputDataConfig[1].channelName",
    ]
    fewer = {**spec, "inputDataConfig": [{"channelName": "train"}], "enableNetworkIsolation": True}
    assert differences("TrainingJob", fewer, description) == (
        Difference("enableNetworkIsolation", True, False),
        Difference(
            "inputDataConfig",
            [{"channelName": "train"}],
            [
                {"channelName": "train", "compressionType": "None", "recordWrapperType": "None"},
                {"channelName": "test"},
            ],
        ),
    )


def test_description_becomes_a_spec() -> None:
    """The way back gives the spec's names, lists for maps, and nothing that is empty or no part of a spec."""
    spec = from_description("BatchTransformJob", {**_DESCRIBED, "Environment": {"B": "2", "A": ""}})
    assert spec == {
        "transformJobName": "job",
        "modelName": "model",
        "maxPayloadInMB": 6,
        "environment": [{"name": "A", "value": ""}, {"name": "B", "value": "2"}],
        "transformInput": {
            "dataSource": {"s3DataSource": {"s3DataType": "S3Prefix", "s3Uri": "s3://b/in"}},
            "compressionType": "None",
            "splitType": "None",
        },
        "transformOutput": {"s3OutputPath": "s3://b/out", "assembleWith": "None"},
        "transformResources": {"instanceCount": 1, "instanceType": "ml.m5.xlarge"},
        "dataProcessing": {"inputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
    }


def test_text_of_other_kinds_does_not_speak_of_failure() -> None:
    """A training job that was edited keeps its status, so the text does not say that it will be Failed."""
    text = drift_text("TrainingJob", [Difference("roleArn", "new", "old")])
    assert text == (
        "Updates to v1.TrainingJob are not supported; the resource no longer matches the SageMaker resource. "
        "The job runs on as it was created and no modifications to the existing SageMaker job will be made until the "
        "update is reverted. The differences to the SageMaker resource are:\n"
        '  roleArn: the object says "new", SageMaker has "old"'
    )


def test_text_is_the_originals_with_readable_differences() -> None:
    """The text opens with the original's sentence; each difference has a line with path and both values."""
    found = [Difference("modelName", "new", "old"), Difference("batchStrategy", "MultiRecord", None)]
    assert drift_text("BatchTransformJob", found) == (
        "Updates to v1.BatchTransformJob are not supported; the resource no longer matches the SageMaker resource. "
        'The job will be marked as "Failed" and no modifications to the existing SageMaker job will be made '
        "until the update is reverted. The differences that prevent tracking of the SageMaker resource are:\n"
        '  modelName: the object says "new", SageMaker has "old"\n'
        '  batchStrategy: the object says "MultiRecord", SageMaker has nothing'
    )


def test_text_stays_short() -> None:
    """Long values are cut, and beyond twenty differences only their number is told."""
    found = [Difference(f"environment[V{number}]", "x" * 5000, None) for number in range(100)]
    text = drift_text("BatchTransformJob", found)
    assert len(text) < 6000
    assert text.endswith("\n  and 80 more")
