"""What a HostingDeployment finds already there: the original operator's work, and endpoints of a chosen name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagemaker_operator import reasons, steps
from tests.unit.hosting.world import HEX, NAME, REGION, UID, Endpoint, World, child, spec

ORIGINAL = {"endpointStatus": "InService", "endpointName": NAME, "endpointConfigName": "sm-config", "additional": ""}


def inherited(word: str = "InService") -> World:
    """A deployment and its children as the original operator leaves them."""
    world = World(
        spec(),
        status={**ORIGINAL, "endpointStatus": word},
        finalizers=("sagemaker-operator-finalizer",),
        generation=3,
    )
    container = {"containerHostname": "main", "image": "image:1", "mode": "SingleModel", "environment": []}
    model = {
        "region": REGION,
        "executionRoleArn": "arn:aws:iam::1:role/sagemaker",
        "primaryContainer": container,
        "tags": [],
    }
    variant = {"variantName": "all", "modelName": "sm-model", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
    config = {"region": REGION, "productionVariants": [variant], "tags": [{"key": "old", "value": "tag"}]}
    made = (
        child("Model", f"digits-3-{HEX}", model, "m", status={"status": "Created", "sageMakerModelName": "sm-model"}),
        child(
            "EndpointConfig",
            f"site-3-{HEX}",
            config,
            "c",
            status={"status": "Created", "sageMakerEndpointConfigName": "sm-config"},
        ),
    )
    world.children = {(one.kind, one.name): one for one in made}
    world.endpoints[NAME] = Endpoint(word, "sm-config", world.now, world.now)
    return world


def test_what_the_original_left_is_taken_over_without_a_roll() -> None:
    """Endpoint and children of the original stay as they are; the children get an owner, and nothing is created."""
    world = inherited()
    world.rest()

    assert world.called() == ["DescribeEndpoint"]
    assert sorted(name for _, name in world.children) == [f"digits-3-{HEX}", f"site-3-{HEX}"]
    assert {one.owner for one in world.children.values()} == {UID}
    assert world.condition("Ready")[0] == "True"
    assert [reason for reason, _ in world.notes] == [reasons.ADOPTED]


@pytest.mark.parametrize("word", ["Creating", "Updating", "OutOfService", "Failed", "SystemUpdating", "RollingBack"])
def test_what_the_original_left_in_other_states(word: str) -> None:
    """In whatever state: one look, no change at AWS."""
    world = inherited(word)
    world.rest()

    assert world.called("DescribeLogStreams") == ["DescribeEndpoint"]
    assert world.word == word


def test_an_inherited_deployment_that_is_deleted() -> None:
    """What the original was asked to delete is deleted, children without an owner included."""
    world = inherited("InService")
    world.status["endpointStatus"] = "Deleting"
    world.deleting = True
    world.run()
    world.finish()
    world.rest()

    assert world.released
    assert not world.children


def test_a_second_revision_of_the_same_content_is_not_taken_for_the_first() -> None:
    """Of two children with the same content the one that the endpoint uses counts, whatever their generation."""
    world = inherited()
    for kind, part in (("Model", "digits"), ("EndpointConfig", "site")):
        used = world.children[kind, f"{part}-3-{HEX}"]
        status = {key: f"{value}-old" if key != "status" else value for key, value in used.status.items()}
        content = used.spec if kind == "Model" else _with_model(used.spec, "sm-model-old")
        old = replace(used, name=f"{part}-10-{HEX}", uid=f"{used.uid}-old", status=status, spec=content)
        world.children[kind, old.name] = old
    world.rest()

    assert "UpdateEndpoint" not in world.called()
    assert sorted(name for _, name in world.children) == [f"digits-3-{HEX}", f"site-3-{HEX}"]


def _with_model(config: object, name: str) -> dict[str, object]:
    assert isinstance(config, dict)
    return {**config, "productionVariants": [{**config["productionVariants"][0], "modelName": name}]}


def test_a_chosen_name_that_nobody_marked_is_taken_over() -> None:
    """An existing endpoint of the name in the spec is moved to a configuration of ours, as the original did."""
    world = World(spec(endpointName="shop"))
    world.endpoints["shop"] = Endpoint("InService", "by-hand", world.now, world.now)
    world.rest()

    assert world.called("DescribeEndpoint") == ["ListTags", "UpdateEndpoint"]
    assert reasons.ADOPTED in [reason for reason, _ in world.notes]
    world.finish(name="shop")
    world.rest()
    assert world.word == "InService"
    assert world.status["endpointConfigName"] != "by-hand"


def test_a_chosen_name_that_is_anothers_is_left_alone() -> None:
    """An endpoint with another object's mark is neither updated nor deleted, and no child is made beside it."""
    world = World(spec(endpointName="shop"))
    mark = {"Key": "sagemaker-operator/uid", "Value": "another"}
    world.endpoints["shop"] = Endpoint("InService", "by-hand", world.now, world.now, tags=[mark])
    world.run()
    assert world.run() == steps.Done(retry=reasons.NAME_CONFLICT)
    assert world.condition("Stalled") == ("True", reasons.NAME_CONFLICT)
    assert not world.children

    world.restart()
    world.deleting = True
    world.rest()
    assert world.released
    assert world.endpoints["shop"].word == "InService"


def test_the_name_is_anothers_and_then_another_name_is_chosen() -> None:
    """The way out of a conflict is another name."""
    world = World(spec(endpointName="shop"))
    mark = {"Key": "sagemaker-operator/uid", "Value": "another"}
    world.endpoints["shop"] = Endpoint("InService", "by-hand", world.now, world.now, tags=[mark])
    world.run()
    world.edit(spec(endpointName="shop-2"))
    world.rest()

    assert world.endpoints["shop-2"].word == "Creating"
    assert world.condition("Stalled")[0] == "False"
