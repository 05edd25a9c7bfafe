"""Renders a tree of the request as a structural OpenAPI v3 schema (apiextensions.k8s.io/v1). Pure.

What an optional value means follows the original operator: an empty text or list is an absent one. So lower
length bounds and patterns of optional fields let the empty value through, unless the overlay says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sagemaker_operator.crds import patterns
from sagemaker_operator.crds.entries import Entry, Rule

if TYPE_CHECKING:
    from sagemaker_operator.crds.tree import Field, Node

Schema = dict[str, Any]

ENUM_SHOWN = 12
"""Known values of an open enumeration are listed in the description up to this number."""


def structure(fields: Iterable[Field], entry: Entry, own: Mapping[str, Schema] | None = None) -> Schema:
    """Schema of an object.

    Args:
        fields: members that go into the request.
        entry: what the overlay says about the object.
        own: further properties that never reach AWS, with their schemas.
    """
    properties: dict[str, Schema] = dict(own or {})
    required = []
    rules = list(entry.rules)
    for field in fields:
        properties[field.name] = _property(field)
        if field.required:
            required.append(field.name)
        if field.node.entry.alias:
            properties[field.node.entry.alias] = _alias(field)
            rules.append(_either(field.name, field.node.entry.alias))
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = sorted(required)
    if rules:
        schema["x-kubernetes-validations"] = [_rule(rule) for rule in rules]
    return schema


def value(node: Node, *, required: bool) -> Schema:
    """Schema of a value, without its description.

    Args:
        node: the value.
        required: whether it must be there; an optional one may be empty instead.
    """
    if node.form == "structure":
        schema = structure(node.fields, node.entry)
    elif node.form == "list":
        schema = _list(node, required=required)
    elif node.form == "map":
        schema = _named_values(node)
    elif node.form == "string":
        schema = _string(node, required=required)
    else:
        schema = _scalar(node)
    if node.entry.rules and node.form != "structure":
        schema.setdefault("x-kubernetes-validations", []).extend(_rule(rule) for rule in node.entry.rules)
    for keyword, replacement in node.entry.keywords.items():
        if replacement is None:
            schema.pop(keyword, None)
        else:
            schema[keyword] = replacement
    return schema


def _property(field: Field) -> Schema:
    return {**value(field.node, required=field.required), "description": _description(field)}


def _description(field: Field) -> str:
    values = field.node.traits.get("enum", ())
    if field.node.entry.enforced or not 0 < len(values) <= ENUM_SHOWN:
        return field.description
    return f"{field.description}\nKnown values: {', '.join(values)}."


def _alias(field: Field) -> Schema:
    note = f"Another spelling of `{field.name}`; write one of the two."
    return {**value(field.node, required=False), "description": note}


def _either(name: str, alias: str) -> Rule:
    return Rule(
        f"!(has(self.{name}) && has(self.{alias}))",
        f"{alias} is another spelling of {name}: write one of the two, not both",
    )


def _rule(rule: Rule) -> Schema:
    return {"rule": rule.rule, "message": rule.message}


def _list(node: Node, *, required: bool) -> Schema:
    if node.item is None:
        raise ValueError("a list without items")
    schema: Schema = {"type": "array", "items": value(node.item, required=True)}
    if required and node.traits.get("min"):
        schema["minItems"] = node.traits["min"]
    if "max" in node.traits:
        schema["maxItems"] = node.traits["max"]
    return schema


def _named_values(node: Node) -> Schema:
    """The shape that the original gave to string maps.

    The list has no upper bound, because a name may occur twice (the last one counts) and AWS counts names.
    """
    name = _text(node.keys, empty=True)
    content = _text(node.values, empty=True)
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {**name, "description": "Name of the entry; of several with one name the last counts."},
                "value": {**content, "description": "Value of the entry; empty when left out."},
            },
        },
    }


def _string(node: Node, *, required: bool) -> Schema:
    schema = _text(node.traits, empty=not required, pattern="pattern" not in node.entry.keywords)
    if node.entry.enforced:
        values = [*node.traits["enum"], *([""] if node.entry.empty_value else [])]
        schema["enum"] = values
    return schema


def _text(traits: Mapping[str, Any], *, empty: bool, pattern: bool = True) -> Schema:
    schema: Schema = {"type": "string"}
    expression = traits.get("pattern", "")
    shortest = max(traits.get("min", 0), int(bool(expression) and patterns.demands_text(expression)))
    if shortest and not empty:
        schema["minLength"] = shortest
    elif shortest > 1:
        # No keyword says `empty, or at least so long`.
        rule = Rule(f"self == '' || size(self) >= {shortest}", f"needs at least {shortest} characters")
        schema["x-kubernetes-validations"] = [_rule(rule)]
    if "max" in traits:
        schema["maxLength"] = traits["max"]
    if pattern and expression and not patterns.says_nothing(expression):
        schema["pattern"] = patterns.to_re2(expression, empty=empty)
    return schema


def _scalar(node: Node) -> Schema:
    if node.form == "timestamp":
        return {"type": "string", "format": "date-time"}
    if node.form == "any":
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema: Schema = {"type": node.form}
    if node.form in {"integer", "number"}:
        schema["format"] = "int64" if node.form == "integer" else "double"
        if "min" in node.traits:
            schema["minimum"] = node.traits["min"]
        if "max" in node.traits:
            schema["maximum"] = node.traits["max"]
    return schema
