"""The logs of endpoints: a group for each, a stream for each instance of a variant. Lines are computed when read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.standin.logstream import GeneratedStream
from tests.standin.state import LogGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.endpoint_life import Deployment, Endpoint
    from tests.standin.state import Region

PREFIX = "/aws/sagemaker/Endpoints/"
# A window that is still open ends in the year 9999.
OPEN_END = 253_402_300_799.0
LONGEST_START_SECONDS = 600.0

Window = tuple[float, float, str, str]  # from, until, variant, instance


class EndpointLogGroup(LogGroup):
    """The log group of all endpoints that ever had a name; its lines outlive them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._endpoints: list[Endpoint] = []

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Let an endpoint write into this group."""
        self._endpoints.append(endpoint)

    def _generated(self, prefix: str, now: int) -> Iterator[GeneratedStream]:
        for endpoint in self._endpoints:
            for stream in streams(endpoint):
                if stream.name.startswith(prefix) and stream.exists(now):
                    yield stream


def add_endpoint(region: Region, endpoint: Endpoint) -> None:
    """Give a new endpoint its log group."""
    name = f"{PREFIX}{endpoint.name}"
    group = region.groups.get(name)
    if not isinstance(group, EndpointLogGroup):
        made = EndpointLogGroup(name)
        if group is not None:
            made.put_streams = group.put_streams
        region.groups[name] = group = made
    group.add_endpoint(endpoint)


def streams(endpoint: Endpoint) -> list[GeneratedStream]:
    """The log streams of an endpoint: `<variant>/<instance id>`."""
    return [
        GeneratedStream(
            f"{variant}/{instance}",
            endpoint.name,
            instance,
            round(begin * 1000),
            round(end * 1000),
            endpoint.logs,
        )
        for begin, end, variant, instance in _windows(endpoint)
    ]


def _windows(endpoint: Endpoint) -> list[Window]:
    """From when to when each instance runs; containers start in the middle of a creation or update."""
    open_since: dict[tuple[str, str], float] = {}
    closed: list[Window] = []
    ends = [*(stage.start for stage in endpoint.stages[1:]), endpoint.gone_at or OPEN_END]
    for stage, end in zip(endpoint.stages, ends, strict=True):
        running = _instances(endpoint, stage.deployed)
        starting = _instances(endpoint, stage.pending if stage.status in ("Creating", "Updating") else None)
        ended = [key for key in open_since if key not in running and key not in starting]
        closed += [(open_since.pop(key), stage.start, *key) for key in ended]
        for key in running:
            open_since.setdefault(key, stage.start)
        for key in starting:
            open_since.setdefault(key, stage.start + min(end - stage.start, LONGEST_START_SECONDS) / 2)
    return [*closed, *((since, ends[-1], *key) for key, since in open_since.items())]


def _instances(endpoint: Endpoint, deployment: Deployment | None) -> list[tuple[str, str]]:
    """Variant and instance id of each instance of a deployment."""
    if deployment is None:
        return []
    return [
        (variant.name, _instance_id(endpoint, deployment.number, variant.name, number))
        for variant in deployment.all_variants
        for number in range(variant.hosts)
    ]


def _instance_id(endpoint: Endpoint, deployment: int, variant: str, number: int) -> str:
    text = f"{endpoint.arn}/{endpoint.created}/{deployment}/{variant}/{number}"
    return "i-" + hashlib.sha256(text.encode()).hexdigest()[:17]
