"""Fixtures for tests that need the whole stack; made available by `pytest_plugins` in tests/conftest.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.stack.clusters import Shared
from tests.stack.stack import Stack

MODEL = "model"
_REGIONS = itertools.count(1)


@pytest.fixture(scope="session")
def operator_stack(
    control_plane: ControlPlane, cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The session's API server with an operator and an AWS stand-in of short jobs.

    Tests keep apart by a namespace (`namespace`) and an AWS region (`region`) of their own. A test that disturbs the
    operator, the stand-in or the API server starts a stack of its own instead.
    """
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        Shared(control_plane, cluster_binaries.kubectl),
        standin_flags=["--phase", "starting=0.2", "pending=0.2", "downloading=0.2", "training=1", "uploading=0.2",
                       "transforming=1", "processing=1", "stopping=0.3", "creating=1", "updating=1.5",
                       "rolling_back=0.5", "deleting=0.5"],
        operator_flags=["--consistency-window=2", "--log-level=debug"],
    )  # fmt: skip
    try:
        stack.start_standin()
        stack.install()
        stack.start_operator()
        stack.write_environment()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def region() -> str:
    """An AWS region that no other test uses; the stand-in keeps regions apart."""
    return f"test-region-{next(_REGIONS)}"
