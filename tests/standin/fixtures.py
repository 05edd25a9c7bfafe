"""pytest fixtures with a stand-in; a conftest makes them known by importing them or as a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.standin.app import StandIn
from tests.standin.clients import client
from tests.standin.clock import Clock
from tests.standin.process import StandInProcess
from tests.standin.settings import DEFAULT_PHASES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

VIRTUAL_START = 1_795_500_000.0


def quick_settings() -> Settings:
    """Settings under which a job is over in about a second of real time."""
    phases = dict.fromkeys(DEFAULT_PHASES, (0.1, 0.1))
    return Settings(phases={**phases, "training": (0.6, 0.6), "transforming": (0.6, 0.6)})


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A stand-in in this process, in real time, with jobs of about a second; model `model` is there."""
    with StandIn(settings=quick_settings(), models=("model",)) as made:
        yield made


@pytest.fixture
def virtual_standin() -> Iterator[StandIn]:
    """A stand-in in this process whose clock stands still until `advance`; model `model` is there."""
    with StandIn(clock=Clock(VIRTUAL_START, 0.0), models=("model",)) as made:
        yield made


@pytest.fixture
def virtual_sagemaker(virtual_standin: StandIn) -> Any:
    """A SageMaker client of `virtual_standin`, without retries."""
    return client(virtual_standin.url, "sagemaker")


@pytest.fixture
def virtual_logs(virtual_standin: StandIn) -> Any:
    """A CloudWatch Logs client of `virtual_standin`, without retries."""
    return client(virtual_standin.url, "logs")


@pytest.fixture
def standin_process() -> Iterator[StandInProcess]:
    """A stand-in in a process of its own, in virtual time; model `model` is there."""
    with StandInProcess("--virtual-time", str(VIRTUAL_START), "--preload-models", "model") as made:
        yield made
