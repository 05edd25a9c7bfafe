"""Other objects of the namespace, as one pass sees them: found in the caches, written through the API server.

What a pass has written itself counts before the caches, which hear of it a moment later. Nothing is put into the
caches here: the watch event has to wake the other object's own controller.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sagemaker_operator import steps
from sagemaker_operator.facts import Related
from smkube import kinds
from smkube.errors import KubeError
from smkube.kube import envelope
from smkube.kube.client import MERGE_PATCH

if TYPE_CHECKING:
    from sagemaker_operator.engine.cache import Objects
    from smkube.kube.client import Client

Key = tuple[str, str]
"""Kind and name."""


class Neighbours:
    """Finds and writes other objects, for one pass.

    Args:
        client: requests to the API server.
        caches: the caches by kind.
        namespace: the namespace of the pass's object.
    """

    def __init__(self, client: Client, caches: Mapping[str, Objects], namespace: str) -> None:
        self._client = client
        self._caches = caches
        self._namespace = namespace
        self._written: dict[Key, Related | None] = {}

    def find(self, step: steps.Find) -> tuple[Related, ...]:
        """The objects that a `Find` asks for, by name."""
        found = {related.name: related for related in self._cached(step)}
        for (kind, name), related in self._written.items():
            if kind != step.kind:
                continue
            found.pop(name, None)
            if related is not None and _fits(step, related):
                found[name] = related
        return tuple(found[name] for name in sorted(found))

    def create(self, step: steps.CreateObject) -> None:
        """Create an object.

        Raises:
            KubeError: the server refused (one of the name exists: a conflict), or was not reached.
        """
        kind = kinds.BY_NAME[step.kind]
        body = {
            "apiVersion": kinds.API_VERSION,
            "kind": kind.name,
            "metadata": {**step.metadata, "namespace": self._namespace},
            "spec": dict(step.spec),
        }
        answer = self._client.request("POST", kinds.resource_path(kind, self._namespace), body=body)
        self._note(kind.name, envelope.obj(answer))

    def patch(self, step: steps.PatchObject) -> None:
        """Patch an object as it was found.

        Raises:
            KubeError: the server refused (it has changed since: a conflict), or was not reached.
        """
        related = step.related
        metadata = {**step.body.get("metadata", {}), "resourceVersion": related.resource_version}
        with _gone_is_a_conflict():
            answer = self._client.request(
                "PATCH", self._path(related), body={**step.body, "metadata": metadata}, content_type=MERGE_PATCH
            )
        self._note(related.kind, envelope.obj(answer))

    def delete(self, step: steps.DeleteObject) -> None:
        """Ask for an object to go.

        Raises:
            KubeError: the server refused (it is another one by now: a conflict), or was not reached.
        """
        related = step.related
        with _gone_is_a_conflict():
            body = {"preconditions": {"uid": related.uid}}
            answer = envelope.obj(self._client.request("DELETE", self._path(related), body=body))
        # An object that nothing holds is gone at once, and a Status comes back in its place.
        if answer.metadata.deletion_timestamp:
            self._note(related.kind, answer)
        else:
            self._written[related.kind, related.name] = None

    def _path(self, related: Related) -> str:
        return kinds.resource_path(kinds.BY_NAME[related.kind], self._namespace, related.name)

    def _note(self, kind: str, obj: envelope.Object) -> None:
        self._written[kind, obj.metadata.name] = related_of(kind, obj)

    def _cached(self, step: steps.Find) -> Iterator[Related]:
        cache = self._caches.get(step.kind)
        if cache is None:
            return
        if step.names is not None:
            objects = [cache.get(f"{self._namespace}/{name}") for name in step.names]
        else:
            objects = [obj for _key, obj in cache.items() if obj.metadata.namespace == self._namespace]
        for obj in objects:
            # Spec and status are decoded only for those that fit.
            if obj is not None and _may_fit(step, obj.metadata):
                yield related_of(step.kind, obj)


@contextlib.contextmanager
def _gone_is_a_conflict() -> Iterator[None]:
    """Another object that is gone by now was decided on from an old cache; only the pass's own object ends a pass."""
    try:
        yield
    except KubeError as error:
        if not error.not_found:
            raise
        raise KubeError(409, "Conflict", str(error)) from error


def related_of(kind: str, obj: envelope.Object) -> Related:
    """An object as a decision sees it."""
    meta = obj.metadata
    return Related(
        kind=kind,
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        deleting=bool(meta.deletion_timestamp),
        finalizers=meta.finalizers,
        labels=meta.labels,
        annotations=meta.annotations,
        owner=meta.controller.uid if meta.controller else "",
        spec=obj.spec_dict(),
        status=obj.status_dict(),
    )


def _may_fit(step: steps.Find, meta: envelope.Metadata) -> bool:
    owner = meta.controller.uid if meta.controller else ""
    return (not step.owner or owner == step.owner) and _carries(step.labels, meta.labels)


def _fits(step: steps.Find, related: Related) -> bool:
    named = step.names is None or related.name in step.names
    return named and (not step.owner or related.owner == step.owner) and _carries(step.labels, related.labels)


def _carries(wanted: Mapping[str, str], labels: Mapping[str, Any]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())
