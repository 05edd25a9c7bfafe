"""Fixtures that the tests of the operator share."""

from __future__ import annotations

import pytest

from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Scene
from tests.stack.stack import Stack


@pytest.fixture
def scene(operator_stack: Stack, control_plane: ControlPlane, namespace: str, region: str) -> Scene:
    """A namespace and a region of the test's own, with the session's operator at work."""
    return Scene(operator_stack, control_plane, namespace, region)
