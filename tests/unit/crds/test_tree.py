"""The walk over a service model, on a small made-up one: what the real requests of today do not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import ServiceModel

from sagemaker_operator.crds import schema
from sagemaker_operator.crds.entries import Entry, Rule
from sagemaker_operator.crds.tree import Node, TreeError, Walk, by_name


def _model(shapes: Mapping[str, Any]) -> ServiceModel:
    return ServiceModel(
        {
            "metadata": {},
            "operations": {},
            "shapes": {"Text": {"type": "string", "documentation": "<p>Some text.</p>"}, **shapes},
        }
    )


def _tree(shapes: Mapping[str, Any], paths: Mapping[str, Entry] | None = None) -> Node:
    model = _model(shapes)
    walk = Walk(
        shapes={},
        paths=paths or {},
        omitted=frozenset(),
        documentation=lambda name: str(model.shape_for(name).documentation),
    )
    return walk.node(model.shape_for("Root"), "", None)


def _root(**members: Any) -> dict[str, Any]:
    return {"type": "structure", "members": members}


def _spec(shapes: Mapping[str, Any], paths: Mapping[str, Entry] | None = None) -> dict[str, Any]:
    tree = _tree(shapes, paths)
    return schema.structure(tree.fields, tree.entry)


def test_a_shape_that_contains_itself_ends_open() -> None:
    """Recursion ends in an object of any content instead of an endless schema."""
    filters = {"type": "structure", "members": {"Name": {"shape": "Text"}, "Nested": {"shape": "FilterList"}}}
    spec = _spec(
        {
            "Root": _root(Filter={"shape": "Filter"}),
            "Filter": {**filters, "documentation": "A filter."},
            "FilterList": {"type": "list", "member": {"shape": "Filter"}, "documentation": "Filters."},
        }
    )
    inner = spec["properties"]["filter"]["properties"]["nested"]["items"]
    assert inner == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_types_and_bounds() -> None:
    """Whole numbers, fractions, times, flags and lists become what the API server knows, with their bounds."""
    spec = _spec(
        {
            "Root": _root(
                Size={"shape": "Size", "documentation": "a"},
                Weight={"shape": "Weight", "documentation": "b"},
                Since={"shape": "Since", "documentation": "c"},
                On={"shape": "On", "documentation": "d"},
                Names={"shape": "Names", "documentation": "e"},
            ),
            "Size": {"type": "integer", "min": 1, "max": 9},
            "Weight": {"type": "float", "min": 0},
            "Since": {"type": "timestamp"},
            "On": {"type": "boolean"},
            "Names": {"type": "list", "member": {"shape": "Text"}, "min": 1, "max": 3},
        }
    )
    found = {name: {**each, "description": None} for name, each in spec["properties"].items()}
    text = {"type": "string"}
    assert found == {
        "size": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9, "description": None},
        "weight": {"type": "number", "format": "double", "minimum": 0, "description": None},
        "since": {"type": "string", "format": "date-time", "description": None},
        "on": {"type": "boolean", "description": None},
        "names": {"type": "array", "items": text, "maxItems": 3, "description": None},
    }


def test_shortest_length_of_optional_text() -> None:
    """An optional text may be empty; if it is not, a rule asks for AWS's shortest length. A needed one has a bound."""
    shapes = {
        "Root": {**_root(A={"shape": "Arn"}, B={"shape": "Arn"}), "required": ["B"]},
        "Arn": {"type": "string", "min": 20, "documentation": "An ARN."},
    }
    properties = _spec(shapes)["properties"]
    assert properties["a"]["x-kubernetes-validations"] == [
        {"rule": "self == '' || size(self) >= 20", "message": "needs at least 20 characters"}
    ]
    assert "minLength" not in properties["a"]
    assert properties["b"] == {"type": "string", "minLength": 20, "description": "An ARN."}


