"""Beginnings that the tests of whole lives share."""

from __future__ import annotations

from typing import Any

from sagemaker_operator import reasons
from sagemaker_operator.facts import Refusal
from tests.unit.hosting.world import HEX, World, spec

MODEL_1, CONFIG_1 = f"digits-1-{HEX}", f"site-1-{HEX}"


def serving(**more: Any) -> World:
    """A deployment whose endpoint is in service and that has come to rest."""
    world = World(spec(**more))
    world.rest()
    world.finish()
    world.rest()
    world.called()
    world.notes.clear()
    return world


def no(operation: str, reason: str = reasons.INVALID_SPEC, **more: bool) -> Refusal:
    """AWS's no."""
    return Refusal(operation, reason, "ValidationException: no\n\tstatus code: 400, request id: 1", **more)


def made_name(world: World, kind: str, name: str) -> str:
    """SageMaker's name of a child."""
    status = world.children[kind, name].status
    return str(status.get("sageMakerModelName") or status.get("sageMakerEndpointConfigName"))
