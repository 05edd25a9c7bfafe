"""A world with its dispatcher for tests of hosting: calls in, answers out, without HTTP and on a virtual clock."""

from __future__ import annotations

import json
from typing import Any

from tests.standin import control_api
from tests.standin.clock import Clock
from tests.standin.control import DEFAULT_REGION
from tests.standin.control_api import add_model
from tests.standin.dispatch import Dispatcher, Request
from tests.standin.hosting_requests import config_request, endpoint_request, variant
from tests.standin.services import services
from tests.standin.settings import Settings
from tests.standin.world import World

START = 1_795_500_000.0
SCOPE = "AWS4-HMAC-SHA256 Credential=AK/20261124/{region}/any/aws4_request, SignedHeaders=host, Signature=0"


class RefusedError(Exception):
    """An answer that is an error, with its `code` and `text`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class Hosting:
    """A stand-in with a model `model`, spoken to by operation."""

    def __init__(self) -> None:
        self.world = World(Clock(START, 0.0), Settings())
        self._dispatcher = Dispatcher(self.world)
        self._service_of = {operation: service for service in services().values() for operation in service.operations}
        add_model(self.world, self.world.region(self.world.account, DEFAULT_REGION), "model")

    def call(self, name: str, region: str = DEFAULT_REGION, /, **params: Any) -> dict[str, Any]:
        """The answer to a call. RefusedError if it is an error."""
        headers = {
            "x-amz-target": f"{self._service_of[name].target_prefix}.{name}",
            "authorization": SCOPE.format(region=region),
        }
        response = self._dispatcher.answer(Request("POST", "/", headers, json.dumps(params).encode()))
        body: dict[str, Any] = json.loads(response.body or b"{}")
        if response.status != 200:
            raise RefusedError(body["__type"], body.get("message") or body.get("Message", ""))
        return body

    def refused(self, name: str, /, **params: Any) -> tuple[str, str]:
        """Code and text of a call that must be refused. AssertionError if it isn't."""
        try:
            self.call(name, **params)
        except RefusedError as error:
            return error.code, error.text
        raise AssertionError("the call was not refused")

    def outcome(self, name: str, /, **params: Any) -> str:
        """`OK` or the code of the error."""
        try:
            self.call(name, **params)
        except RefusedError as error:
            return error.code
        return "OK"

    def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """A request of the control endpoint."""
        return control_api.handle(self.world, method, f"{control_api.PREFIX}{path}", body)

    def rule(self, **values: Any) -> None:
        """Put a rule for endpoints in force."""
        self.control("POST", "rules", add=[{"kind": "endpoint", "match": "*", **values}])

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.world.clock.advance(seconds)

    def config(self, name: str, *variants: dict[str, Any], **more: Any) -> None:
        """Make an endpoint configuration; one variant on one instance if none is given."""
        self.call("CreateEndpointConfig", **config_request(name, *variants, **more))

    def endpoint(self, name: str = "e", config: str = "c", **more: Any) -> None:
        """Make an endpoint and wait until it is in service; with its configuration if that is not there."""
        if self.world.region(self.world.account, DEFAULT_REGION).endpoint_configs.get(config, self.now) is None:
            self.config(config, variant())
        self.call("CreateEndpoint", **endpoint_request(name, config, **more))
        self.advance(10)

    @property
    def now(self) -> float:
        """The time."""
        return self.world.clock.now()

    def shown(self, name: str = "e") -> dict[str, Any]:
        """What DescribeEndpoint answers."""
        return self.call("DescribeEndpoint", EndpointName=name)

    def status(self, name: str = "e") -> str:
        """The status of an endpoint."""
        return str(self.shown(name)["EndpointStatus"])

    def variant(self, name: str = "e") -> dict[str, Any]:
        """The first production variant of an endpoint."""
        first: dict[str, Any] = self.shown(name)["ProductionVariants"][0]
        return first
