"""Endpoint configurations and models as AWS keeps them."""

from __future__ import annotations

import pytest

from tests.standin.clients import ROLE
from tests.standin.hosting_requests import config_request, endpoint_request, serverless_variant, variant
from tests.unit.standin.hosting_world import Hosting

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def hosting() -> Hosting:
    """A stand-in with a model."""
    return Hosting()


def test_describe_fills_in(hosting: Hosting) -> None:
    """A described configuration has the default weight, no isolation, and what was asked for."""
    made = hosting.call("CreateEndpointConfig", **config_request("C", Tags=[{"Key": "k", "Value": "v"}]))
    assert made == {"EndpointConfigArn": f"{ARN}:endpoint-config/c"}
    answer = hosting.call("DescribeEndpointConfig", EndpointConfigName="C")
    assert answer == {
        "EndpointConfigName": "C",
        "EndpointConfigArn": f"{ARN}:endpoint-config/c",
        "CreationTime": hosting.now,
        "EnableNetworkIsolation": False,
        "ProductionVariants": [{**variant(), "InitialVariantWeight": 1.0}],
    }
    assert hosting.call("ListTags", ResourceArn=made["EndpointConfigArn"])["Tags"] == [{"Key": "k", "Value": "v"}]


def test_weights_and_captures_that_are_given_stay(hosting: Hosting) -> None:
    """A weight of zero stays zero, and data capture is off unless it was switched on."""
    capture = {
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://bucket/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    hosting.config("c", variant(InitialVariantWeight=0), DataCaptureConfig=capture)
    answer = hosting.call("DescribeEndpointConfig", EndpointConfigName="c")
    assert answer["ProductionVariants"][0]["InitialVariantWeight"] == 0
    assert answer["DataCaptureConfig"] == {**capture, "EnableCapture": False}


def test_texts_of_refusals(hosting: Hosting) -> None:
    """A name in use, a missing configuration and a missing model have AWS's texts, with ARNs."""
    hosting.config("c")
    code = "ValidationException"
    assert hosting.refused("CreateEndpointConfig", **config_request("c")) == (
        code,
        f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/c".',
    )
    for operation in ("DescribeEndpointConfig", "DeleteEndpointConfig"):
        assert hosting.refused(operation, EndpointConfigName="No") == (
            code,
            f'Could not find endpoint configuration "{ARN}:endpoint-config/no".',
        )
    assert hosting.refused("CreateEndpointConfig", **config_request("d", variant(model="None"))) == (
        code,
        f'Could not find model "{ARN}:model/none".',
    )


@pytest.mark.parametrize(
    ("variants", "text"),
    [
        ([variant("a"), variant("a")], "must be unique"),
        ([{"VariantName": "a", "ModelName": "model"}], "exactly one of InstanceType"),
        ([{**variant(), **serverless_variant()}], "exactly one of InstanceType"),
        ([{"VariantName": "a", "ModelName": "model", "InstanceType": "ml.m5.large"}], "InitialInstanceCount"),
        ([{"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}], "ExecutionRoleArn"),
        ([variant(count=0)], "Member must have value greater than or equal to 1"),
    ],
)
def test_variants_that_make_no_sense(hosting: Hosting, variants: list[dict[str, object]], text: str) -> None:
    """Variants that contradict themselves or each other are refused and nothing is created."""
    code, found = hosting.refused("CreateEndpointConfig", **config_request("c", *variants))
    assert code == "ValidationException"
    assert text in found
    assert hosting.call("ListEndpointConfigs")["EndpointConfigs"] == []


def test_variants_without_a_model_need_a_role(hosting: Hosting) -> None:
    """For inference components a variant has no model, and the configuration has the role."""
    bare = {"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    hosting.config("c", bare, ExecutionRoleArn=ROLE)
    assert "ModelName" not in hosting.call("DescribeEndpointConfig", EndpointConfigName="c")["ProductionVariants"][0]


def test_deletion_frees_the_name(hosting: Hosting) -> None:
    """A deleted configuration is gone at once, with its tags, and its name can be used again."""
    hosting.config("c", Tags=[{"Key": "old", "Value": ""}])
    hosting.call("DeleteEndpointConfig", EndpointConfigName="c")
    assert hosting.refused("DescribeEndpointConfig", EndpointConfigName="c")[0] == "ValidationException"
    assert hosting.refused("ListTags", ResourceArn=f"{ARN}:endpoint-config/c")[0] == "ValidationException"
    hosting.config("c")
    assert hosting.call("ListTags", ResourceArn=f"{ARN}:endpoint-config/c")["Tags"] == []
    assert hosting.control("GET", "hosting")["in_use_deleted"] == []


def test_deletions_while_in_use_are_recorded(hosting: Hosting) -> None:
    """Deleting a configuration or a model that an endpoint uses works, and a test can ask for it."""
    hosting.endpoint("e", "c")
    hosting.config("next")
    hosting.call("UpdateEndpoint", **endpoint_request("e", "next"))
    hosting.call("DeleteEndpointConfig", EndpointConfigName="next")
    hosting.call("DeleteModel", ModelName="model")
    entries = hosting.control("GET", "hosting")["in_use_deleted"]
    assert [(entry["kind"], entry["name"], entry["endpoints"]) for entry in entries] == [
        ("endpoint-config", "next", ["e"]),
        ("model", "model", ["e"]),
    ]
    hosting.advance(10)
    assert hosting.shown()["EndpointConfigName"] == "next"


def test_lists_in_pages(hosting: Hosting) -> None:
    """Lists begin with the newest, ten on a page, each entry once while others are created."""
    for number in range(25):
        hosting.config(f"c{number:02d}")
        hosting.advance(1)
    names: list[str] = []
    token: dict[str, str] = {}
    sizes = []
    while True:
        answer = hosting.call("ListEndpointConfigs", **token)
        sizes.append(len(answer["EndpointConfigs"]))
        names += [entry["EndpointConfigName"] for entry in answer["EndpointConfigs"]]
        hosting.config(f"late{len(sizes)}")
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sizes == [10, 10, 5]
    assert names == [f"c{number:02d}" for number in range(24, -1, -1)]
    assert hosting.refused("ListEndpointConfigs", NextToken="nonsense")[0] == "ValidationException"
    assert hosting.refused("ListEndpointConfigs", SortBy="Name", **token)[0] == "ValidationException"


def test_lists_by_name_and_time(hosting: Hosting) -> None:
    """Lists are filtered by a part of the name and by time of creation, and sorted by name."""
    for name in ("b-one", "a-one", "c-two"):
        hosting.config(name)
        hosting.advance(10)

    def names(**params: object) -> list[str]:
        answer = hosting.call("ListEndpointConfigs", **params)
        return [entry["EndpointConfigName"] for entry in answer["EndpointConfigs"]]

    assert names(NameContains="one", SortBy="Name", SortOrder="Ascending") == ["a-one", "b-one"]
    assert names(CreationTimeAfter=hosting.now - 20) == ["c-two", "a-one"]
    assert names(CreationTimeBefore=hosting.now - 25) == ["b-one"]


def test_stale_reads_see_the_past(hosting: Hosting) -> None:
    """While reads are late, a new configuration isn't there yet and a deleted one still is."""
    hosting.config("old")
    hosting.advance(60)
    hosting.control("POST", "faults", stale=5)
    hosting.config("new")
    hosting.call("DeleteEndpointConfig", EndpointConfigName="old")
    assert hosting.refused("DescribeEndpointConfig", EndpointConfigName="new")[0] == "ValidationException"
    assert hosting.call("DescribeEndpointConfig", EndpointConfigName="old")["EndpointConfigName"] == "old"
    assert [entry["EndpointConfigName"] for entry in hosting.call("ListEndpointConfigs")["EndpointConfigs"]] == ["old"]
    assert hosting.refused("CreateEndpointConfig", **config_request("new"))[0] == "ValidationException"
    hosting.advance(6)
    assert [entry["EndpointConfigName"] for entry in hosting.call("ListEndpointConfigs")["EndpointConfigs"]] == ["new"]


def test_models(hosting: Hosting) -> None:
    """A model has AWS's defaults in each container, its texts, and is found by name and time."""
    hosting.advance(10)
    containers = [{"Image": "image:1"}, {"Image": "image:2", "Mode": "MultiModel", "Environment": {"a": "b"}}]
    hosting.call("CreateModel", ModelName="Many", ExecutionRoleArn=ROLE, Containers=containers)
    model = hosting.call("DescribeModel", ModelName="Many")
    assert model["Containers"] == [{"Image": "image:1", "Mode": "SingleModel", "Environment": {}}, containers[1]]
    assert model["EnableNetworkIsolation"] is False
    assert hosting.refused("CreateModel", ModelName="Many", Containers=containers) == (
        "ValidationException",
        f'Cannot create already existing model "{ARN}:model/many".',
    )
    assert [m["ModelName"] for m in hosting.call("ListModels", CreationTimeAfter=hosting.now)["Models"]] == ["Many"]
    hosting.call("DeleteModel", ModelName="Many")
    assert hosting.refused("DescribeModel", ModelName="Many") == (
        "ValidationException",
        f'Could not find model "{ARN}:model/many".',
    )
    assert [m["ModelName"] for m in hosting.call("ListModels")["Models"]] == ["model"]
