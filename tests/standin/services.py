"""The table of operations: service model, check of the request, handler, form of the answer.

A further service area is a module with an `OPERATIONS` table and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import botocore.session

from tests.standin import (
    autoscaling,
    autoscaling_policies,
    endpoint_configs,
    endpoints,
    logs,
    models,
    processing,
    roles,
    sqs,
    sts,
    tags,
    training,
    transform,
    tuning,
)
from tests.standin.validate import Check, Compiler
from tests.standin.world import Call

Handler = Callable[[Call], dict[str, Any]]
Shaper = Callable[[Any], Any]

HANDLERS: dict[str, dict[str, Handler]] = {
    "sagemaker": {
        **training.OPERATIONS,
        **transform.OPERATIONS,
        **processing.OPERATIONS,
        **tuning.OPERATIONS,
        **models.OPERATIONS,
        **endpoint_configs.OPERATIONS,
        **endpoints.OPERATIONS,
        **tags.OPERATIONS,
    },
    "application-autoscaling": {**autoscaling.OPERATIONS, **autoscaling_policies.OPERATIONS},
    "logs": dict(logs.OPERATIONS),
    "sqs": dict(sqs.OPERATIONS),
    "sts": dict(sts.OPERATIONS),
    "iam": dict(roles.OPERATIONS),
}

# The member of a request that names what it is about, for fault rules and the record of requests.
NAME_MEMBERS = (
    "TrainingJobName",
    "TransformJobName",
    "ProcessingJobName",
    "HyperParameterTuningJobName",
    "ModelName",
    "EndpointName",
    "EndpointConfigName",
    "ResourceId",
    "PolicyName",
    "logGroupName",
    "NameContains",
    "ResourceArn",
    "ResourceARN",
    "RoleName",
    "QueueUrl",
    "QueueName",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service."""

    name: str
    handler: Handler
    check: Check | None
    shape: Shaper


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `json` with a target prefix, or `query`.

    Attributes:
        invalid: the code of a request that breaks the model.
        known: all operations of the model, also those without a handler.
        upper_message: error codes whose shape spells the text's member `Message`.
    """

    name: str
    target_prefix: str
    protocol: str
    invalid: str
    namespace: str
    operations: dict[str, Operation]
    known: frozenset[str]
    upper_message: frozenset[str]


def identity(value: Any) -> Any:
    """The value as it is."""
    return value


def shaper(shape: Any, parents: tuple[str, ...] = ()) -> Shaper:
    """A function that brings a handler's value into the form of a shape: no empty members, timestamps to the ms."""
    if shape.type_name == "timestamp":
        return lambda value: round(value, 3)
    if shape.name in parents:
        return identity
    inner = (*parents, shape.name)
    if shape.type_name == "list":
        item = shaper(shape.member, inner)
        return identity if item is identity else lambda value: [item(entry) for entry in value]
    if shape.type_name != "structure":
        return identity
    members = {name: shaper(member, inner) for name, member in shape.members.items()}
    if parents and all(member is identity for member in members.values()):
        return identity
    return lambda value: {
        name: members[name](entry) for name, entry in value.items() if entry is not None and name in members
    }


def up_to_date(handler: Handler) -> Handler:
    """A handler before which everything happens that is due in its region by the time of the call."""

    def handle(call: Call) -> dict[str, Any]:
        call.region.agenda.advance(call.now)
        return handler(call)

    return handle


def _service(session: Any, name: str, handlers: dict[str, Handler]) -> Service:
    model = session.get_service_model(name)
    compiler = Compiler()
    operations: dict[str, Operation] = {}
    for operation, handler in handlers.items():
        described = model.operation_model(operation)
        check = compiler.compile(described.input_shape) if described.input_shape is not None else None
        form = shaper(described.output_shape) if described.output_shape is not None else lambda _value: {}
        if model.metadata["protocol"] == "query":
            # Its handlers write times as XML has them.
            form = identity
        operations[operation] = Operation(operation, up_to_date(handler), check, form)
    return Service(
        name=name,
        target_prefix=model.metadata.get("targetPrefix", ""),
        protocol=model.metadata["protocol"],
        invalid="InvalidParameterException" if name == "logs" else "ValidationException",
        namespace=model.metadata.get("xmlNamespace", ""),
        operations=operations,
        known=frozenset(model.operation_names),
        upper_message=frozenset(shape.name for shape in model.error_shapes if "Message" in shape.members),
    )


@lru_cache(maxsize=1)
def services() -> dict[str, Service]:
    """All services by name. Loading the models takes most of a second, once in a process."""
    session = botocore.session.get_session()
    return {name: _service(session, name, handlers) for name, handlers in HANDLERS.items()}


@lru_cache(maxsize=1)
def by_target() -> dict[str, Service]:
    """The JSON services by the prefix of X-Amz-Target."""
    return {service.target_prefix: service for service in services().values() if service.target_prefix}
