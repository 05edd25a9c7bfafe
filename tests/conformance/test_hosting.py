"""The life of a HostingDeployment: its children, what arrives at SageMaker, updates without downtime, adoption.

Most deployments belong to a crowd that is created at once, so that they come into service together; each test then
goes on with its own. Models are called as their deployment, so that the record of requests can be told by the name.
"""

from __future__ import annotations

import pytest

from smkube.kinds import ENDPOINT_CONFIG, MODEL
from tests.cluster.controlplane import ControlPlane
from tests.conformance import specs
from tests.conformance.hosting_scene import (
    BAD_ROLE,
    KIND,
    about,
    children,
    config_of,
    container,
    count_of,
    deployment,
    endpoint_of,
    entry,
    model_of,
    namespace,
    two_instances,
    until_gone,
)
from tests.conformance.operator_scene import Object, Scene, at_rest, condition, generated, request_of, status
from tests.conformance.specs import IMAGE
from tests.stack.stack import Stack
from tests.stack.waiting import until
from tests.standin.hosting_requests import config_request, endpoint_request, variant

NAMESPACE = "hosting"
OWN_TAGS = ("sagemaker-operator/uid", "sagemaker-operator/object")
SERVING = {"InService", "Updating"}


def serverless(model: str) -> Object:
    """A variant without instances."""
    config = {"memorySizeInMB": 2048, "maxConcurrency": 5, "provisionedConcurrency": 2}
    return {"variantName": "all", "modelName": model, "serverlessConfig": config}


CAPTURE = {
    "enableCapture": True,
    "initialSamplingPercentage": 50,
    "destinationS3Uri": "s3://bucket/captured",
    "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
}
ASYNC = {
    "outputConfig": {"s3OutputPath": "s3://bucket/answers"},
    "clientConfig": {"maxConcurrentInvocationsPerInstance": 4},
}
CROWD: dict[str, Object] = {
    "children": {},
    "rolling": {},
    "burst": {},
    "tagged": {"tags": [{"key": "team", "value": "blue"}, {"key": "stage", "value": "test"}]},
    "reverted": {},
    "unanswered": {},
    "multimodel": {
        "models": [
            entry("multimodel", container(mode="MultiModel", environment=[{"name": "A", "value": "1"}])),
            entry("second", container(), container(containerHostname="two")),
        ],
        "productionVariants": [specs.variant("multimodel"), specs.variant("second", "other", initialVariantWeight=3)],
    },
    "serverless": {"productionVariants": [serverless("serverless")]},
    "capture": {"dataCaptureConfig": CAPTURE, "kmsKeyId": "key"},
    "async": {"asyncInferenceConfig": ASYNC},
    "shadow": {"shadowProductionVariants": [specs.variant("shadow", "shadow")]},
}
"""Specs of the crowd, as far as they matter."""


@pytest.fixture(scope="module")
def crowd(operator_stack: Stack, control_plane: ControlPlane) -> Scene:
    """All deployments of the crowd, just created."""
    scene = namespace(operator_stack, control_plane, NAMESPACE)
    for operation in ("CreateEndpoint", "UpdateEndpoint"):
        scene.control.fault("lose_answer", operation, name="unanswered-*", count=1)
    for name, spec in CROWD.items():
        scene.create(KIND, name, **deployment(name, **spec))
    return scene


# --- into service --------------------------------------------------------------------------------------------------


def test_children_are_the_originals_and_owned(crowd: Scene) -> None:
    """Model and EndpointConfig bear the original's names and labels, and references to the deployment."""
    parent = crowd.until_ready(KIND, "children")
    uid = parent["metadata"]["uid"]

    sagemaker = {}
    for kind in (MODEL, ENDPOINT_CONFIG):
        (child,) = children(crowd, kind, "children")
        assert child["metadata"]["name"] == f"children-1-{uid.replace('-', '')}"
        assert child["metadata"]["labels"] == {
            "owner_HostingDeployment_namespace": NAMESPACE,
            "owner_HostingDeployment_name": "children",
        }
        (owner,) = child["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == (KIND.name, "children", uid, True)
        assert at_rest(child)
        sagemaker[kind] = generated(child)
        assert status(child)[kind.status_name] == sagemaker[kind]
    shown = status(parent)
    assert shown["endpointConfigName"] == sagemaker[ENDPOINT_CONFIG]
    assert shown["modelNames"] == [{"name": "children", "value": sagemaker[MODEL]}]
    assert shown["endpointName"] == generated(parent)
    assert shown["endpointArn"] == endpoint_of(crowd, "children")["arn"]
    (variant_shown,) = shown["productionVariants"]
    assert (variant_shown["variantName"], variant_shown["currentInstanceCount"]) == ("all", 1)
    assert about(crowd, "children") == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]


def test_an_ordinary_creation_makes_no_noise(crowd: Scene) -> None:
    """A deployment waits for its children without an Event of type Warning, and nothing stays in `additional`."""
    shown = status(crowd.until_ready(KIND, "children"))

    assert "additional" not in shown
    notes = crowd.until_noted("children", "Created", "InService")
    assert {type_ for type_, _, _ in notes} == {"Normal"}


