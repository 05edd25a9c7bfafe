"""A control plane with the generated definitions, and ways to try objects out on it."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.unit.crds import schemas

GROUP = "sagemaker.aws.amazon.com"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = sorted(schemas.PLURALS)
SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("*.yaml"))
MERGE_PATCH = "application/merge-patch+json"
CONFIRMED = {"operatorState": {"createConfirmed": True}}
"""Status of an object that is known to exist at AWS."""


@pytest.fixture(scope="module")
def control_plane(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane for each module that takes this fixture over: the operator of the others' writes to objects."""
    with ControlPlane(tmp_path_factory.mktemp("cluster"), cluster_binaries) as plane:
        yield plane


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane) -> ControlPlane:
    """The control plane with our definitions, applied as a user would and ready to be used."""
    _serve(control_plane)
    return control_plane


def _serve(plane: ControlPlane) -> None:
    applied = plane.kubectl("apply", "--validate=strict", "-f", str(schemas.CRD_FOLDER))
    assert "Warning" not in applied.stderr
    for plural in schemas.PLURALS.values():
        _wait_established(plane, f"{plural}.{GROUP}")
    _wait_documented(plane)


def _wait_established(plane: ControlPlane, name: str) -> None:
    """Watches a definition until it is served (`kubectl wait` fails while it has no conditions at all)."""
    watch = f"{DEFINITIONS}?watch=1&fieldSelector=metadata.name={name}&timeoutSeconds=30"
    for line in plane.admin.lines(watch):
        conditions = json.loads(line)["object"].get("status", {}).get("conditions") or []
        if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
            return
    pytest.fail(f"{name} was not established within 30 s")


def _wait_documented(plane: ControlPlane) -> None:
    """Waits until the server has published the schemas that `kubectl explain` reads; it has no watch for that."""
    deadline = time.monotonic() + 30
    while not set(KINDS) <= _documented(plane):
        assert time.monotonic() < deadline, "the schemas were not published within 30 s"
        time.sleep(0.05)


def _documented(plane: ControlPlane) -> set[str]:
    """The last parts of the names of our group's published schemas."""
    # The server calls this list plain text.
    place = json.loads(plane.admin.request("GET", "/openapi/v3"))["paths"].get(f"apis/{GROUP}/v1")
    if place is None:
        return set()
    published = plane.admin.request("GET", place["serverRelativeURL"])["components"]["schemas"]
    return {name.rpartition(".")[2] for name in published}


def sample_named(name: str) -> dict[str, Any]:
    """A shipped sample."""
    sample: dict[str, Any] = yaml.safe_load((schemas.SAMPLE_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return sample


def path_of(namespace: str, manifest: dict[str, Any], query: str = "") -> str:
    """Where the objects of a manifest's kind are."""
    return f"/apis/{GROUP}/v1/namespaces/{namespace}/{schemas.PLURALS[manifest['kind']]}{query}"


def sample_with(name: str, path: str, value: Any) -> dict[str, Any]:
    """A sample with one field of its spec set, or taken away when the value is None."""
    manifest = copy.deepcopy(sample_named(name))
    place = manifest["spec"]
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return manifest


def try_create(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the server answers to a create that is checked and not stored."""
    answer: dict[str, Any] = plane.admin.request(
        "POST", path_of(namespace, manifest, "?dryRun=All&fieldValidation=Strict"), manifest
    )
    return answer


def why_refused(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> str:
    """Why the server refuses a create; empty when it does not."""
    try:
        try_create(plane, namespace, manifest)
    except ApiError as refused:
        return str(refused)
    return ""


def store(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The object as the server stored it."""
    stored: dict[str, Any] = plane.admin.request("POST", path_of(namespace, manifest), manifest)
    return stored


def place_of(namespace: str, manifest: dict[str, Any]) -> str:
    """Where a manifest's object is."""
    return f"{path_of(namespace, manifest)}/{manifest['metadata']['name']}"


def write_status(plane: ControlPlane, namespace: str, manifest: dict[str, Any], status: dict[str, Any]) -> None:
    """Writes some fields of an object's status, as the operator does."""
    path = f"{place_of(namespace, manifest)}/status"
    plane.admin.request("PATCH", path, {"status": status}, content_type=MERGE_PATCH)
