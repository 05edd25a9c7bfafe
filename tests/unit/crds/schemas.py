"""Ways into a generated definition, for the tests of the generator and of the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sagemaker_operator.crds import overlay

ROOT = Path(__file__).parents[3]
CRD_FOLDER = ROOT / "packaging" / "crds"
SAMPLE_FOLDER = ROOT / "packaging" / "samples"

PLURALS = {each.kind.name: each.kind.plural for each in overlay.ALL}


@cache
def definition(kind: str) -> dict[str, Any]:
    """The checked-in CustomResourceDefinition of a kind; not to be changed."""
    text = (CRD_FOLDER / f"{PLURALS[kind]}.sagemaker.aws.amazon.com.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def root_schema(kind: str) -> dict[str, Any]:
    """The OpenAPI schema of a kind's objects."""
    schema: dict[str, Any] = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def spec_schema(kind: str) -> dict[str, Any]:
    """The OpenAPI schema of a kind's spec."""
    schema: dict[str, Any] = root_schema(kind)["properties"]["spec"]
    return schema


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below and including this one, with its path; `[]` stands behind a list."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}".removeprefix("."))
    if "items" in schema:
        yield from walk(schema["items"], f"{path}[]")


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values of a JSON document that are neither object nor list; `[]` stands behind a list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path
