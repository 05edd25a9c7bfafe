"""From a request to an answer: signature, faults, rates, validation, handler, form.

Knows HTTP only as headers, body and status. The order is AWS's: who are you, may you, how often, is it well formed,
then the operation itself.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tests.standin import errors, iam, sqs
from tests.standin.counters import Entry
from tests.standin.errors import AwsError
from tests.standin.services import NAME_MEMBERS, Operation, Service, by_target, services
from tests.standin.validate import validation_text
from tests.standin.world import Call, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.faults import Fault

_QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}
"""Services that speak the query protocol, by the version that requests name."""
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


@dataclass(slots=True)
class Request:
    """An HTTP request; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Response:
    """An HTTP answer; `reset` means that the connection is to be broken off instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False


@dataclass(slots=True)
class _Target:
    """What a request is for, as far as it can be read from it."""

    service: Service
    operation: str
    params: dict[str, Any]
    access_key: str = ""
    region: str = ""

    @property
    def name(self) -> str:
        found = (self.params.get(member) for member in NAME_MEMBERS)
        return next((value for value in found if isinstance(value, str)), "")


class Dispatcher:
    """Answers the AWS requests of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        services()

    def close(self) -> None:
        """Cut latencies short and let held calls go."""
        self._stopping.set()
        self._world.ended.set()
        self._world.faults.holds.release()

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        try:
            target = _target(request)
        except AwsError as error:
            self._world.counters.add(Entry(self._world.clock.now(), "?", "?", error.code, "", "", "", ""))
            return _json_error(error, frozenset())
        outcome, response = self._answer(target, request)
        entry = Entry(
            self._world.clock.now(),
            target.service.name,
            target.operation,
            outcome,
            target.region,
            target.access_key,
            target.name,
            request.headers.get("user-agent", ""),
        )
        self._world.counters.add(entry)
        return response

    def _answer(self, target: _Target, request: Request) -> tuple[str, Response]:
        """The outcome for the counters, and the answer."""
        faults: list[Fault] = []
        try:
            self._authenticate(target, request)
            faults = self._world.faults.pick(target.service.name, target.operation, target.name)
            if not self._before(target, faults):
                return "Dropped", Response(0, b"", reset=True)
            result: dict[str, Any] | AwsError = self._work(target, faults)
        except AwsError as error:
            result = error
        return self._after(target, faults, result)

    def _before(self, target: _Target, faults: list[Fault]) -> bool:
        """Latency, holds and errors before the work; False for a call that is to be broken off."""
        seconds = self._world.faults.latency_of(target.operation)
        seconds += sum(fault.seconds for fault in faults if fault.kind == "latency")
        if seconds > 0:
            self._wait(seconds)
        for fault in faults:
            if fault.kind == "hold_before" and not self._hold("before", target):
                return False
            if fault.kind == "error_before":
                raise AwsError(fault.code, fault.message, fault.status)
        return all(fault.kind != "drop" for fault in faults)

    def _after(self, target: _Target, faults: list[Fault], result: dict[str, Any] | AwsError) -> tuple[str, Response]:
        if isinstance(result, AwsError):
            return result.code, error_response(target.service, result)
        for fault in faults:
            if fault.kind == "lose_answer" or (fault.kind == "hold_after" and not self._hold("after", target)):
                return "LostAnswer", Response(0, b"", reset=True)
            if fault.kind == "error_after":
                error = AwsError(fault.code, fault.message, fault.status)
                return error.code, error_response(target.service, error)
        return "OK", _success(target.service, target.operation, result)

    def _hold(self, when: str, target: _Target) -> bool:
        return self._world.faults.holds.wait(f"{when} {target.service.name}.{target.operation} {target.name}")

    def _authenticate(self, target: _Target, request: Request) -> None:
        header = request.headers.get("authorization", "")
        if not header:
            raise errors.missing_token()
        found = _CREDENTIAL.search(header)
        if found is None:
            raise errors.incomplete_signature(header)
        target.access_key, target.region = found[1], found[3]
        state = self._world.faults.credential(target.access_key)
        if state == "expired":
            raise errors.expired_token()
        if state == "invalid":
            raise errors.unrecognized_client()
        service = target.service.name
        # Who one is may be asked by everybody.
        if service != "sts" and (state == "denied" or self._world.faults.is_denied(service, target.operation)):
            raise self._denial(target)
        refused = self._world.faults.refused(target.access_key, target.region, self._demands(target))
        if refused is not None:
            raise errors.access_denied(self._call(target).caller, refused.action, refused.resource)

    def _demands(self, target: _Target) -> Iterator[iam.Demand]:
        account = self._world.accounts.get(target.access_key, self._world.account)
        return iam.demands(iam.Caller(account, target.region), target.service.name, target.operation, target.params)

    def _denial(self, target: _Target) -> AwsError:
        call = self._call(target)
        kinds = {
            "TrainingJobName": "training-job",
            "ProcessingJobName": "processing-job",
            "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
            "TransformJobName": "transform-job",
            "ModelName": "model",
            "EndpointName": "endpoint",
            "EndpointConfigName": "endpoint-config",
        }
        region, account = call.region.name, call.region.account
        resource = "*"
        for member, kind in kinds.items():
            if isinstance(target.params.get(member), str) and not target.operation.startswith("List"):
                resource = errors.sagemaker_arn(region, account, kind, target.params[member])
                break
        if target.service.name == "logs":
            group = target.params.get("logGroupName", "")
            resource = f"arn:{errors.partition(region)}:logs:{region}:{account}:log-group:{group}:log-stream:"
        if target.service.name == "iam":
            resource = f"role {target.name}"
        return errors.access_denied(call.caller, f"{target.service.name}:{target.operation}", resource)

    def _wait(self, seconds: float) -> None:
        if seconds > 1.0:
            self._stopping.wait(seconds)
        elif not self._stopping.is_set():
            time.sleep(seconds)

    def _call(self, target: _Target) -> Call:
        world = self._world
        account = world.accounts.get(target.access_key, world.account)
        now = world.clock.now()
        return Call(
            world=world,
            region=world.region(account, target.region),
            access_key=target.access_key,
            service=target.service.name,
            operation=target.operation,
            now=now,
            seen=now - world.faults.staleness(target.operation),
        )

    def _work(self, target: _Target, faults: list[Fault]) -> dict[str, Any]:
        """Rate, validation and the operation itself."""
        operation = _operation(target)
        call = self._call(target)
        if not self._world.faults.within_rate(call.region.account, target.region, target.operation):
            raise errors.throttled()
        if operation.check is not None:
            found: list[str] = []
            call.params = operation.check(target.params, "", found)
            if found:
                raise AwsError(target.service.invalid, validation_text(found))
        call.empty_page = any(fault.kind == "empty_page" for fault in faults)
        with self._world.lock:
            call.now = self._world.clock.now()
            call.seen = call.now - self._world.faults.staleness(target.operation)
            shaped: dict[str, Any] = operation.shape(operation.handler(call))
            return shaped


