"""Valid answers of AWS operations by botocore's service model, and what a hostile AWS would make of them."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import botocore.session

from tests.fuzz import mutations

FIRST_SECOND, LAST_SECOND = 1_700_000_000, 1_800_000_000


@cache
def model(service: str) -> Any:
    """The service model of an API."""
    return botocore.session.get_session().get_service_model(service)


def answer(rng: random.Random, service: str, operation: str) -> dict[str, Any]:
    """A valid answer as the JSON that AWS sends; optional members come or do not."""
    shape = model(service).operation_model(operation).output_shape
    made: dict[str, Any] = {} if shape is None else value(rng, shape)
    return made


def value(rng: random.Random, shape: Any, level: int = 0) -> Any:
    """A valid value of a shape."""
    match shape.type_name:
        case "structure":
            wanted = set(shape.required_members)
            chance = 0.8 if level == 0 else 0.5 if level < 3 else 0.1
            return {
                name: value(rng, inner, level + 1)
                for name, inner in shape.members.items()
                if name in wanted or rng.random() < chance
            }
        case "list":
            return [value(rng, shape.member, level + 1) for _ in range(rng.choice((0, 1, 2)))]
        case "map":
            return {
                value(rng, shape.key, level + 1): value(rng, shape.value, level + 1) for _ in range(rng.choice((0, 1)))
            }
        case "string":
            return rng.choice(shape.enum) if shape.enum else f"{shape.name}-{rng.randrange(9)}"
        case "boolean":
            return rng.random() < 0.5
        case "timestamp":
            return float(rng.randrange(FIRST_SECOND, LAST_SECOND))
        case "integer" | "long":
            return rng.randrange(1, 100)
        case _:
            return rng.choice((0.25, 1.0, 3))


def encoded(value_: Any) -> bytes:
    """JSON as a sender writes it who does not know the rules: NaN, Infinity and halves of surrogate pairs included."""
    return json.dumps(value_).encode()


def body(rng: random.Random, valid: Any) -> bytes:
    """The bytes of an answer that may be anything, as likely as not close to a valid one."""
    roll = rng.random()
    if roll < 0.8:
        return encoded(mutations.mutated(rng, valid))
    whole = encoded(valid)
    if roll < 0.85:
        return whole[: rng.randrange(len(whole) + 1)]
    return rng.choice(
        (
            b"",
            b"null",
            b"[]",
            b"7",
            b'"text"',
            b"<html><body>502 Bad Gateway \x1b[31m</body></html>",
            b"\xff\xfe\x00garbage",
            whole + whole,
            whole.replace(b":", b": \xc3\x28", 1),
            b"\xef\xbb\xbf" + whole,
            b'{"a":' * 100_000,
            b"[" * 100_000,
        )
    )
