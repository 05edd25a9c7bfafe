"""Whole lives of a HostingDeployment, played against a cluster and an account in memory: creation and its failures."""

from __future__ import annotations

import pytest

from sagemaker_operator import reasons, steps
from sagemaker_operator.hosting import decide
from tests.unit.hosting.lives import CONFIG_1, MODEL_1, made_name, no, serving
from tests.unit.hosting.world import HEX, NAME, REGION, UID, World, spec


def test_a_new_deployment_gets_children_then_an_endpoint() -> None:
    """Model, endpoint configuration and endpoint are made in turn, with the original's names, labels and marks."""
    world = World(spec(tags=[{"key": "team", "value": "a"}]))
    world.rest()

    assert world.called() == ["CreateEndpoint"]
    assert world.names("Model") == [MODEL_1]
    assert world.names("EndpointConfig") == [CONFIG_1]
    made = world.children["Model", MODEL_1]
    assert made.labels == {"owner_HostingDeployment_namespace": "ns", "owner_HostingDeployment_name": "site"}
    assert made.owner == UID
    assert {tag["Key"] for tag in world.endpoint.tags} > {"team", "sagemaker-operator/uid"}
    assert world.word == "Creating"
    assert world.condition("Ready")[0] == "False"
    assert decide.followed(world.facts()) is not None

    world.finish()
    world.rest()
    assert world.called() == ["DescribeEndpoint"]
    assert world.word == "InService"
    assert world.condition("Ready") == ("True", reasons.IN_SERVICE)
    assert world.condition("Reconciling")[0] == world.condition("Stalled")[0] == "False"
    assert "additional" not in world.status
    assert world.status["modelNames"] == [{"name": "digits", "value": made_name(world, "Model", MODEL_1)}]
    assert world.status["endpointUrl"].endswith(f"/endpoints/{NAME}/invocations")
    assert [reason for reason, _ in world.notes] == ["Created", "InService"]


def test_at_rest_nothing_is_asked_or_written() -> None:
    """Passes over an endpoint in service, the first of a new process among them, cost no call and no write."""
    world = serving()
    world.restart()
    writes = world.writes

    assert world.run() == steps.Done()
    assert (world.called(), world.writes) == ([], writes)


@pytest.mark.parametrize("crash", range(24))
def test_a_crash_at_any_step_of_a_creation_makes_one_endpoint(crash: int) -> None:
    """Whenever the process dies, there is one endpoint in the end."""
    world = World(spec())
    world.run(crash_after=crash)
    world.make_children()
    world.run(crash_after=crash)
    world.make_children()
    world.run(crash_after=crash)
    for _ in range(4):
        world.run()
        world.make_children()
        world.wait(31)
    world.rest()
    assert world.called("DescribeEndpoint") == ["CreateEndpoint"]
    assert world.word == "Creating"


def test_a_failed_creation_is_mended_by_an_edit() -> None:
    """A failed endpoint stays until the spec asks for something else; then it is deleted and created anew."""
    world = World(spec("image:bad"))
    world.rest()
    world.finish("Failed", "no such image")
    world.rest()
    assert world.word == "Failed"
    assert world.condition("Stalled") == ("True", reasons.FAILED)
    assert world.status["failureReason"] == "no such image"
    assert "additional" not in world.status
    world.called()

    world.edit(spec("image:good"))
    world.rest()
    assert world.called("DescribeEndpoint") == ["DeleteEndpoint"]
    world.finish()
    world.wait(40)
    world.rest()
    assert world.called("DescribeEndpoint") == ["CreateEndpoint"]
    world.finish()
    world.rest()
    assert world.word == "InService"
    assert "failureReason" not in world.status
    assert reasons.DELETED_EXTERNALLY not in [reason for reason, _ in world.notes]
    assert world.names("Model") == [f"digits-2-{HEX}"]


def test_a_failed_creation_is_tried_again_on_demand() -> None:
    """The same spec is tried once more when the user asks for a pass now, even if the deletion needs a second try."""
    world = World(spec())
    world.rest()
    world.finish("Failed", "no capacity")
    world.rest()
    world.called()
    world.forced = True
    world.refuse["DeleteEndpoint"] = no("DeleteEndpoint", reasons.THROTTLED)
    world.run()
    world.forced = False
    world.rest()
    assert world.called("DescribeEndpoint") == ["DeleteEndpoint", "DeleteEndpoint"]
    world.finish()
    world.wait(40)
    world.rest()
    assert world.called("DescribeEndpoint") == ["CreateEndpoint"]


def test_an_endpoint_that_somebody_deleted_is_made_anew() -> None:
    """A deployment asks for an endpoint: one that vanished is created again, with a warning Event."""
    world = serving()
    world.wait(60)
    del world.endpoints[NAME]
    world.rest()

    assert world.called("DescribeEndpoint") == ["CreateEndpoint"]
    assert reasons.DELETED_EXTERNALLY in [reason for reason, _ in world.notes]
    assert world.word == "Creating"


def test_another_name_for_an_endpoint_that_exists_is_refused() -> None:
    """Name and place of an endpoint cannot be changed: said so, harmless, and undone by undoing the edit."""
    world = serving()
    world.edit(spec("image:2", region="eu-west-1"))
    world.rest()
    assert world.condition("Stalled") == ("True", reasons.SPEC_CHANGED)
    assert world.condition("Ready")[0] == "True"
    assert "region (the object says eu-west-1, the endpoint has us-east-1)" in world.status["additional"]
    assert world.called("DescribeEndpoint") == []
    world.edit(spec())
    world.rest()
    assert world.condition("Stalled")[0] == "False"
    assert "additional" not in world.status


def test_another_region_before_the_creation_is_followed() -> None:
    """As long as nothing was created the spec's new region counts."""
    world = World(spec(region="eu-west-1"))
    world.run()
    world.edit(spec())
    world.rest()

    assert world.called() == ["CreateEndpoint"]
    assert world.status["operatorState"]["jobRegion"] == REGION