def test_documentation_comes_from_the_nearest_place() -> None:
    """A member's own text counts before that of its shape, the overlay's before both; none at all is an error."""
    shapes = {"Root": _root(A={"shape": "Text"}, B={"shape": "Text", "documentation": "Mine."})}
    assert _spec(shapes)["properties"]["a"]["description"] == "Some text."
    assert _spec(shapes)["properties"]["b"]["description"] == "Mine."
    assert _spec(shapes, {"B": Entry(description="Ours.")})["properties"]["b"]["description"] == "Ours."
    with pytest.raises(TreeError, match="Mute: AWS describes it nowhere"):
        _spec({"Root": _root(Mute={"shape": "Mute"}), "Mute": {"type": "string"}})


def test_maps_of_anything_but_text_are_refused() -> None:
    """A map that does not fit the list of {name, value} needs a decision, not a guess."""
    shapes = {
        "Root": _root(Map={"shape": "Map"}),
        "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Root"}},
    }
    with pytest.raises(TreeError, match="Map: a map from string to structure"):
        _spec(shapes)


def test_overlay_words_reach_the_schema() -> None:
    """Names, aliases, keywords, demands and rules of the overlay are what the schema says."""
    shapes = {"Root": {**_root(A={"shape": "Text"}, B={"shape": "Text"}), "required": ["A", "B"]}}
    paths = {
        "": Entry(rules=(Rule("has(self.x)", "x is missing"),)),
        "A": Entry(name="x", required=False, keywords={"maxLength": 5}),
        "B": Entry(alias="c", required=False),
    }
    spec = _spec(shapes, paths)
    assert sorted(spec["properties"]) == ["b", "c", "x"]
    assert spec["properties"]["x"]["maxLength"] == 5
    assert "required" not in spec
    assert spec["x-kubernetes-validations"][0] == {"rule": "has(self.x)", "message": "x is missing"}
    assert spec["x-kubernetes-validations"][1]["rule"] == "!(has(self.b) && has(self.c))"


def test_values_of_open_enumerations_are_told() -> None:
    """An enumeration that AWS may extend is described but not enforced; a closed one is enforced."""
    shapes = {"Root": _root(Mode={"shape": "Mode"}), "Mode": {"type": "string", "enum": ["A", "B"]}}
    told = _spec(shapes, {"Mode": Entry(description="The mode.")})["properties"]["mode"]
    assert told == {"type": "string", "description": "The mode.\nKnown values: A, B."}
    paths = {"Mode": Entry(description="The mode.", enforced=True, empty_value=True)}
    assert _spec(shapes, paths)["properties"]["mode"]["enum"] == ["A", "B", ""]


def test_members_and_made_ones_put_a_tree_together() -> None:
    """A tree can be put together of some members of a request and of what the overlay alone describes."""
    model = _model({"Root": {**_root(A={"shape": "Text"}, B={"shape": "Text"}), "required": ["A"]}})
    paths = {
        "Entries": Entry(description="Several."),
        "Entries[].Name": Entry(description="Its name.", required=True),
        "Entries[].B": Entry(name="c"),
    }
    walk = Walk(shapes={}, paths=paths, omitted=frozenset(), documentation=lambda name: f"{name}'s.")
    root = model.shape_for("Root")
    inner = (walk.made("Name", "Entries[]", ()), *walk.members(root, ("B",), "Entries[]"))
    fields = by_name((walk.made("Entries", "", inner), *walk.members(root, ("A",), "")))
    assert schema.structure(fields, Entry()) == {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string", "description": "Some text."},
            "entries": {
                "type": "array",
                "description": "Several.",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "description": "Its name."},
                        "c": {"type": "string", "description": "Some text."},
                    },
                },
            },
        },
    }
    with pytest.raises(TreeError, match="Root has no Gone"):
        walk.members(root, ("Gone",), "")
    with pytest.raises(TreeError, match="Mute: the overlay has to describe it"):
        walk.made("Mute", "", ())
