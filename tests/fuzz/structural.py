"""What the API server makes of an object by its kind's structural schema: unknown fields go, wrong ones are refused.

Source: Kubernetes documentation, "Custom resources: specifying a structural schema", "Field pruning". CEL rules are
left out: they speak of edits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.unit.crds import schemas
from tests.unit.mapping.specs import _to_python

Schema = Mapping[str, Any]

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")
"""kube-openapi's strfmt: DateTime."""
_INT64 = range(-(2**63), 2**63)


def schema(kind: str) -> Schema:
    """The schema of a kind's objects."""
    return schemas.root_schema(kind)


def pruned(schema_: Schema, value: Any) -> Any:
    """The value without the fields that the schema does not know, as the API server stores it."""
    if schema_.get("x-kubernetes-preserve-unknown-fields"):
        return value
    if isinstance(value, dict) and "properties" in schema_:
        known = schema_["properties"]
        return {key: pruned(known[key], each) for key, each in value.items() if key in known}
    if isinstance(value, dict) and isinstance(schema_.get("additionalProperties"), Mapping):
        return {key: pruned(schema_["additionalProperties"], each) for key, each in value.items()}
    if isinstance(value, list) and "items" in schema_:
        return [pruned(schema_["items"], each) for each in value]
    return value


def problems(schema_: Schema, value: Any, path: str = "") -> Iterator[str]:
    """Why the API server would refuse the value; nothing when it takes it."""
    if value is None:
        # Null stands for absence where the schema does not say `nullable`, and is dropped with defaults only.
        yield f"{path}: null"
        return
    wanted = schema_.get("type")
    if wanted is not None and not _is(wanted, value):
        yield f"{path}: {type(value).__name__} instead of {wanted}"
        return
    if "enum" in schema_ and value not in schema_["enum"]:
        yield f"{path}: not one of the enumeration: {str(value)[:60]!r}"
    if isinstance(value, str):
        yield from _text(schema_, value, path)
    elif isinstance(value, dict):
        yield from _object(schema_, value, path)
    elif isinstance(value, list):
        yield from _list(schema_, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(schema_, value, path)


def _is(wanted: str, value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": whole and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
    }[wanted]


def _text(schema_: Schema, value: str, path: str) -> Iterator[str]:
    if len(value) > schema_.get("maxLength", math.inf) or len(value) < schema_.get("minLength", 0):
        yield f"{path}: {len(value)} characters"
    elif "pattern" in schema_ and not _pattern(schema_["pattern"]).search(value):
        yield f"{path}: {value[:60]!r} does not match the pattern"
    if schema_.get("format") == "date-time" and not _is_moment(value):
        yield f"{path}: {value[:60]!r} is no date-time"


def _is_moment(value: str) -> bool:
    return bool(_DATE_TIME.match(value)) and 1 <= int(value[5:7]) <= 12 and 1 <= int(value[8:10]) <= 31


def _object(schema_: Schema, value: dict[str, Any], path: str) -> Iterator[str]:
    known = schema_.get("properties", {})
    for name in schema_.get("required", ()):
        if name not in value:
            yield f"{path}.{name}: missing"
    for name, each in value.items():
        if name in known:
            yield from problems(known[name], each, f"{path}.{name}")
        elif isinstance(schema_.get("additionalProperties"), Mapping):
            yield from problems(schema_["additionalProperties"], each, f"{path}.{name}")


def _list(schema_: Schema, value: list[Any], path: str) -> Iterator[str]:
    if len(value) > schema_.get("maxItems", math.inf) or len(value) < schema_.get("minItems", 0):
        yield f"{path}: {len(value)} items"
    for index, each in enumerate(value):
        yield from problems(schema_.get("items", {}), each, f"{path}[{index}]")
    keys = schema_.get("x-kubernetes-list-map-keys", ())
    entries = [tuple(each.get(key) for key in keys) for each in value if isinstance(each, dict)] if keys else []
    if len(set(entries)) < len(entries):
        yield f"{path}: two entries with the same key"


def _number(schema_: Schema, value: float, path: str) -> Iterator[str]:
    if not math.isfinite(value):
        yield f"{path}: {value} is no JSON"
    elif not schema_.get("minimum", -math.inf) <= value <= schema_.get("maximum", math.inf):
        yield f"{path}: {value} is out of bounds"
    elif schema_.get("format") in {"int64", "int32"} and int(value) not in _INT64:
        yield f"{path}: {value} is out of the format's range"


@cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(_to_python(expression))
