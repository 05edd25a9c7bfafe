"""The caches of one kind, one for each namespace that is watched, seen as one. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagemaker_operator.engine.cache import Cache
    from smkube.kube import envelope


class Gathered:
    """Objects of several namespaces.

    Each namespace's cache is filled by a reflector of its own: a collection of the API server has one position in its
    history, and the collections of two namespaces are read independently.

    Args:
        parts: the caches by namespace.
    """

    def __init__(self, parts: Mapping[str, Cache]) -> None:
        self._parts = dict(parts)

    def get(self, key: str) -> envelope.Object | None:
        """The object as last seen or last written by us; None where its namespace is not watched."""
        part = self._of(key)
        return None if part is None else part.get(key)

    def items(self) -> list[tuple[str, envelope.Object]]:
        """Keys and objects at this moment, namespace after namespace."""
        return [item for part in self._parts.values() for item in part.items()]

    def put_newer(self, obj: envelope.Object) -> bool:
        """Take in the object that an own write returned; see Cache.put_newer. Never one of a foreign namespace."""
        part = self._of(obj.key)
        return part is not None and part.put_newer(obj)

    def _of(self, key: str) -> Cache | None:
        return self._parts.get(key.partition("/")[0])
