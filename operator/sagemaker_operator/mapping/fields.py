"""The field map: for each kind, the fields of its spec and what each is called and is at AWS.

Reads the generated `fields.json` once; knows nothing else of AWS's service model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

FILE_NAME = "fields.json"


@dataclass(frozen=True, slots=True)
class Node:
    """A value: a scalar, a structure with `fields`, a list of `item`, a `map` of text to text, or `any`.

    A map is written as a list of {name, value} in the custom resource. `complete` says that AWS adds no names
    to the map, `unordered` that the order of the list means nothing.
    """

    form: str
    fields: tuple[Field, ...] = ()
    item: Node | None = None
    complete: bool = False
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure.

    `name` and `alias` are its names in the custom resource, `member` that of the AWS API. `needed`: AWS demands
    it. `always`: sent even when it is empty. `described`: Describe gives it back. `none_is_empty`: the value
    `None` means the same as no value. `zero_is_empty`: so does zero. `default`: what AWS takes where there is no
    value. `only_if_both`: compared only where both sides have it. `removal_counts`: compared even where the spec does
    not have it, because AWS fills nothing in.
    """

    name: str
    member: str
    node: Node
    alias: str = ""
    needed: bool = False
    always: bool = False
    described: bool = True
    none_is_empty: bool = False
    only_if_both: bool = False
    zero_is_empty: bool = False
    default: str = ""
    removal_counts: bool = False

    def of(self, spec: Mapping[str, Any]) -> Any:
        """The field's value in an object of the custom resource, or None."""
        value = spec.get(self.name)
        return spec.get(self.alias) if value is None and self.alias else value


@dataclass(frozen=True, slots=True)
class KindFields:
    """The spec of one kind; `name_member` takes the job's name in the request."""

    name_member: str
    spec: Node


def empty(value: Any) -> bool:
    """Whether the value is as good as absent: None, an empty text or an empty list."""
    return value is None or value == "" or (isinstance(value, list | tuple) and not value)


def node_from_json(value: Any) -> Node:
    """A node in the form in which the file keeps it.

    Raises:
        ValueError: not the form that the generator writes.
    """
    if isinstance(value, str):
        return Node(value)
    form = value.get("form")
    if form == "structure":
        members = value["fields"].items()
        return Node(form, tuple(_field_from_json(name, each) for name, each in members))
    if form == "list":
        return Node(form, item=node_from_json(value["item"]), unordered=value.get("unordered", False))
    if form == "map":
        return Node(form, complete=value.get("complete", False))
    raise ValueError(f"no such form in {FILE_NAME}: {form}")


def _field_from_json(name: str, value: Mapping[str, Any]) -> Field:
    rest = {key: content for key, content in value.items() if key != "node"}
    return Field(name=name, node=node_from_json(value["node"]), **rest)


@cache
def _all() -> Mapping[str, KindFields]:
    text = resources.files(__package__).joinpath(FILE_NAME).read_text(encoding="utf-8")
    found = {
        name: KindFields(each["nameMember"], node_from_json(each["spec"])) for name, each in json.loads(text).items()
    }
    return MappingProxyType(found)


def of(kind_name: str) -> KindFields:
    """The field map of a kind, by its Kubernetes kind.

    Raises:
        ValueError: the field map does not have the kind.
    """
    try:
        return _all()[kind_name]
    except KeyError:
        raise ValueError(f"no field map for the kind {kind_name}; known are {', '.join(_all())}") from None
