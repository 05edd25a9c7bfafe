"""Objects, and an API server made of a dictionary, for the tests of how the plugin finds and shows things."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from kubectl_smlogs.finding import Cluster
from kubectl_smlogs.resources import TRAINING_JOB, Resource
from kubectl_smlogs.target import Target, read
from smkube.errors import KubeError
from smkube.kube.client import Client

Answer = Mapping[str, Any] | KubeError


def obj(
    name: str = "x", spec: Mapping[str, Any] | None = None, status: Mapping[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    """A custom resource as the API server has it."""
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": "7", **metadata},
        "spec": dict(spec or {}),
        "status": dict(status or {}),
    }


def target(
    resource: Resource = TRAINING_JOB,
    name: str = "x",
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> Target:
    """The same, read."""
    return read(resource, obj(name, spec, status, **metadata))


def not_found(resource: Resource, name: str) -> KubeError:
    """What the API server says of an object that is not there."""
    return KubeError(404, "NotFound", f'{resource.full} "{name}" not found')


def unserved() -> KubeError:
    """What it says of a kind that it does not know."""
    return KubeError(404, "NotFound", "the server could not find the requested resource")


def forbidden(resource: Resource, name: str = "x") -> KubeError:
    """What it says without the right."""
    return KubeError(403, "Forbidden", f'{resource.full} "{name}" is forbidden: User "u" cannot get it')


class Server:
    """Answers by path and label selector; what it was never told of is not found.

    Attributes:
        asked: the requests, in order.
        arriving: what each watch does before its lines come, and the types of its events.
    """

    class Connection:
        """For error texts."""

        host = "https://api.test"

    def __init__(self, *, served: tuple[Resource, ...] = (TRAINING_JOB,)) -> None:
        self.connection = self.Connection()
        self.served = served
        self.objects: dict[str, Answer] = {}
        self.lists: dict[str, list[dict[str, Any]] | KubeError] = {}
        self.asked: list[str] = []
        self.arriving: list[Callable[[], list[str]] | KubeError] = []

    @property
    def client(self) -> Client:
        """It, in place of a client."""
        return cast("Client", self)

    def cluster(self, namespace: str = "ns", context: str = "") -> Cluster:
        """It, as the command line chose it."""
        return Cluster(self.client, namespace, context)

    def put(self, resource: Resource, one: Mapping[str, Any], namespace: str = "ns") -> None:
        """Have an object, also in lists."""
        self.objects[resource.path(namespace, one["metadata"]["name"])] = one
        listed = self.lists.setdefault(resource.path(namespace), [])
        assert isinstance(listed, list)
        listed.append(dict(one))

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """An object, or a list."""
        self.asked.append(path)
        answer = self.objects.get(path)
        if isinstance(answer, KubeError):
            raise answer
        if answer is not None:
            return answer
        resource, name = self._meant(path)
        if resource is None:
            raise unserved()
        if name:
            raise not_found(resource, name)
        return {"items": self._listed(path, dict(query or {}))}

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """A list in pages of two."""
        self.asked.append(path)
        resource, _ = self._meant(path)
        if resource is None:
            raise unserved()
        items = self._listed(path, dict(query or {}))
        for start in range(0, max(1, len(items)), 2):
            yield json.dumps({"items": items[start : start + 2]}).encode()

    @contextlib.contextmanager
    def stream(self, path: str, query: Mapping[str, Any], *, seconds: int) -> Iterator[list[bytes]]:
        """A watch."""
        assert seconds >= 1
        self.asked.append(f"watch {path} {dict(query)}")
        next_one = self.arriving.pop(0)
        if isinstance(next_one, KubeError):
            raise next_one
        yield [json.dumps({"type": kind}).encode() for kind in next_one()]

    def _listed(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.lists.get(path, [])
        if isinstance(found, KubeError):
            raise found
        key, _, value = query.get("labelSelector", "").partition("=")
        wanted = query.get("fieldSelector", "metadata.name=").removeprefix("metadata.name=")
        return [
            one
            for one in found
            if (not key or one["metadata"].get("labels", {}).get(key) == value)
            and (not wanted or one["metadata"]["name"] == wanted)
        ]

    def _meant(self, path: str) -> tuple[Resource | None, str]:
        for resource in self.served:
            head, plural, name = path.partition(f"/{resource.plural}")
            if plural and head.startswith(f"/apis/{resource.api_version}"):
                return resource, name.lstrip("/")
        return None, ""