def test_kubectl_waits_and_lists(crowd: Scene) -> None:
    """`kubectl wait --for=condition=Ready` sees the endpoint in service; `kubectl get` has the original's columns."""
    kubectl = crowd.stack.kubectl
    for kind in (KIND, MODEL, ENDPOINT_CONFIG):
        name = "children" if kind is KIND else children(crowd, kind, "children")[0]["metadata"]["name"]
        kubectl("wait", "--for=condition=Ready", "--timeout=20s", f"{kind.resource}/{name}", "-n", NAMESPACE)

    header, line = kubectl("get", KIND.plural, "children", "-n", NAMESPACE).splitlines()

    assert header.split()[:3] == ["NAME", "STATUS", "SAGEMAKER-ENDPOINT-NAME"]
    shown = dict(zip(header.split(), line.split(), strict=True))
    assert (shown["STATUS"], shown["READY"]) == ("InService", "True")


def test_what_todays_api_has_arrives(crowd: Scene) -> None:
    """Multi-model and pipeline containers, serverless and shadow variants, data capture and async arrive as written."""
    for name in ("multimodel", "serverless", "capture", "async", "shadow"):
        crowd.until_ready(KIND, name)

    first, second = config_of(crowd, "multimodel")["ProductionVariants"]
    assert (second["VariantName"], second["InitialVariantWeight"]) == ("other", 3)
    model = model_of(crowd, "multimodel")["PrimaryContainer"]
    assert (model["Mode"], model["Environment"]) == ("MultiModel", {"A": "1"})
    pipeline = crowd.hosted("models", second["ModelName"])
    assert pipeline is not None
    assert [one["ContainerHostname"] for one in pipeline["request"]["Containers"]] == ["one", "two"]
    assert first["ModelName"] != second["ModelName"]
    (variant_made,) = config_of(crowd, "serverless")["ProductionVariants"]
    assert variant_made["ServerlessConfig"] == request_of(serverless("x")["serverlessConfig"])
    assert "InitialInstanceCount" not in variant_made
    captured = config_of(crowd, "capture")
    assert captured["DataCaptureConfig"] == request_of(CAPTURE)
    assert captured["KmsKeyId"] == "key"
    assert config_of(crowd, "async")["AsyncInferenceConfig"] == request_of(ASYNC)
    (shadow,) = config_of(crowd, "shadow")["ShadowProductionVariants"]
    assert shadow["ModelName"] == config_of(crowd, "shadow")["ProductionVariants"][0]["ModelName"]


def test_lost_answers_make_one_endpoint_and_one_update(crowd: Scene) -> None:
    """A CreateEndpoint and an UpdateEndpoint whose answers are lost are found to have happened, and not repeated."""
    crowd.until_ready(KIND, "unanswered")

    crowd.edit(KIND, "unanswered", **two_instances("unanswered"))

    crowd.until_ready(KIND, "unanswered")
    assert endpoint_of(crowd, "unanswered")["variants"][0]["count"] == 2
    assert [count_of(crowd, "unanswered", f"{verb}Endpoint") for verb in ("Create", "Update")] == [1, 1]


# --- edits ---------------------------------------------------------------------------------------------------------


def test_an_update_has_no_downtime(crowd: Scene) -> None:
    """While a change of instances and one of the image are rolled out, the endpoint serves; old revisions go after."""
    crowd.until_ready(KIND, "rolling")
    seen: set[str] = set()
    ready: set[str] = set()

    def updated(obj: Object) -> bool:
        seen.add(endpoint_of(crowd, "rolling")["status"])
        ready.add(condition(obj, "Ready")["status"])
        return at_rest(obj) and len(children(crowd, ENDPOINT_CONFIG, "rolling")) == 1

    crowd.edit(KIND, "rolling", **two_instances("rolling"))
    crowd.until(KIND, "rolling", updated, "two instances")
    assert endpoint_of(crowd, "rolling")["variants"][0]["count"] == 2
    assert count_of(crowd, "rolling", "CreateModel") == 1
    crowd.edit(KIND, "rolling", models=[entry("rolling", container(image=f"{IMAGE}-new"))])
    crowd.until(KIND, "rolling", updated, "the new image")
    assert model_of(crowd, "rolling")["PrimaryContainer"]["Image"] == f"{IMAGE}-new"

    assert seen <= SERVING
    assert ready == {"True"}
    assert count_of(crowd, "rolling", "UpdateEndpoint") == 2
    assert count_of(crowd, "rolling", "CreateEndpoint") == 1
    until(lambda: revisions(crowd, "rolling") == [1, 1, 1, 1], "the old revisions to go")
    assert not [one for one in crowd.hosting("in_use_deleted") if one["name"].startswith("rolling-")]
    crowd.until_noted("rolling", "Updating", "Updated")


def revisions(scene: Scene, name: str) -> list[int]:
    """How many models and configurations of a deployment there are: as objects, and at SageMaker."""
    made = (scene.hosting(part) for part in ("models", "endpoint_configs"))
    there = [len([one for one in ones if one["name"].startswith(f"{name}-")]) for ones in made]
    return [*(len(children(scene, kind, name)) for kind in (MODEL, ENDPOINT_CONFIG)), *there]


