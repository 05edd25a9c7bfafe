"""Models and endpoint configurations at SageMaker, as far as the operator can tell: names are taken once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from smkube import kinds
from smkube.errors import AwsError
from tests.unit.operator.cases import NOW

Request = dict[str, Any]
_FILLED_IN: dict[str, Request] = {"Model": {"EnableNetworkIsolation": False}, "EndpointConfig": {}}


@dataclass
class SageMaker:
    """One account.

    Args:
        kind: what it keeps.
        refuses: values of a request (as text) that are refused, with AWS's code and message.
    """

    kind: kinds.Kind
    refuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    there: dict[str, Request] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    empty: bool = False
    """There was a moment at which nothing was there, after something had been."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Request:
        """The answer of an operation."""
        api = self.kind.api
        if operation.endswith("Tags"):
            return self._tags(operation, parameters)
        name = str(parameters[api.name])
        if operation == api.create:
            return self._create(name, parameters)
        if name not in self.there:
            raise AwsError(operation, "ValidationException", f'Could not find {self._noun()} "{name}".', status=400)
        if operation == api.delete:
            del self.there[name]
            self.empty = self.empty or not self.there
            return {}
        made = NOW - timedelta(days=1)
        return {**_FILLED_IN[self.kind.name], **self.there[name], api.arn: _arn(name), "CreationTime": made}

    def _create(self, name: str, parameters: Mapping[str, Any]) -> Request:
        operation = self.kind.api.create
        for value, (code, message) in self.refuses.items():
            if value in str(parameters):
                raise AwsError(operation, code, message, status=400)
        if name in self.there:
            text = f'Cannot create already existing {self._noun()} "{name}".'
            raise AwsError(operation, "ValidationException", text, status=400)
        self.there[name] = {key: value for key, value in parameters.items() if key != "Tags"}
        self.tags[_arn(name)] = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        return {self.kind.api.arn: _arn(name)}

    def _tags(self, operation: str, parameters: Mapping[str, Any]) -> Request:
        tags = self.tags[parameters["ResourceArn"]]
        if operation == "AddTags":
            tags.update({tag["Key"]: tag["Value"] for tag in parameters["Tags"]})
        elif operation == "DeleteTags":
            for key in parameters["TagKeys"]:
                tags.pop(key, None)
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _noun(self) -> str:
        return self.kind.noun


def _arn(name: str) -> str:
    return f"arn:{name}"
