"""The AWS account: the tests' stand-in in this process, in virtual time, called without HTTP.

Parameters are checked as botocore checks them and answers are in the form botocore gives them, so that the operator
sees what it sees over the wire. On the way there and back a call can go wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import botocore.session
import botocore.validate
import msgspec

from smkube.aws.session import Address
from smkube.errors import AwsError
from tests.standin import dispatch, errors, services
from tests.standin.clock import Clock
from tests.standin.settings import Settings
from tests.standin.state import Region
from tests.standin.world import World
from tests.unit.histories.chance import Chance

REGION, ABROAD = "us-east-1", "eu-west-1"
ACCOUNT = "123456789012"
OPERATOR, USER = "operator", "user"
_READS = ("Describe", "List", "Get", "Filter")
Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """A call that changed something."""

    at: float
    operation: str
    region: str
    parameters: Mapping[str, Any]
    actor: str

    def tags(self) -> dict[str, str]:
        """The tags that came with it."""
        return {tag["Key"]: tag["Value"] for tag in self.parameters.get("Tags") or ()}


@dataclass
class Account:
    """One AWS account.

    Args:
        clock: the virtual time.
        chance: what goes wrong.
        settings: what becomes of jobs.
        watch: asked about each call that is to change something, before it does; what it says counts if it did.
        complaints: what it said.
    """

    clock: Clock
    chance: Chance
    settings: Settings
    watch: Callable[[Effect], list[str]] = lambda _effect: []
    complaints: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    last_call: str = ""

    def __post_init__(self) -> None:
        self.world = World(self.clock, self.settings, ACCOUNT)
        self._dispatcher = dispatch.Dispatcher(self.world)

    def region(self, name: str = REGION) -> Region:
        """What the account has in a region."""
        return self.world.region(ACCOUNT, name)

    def described(self) -> int:
        """How often the operator asked for a description."""
        return sum(
            count
            for operation, count in self.calls.items()
            if operation.startswith("Describe") and "Scal" not in operation and "Sched" not in operation
        )

    def call(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A call of the operator, with what can go wrong before and after it takes effect.

        Raises:
            AwsError: AWS refused, or no answer came.
        """
        self.calls[operation] += 1
        self.last_call = f"{operation} {parameters}"
        if self.chance.hits(self.chance.faults):
            self._go_wrong(operation)
        answer = self._work(address.service, address.region, operation, parameters, OPERATOR)
        if self.chance.hits(self.chance.faults):
            self.chance.counts["answers lost"] += 1
            if self.chance.hits(0.3):
                raise AwsError(operation, "InternalFailure", "The request processing has failed.", status=500)
            raise AwsError(operation, "ConnectionError", "Read timeout on endpoint URL")
        return answer

    def act(
        self, operation: str, parameters: Mapping[str, Any], region: str = REGION, service: str = "sagemaker"
    ) -> dict[str, Any]:
        """Somebody else's call, which always goes through."""
        return self._work(service, region, operation, parameters, USER)

    def _go_wrong(self, operation: str) -> None:
        self.chance.counts["calls refused"] += 1
        raise self.chance.rng.choice(
            [
                AwsError(operation, "ThrottlingException", "Rate exceeded", status=400),
                AwsError(operation, "InternalFailure", "The request processing has failed.", status=500),
                AwsError(operation, "ServiceUnavailable", "Try again.", status=503),
                AwsError(operation, "ConnectionError", "Connection was closed before we received a valid response"),
                AwsError(operation, "ExpiredTokenException", "The security token included is expired", status=403),
            ]
        )

    def _work(
        self, service: str, region: str, operation: str, parameters: Mapping[str, Any], actor: str
    ) -> dict[str, Any]:
        given = json.loads(json.dumps(dict(parameters), default=_number))
        self._check(service, operation, parameters)
        reads = operation.startswith(_READS)
        effect = Effect(self.clock.now(), operation, region, given, actor)
        complaints = [] if reads else self.watch(effect)
        stale = self.chance.rng.uniform(0, self.chance.stale) if reads and self.chance.hits(0.5) else 0.0
        self.world.faults.stale.update(describe=stale, list=stale)
        target = dispatch._Target(services.services()[service], operation, given, "AKIA", region)
        try:
            answer = self._dispatcher._work(target, [])
        except errors.AwsError as error:
            raise AwsError(operation, error.code, error.message, status=error.status, request_id="0") from error
        self.complaints += complaints
        if not reads:
            self.effects.append(effect)
        parsed: dict[str, Any] = _parser(service, operation)(answer)
        return parsed

    def _check(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        shape = _model(service).operation_model(operation).input_shape
        report = botocore.validate.ParamValidator().validate(dict(parameters), shape)
        if report.has_errors():
            text = f"Parameter validation failed: {report.generate_report()}"
            raise AwsError(operation, "ParamValidation", " ".join(text.split()), status=400)


def _number(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} cannot be sent")


@lru_cache(maxsize=8)
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@lru_cache(maxsize=128)
def _parser(service: str, operation: str) -> Converter:
    shape = _model(service).operation_model(operation).output_shape
    return _copy if shape is None else _converter(shape)


def _converter(shape: Any, parents: tuple[str, ...] = ()) -> Converter:
    """A function that turns an answer of JSON into what botocore makes of it, and shares nothing with it."""
    if shape.type_name == "timestamp":
        return lambda value: datetime.fromtimestamp(value, UTC)
    if shape.name in parents:
        return _copy
    inner = (*parents, shape.name)
    if shape.type_name == "list":
        item = _converter(shape.member, inner)
        return lambda value: [item(entry) for entry in value]
    if shape.type_name == "structure":
        members = {name: _converter(member, inner) for name, member in shape.members.items()}
        return lambda value: {name: members[name](entry) for name, entry in value.items() if name in members}
    return _copy


def _copy(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else msgspec.json.decode(msgspec.json.encode(value))
