"""What the operator writes into a status in each state has its place in the CustomResourceDefinition.

The API server prunes what the schema does not have, without a word, and the operator would write it for ever.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from smkube import kinds
from tests.conformance import states


@functools.cache
def status_schema(kind: kinds.Kind) -> Mapping[str, Any]:
    """The schema of a kind's status."""
    crd = yaml.load((states.CRDS / f"{kind.resource}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema: Mapping[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    return schema


def unknown(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    """Paths of all fields that the schema does not have."""
    if isinstance(value, list):
        for item in value:
            yield from unknown(schema.get("items") or {}, item, f"{path}[]")
    elif isinstance(value, dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        known = schema.get("properties") or {}
        for name, inner in value.items():
            if name in known:
                yield from unknown(known[name], inner, f"{path}.{name}")
            else:
                yield f"{path}.{name}"


@pytest.mark.parametrize(("kind", "name"), states.all_states(), ids=lambda value: getattr(value, "name", value))
def test_nothing_is_written_that_the_api_server_prunes(kind: kinds.Kind, name: str) -> None:
    """Every field of the status, notes and conditions included, is in the schema."""
    status = states.reached(kind, name).get("status") or {}

    assert sorted(set(unknown(status_schema(kind), status, "status"))) == []
