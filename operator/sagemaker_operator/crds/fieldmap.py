"""Renders a tree of the request as the field map that the running operator converts and compares by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sagemaker_operator.crds.document import request_tree

if TYPE_CHECKING:
    from sagemaker_operator.crds.entries import Definition
    from sagemaker_operator.crds.tree import Field, Node

NONE = "None"
"""The value by which AWS's enumerations say `nothing`, for example of CompressionType."""


def build(definitions: Iterable[Definition]) -> dict[str, Any]:
    """The field map of the kinds."""
    return {
        each.kind.name: {"nameMember": each.kind.api.name, "spec": _node(request_tree(each))} for each in definitions
    }


def to_json(document: dict[str, Any]) -> str:
    """The field map as text; the same for the same map, on every machine."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _node(node: Node) -> Any:
    if node.form == "structure":
        return {"form": "structure", "fields": {each.name: _field(each) for each in node.fields}}
    if node.form == "list" and node.item is not None:
        return _with_flags({"form": "list", "item": _node(node.item)}, unordered=node.entry.unordered)
    if node.form == "map":
        return _with_flags({"form": "map"}, complete=node.entry.complete)
    return node.form


def _field(field: Field) -> dict[str, Any]:
    entry = field.node.entry
    facts: dict[str, Any] = {"member": field.member, "node": _node(field.node)}
    if entry.alias:
        facts["alias"] = entry.alias
    if not field.described:
        facts["described"] = False
    if entry.default:
        facts["default"] = entry.default
    return _with_flags(
        facts,
        needed=field.needed,
        always=entry.always_sent,
        none_is_empty=NONE in field.node.traits.get("enum", ()),
        only_if_both=entry.only_if_both,
        zero_is_empty=entry.zero_is_empty,
        removal_counts=entry.removal_counts,
    )


def _with_flags(facts: dict[str, Any], **flags: bool) -> dict[str, Any]:
    return {**facts, **{name: True for name, is_set in flags.items() if is_set}}