def test_a_burst_of_edits_ends_with_the_last(crowd: Scene) -> None:
    """Several edits, one after the other, end with the endpoint as the last one asks, and one revision."""
    crowd.until_ready(KIND, "burst")

    for count in (2, 3, 4):
        crowd.edit(KIND, "burst", productionVariants=[specs.variant("burst", initialInstanceCount=count)])

    crowd.until(
        KIND,
        "burst",
        lambda obj: at_rest(obj) and len(children(crowd, ENDPOINT_CONFIG, "burst")) == 1,
        "one revision",
    )
    assert endpoint_of(crowd, "burst")["variants"][0]["count"] == 4
    assert 1 <= count_of(crowd, "burst", "UpdateEndpoint") <= 3


def test_an_edit_of_tags_is_only_tag_calls(crowd: Scene) -> None:
    """Tags are edited on endpoint, configuration and model by AddTags and DeleteTags; nothing is made or updated."""
    crowd.until_ready(KIND, "tagged")
    before = len(about(crowd, "tagged"))

    crowd.edit(KIND, "tagged", tags=[{"key": "team", "value": "red"}])

    wanted = {"team": "red"}
    until(lambda: users_tags(endpoint_of(crowd, "tagged")) == wanted, "the endpoint's tags")
    for part in ("models", "endpoint_configs"):
        (one,) = (one for one in crowd.hosting(part) if one["name"].startswith("tagged-"))
        name = one["name"]
        until(lambda: users_tags(crowd.hosted(part, name) or {}) == wanted, f"tags of {name}")  # noqa: B023 - called at once
    crowd.until_ready(KIND, "tagged")
    assert sorted(about(crowd, "tagged")[before:]) == sorted(["AddTags", "DeleteTags"] * 3)


def users_tags(resource: Object) -> dict[str, str]:
    """Tags that are not the operator's."""
    return {key: value for key, value in resource.get("tags", {}).items() if not key.startswith("sagemaker-operator/")}


def test_what_sagemaker_would_not_see_and_what_is_taken_back(crowd: Scene) -> None:
    """Defaults written out change nothing; an edit that cannot be carried out is shown, and its revert is no update."""
    crowd.until_ready(KIND, "reverted")
    before = about(crowd, "reverted")
    spelled = entry("reverted", container(mode="SingleModel"), enableNetworkIsolation=False)
    crowd.until_seen(KIND, crowd.edit(KIND, "reverted", models=[spelled]), "InService")
    assert about(crowd, "reverted") == before

    crowd.edit(KIND, "reverted", models=[entry("reverted", executionRoleArn=BAD_ROLE)])
    shown = crowd.until_reason(KIND, "reverted", "Stalled", "InvalidSpec")
    assert f"Could not assume role {BAD_ROLE}" in shown["additional"]
    assert condition(shown, "Ready")["status"] == "True"
    crowd.edit(KIND, "reverted", models=[entry("reverted")])

    shown = status(crowd.until_ready(KIND, "reverted"))
    assert "additional" not in shown
    until(lambda: len(children(crowd, MODEL, "reverted")) == 1, "the model that could not be to go")
    assert count_of(crowd, "reverted", "UpdateEndpoint") == 0
    assert endpoint_of(crowd, "reverted")["config"] == shown["endpointConfigName"]


# --- names that others have ----------------------------------------------------------------------------------------


def test_an_existing_endpoint_is_adopted_unless_it_is_anothers(scene: Scene) -> None:
    """An unmarked endpoint of the chosen name is taken over and brought to the spec; a marked one is left alone."""
    mine, theirs = scene.name("found"), scene.name("theirs")
    client = scene.sagemaker()
    client.create_endpoint_config(**config_request("by-hand", variant()))
    client.create_endpoint(**endpoint_request(mine, "by-hand"))
    owner = [{"Key": OWN_TAGS[0], "Value": "00000000-0000-0000-0000-000000000001"},
             {"Key": OWN_TAGS[1], "Value": "HostingDeployment/elsewhere/theirs"}]  # fmt: skip
    client.create_endpoint(**endpoint_request(theirs, "by-hand", Tags=owner))
    for name in (mine, theirs):
        scene.create(KIND, name, endpointName=name)

    shown = scene.until_reason(KIND, theirs, "Stalled", "NameConflict")
    assert "HostingDeployment/elsewhere/theirs" in shown["additional"]
    adopted = status(scene.until_ready(KIND, mine))
    assert adopted["endpointConfigName"] != "by-hand"
    scene.until_noted(mine, "Adopted", "Updated")

    for name in (mine, theirs):
        scene.delete(KIND, name)
    until_gone(scene, mine, mine)
    scene.until_gone(KIND, theirs)
    assert scene.calls("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint") == [
        *("CreateEndpoint", "CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint")
    ]
    left = scene.hosted("endpoints", theirs)
    assert left is not None
    assert left["status"] == "InService"
