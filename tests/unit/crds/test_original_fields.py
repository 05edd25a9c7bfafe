"""Everything that the original operator's definitions have is in ours, and nothing it accepted is shut out.

What AWS itself refuses may be refused: lengths, patterns and enumerations of AWS's model on values that would
be sent. An optional value that the original let be empty is not sent, so it must be accepted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.crds import schemas

_TYPES = {
    "string": {"string"},
    "boolean": {"boolean"},
    "int64": {"integer", "number"},
    "date-time": {"string"},
    "object": {"object"},
    "VpcConfig": {"object"},
}
_BLOCKS = {
    "NVP": (["name", "value"], []),
    "Tag": (["key", "value"], ["key", "value"]),
    "VpcConfig": (["securityGroupIds", "subnets"], ["securityGroupIds", "subnets"]),
}
_LOWER_BOUNDS = ("minLength", "minItems", "minimum")
_UPPER_BOUNDS = ("maxLength", "maxItems")


@dataclass(frozen=True)
class Original:
    """One line of the table."""

    kind: str
    root: str
    path: str
    required: bool
    type: str
    demands: dict[str, str]


def _table() -> list[Original]:
    found = []
    kind = root = ""
    for line in (Path(__file__).parent / "original_fields.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, root = line.strip("[]").split(".")
        elif line and not line.startswith("#"):
            path, type_name, *demands = line.split(" ")
            pairs = dict(each.split("=", 1) for each in demands)
            found.append(Original(kind, root, path.rstrip("!"), path.endswith("!"), type_name, pairs))
    return found


TABLE = _table()
IDS = [f"{each.kind}.{each.root}.{each.path}" for each in TABLE]


def _schemas(original: Original) -> dict[str, dict[str, Any]]:
    return dict(schemas.walk(schemas.root_schema(original.kind)["properties"][original.root]))


def test_the_table_is_whole() -> None:
    """The table has as many fields as the original's eight definitions."""
    assert len(TABLE) == 385
    assert {each.kind for each in TABLE} == set(schemas.PLURALS)


@pytest.mark.parametrize("original", TABLE, ids=IDS)
def test_field_has_the_original_shape(original: Original) -> None:
    """The field is there under its exact name, with the original's type."""
    schema = _schemas(original)[original.path]
    type_name = original.type
    if type_name.startswith("list:"):
        assert schema["type"] == "array"
        schema, type_name = schema["items"], type_name.removeprefix("list:")
    if type_name in _BLOCKS:
        names, required = _BLOCKS[type_name]
        assert sorted(schema["properties"]) == names
        assert schema.get("required", []) == required
    else:
        assert schema["type"] in _TYPES[type_name]
    assert (schema.get("format") == "date-time") == (type_name == "date-time")


@pytest.mark.parametrize("original", [each for each in TABLE if each.root == "spec"], ids=lambda each: each.path)
def test_field_is_not_tighter_than_the_original(original: Original) -> None:
    """An optional field stays optional, may be as small or empty as before, and keeps its enumerated values."""
    found = _schemas(original)
    schema = found[original.path]
    parent, _, name = original.path.rpartition(".")
    if not original.required:
        assert name not in found[parent].get("required", [])
    for bound in _LOWER_BOUNDS:
        if bound in schema and (bound in original.demands or not original.required):
            assert schema[bound] <= int(original.demands.get(bound, 0))
    for bound in _UPPER_BOUNDS:
        if bound in original.demands:
            assert schema.get(bound, math.inf) >= int(original.demands[bound])
    if "enum" in original.demands:
        assert set(original.demands["enum"].split(",")) <= set(schema["enum"])
    elif not original.required and "enum" in schema:
        assert "" in schema["enum"]


