"""The checked-in definitions are what the generator makes, and fit to be served."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sagemaker_operator.crds import __main__ as command
from sagemaker_operator.crds import document, model, overlay
from sagemaker_operator.crds.entries import Definition
from sagemaker_operator.crds.tree import Node
from tests.unit.crds import schemas

KINDS = sorted(schemas.PLURALS)

ANNOTATION_LIMIT = 256 * 1024
"""kubectl keeps the applied object in an annotation; all annotations together may have this many bytes."""


def test_files_are_current() -> None:
    """The checked-in files hold what the generator makes of the installed botocore."""
    assert command.main(["--check"]) == 0
    assert {path.name for path in command.CRD_FOLDER.glob("*.yaml")} == {each.file_name for each in overlay.ALL}


def test_output_is_the_same_in_every_process() -> None:
    """Two processes with different hash seeds write the same text."""
    code = (
        "from sagemaker_operator.crds import document, fieldmap, overlay\n"
        "print([document.to_yaml(document.build(each)) for each in overlay.ALL], "
        "fieldmap.to_json(fieldmap.build(overlay.ALL)))"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("1", "2")
    )
    assert len(first.stdout) > 50_000
    assert first.stdout == second.stdout


def test_check_names_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` fails with the name of a missing or changed file, and passes once it is written."""
    target = ["--out", str(tmp_path)]
    assert command.main(["--check", *target]) == 1
    assert capsys.readouterr().err.count("stale: ") == len(overlay.ALL)
    assert command.main(target) == 0
    assert command.main(["--check", *target]) == 0
    changed = tmp_path / overlay.TRAINING_JOB.file_name
    changed.write_text(changed.read_text(encoding="utf-8").replace("maxLength: 63", "maxLength: 64"), encoding="utf-8")
    capsys.readouterr()
    assert command.main(["--check", *target]) == 1
    error = capsys.readouterr().err
    assert str(changed) in error
    assert error.count("stale: ") == 1


def test_outside_a_checkout_it_asks_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a checkout around it the command says what to give it, and exits with 2."""
    monkeypatch.setattr(command, "CRD_FOLDER", tmp_path / "absent")
    assert command.main([]) == 2
    assert "--out DIR" in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind: str) -> None:
    """`kubectl explain` has text for every field, without markup and not longer than a screen."""
    items = re.compile(r"\[\]$")
    for path, schema in schemas.walk(schemas.root_schema(kind)):
        if path != "metadata" and not items.search(path):
            assert schema.get("description", "").strip(), path
            assert not re.search(r"</?[a-z]+>|&[a-z]+;", schema["description"]), path
            assert len(schema["description"]) <= 900, path


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_structural(kind: str) -> None:
    """Every place has one type, objects have properties, lists have items, and nothing but the status has a default."""
    for path, schema in schemas.walk(schemas.root_schema(kind)):
        assert isinstance(schema["type"], str), path
        assert "default" not in schema or path == "status", path
        if schema["type"] == "array":
            assert "items" in schema, path
        if schema["type"] == "object" and path != "metadata":
            assert schema["properties"], path
            assert set(schema.get("required", [])) <= set(schema["properties"]), path


@pytest.mark.parametrize("kind", KINDS)
def test_definition_fits_an_annotation(kind: str) -> None:
    """A definition stays below half of what a client-side `kubectl apply` may store beside it."""
    assert len(json.dumps(schemas.definition(kind)).encode()) < ANNOTATION_LIMIT / 2


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_ways_in(kind: str) -> None:
    """Names are the original's; one category lists all kinds; unknown fields are pruned; status is apart."""
    spec = schemas.definition(kind)["spec"]
    names = spec["names"]
    assert (names["kind"], names["listKind"]) == (kind, f"{kind}List")
    assert (names["plural"], names["singular"]) == (schemas.PLURALS[kind], kind.lower())
    assert names["categories"] == ["sagemaker"]
    assert names["shortNames"]
    assert spec["preserveUnknownFields"] is False
    version = spec["versions"][0]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["subresources"] == {"status": {}}


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_match_whole_values(kind: str) -> None:
    """Every pattern of the spec is anchored at both ends."""
    for path, schema in schemas.walk(schemas.spec_schema(kind)):
        if "pattern" in schema:
            assert schema["pattern"].startswith("^"), path
            assert schema["pattern"].endswith("$"), path


def test_role_pattern_is_the_shipped_one() -> None:
    """A TrainingJob's role is checked as the original's installers did, no tighter and no looser."""
    pattern = schemas.spec_schema("TrainingJob")["properties"]["roleArn"]["pattern"]
    assert pattern == r"^(?:arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)$"


def test_read_only_members_are_left_out() -> None:
    """What AWS only reports cannot be written into a spec."""
    fields = schemas.spec_schema("TrainingJob")["properties"]["resourceConfig"]["properties"]
    assert "instanceType" in fields
    assert not {"selectedInstanceType", "selectedInstanceCount"} & set(fields)


def _places(node: Node, path: str = "") -> Iterator[str]:
    """The paths of a tree, in AWS's names."""
    yield path
    for field in node.fields:
        yield from _places(field.node, f"{path}.{field.member}".removeprefix("."))
    if node.item is not None:
        yield from _places(node.item, f"{path}[]")


@pytest.mark.parametrize("definition", overlay.ALL, ids=lambda each: each.kind.name)
def test_overlay_speaks_of_places_that_exist(definition: Definition) -> None:
    """Every path of the overlay is a path of AWS's request: a renamed member would go unnoticed otherwise."""
    whole = document.request_tree(replace(definition, omitted=frozenset()))
    assert {*definition.paths, *definition.omitted} <= set(_places(whole))


@pytest.mark.parametrize("service", sorted(overlay.SHAPES))
def test_overlay_speaks_of_shapes_that_exist(service: str) -> None:
    """Every shape of the overlay is one of the service model."""
    assert set(overlay.SHAPES[service]) <= set(model.service(service).shape_names)