def _operation(target: _Target) -> Operation:
    operation = target.service.operations.get(target.operation)
    if operation is not None:
        return operation
    if target.operation in target.service.known:
        text = f"{target.service.name} has {target.operation}, but this stand-in does not play it."
        raise AwsError("UnknownOperationException", text)
    raise errors.unknown_operation(target.operation)


def _target(request: Request) -> _Target:
    """Service, operation and parameters of a request. Raises AwsError if they cannot be read."""
    header = request.headers.get("x-amz-target", "")
    if header:
        prefix, _, name = header.rpartition(".")
        service = by_target().get(prefix)
        if service is None:
            raise errors.unknown_operation(header)
        return _Target(service, name, _json_body(request.body))
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        values = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        name = values.pop("Action", "")
        spoken = _QUERY_VERSIONS.get(values.pop("Version", ""), "sts")
        return _Target(services()[spoken], name, dict(values))
    raise errors.unknown_operation("", 404)


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise errors.serialization("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise errors.serialization("Start of structure or map found where not expected.")
    return value


def request_id() -> str:
    """A new request id."""
    return str(uuid.uuid4())


def _success(service: Service, operation: str, result: dict[str, Any]) -> Response:
    number = request_id()
    headers = {"x-amzn-RequestId": number}
    if service.protocol == "query":
        inner = _xml(result)
        text = (
            f'<{operation}Response xmlns="{service.namespace}"><{operation}Result>{inner}</{operation}Result>'
            f"<ResponseMetadata><RequestId>{number}</RequestId></ResponseMetadata></{operation}Response>"
        )
        return Response(200, text.encode(), {**headers, "Content-Type": "text/xml"})
    headers["Content-Type"] = "application/x-amz-json-1.1"
    return Response(200, json.dumps(result, separators=(",", ":")).encode() if result else b"", headers)


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(inner)}</{key}>" for key, inner in value.items())
    return escape(str(value))


# STS and IAM word the same refusals with other codes.
_QUERY_CODES = {
    "ExpiredTokenException": ("ExpiredToken", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "ThrottlingException": ("Throttling", 400),
    "AccessDeniedException": ("AccessDenied", 403),
    "UnknownOperationException": ("InvalidAction", 400),
}


def error_response(service: Service, error: AwsError) -> Response:
    """An error in the service's protocol."""
    if service.protocol == "query":
        code, status = _QUERY_CODES.get(error.code, (error.code, error.status))
        number = request_id()
        text = (
            f'<ErrorResponse xmlns="{service.namespace}"><Error><Type>Sender</Type><Code>{code}</Code>'
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{number}</RequestId></ErrorResponse>"
        )
        return Response(status, text.encode(), {"x-amzn-RequestId": number, "Content-Type": "text/xml"})
    response = _json_error(error, service.upper_message)
    if service.name == "sqs":
        response.headers["x-amzn-query-error"] = f"{sqs.QUERY_CODES.get(error.code, error.code)};Sender"
    return response


def _json_error(error: AwsError, upper: frozenset[str]) -> Response:
    member = "Message" if error.code in upper else "message"
    headers = {
        "x-amzn-RequestId": request_id(),
        "x-amzn-ErrorType": error.code,
        "Content-Type": "application/x-amz-json-1.1",
    }
    body = json.dumps({"__type": error.code, member: error.message}).encode()
    return Response(error.status, body, headers)
