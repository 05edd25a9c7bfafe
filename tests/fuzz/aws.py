"""An AWS that answers botocore's requests with bytes: what exists is real, what is said about it may be anything.

Only Creates, Stops and Deletes that are answered change what exists, so a Create that took effect although its answer
was rubbish is known here.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse

from sagemaker_operator import marks
from smkube import kinds
from smkube.aws import errors
from smkube.aws.session import Clients
from tests.fuzz import mutations, shapes

CODES = (
    *(
        "ThrottlingException",
        "ResourceLimitExceeded",
        "AccessDeniedException",
        "ValidationException",
        "ConflictException",
    ),
    *("ResourceInUse", "ResourceNotFound", "InternalFailure", "ExpiredTokenException", "Unheard", "", "\x1b[31mRed"),
    *("LimitExceededException", "ObjectNotFoundException", "ServiceUnavailable", "RequestTimeTooSkewed"),
)
TEXTS = (
    "Rate exceeded",
    "Requested resource not found.",
    'Could not find model "arn".',
    'Could not find endpoint configuration "arn".',
    (
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current "
        "utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support."
    ),
    "User: arn:aws:iam::1:role/x is not authorized to perform: sagemaker:CreateTrainingJob",
    "The request was rejected because the training job is in status Completed.",
)
STATUSES = (200, 400, 400, 400, 403, 404, 413, 429, 500, 502, 503, 302, 204)

_BY_OPERATION = {
    operation: kind
    for kind in kinds.ALL
    for operation in (kind.api.create, kind.api.describe, kind.api.stop, kind.api.delete, kind.api.update)
    if operation
}
Service = str
Json = dict[str, Any]


class Aws:
    """The account.

    Args:
        rng: where chance comes from.
        hostile: how often an answer is not what it should be.
    """

    def __init__(self, rng: random.Random, hostile: float) -> None:
        self.rng = rng
        self.hostile = hostile
        self.frozen = False
        """Answers about what exists stay as they are from the first on."""
        self.spared = ""
        """Whatever concerns this name is answered well."""
        self.exists: dict[tuple[str, str], Json] = {}
        """By kind and name: the request that made it, and its state."""
        self.effects: list[tuple[str, str, str]] = []
        """Operation, name and UID of each Create that took effect."""
        self.calls: list[tuple[str, str]] = []
        self._kept: dict[tuple[str, str], tuple[int, bytes]] = {}

    def clients(self) -> Clients:
        """Clients whose requests come here; the session's are shared by all of a process, for they are dear."""
        return _Shared(self)

    def respond(self, service: Service, operation: str, request: Json) -> tuple[int, bytes]:
        """Status and body of an answer."""
        name = self._name(operation, request)
        self.calls.append((operation, name))
        key = (operation, json.dumps(request, sort_keys=True))
        reading = operation.startswith(("Describe", "List", "Get"))
        if self.frozen and reading and key in self._kept:
            return self._kept[key]
        answer = self._answer(service, operation, request, name)
        if self.frozen and reading:
            self._kept[key] = answer
        return answer

    def _answer(self, service: Service, operation: str, request: Json, name: str) -> tuple[int, bytes]:
        spared = bool(self.spared) and self.spared in json.dumps(request)
        hostile = not spared and self.rng.random() < self.hostile
        if hostile and self.rng.random() < 0.3:
            return self._refusal()
        try:
            valid = self._effect(service, operation, request, name)
        except _Refused as refused:
            return 400, shapes.encoded({"__type": refused.code, "message": str(refused)})
        if hostile:
            return self.rng.choice((200, 200, 200, *STATUSES)), shapes.body(self.rng, valid)
        return 200, shapes.encoded(valid)

    def _refusal(self) -> tuple[int, bytes]:
        code, text = self.rng.choice(CODES), self.rng.choice(TEXTS)
        if self.rng.random() < 0.3:
            text = mutations.text(self.rng)
        valid = {"__type": f"com.amazonaws.sagemaker#{code}", "message": text}
        return self.rng.choice(STATUSES[1:]), shapes.body(
            self.rng, valid
        ) if self.rng.random() < 0.4 else shapes.encoded(valid)

    def _name(self, operation: str, request: Json) -> str:
        kind = _BY_OPERATION.get(operation)
        member = kind.api.name if kind else ""
        return str(request.get(member) or request.get("ResourceArn") or request.get("ResourceId") or "")

    def _effect(self, service: Service, operation: str, request: Json, name: str) -> Json:
        kind = _BY_OPERATION.get(operation)
        if kind is None or service != "sagemaker":
            return self._further(service, operation, request)
        place = (kind.name, name)
        if operation == kind.api.create:
            if place in self.exists:
                raise _Refused("ResourceInUse", "names must be unique")
            tags = {tag.get("Key"): tag.get("Value") for tag in request.get("Tags", ())}
            self.effects.append((operation, name, str(tags.get(marks.UID, ""))))
            self.exists[place] = {"request": request, "word": self._word(kind)}
            return {kind.api.arn: _arn(kind, name)}
        if place not in self.exists:
            code, texts = errors._NOT_FOUND.get(operation, ("ResourceNotFound", ("not there",)))
            raise _Refused(code, f"{texts[0]} of this name")
        if operation == kind.api.delete:
            del self.exists[place]
            return {}
        if operation == kind.api.describe:
            return self._description(service, operation, kind, name)
        if operation == kind.api.stop:
            self.exists[place]["word"] = "Stopping"
        return shapes.answer(self.rng, service, operation)

    def _word(self, kind: kinds.Kind) -> str:
        usual = "InService" if kind is kinds.HOSTING_DEPLOYMENT else "InProgress"
        return usual if self.rng.random() < 0.6 else self.rng.choice(("Completed", "Failed", "Quantum", "Stopped", ""))

    def _description(self, service: Service, operation: str, kind: kinds.Kind, name: str) -> Json:
        known = self.exists[kind.name, name]
        described = shapes.answer(self.rng, service, operation)
        shown = {key: value for key, value in known["request"].items() if key != "Tags"}
        word = {kind.api.status: known["word"]} if kind.api.status else {}
        if name == self.spared:
            described, word = {}, {kind.api.status: "InProgress"}
        return {**described, **shown, kind.api.name: name, kind.api.arn: _arn(kind, name), **word}

    def _further(self, service: Service, operation: str, request: Json) -> Json:
        made = shapes.answer(self.rng, service, operation)
        if operation == "ListTags":
            name = str(request.get("ResourceArn")).rpartition("/")[2]
            found = [job for (_kind, called), job in self.exists.items() if called == name]
            return {"Tags": found[0]["request"].get("Tags", []) if found else []}
        listed = next((kind for kind in kinds.ALL if kind.api.list == operation), None)
        if listed is not None:
            made[listed.api.summaries] = [
                {
                    listed.api.name: name,
                    listed.api.arn: _arn(listed, name),
                    listed.api.status: job["word"],
                    "LastModifiedTime": float(shapes.LAST_SECOND),
                    "CreationTime": float(shapes.FIRST_SECOND),
                }
                for (kind, name), job in self.exists.items()
                if kind == listed.name
            ]
        # Pages without an end are tried on their own.
        return {key: value for key, value in made.items() if key not in ("NextToken", "nextToken")}


