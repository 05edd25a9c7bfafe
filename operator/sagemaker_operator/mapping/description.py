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
    node = fields.of(kind_name).spec
    return _sound(node, _structure(node, description))


def as_told(kind_name: str, description: Mapping[str, Any]) -> dict[str, Any]:
    """The description in the words of a spec, to compare with: it may lack what a spec must have.

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


def _sound(node: Node, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec without optional objects that lack what AWS demands of them: some descriptions have such for none."""
    known = {field.name: field for field in node.fields}
    made = {name: _sound_value(known[name].node, each) for name, each in spec.items()}
    return {name: each for name, each in made.items() if known[name].needed or not _hollow(known[name].node, each)}


def _sound_value(node: Node, value: Any) -> Any:
    if node.form == "list" and node.item is not None and isinstance(value, list):
        return [_sound_value(node.item, each) for each in value]
    return _sound(node, value) if node.form == "structure" and isinstance(value, Mapping) else value


def _hollow(node: Node, value: Any) -> bool:
    return node.form == "structure" and any(field.needed and field.name not in value for field in node.fields)


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
