"""A real API server refuses edits of what AWS cannot change, and lets everything else through."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_operator.crds import overlay
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import crd_scene
from tests.conformance.crd_scene import (
    CONFIRMED,
    KINDS,
    MERGE_PATCH,
    SAMPLES,
    place_of,
    sample_named,
    store,
    write_status,
)
from tests.unit.crds import schemas

control_plane = crd_scene.control_plane
served = crd_scene.served


def _edit(plane: ControlPlane, namespace: str, manifest: dict[str, Any], spec: dict[str, Any] | None) -> str:
    """Why the server refuses a merge patch of the spec; empty when it does not. Nothing is stored."""
    path = f"{place_of(namespace, manifest)}?dryRun=All&fieldValidation=Strict"
    try:
        plane.admin.request("PATCH", path, {"spec": spec}, content_type=MERGE_PATCH)
    except ApiError as refused:
        return str(refused)
    return ""


def _other(value: Any, schema: dict[str, Any]) -> Any:
    """A value close to the given one that the schema takes; of an object or a list the first leaf is another."""
    if isinstance(value, dict):
        name = min(value)
        return {**value, name: _other(value[name], schema["properties"][name])}
    if isinstance(value, list):
        return [_other(value[0], schema["items"]), *value[1:]]
    if isinstance(value, bool):
        return not value
    if "enum" in schema:
        return next(each for each in schema["enum"] if each != value)
    return f"{value}0" if isinstance(value, str) else value + 1


@pytest.mark.parametrize("sample", [path.stem for path in SAMPLES if "job" in path.stem.split("-")[0]])
def test_what_a_job_was_made_from_cannot_change(served: ControlPlane, namespace: str, sample: str) -> None:
    """Before a job is known to exist each field can be edited; afterwards none but the tags, and the message tells."""
    manifest = store(served, namespace, sample_named(sample))
    fields = sorted(set(manifest["spec"]) - {"tags"})
    properties = schemas.spec_schema(manifest["kind"])["properties"]
    tried = {name: {name: _other(manifest["spec"][name], properties[name])} for name in fields}
    for edit in tried.values():
        assert "cannot be changed once it exists" not in _edit(served, namespace, manifest, edit)
    write_status(served, namespace, manifest, CONFIRMED)
    for name, edit in tried.items():
        refusal = _edit(served, namespace, manifest, edit)
        assert f"spec: Forbidden: {name} of a" in refusal, refusal
        assert "cannot be changed once it exists: delete the object and create a new one" in refusal
    optional = set(fields) - set(schemas.spec_schema(manifest["kind"])["required"])
    for name in optional - {"hyperParameterTuningJobName"}:
        assert f"{name} of a" in _edit(served, namespace, manifest, {name: None})
    assert _edit(served, namespace, manifest, {"tags": [{"key": "new", "value": "tag"}]}) == ""
    assert _edit(served, namespace, manifest, {"tags": None}) == ""


@pytest.mark.parametrize("kind", ["TrainingJob", "HyperparameterTuningJob", "BatchTransformJob"])
def test_name_of_a_job_may_come_and_go(served: ControlPlane, namespace: str, kind: str) -> None:
    """The operator writes the name that it made; a name may be left out again, but never become another."""
    manifest = store(served, namespace, sample_named(kind.lower()))
    write_status(served, namespace, manifest, CONFIRMED)
    name = next(each.kind.spec_name for each in overlay.ALL if each.kind.name == kind)
    assert _edit(served, namespace, manifest, {name: "made-up"}) == ""
    served.admin.request(
        "PATCH",
        place_of(namespace, manifest),
        {"spec": {name: "made-up"}},
        content_type=MERGE_PATCH,
    )
    assert f"{name} of a" in _edit(served, namespace, manifest, {name: "another"})
    assert _edit(served, namespace, manifest, {name: None}) == ""


@pytest.mark.parametrize("kind", ["ProcessingJob", "HyperparameterTuningJob", "BatchTransformJob"])
def test_spec_of_a_job_cannot_go(served: ControlPlane, namespace: str, kind: str) -> None:
    """Where an object may be without a spec, one that made a job keeps it."""
    manifest = store(served, namespace, sample_named(kind.lower()))
    assert _edit(served, namespace, manifest, None) == ""
    write_status(served, namespace, manifest, CONFIRMED)
    assert "spec: Forbidden: " in _edit(served, namespace, manifest, None)


@pytest.mark.parametrize(
    ("sample", "fixed", "free"),
    [
        (
            "hostingdeployment-named",
            {"region": "eu-west-1", "endpointName": "other", "sageMakerEndpoint": "https://example.com"},
            {"kmsKeyId": "alias/other", "tags": None, "retainAllVariantProperties": True},
        ),
        (
            "model-more",
            {"region": "eu-west-1", "sageMakerEndpoint": None},
            {"enableNetworkIsolation": False, "tags": [{"key": "a", "value": "b"}]},
        ),
        (
            "endpointconfig",
            {"region": "eu-west-1", "sageMakerEndpoint": "https://example.com"},
            {"kmsKeyId": "alias/other", "tags": None},
        ),
        (
            "hostingautoscalingpolicy",
            {"region": "eu-west-1"},
            {
                "sageMakerEndpoint": "https://example.com",
                "policyName": "other",
                "maxCapacity": 9,
                "scalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
                "serviceNamespace": "sagemaker",
                "resourceId": [{"endpointName": "e", "variantName": "v"}],
            },
        ),
    ],
)
def test_where_a_resource_is_cannot_change(
    served: ControlPlane, namespace: str, sample: str, fixed: dict[str, Any], free: dict[str, Any]
) -> None:
    """What hosting kinds stand for is replaced or updated after an edit, but stays where it is."""
    manifest = store(served, namespace, sample_named(sample))
    assert not any("cannot be changed" in _edit(served, namespace, manifest, {name: fixed[name]}) for name in fixed)
    write_status(served, namespace, manifest, CONFIRMED)
    for name, value in fixed.items():
        assert f"{name} of a" in _edit(served, namespace, manifest, {name: value})
    for name, value in free.items():
        assert _edit(served, namespace, manifest, {name: value}) == ""


def test_large_object_is_within_the_budget_of_the_rules(served: ControlPlane, namespace: str) -> None:
    """A confirmed job with a megabyte of hyperparameters can be edited, and its status and metadata written."""
    manifest = sample_named("trainingjob")
    manifest["spec"]["hyperParameters"] = [{"name": f"p{number}", "value": "x" * 2500} for number in range(400)]
    store(served, namespace, manifest)
    write_status(served, namespace, manifest, {**CONFIRMED, "trainingJobStatus": "InProgress"})
    write_status(served, namespace, manifest, {"trainingJobStatus": "Completed"})
    assert _edit(served, namespace, manifest, {"tags": [{"key": "new", "value": "tag"}]}) == ""
    patch = {"metadata": {"annotations": {"a": "b"}, "finalizers": ["example.com/held"]}}
    served.admin.request("PATCH", place_of(namespace, manifest), patch, content_type=MERGE_PATCH)
    manifest["spec"]["hyperParameters"][399]["value"] = "y" * 2500
    refusal = _edit(served, namespace, manifest, {"hyperParameters": manifest["spec"]["hyperParameters"]})
    assert "hyperParameters of a training job cannot be changed" in refusal


@pytest.mark.parametrize("kind", KINDS)
def test_status_and_metadata_are_written_whatever_the_object_is(
    served: ControlPlane, namespace: str, kind: str
) -> None:
    """The rules never stand in the way of the operator's writes: not of a status, a finalizer or a first note."""
    manifest = store(served, namespace, sample_named(kind.lower()))
    place = place_of(namespace, manifest)
    statuses: list[dict[str, Any]] = [
        {},
        {"operatorState": {}},
        {"operatorState": {"createConfirmed": False}},
        CONFIRMED,
        CONFIRMED,
    ]
    for status in statuses:
        write_status(served, namespace, manifest, status)
        patch: dict[str, Any] = {"metadata": {"annotations": {"step": str(status)}, "finalizers": ["example.com/held"]}}
        served.admin.request("PATCH", place, patch, content_type=MERGE_PATCH)
    served.admin.request("DELETE", place)
    write_status(served, namespace, manifest, {"additional": "on its way"})
    patch = {"metadata": {"finalizers": None}}
    served.admin.request("PATCH", place, patch, content_type=MERGE_PATCH)
