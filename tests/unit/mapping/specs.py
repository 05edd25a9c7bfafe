"""Specs by the schema of the definitions, for property tests; every field has its turn."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.unit.crds import schemas

_TEXT = st.characters(min_codepoint=32, max_codepoint=126)
_LETTERS = {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9"}


def _to_python(pattern: str) -> str:
    """RE2's classes that Python lacks, in their ASCII part."""
    for name, letters in _LETTERS.items():
        pattern = pattern.replace(name, letters)
    return re.sub(r"\$$", r"\\Z", pattern)


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    low, high = schema.get("minLength", 0), schema.get("maxLength", 5000)
    if "pattern" not in schema:
        return st.text(_TEXT, min_size=low, max_size=min(high, low + 12))
    expression = re.compile(_to_python(schema["pattern"]), re.ASCII)
    shortest = max(low, _shortest_unless_empty(schema))
    made = st.from_regex(expression, alphabet=_TEXT).map(
        lambda text: text.ljust(shortest, "x")[: max(low, high)] if text or low else ""
    )
    return made.filter(lambda text: bool(expression.search(text)))


def _shortest_unless_empty(schema: dict[str, Any]) -> int:
    """The length that a rule asks of an optional text that is not empty."""
    rules = [rule["rule"] for rule in schema.get("x-kubernetes-validations", [])]
    found = [re.fullmatch(r"self == '' \|\| size\(self\) >= (\d+)", rule) for rule in rules]
    return max((int(match[1]) for match in found if match), default=0)


def _whole(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    whole = st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))
    # The API server takes 60.0 for 60.
    return whole | whole.map(float)


def _objects(schema: dict[str, Any], leave_out: frozenset[str]) -> st.SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", []))
    if set(schema["properties"]) == {"name", "value"}:
        # The definition lets an entry go without a name, as the original's did; AWS takes no empty key.
        required = {"name"}
        schema = {"properties": {**schema["properties"], "name": {**schema["properties"]["name"], "minLength": 1}}}
    found = {name: values(inner) for name, inner in schema["properties"].items() if name not in leave_out}
    return st.fixed_dictionaries(
        {name: each for name, each in found.items() if name in required},
        optional={name: each for name, each in found.items() if name not in required},
    )


def values(schema: dict[str, Any], leave_out: frozenset[str] = frozenset()) -> st.SearchStrategy[Any]:
    """JSON values that the schema allows (CEL rules apart).

    Args:
        schema: a structural schema.
        leave_out: properties of the object that never come.
    """
    if schema["type"] == "object":
        aliases = {name for name, each in schema["properties"].items() if "Another spelling" in each["description"]}
        return _objects(schema, leave_out | aliases)
    if schema["type"] == "array":
        low = schema.get("minItems", 0)
        return st.lists(values(schema["items"]), min_size=low, max_size=min(schema.get("maxItems", 99), low + 2))
    if schema["type"] == "string":
        return _strings(schema)
    return _whole(schema) if schema["type"] == "integer" else st.booleans()


@cache
def specs(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Specs of a kind."""
    return values(schemas.spec_schema(kind))