def test_nothing_else_is_required() -> None:
    """No object of the original's demands a field that the original left free."""
    required = {(each.kind, each.path) for each in TABLE if each.required}
    known = {(each.kind, each.path) for each in TABLE if each.type in {"object", "list:object"}}
    for kind in schemas.PLURALS:
        for path, schema in schemas.walk(schemas.spec_schema(kind)):
            if path == "" or (kind, path.removesuffix("[]")) in known:
                for name in schema.get("required", []):
                    assert (kind, f"{path}.{name}".removeprefix(".")) in required


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("TrainingJob", ["Status", "Secondary-Status", "Creation-Time", "Sagemaker-Job-Name", "Succeeded"]),
        ("BatchTransformJob", ["Status", "Creation-Time", "Sagemaker-Job-Name", "Succeeded"]),
        ("ProcessingJob", ["Status", "Creation-Time", "Sagemaker-Job-Name", "Succeeded"]),
        (
            "HyperparameterTuningJob",
            [
                "Status",
                "Creation-Time",
                "Completed",
                "InProgress",
                "Errors",
                "Stopped",
                "Best-Training-Job",
                "Sagemaker-Job-Name",
                "Succeeded",
            ],
        ),
        ("Model", ["Status", "Sage-Maker-Model-Name", "Ready"]),
        ("EndpointConfig", ["Status", "Sage-Maker-EndpointConfig-Name", "Ready"]),
        ("HostingDeployment", ["Status", "Sagemaker-endpoint-name", "Ready"]),
        ("HostingAutoscalingPolicy", ["Status", "Creation-Time", "Ready"]),
    ],
)
def test_printer_columns_keep_their_places(kind: str, columns: list[str]) -> None:
    """The original's columns come first, in its order, then outcome or readiness; each shows a status field."""
    version = schemas.definition(kind)["spec"]["versions"][0]
    shown = version["additionalPrinterColumns"]
    assert [each["name"] for each in shown] == columns
    numbers = {"Completed", "InProgress", "Errors", "Stopped"}
    formats = {"Creation-Time": "date", **dict.fromkeys(numbers, "int64")}
    known = {path for path, _ in schemas.walk(schemas.root_schema(kind))}
    for each in shown:
        assert each.get("format") == formats.get(each["name"])
        assert each["type"] == ("number" if each["name"] in numbers else "string")
        path = each["jsonPath"].removeprefix(".").replace('[?(@.type=="Succeeded")]', "[]")
        path = path.replace('[?(@.type=="Ready")]', "[]")
        assert path in known or path == "metadata.creationTimestamp"


@pytest.mark.parametrize("kind", sorted(schemas.PLURALS))
def test_spec_is_demanded_where_the_original_did(kind: str) -> None:
    """Two kinds need a spec; objects of the others were stored without one, so they must stay writable."""
    demands = {"TrainingJob": ["spec"], "HostingAutoscalingPolicy": ["spec"]}
    assert schemas.root_schema(kind).get("required") == demands.get(kind)


@pytest.mark.parametrize(
    ("kind", "region", "endpoint"),
    [
        ("TrainingJob", 1, True),
        ("ProcessingJob", 1, True),
        ("HyperparameterTuningJob", 1, True),
        ("BatchTransformJob", 1, True),
        ("HostingDeployment", 1, True),
        ("Model", None, False),
        ("EndpointConfig", None, False),
        ("HostingAutoscalingPolicy", None, True),
    ],
)
def test_client_fields_are_checked_where_the_original_did(kind: str, region: int | None, endpoint: bool) -> None:
    """Some kinds took any text as Region and as endpoint URL."""
    properties = schemas.spec_schema(kind)["properties"]
    assert properties["region"].get("minLength") == region
    assert ("pattern" in properties["sageMakerEndpoint"]) == endpoint


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("EndpointConfig", "productionVariants[].initialVariantWeight"),
        ("HostingDeployment", "productionVariants[].initialVariantWeight"),
        ("HostingAutoscalingPolicy", "targetTrackingScalingPolicyConfiguration.targetValue"),
    ],
)
def test_fractions_are_accepted_where_aws_takes_them(kind: str, path: str) -> None:
    """What the original had as whole numbers, and AWS has as fractions, takes both."""
    assert dict(schemas.walk(schemas.spec_schema(kind)))[path]["type"] == "number"
