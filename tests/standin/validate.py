"""Request validation from botocore's service models, worded as AWS words it.

A shape is compiled once into a function that checks a JSON value, collects what is wrong and returns the value
without members that the model doesn't know (AWS ignores them). It must not know any operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.standin.errors import AwsError, serialization

Check = Callable[[Any, str, list[str]], Any]

# Java's classes that Python's `re` lacks, inside a bracket expression, by their nearest Python names.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{M}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{Alnum}": "a-zA-Z0-9",
}

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "blob": (str,),
}


def java_pattern(pattern: str) -> re.Pattern[str] | None:
    """The Python form of a pattern of the model (whole match), or None where Python cannot express it."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(f"(?:{pattern})\\Z")
    except re.error:
        return None


def member_path(path: str, name: str) -> str:
    """The path of a member as AWS writes it: lower first letter, dots between."""
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _failed(value: Any, path: str, constraint: str) -> str:
    return f"Value {_java(value)} at '{path}' failed to satisfy constraint: {constraint}"


def _java(value: Any) -> str:
    """A value as Java prints it in these messages."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return "'[" + ", ".join(str(item) for item in value) + "]'"
    if isinstance(value, dict):
        return "'{" + ", ".join(f"{key}={item}" for key, item in value.items()) + "}'"
    return f"'{value}'"


def _wrong_type(shape: Any, value: Any) -> AwsError:
    found = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}.get(type(value))
    found = found or ("START_ARRAY" if isinstance(value, list) else "START_OBJECT")
    wanted = {"structure": shape.name, "timestamp": "Timestamp"}.get(shape.type_name, shape.type_name.capitalize())
    return serialization(f"{found} can not be converted to {'an' if wanted[0] in 'AEIOU' else 'a'} {wanted}")


def _type_check(shape: Any, value: Any) -> None:
    types = _JSON_TYPES[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise _wrong_type(shape, value)


def _range_rules(shape: Any, what: str, size: Callable[[Any], float]) -> list[tuple[str, Callable[[Any], bool]]]:
    rules: list[tuple[str, Callable[[Any], bool]]] = []
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None:
        rules.append((f"Member must have {what} greater than or equal to {low}", lambda v: size(v) >= low))
    if high is not None:
        rules.append((f"Member must have {what} less than or equal to {high}", lambda v: size(v) <= high))
    return rules


def _rules(shape: Any) -> list[tuple[str, Callable[[Any], bool]]]:
    """The constraints of a shape, each as its text and a predicate."""
    kind = shape.type_name
    if kind in ("integer", "long", "float", "double"):
        return _range_rules(shape, "value", lambda v: v)
    rules = _range_rules(shape, "length", len) if kind in ("string", "list", "map", "blob") else []
    if kind == "string":
        source = shape.metadata.get("pattern")
        pattern = java_pattern(source) if source else None
        if pattern is not None:
            matches = pattern.match
            text = f"Member must satisfy regular expression pattern: {source}"
            rules.append((text, lambda v: matches(v) is not None))
        if shape.enum:
            allowed = frozenset(shape.enum)
            text = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
            rules.append((text, lambda v: v in allowed))
    return rules


class Compiler:
    """Compiles the shapes of one service model, each once."""

    def __init__(self) -> None:
        self._done: dict[str, Check] = {}

    def compile(self, shape: Any) -> Check:
        """The check of a shape; recursive shapes are fine."""
        if shape.name not in self._done:
            self._done[shape.name] = self._later(shape.name)
            self._done[shape.name] = self._build(shape)
        return self._done[shape.name]

    def _later(self, name: str) -> Check:
        """A check that looks up the real one when it is called, for shapes that hold themselves."""

        def check(value: Any, path: str, errors: list[str]) -> Any:
            return self._done[name](value, path, errors)

        return check

    def _build(self, shape: Any) -> Check:
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            return self._list(shape)
        if shape.type_name == "map":
            return self._map(shape)
        return self._scalar(shape)

    @staticmethod
    def _scalar(shape: Any) -> Check:
        rules = _rules(shape)

        def check(value: Any, path: str, errors: list[str]) -> Any:
            _type_check(shape, value)
            errors.extend(_failed(value, path, text) for text, holds in rules if not holds(value))
            return value

        return check

    def _structure(self, shape: Any) -> Check:
        members = {name: self.compile(member) for name, member in shape.members.items()}
        required = tuple(shape.required_members)

        def check(value: Any, path: str, errors: list[str]) -> Any:
            _type_check(shape, value)
            errors.extend(
                _failed(None, member_path(path, name), "Member must not be null")
                for name in required
                if value.get(name) is None
            )
            return {
                name: members[name](item, member_path(path, name), errors)
                for name, item in value.items()
                if item is not None and name in members
            }

        return check

    def _list(self, shape: Any) -> Check:
        rules = _rules(shape)
        member = self.compile(shape.member)

        def check(value: Any, path: str, errors: list[str]) -> Any:
            _type_check(shape, value)
            errors.extend(_failed(value, path, text) for text, holds in rules if not holds(value))
            return [member(item, f"{path}.{number}.member", errors) for number, item in enumerate(value, 1)]

        return check

    def _map(self, shape: Any) -> Check:
        rules, key_rules = _rules(shape), _rules(shape.key)
        member = self.compile(shape.value)

        def check(value: Any, path: str, errors: list[str]) -> Any:
            _type_check(shape, value)
            errors.extend(_failed(value, path, text) for text, holds in rules if not holds(value))
            bad = [text for text, holds in key_rules if not all(holds(key) for key in value)]
            if bad:
                errors.append(_failed(value, path, f"Map keys must satisfy constraint: [{', '.join(bad)}]"))
            return {key: member(item, f"{path}.{key}.member", errors) for key, item in value.items()}

        return check


def validation_text(errors: list[str]) -> str:
    """AWS's sentence around one or several failed constraints."""
    noun = "error" if len(errors) == 1 else "errors"
    return f"{len(errors)} validation {noun} detected: {'; '.join(errors)}"
