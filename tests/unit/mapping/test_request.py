"""From spec to AWS request: the rules and every exception, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_operator.mapping.request import to_request


def _training(**spec: Any) -> dict[str, Any]:
    return to_request("TrainingJob", spec, "job")


def _transform(**spec: Any) -> dict[str, Any]:
    return to_request("BatchTransformJob", spec, "job")


def test_names_follow_the_first_letter_rule() -> None:
    """Keys get a capital first letter at every level, lists included."""
    request = _training(
        roleArn="arn",
        resourceConfig={"volumeSizeInGB": 5, "volumeKmsKeyId": "k"},
        inputDataConfig=[{"channelName": "train", "dataSource": {"s3DataSource": {"s3Uri": "s3://b/p"}}}],
    )
    assert request["RoleArn"] == "arn"
    assert request["ResourceConfig"] == {"VolumeSizeInGB": 5, "VolumeKmsKeyId": "k"}
    assert request["InputDataConfig"] == [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/p"}}}
    ]


def test_client_settings_are_not_sent() -> None:
    """Region and endpoint set up the client; unknown keys are dropped."""
    request = _transform(region="us-west-2", sageMakerEndpoint="https://x", strange=1)
    assert request == {"TransformJobName": "job"}


def test_hyperparameters_are_always_sent() -> None:
    """HyperParameters is a map, empty when there are none; of equal names the last counts."""
    assert _training()["HyperParameters"] == {}
    assert _training(hyperParameters=[])["HyperParameters"] == {}
    pairs = [{"name": "a", "value": "1"}, {"name": "b"}, {"name": "a", "value": "2"}, {"value": "x"}]
    assert _training(hyperParameters=pairs)["HyperParameters"] == {"a": "2", "b": "", "": "x"}


def test_other_maps_are_sent_when_there_is_something() -> None:
    """Both kinds' environment is a map; an empty one is left out."""
    assert _transform(environment=[{"name": "A", "value": "1"}])["Environment"] == {"A": "1"}
    assert _training(environment=[{"name": "A", "value": "1"}])["Environment"] == {"A": "1"}
    assert "Environment" not in _transform(environment=[])


@pytest.mark.parametrize("name", ["ruleParameters", "hookParameters"])
def test_debug_hook_parameters_have_two_spellings(name: str) -> None:
    """The original's slip `ruleParameters` and the regular name both become HookParameters."""
    hook = {"s3OutputPath": "s3://b", name: [{"name": "save", "value": "5"}]}
    assert _training(debugHookConfig=hook)["DebugHookConfig"] == {
        "S3OutputPath": "s3://b",
        "HookParameters": {"save": "5"},
    }


def test_debug_rules_and_collections_become_maps() -> None:
    """The nested name-and-value lists of the debugger are maps at AWS."""
    pairs = [{"name": "n", "value": "v"}]
    request = _training(
        debugHookConfig={"collectionConfigurations": [{"collectionName": "c", "collectionParameters": pairs}]},
        debugRuleConfigurations=[{"ruleConfigurationName": "r", "ruleParameters": pairs}],
    )
    assert request["DebugHookConfig"]["CollectionConfigurations"] == [
        {"CollectionName": "c", "CollectionParameters": {"n": "v"}}
    ]
    assert request["DebugRuleConfigurations"] == [{"RuleConfigurationName": "r", "RuleParameters": {"n": "v"}}]


@pytest.mark.parametrize("names", [("JoinSource", "OutputFilter"), ("joinSource", "outputFilter")])
def test_data_processing_has_two_spellings(names: tuple[str, str]) -> None:
    """The original's capital letters and the regular ones become the same request."""
    join, output = names
    request = _transform(dataProcessing={join: "Input", output: "$[0]", "inputFilter": "$[1:]"})
    assert request["DataProcessing"] == {"JoinSource": "Input", "OutputFilter": "$[0]", "InputFilter": "$[1:]"}


def test_empty_optional_values_are_left_out() -> None:
    """None, empty texts and empty lists are absent; false, zero and empty objects are not."""
    request = _training(
        outputDataConfig={"kmsKeyId": "", "s3OutputPath": "s3://b"},
        inputDataConfig=[],
        tags=[],
        vpcConfig=None,
        enableNetworkIsolation=False,
        resourceConfig={"keepAlivePeriodInSeconds": 0},
        stoppingCondition={},
    )
    assert request == {
        "TrainingJobName": "job",
        "HyperParameters": {},
        "OutputDataConfig": {"S3OutputPath": "s3://b"},
        "EnableNetworkIsolation": False,
        "ResourceConfig": {"KeepAlivePeriodInSeconds": 0},
        "StoppingCondition": {},
    }


def test_needed_values_are_sent_even_when_empty() -> None:
    """A tag may have an empty value; arguments of a container may be empty texts."""
    assert _training(tags=[{"key": "k", "value": ""}])["Tags"] == [{"Key": "k", "Value": ""}]
    algorithm = {"containerArguments": ["--flag", ""]}
    request = _training(algorithmSpecification=algorithm)
    assert request["AlgorithmSpecification"] == {"ContainerArguments": ["--flag", ""]}


def test_whole_numbers_lose_their_point() -> None:
    """60.0 is sent as 60; a number that is not whole is AWS's to refuse."""
    condition = _training(stoppingCondition={"maxRuntimeInSeconds": 60.0, "maxWaitTimeInSeconds": 1.5})
    sent = condition["StoppingCondition"]
    assert sent == {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 1.5}
    assert isinstance(sent["MaxRuntimeInSeconds"], int)


def test_the_given_name_counts() -> None:
    """The job's name is the argument, whatever the spec says."""
    assert _training(trainingJobName="other")["TrainingJobName"] == "job"


def test_extra_tags_do_not_replace_the_users() -> None:
    """Extra tags follow the user's own; a key that the user set keeps its value."""
    extra = [{"Key": "team", "Value": "operator"}, {"Key": "uid", "Value": "1"}]
    request = to_request("TrainingJob", {"tags": [{"key": "team", "value": "mine"}]}, "job", extra)
    assert request["Tags"] == [{"Key": "team", "Value": "mine"}, {"Key": "uid", "Value": "1"}]
    assert to_request("TrainingJob", {}, "job", extra)["Tags"] == extra


def test_absent_spec_makes_an_empty_request() -> None:
    """A BatchTransformJob may have no spec; the request then has the name only, and AWS says what is missing."""
    assert to_request("BatchTransformJob", {}, "job") == {"TransformJobName": "job"}
