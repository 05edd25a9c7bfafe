"""Deletions of HostingDeployments: what goes, in which order, and what is waited for."""

from __future__ import annotations

from dataclasses import replace

from sagemaker_operator import steps
from tests.unit.hosting.lives import MODEL_1, serving
from tests.unit.hosting.world import World, spec


def test_a_deletion_ends_everything_in_order() -> None:
    """The endpoint goes first, then endpoint configurations, then models, then the object."""
    world = serving()
    world.deleting = True
    assert world.run() == steps.Done(after=10.0, look=True)
    assert world.called() == ["DescribeEndpoint", "DeleteEndpoint"]
    assert world.word == "Deleting"
    assert len(world.names("Model")) == 1
    world.finish()
    world.run(look=True)
    assert world.word == "Deleted"
    assert (world.names("EndpointConfig"), world.names("Model")) == ([], [MODEL_1])
    world.make_children()
    world.run()
    assert world.names("Model") == []
    world.make_children()

    assert world.run() == steps.Release()
    assert world.called() == ["DescribeEndpoint"]


def test_a_deletion_during_a_creation_waits_for_aws() -> None:
    """A deletion that AWS refuses while it creates the endpoint is tried again when that is over."""
    world = World(spec())
    world.rest()
    world.deleting = True
    assert world.run() == steps.Done(after=60.0, look=True)
    assert world.word == "Deleting"
    world.finish()
    world.run()
    assert world.endpoint.word == "Deleting"
    world.finish()
    world.rest()
    assert world.released
    assert not world.children


def test_a_deletion_before_anything_was_made() -> None:
    """With no Create ever sent AWS is not even asked; the children go."""
    world = World(spec())
    world.run()
    world.deleting = True
    world.rest()

    assert world.released
    assert world.called() == []
    assert not world.children


def test_a_deletion_that_retains_leaves_aws_alone() -> None:
    """With the deletion policy retain, the endpoint is not touched and the children are told to do the same."""
    world = serving()
    world.deleting = True
    world.annotations = {"sagemaker.aws.amazon.com/deletion-policy": "retain"}
    world.run()
    assert all(
        one.annotations["sagemaker.aws.amazon.com/deletion-policy"] == "retain"
        for one in world.children.values()
        if one.deleting
    )
    world.rest()

    assert world.released
    assert world.called() == []
    assert world.endpoint.word == "InService"


def test_a_child_that_cannot_go_does_not_hold_the_deployment() -> None:
    """A model whose deletion is refused for good goes by itself some day; the deployment does not wait for it."""
    world = serving()
    world.deleting = True
    world.run()
    world.finish()
    world.run()
    world.make_children()
    world.run()
    stalled = [{"type": "Stalled", "status": "True", "reason": "AccessDenied"}]
    kept = world.children["Model", MODEL_1]
    world.children["Model", MODEL_1] = replace(kept, status={"conditions": stalled, "additional": "no"})

    assert world.run() == steps.Release()
