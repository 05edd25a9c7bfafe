"""Specs by the schema of the definitions, for property tests; every field has its turn."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from sagemaker_operator.mapping import fields
from sagemaker_operator.mapping.fields import Node
from tests.unit.crds import schemas

_TEXT = st.characters(min_codepoint=32, max_codepoint=126)
_LETTERS = {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9"}


EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    # Specs have some two hundred fields: making a failing one smaller takes longer than a test may.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _to_python(pattern: str) -> str:
    """RE2's classes that Python lacks, in their ASCII part."""
    for name, letters in _LETTERS.items():
        pattern = pattern.replace(name, letters)
    return re.sub(r"\$$", r"\\Z", pattern)


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date-time":
        return st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat())
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


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", -1e6), schema.get("maximum", 1e6)
    return st.integers(int(low), int(high)) | st.floats(low, high, allow_nan=False, width=32)


def _objects(schema: dict[str, Any], node: Node | None, leave_out: frozenset[str]) -> st.SearchStrategy[dict[str, Any]]:
    known = {each.name: each for each in node.fields} if node is not None else {}
    # The original left fields free that AWS demands: AWS says so, and a request without them proves nothing here.
    needed = {name for name in schema["properties"] if name in known and known[name].needed}
    required = set(schema.get("required", [])) | needed
    if set(schema["properties"]) == {"name", "value"}:
        # The definition lets an entry go without a name, as the original's did; AWS takes no empty key.
        required = {"name"} | set(schema.get("required", []))
        schema = {"properties": {**schema["properties"], "name": {**schema["properties"]["name"], "minLength": 1}}}
    found = {
        name: values(inner, known[name].node if name in known else None)
        for name, inner in schema["properties"].items()
        if name not in leave_out
    }
    return st.fixed_dictionaries(
        {name: each for name, each in found.items() if name in required},
        optional={name: each for name, each in found.items() if name not in required},
    )


def values(
    schema: dict[str, Any], node: Node | None = None, leave_out: frozenset[str] = frozenset()
) -> st.SearchStrategy[Any]:
    """JSON values that the schema allows (CEL rules apart).

    Args:
        schema: a structural schema.
        node: the field map's word on it; what AWS demands then always comes.
        leave_out: properties of the object that never come.
    """
    if schema["type"] == "object":
        aliases = {name for name, each in schema["properties"].items() if "Another spelling" in each["description"]}
        return _objects(schema, node, leave_out | aliases)
    if schema["type"] == "array":
        low = schema.get("minItems", 0)
        items = values(schema["items"], node.item if node is not None else None)
        return st.lists(items, min_size=low, max_size=min(schema.get("maxItems", 99), low + 2))
    scalars = {"string": _strings, "integer": _whole, "number": _numbers}
    return scalars[schema["type"]](schema) if schema["type"] in scalars else st.booleans()


@cache
def specs(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Specs of a kind."""
    return values(schemas.spec_schema(kind), fields.of(kind).spec)
