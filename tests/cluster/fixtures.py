"""Fixtures for tests that need a real API server; made available by `pytest_plugins` in tests/conftest.py."""

import os
import sys
import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import binaries
from tests.cluster.controlplane import ControlPlane, Options
from tests.cluster.progress import Progress


@pytest.fixture(scope="session")
def cluster_binaries() -> binaries.Binaries:
    """The programs; built if they are not there yet, with progress on the real standard error."""
    return binaries.find(os.environ, Progress(sys.__stderr__ or sys.stderr))


@pytest.fixture(scope="session")
def control_plane(
    cluster_binaries: binaries.Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """A control plane for the whole run, with an audit log; tests keep apart by namespaces of their own.

    A test that disturbs it (kills or restarts) must start one of its own instead.
    """
    with ControlPlane(tmp_path_factory.mktemp("cluster"), cluster_binaries, Options(audit=True)) as plane:
        yield plane


@pytest.fixture
def namespace(control_plane: ControlPlane) -> str:
    """A fresh namespace; it stays, as there is no controller that would finish its deletion."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
