"""When two specs of a child object mean the same to SageMaker. Pure.

A new revision rolls a whole endpoint, so only what SageMaker would see differently makes one: empty and absent are the
same, a flag that is off and none, what the API fills in by itself and what it would have filled in, lists whose order
says nothing. Tags are left out; they can be changed on what exists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST_LENGTH = 8
"""Hexadecimal digits of a digest."""

_DEFAULTS: dict[str, Any] = {"mode": "SingleModel", "initialVariantWeight": 1}
"""What the API assumes where a field is absent (SageMaker API: ContainerDefinition, ProductionVariant)."""
_SETS = frozenset({"securityGroupIds", "subnets"})
"""Lists of texts whose order says nothing (SageMaker API: VpcConfig)."""
_PAIR = frozenset({"name", "value"})


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether SageMaker would make the same of two specs of a Model or an EndpointConfig, tags aside."""
    return canonical(one) == canonical(other)


def canonical(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The one form that all specs with the same meaning share."""
    return _fields({key: value for key, value in spec.items() if key != "tags"})


def digest(spec: Mapping[str, Any], salt: str = "") -> str:
    """A short text that differs when the meaning, or the salt, does."""
    text = json.dumps(canonical(spec), sort_keys=True) + salt
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def tags(spec: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a spec by key."""
    return {str(tag.get("key", "")): str(tag.get("value", "")) for tag in spec.get("tags") or ()}


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {key: _value(key, value) for key, value in given.items()}
    return {key: value for key, value in cleaned.items() if not _says_nothing(key, value)}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _fields(value)
    if isinstance(value, list | tuple):
        return _entries(key, [_value("", each) for each in value])
    # 1 and 1.0 are one number, and have to be one text in a digest too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _entries(key: str, entries: list[Any]) -> list[Any]:
    """A list in a fixed order, where its order says nothing: pairs of a string map, variants, sets."""
    if key in _SETS:
        return sorted(entries, key=str)
    if not all(isinstance(entry, Mapping) for entry in entries):
        return entries
    if all(entry.keys() <= _PAIR for entry in entries):
        return sorted(entries, key=lambda entry: str(entry.get("name", "")))
    if all("variantName" in entry for entry in entries):
        return sorted(entries, key=lambda entry: str(entry["variantName"]))
    return entries


def _says_nothing(key: str, value: Any) -> bool:
    """Empty, off or the API's own default. A number that is zero says something."""
    return value is None or value is False or value in ("", [], {}) or _DEFAULTS.get(key) == value