class _Refused(Exception):  # noqa: N818 - an answer of the account's
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


_SESSIONS: dict[str, Any] = {}


class _Shared(Clients):
    """Clients of one process-wide session, which hand each request to the account of the moment."""

    _account: Aws

    def __init__(self, account: Aws) -> None:
        super().__init__(user_agent="fuzz", session=_session())
        _Shared._account = account

    def _make(self, address: Any) -> Any:
        key = repr(address)
        if key not in _SESSIONS:
            made = super()._make(address)
            made.meta.events.register("before-send", _Shared._send)
            _SESSIONS[key] = made
        return _SESSIONS[key]

    @staticmethod
    def _send(request: Any, **_more: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"]
        operation = operation.decode() if isinstance(operation, bytes) else operation
        prefix, _, operation = operation.rpartition(".")
        service = {"SageMaker": "sagemaker", "Logs_20140328": "logs"}.get(prefix, "application-autoscaling")
        status, body = _Shared._account.respond(service, operation, json.loads(request.body or b"{}"))
        return response(status, body)


def response(status: int, body: bytes, headers: Json | None = None) -> AWSResponse:
    """An answer as botocore's connections give it."""
    raw = io.BytesIO(body)
    raw.stream = lambda *_a, **_k: iter([body])  # type: ignore[attr-defined]
    given = {"date": "Tue, 24 Nov 2026 10:00:00 GMT", "x-amzn-requestid": "0-1", **(headers or {})}
    return AWSResponse("https://localhost/", status, given, raw)


def _session() -> Any:
    if "" not in _SESSIONS:
        made = botocore.session.Session()
        made.set_credentials("AKIDEXAMPLE", "example")
        _SESSIONS[""] = made
    return _SESSIONS[""]


def _arn(kind: kinds.Kind, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:{kind.singular}/{name}"


Maker = Callable[[random.Random], Any]
