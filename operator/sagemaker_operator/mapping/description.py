"""From the answer of an AWS Describe operation back to the form of a spec. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sagemaker_operator.mapping import fields

if TYPE_CHECKING:
    from sagemaker_operator.mapping.fields import Node


def from_description(kind_name: str, description: Mapping[str, Any]) -> dict[str, Any]:
    """The spec that the described job was made from, as far as AWS tells.

    String maps come as lists of {name, value}, sorted by name; what is empty and what is no part of a spec
    (status, times, ARNs) is left out. `region` and `sageMakerEndpoint` are not AWS's to tell.

    Args:
        kind_name: Kubernetes kind, for example `TrainingJob`.
        description: answer of the kind's Describe operation, or parameters of its Create operation.

    Raises:
        ValueError: the field map does not have the kind.
    """
    return _structure(fields.of(kind_name).spec, description)


def _structure(node: Node, description: Mapping[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for field in node.fields:
        given = description.get(field.member)
        if given is None:
            continue
        value = _value(field.node, given)
        if field.needed or not fields.empty(value):
            spec[field.name] = value
    return spec


def _value(node: Node, given: Any) -> Any:
    if node.form == "structure" and isinstance(given, Mapping):
        return _structure(node, given)
    if node.form == "list" and node.item is not None and isinstance(given, list | tuple):
        return [_value(node.item, each) for each in given]
    if node.form == "map" and isinstance(given, Mapping):
        return [{"name": name, "value": given[name]} for name in sorted(given)]
    if isinstance(given, datetime):
        return given.isoformat()
    return _lower_keys(given) if node.form == "any" else given


def _lower_keys(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {key[:1].lower() + key[1:]: _lower_keys(each) for key, each in given.items()}
    if isinstance(given, list | tuple):
        return [_lower_keys(each) for each in given]
    return given
