"""What the tests of HostingDeployments share: specs, and a deployment's children and requests."""

from __future__ import annotations

import itertools
from typing import Any

from smkube.kinds import HOSTING_DEPLOYMENT, Kind
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.conformance import specs
from tests.conformance.operator_scene import Object, Scene, generated
from tests.conformance.specs import IMAGE, ROLE
from tests.stack.stack import Stack
from tests.stack.waiting import until

KIND = HOSTING_DEPLOYMENT
BAD_ROLE = "arn:aws:iam::123456789012:role/nobody-has-it"
_COUNTER = itertools.count(1)


def namespace(operator_stack: Stack, control_plane: ControlPlane, name: str) -> Scene:
    """A namespace and a region for a crowd of deployments."""
    control_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    scene = Scene(operator_stack, control_plane, name, f"us-{name}-1")
    scene.control.settings(missing_roles=[BAD_ROLE])
    return scene


def container(**more: Any) -> Object:
    """A container of a model."""
    return {"containerHostname": "one", "image": IMAGE, "modelDataUrl": "s3://bucket/model.tar.gz", **more}


def entry(name: str, *containers: Object, **more: Any) -> Object:
    """An entry of `models`."""
    return {"name": name, "executionRoleArn": ROLE, "containers": list(containers) or [container()], **more}


def deployment(name: str, **more: Any) -> Object:
    """Fields of a spec with one model that is called as the deployment."""
    return {"models": [entry(name)], "productionVariants": [specs.variant(name)], **more}


def children(scene: Scene, kind: Kind, name: str) -> list[Object]:
    """The Model or EndpointConfig objects of a deployment."""
    parent = scene.get(KIND, name)
    uid = parent["metadata"]["uid"] if parent else ""
    return [
        obj
        for obj in scene.all(kind)
        if any(one["uid"] == uid for one in obj["metadata"].get("ownerReferences", ()))
        and "deletionTimestamp" not in obj["metadata"]
    ]


def about(scene: Scene, name: str) -> list[str]:
    """The operations so far that changed something about a deployment of the crowd, its children's included."""
    return [operation for operation, named in scene.changes() if f"{name}-" in named]


def count_of(scene: Scene, name: str, operation: str) -> int:
    """How often an operation was asked for."""
    return about(scene, name).count(operation)


def endpoint_of(scene: Scene, name: str) -> Object:
    """The endpoint of a deployment as the stand-in has it."""
    found = scene.hosted("endpoints", generated(scene.until(KIND, name, lambda _: True, name)))
    assert found is not None, name
    return found


def config_of(scene: Scene, name: str) -> Object:
    """The request for the endpoint configuration that a deployment's endpoint has."""
    found = scene.hosted("endpoint_configs", endpoint_of(scene, name)["config"])
    assert found is not None, name
    return dict(found["request"])


def model_of(scene: Scene, name: str) -> Object:
    """The request for the model of a deployment's first variant."""
    found = scene.hosted("models", config_of(scene, name)["ProductionVariants"][0]["ModelName"])
    assert found is not None, name
    return dict(found["request"])


def named(obj: Object, name: str) -> bool:
    """Whether an object is a child of a deployment of this name, by the original's labels."""
    return bool(obj["metadata"].get("labels", {}).get("owner_HostingDeployment_name") == name)


def two_instances(name: str) -> Object:
    """An edit that SageMaker sees."""
    return {"productionVariants": [specs.variant(name, initialInstanceCount=2)]}


def nudge(scene: Scene, name: str) -> None:
    """Have a deployment looked at now: the pause between looks at an endpoint that goes away is made for real ones."""
    try:
        scene.annotate(KIND, name, reconcile_now=str(next(_COUNTER)))
    except ApiError as error:
        if error.status != 404:
            raise


def until_gone(scene: Scene, name: str, endpoint: str) -> None:
    """Wait until an endpoint is gone, and then its deployment."""
    until(lambda: scene.hosted("endpoints", endpoint) is None, f"{endpoint} to go")
    nudge(scene, name)
    scene.until_gone(KIND, name)
