"""Our CustomResourceDefinitions over those that the Go operator's installer left, with objects that are there already.

Its definitions were v1beta1 and pruned nothing. No API server of today takes such a one, but it stores them in that
version still, so they are written into etcd.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smkube.kinds import ALL, FINALIZER, GROUP, TRAINING_JOB, Kind, resource_path
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import specs
from tests.conformance.adoption import etcd
from tests.conformance.adoption.served import until_served
from tests.conformance.operator_scene import MERGE
from tests.stack.waiting import until

CRDS = Path(__file__).resolve().parents[2] / "packaging" / "crds"
NAME, REGION = "old", "us-east-1"
EVERY = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

Object = dict[str, Any]


@pytest.fixture(scope="module")
def before() -> dict[str, Object]:
    """The objects as they were under the Go operator's definitions, by kind."""
    return {}


@pytest.fixture(scope="module")
def plane(
    cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory, before: dict[str, Object]
) -> Iterator[ControlPlane]:
    """A control plane whose definitions and objects are the Go operator's, with ours applied over them."""
    with ControlPlane(tmp_path_factory.mktemp("upgrade"), cluster_binaries) as made:
        for kind in ALL:
            etcd.put_definition(made.data, etcd.original_definition(kind, str(uuid.uuid4())))
        until_served(made)
        for kind in ALL:
            before[kind.name] = _create(made, kind)
        made.kubectl("apply", "-f", str(CRDS))
        until(lambda: all(_prunes(made, kind) for kind in ALL), "our definitions to be in force")
        yield made


def _create(plane: ControlPlane, kind: Kind) -> Object:
    """An object with fields that no definition has, in spec and status, and with a status of the Go operator's."""
    spec = {**specs.SPECS[kind.name](REGION), "unknownField": {"deep": [1, 2]}}
    body = {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind.name,
        "metadata": {"name": NAME, "finalizers": [FINALIZER]},
        "spec": spec,
    }
    plane.admin.request("POST", resource_path(kind, "default"), body)
    path = resource_path(kind, "default", NAME, "status")
    status = {kind.status_word: "Created", kind.status_name: "name", "additional": "", "unknownField": "x"}
    return dict(plane.admin.request("PATCH", path, {"status": status}, content_type=MERGE))


def _prunes(plane: ControlPlane, kind: Kind) -> bool:
    """Whether the API server leaves out what our definition does not have."""
    found = plane.admin.request("GET", resource_path(kind, "default", NAME))
    return "unknownField" not in found["spec"]


@EVERY
def test_the_old_definition_stored_everything(plane: ControlPlane, before: dict[str, Object], kind: Kind) -> None:
    """The starting point is real: unknown fields were in the objects."""
    assert plane.died() is None
    assert before[kind.name]["spec"]["unknownField"] == {"deep": [1, 2]}
    assert before[kind.name]["status"]["unknownField"] == "x"


@EVERY
def test_our_definition_takes_the_place_of_the_old_one(plane: ControlPlane, kind: Kind) -> None:
    """The same object, of the same UID and stored version; unknown fields are pruned from now on."""
    found = plane.admin.request("GET", f"{DEFINITIONS}/{kind.resource}")

    assert found["spec"].get("preserveUnknownFields", False) is False
    assert found["status"]["storedVersions"] == ["v1"]
    established = {one["type"]: one["status"] for one in found["status"]["conditions"]}
    assert established["Established"] == "True"
    assert "NonStructuralSchema" not in established
    assert etcd.stored_definition(plane.data, kind.resource)["metadata"]["uid"] == found["metadata"]["uid"]


@EVERY
def test_objects_stay_what_they_were(plane: ControlPlane, before: dict[str, Object], kind: Kind) -> None:
    """Known fields, generation, finalizers and status are as before; only what nobody knows is left out."""
    found = plane.admin.request("GET", resource_path(kind, "default", NAME))
    old = before[kind.name]

    assert found["spec"] == {name: value for name, value in old["spec"].items() if name != "unknownField"}
    assert found["metadata"]["generation"] == old["metadata"]["generation"]
    assert found["metadata"]["uid"] == old["metadata"]["uid"]
    assert found["metadata"]["finalizers"] == [FINALIZER]
    kept = {name: value for name, value in old["status"].items() if name != "unknownField"}
    assert {name: found["status"][name] for name in kept} == kept


@EVERY
def test_objects_can_be_written_without_a_new_generation(plane: ControlPlane, kind: Kind) -> None:
    """What the operator writes at the take-over (status, metadata) rolls nothing: the generation stays."""
    path = resource_path(kind, "default", NAME)
    generation = plane.admin.request("GET", path)["metadata"]["generation"]

    plane.admin.request("PATCH", path, {"metadata": {"annotations": {"example.com/a": "1"}}}, content_type=MERGE)
    status = {"status": {"observedGeneration": generation}}
    found = plane.admin.request("PATCH", f"{path}/status", status, content_type=MERGE)

    assert found["metadata"]["generation"] == generation
    assert found["status"]["observedGeneration"] == generation


def test_an_unknown_field_is_refused_by_kubectl_now(plane: ControlPlane) -> None:
    """With a published schema kubectl complains about what it would have sent before."""
    spec = specs.training(REGION)
    body = {"apiVersion": f"{GROUP}/v1", "kind": "TrainingJob", "metadata": {"name": "new"}, "spec": spec}
    path = f"{resource_path(TRAINING_JOB, 'default')}?fieldValidation=Strict"

    with pytest.raises(ApiError, match="unknown field"):
        plane.admin.request("POST", path, {**body, "spec": {**spec, "unknownField": 1}})
