"""The objects of one collection as last seen, shared between the reflector and the workers. No I/O.

The cache never goes back: neither an event nor a list that is older than an own write may hide that write, because
a worker acting on the older object would repeat what it has just done. Versions are compared as integers, which
Kubernetes guarantees for objects of one resource since 1.35 and which has held for every API server that stores in
etcd. A version that is no integer is never judged to be older: events then count in the order of their arrival, and
own writes are not put in (a worker acting on a stale object is then stopped by the API server, with a conflict).
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

if TYPE_CHECKING:
    from smkube.kube import envelope


class ChangeType(enum.Enum):
    """What happened to an object."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the cache; `old` is None for ADDED and `new` is None for DELETED."""

    type: ChangeType
    old: envelope.Object | None
    new: envelope.Object | None


class Objects(Protocol):
    """What those see of a cache who work with its objects; see the methods of Cache."""

    def get(self, key: str) -> envelope.Object | None:
        """The object, or None."""

    def items(self) -> list[tuple[str, envelope.Object]]:
        """Keys and objects at this moment."""

    def put_newer(self, obj: envelope.Object) -> bool:
        """Take in the object that an own write returned."""


class Cache:
    """Objects by `namespace/name`; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[str, envelope.Object] = {}
        self._position = ""

    def get(self, key: str) -> envelope.Object | None:
        """The object as last seen or last written by us, or None."""
        with self._lock:
            return self._objects.get(key)

    def keys(self) -> list[str]:
        """The keys at this moment."""
        with self._lock:
            return list(self._objects)

    def items(self) -> list[tuple[str, envelope.Object]]:
        """Keys and objects at this moment."""
        with self._lock:
            return list(self._objects.items())

    def __len__(self) -> int:
        """How many objects there are."""
        with self._lock:
            return len(self._objects)

    @property
    def position(self) -> str:
        """The resourceVersion up to which the API server's changes are known; empty before the first list."""
        with self._lock:
            return self._position

    def put_newer(self, obj: envelope.Object) -> bool:
        """Take in the object that an own write returned, so that no worker acts on an older one.

        Only for conditional writes (with `metadata.resourceVersion`): an unconditional one may carry somebody
        else's change along, whose event would then be taken for known.

        Returns:
            Whether the cache holds it now. It does not when the watch has already brought it or something newer,
            a deletion included.
        """
        with self._lock:
            known = self._objects.get(obj.key)
            # An object that is not here although the watch is past its version has been deleted since.
            floor = known.metadata.resource_version if known is not None else self._position
            if not _newer(obj.metadata.resource_version, floor):
                return False
            self._objects[obj.key] = obj
            return True

    def apply(self, obj: envelope.Object, *, deleted: bool = False) -> list[Change]:
        """Take in an object from a watch event.

        Returns:
            What changed: nothing when the cache was as new already; a deletion and an addition when another
            object has taken the name.
        """
        with self._lock:
            self._advance(obj.metadata.resource_version)
            if not deleted:
                return self._upsert(obj)
            known = self._objects.get(obj.key)
            if known is None or _newer(known.metadata.resource_version, obj.metadata.resource_version):
                return []
            return self._remove(obj.key)

    def apply_listed(self, obj: envelope.Object) -> list[Change]:
        """Take in an object from a list; otherwise as `apply`."""
        with self._lock:
            return self._upsert(obj)

    def finish_list(self, version: str, present: AbstractSet[str]) -> list[Change]:
        """End a list: drop what it does not hold.

        Args:
            version: the list's resourceVersion.
            present: keys of the objects in it.

        Returns:
            The deletions that were missed. Objects written after the list was taken stay.
        """
        with self._lock:
            gone = [
                key
                for key, obj in self._objects.items()
                if key not in present and not _newer(obj.metadata.resource_version, version)
            ]
            self._position = version
            return [change for key in gone for change in self._remove(key)]

    def begin_list(self, version: str) -> None:
        """Prepare for a list of this resourceVersion.

        A list can only be older than what is known when the server's storage was put back to an earlier state;
        the versions held here then belong to a history that is no more, and are cleared so that the list wins.
        """
        with self._lock:
            if _older(version, self._position):
                self._objects = {key: _without_version(obj) for key, obj in self._objects.items()}
                self._position = ""

    def advance(self, version: str) -> None:
        """Note that all changes up to this resourceVersion are known (a bookmark)."""
        with self._lock:
            self._advance(version)

    def _advance(self, version: str) -> None:
        if version and not _older(version, self._position):
            self._position = version

    def _upsert(self, obj: envelope.Object) -> list[Change]:
        known = self._objects.get(obj.key)
        if known is not None and not _follows(obj, known):
            return []
        self._objects[obj.key] = obj
        if known is None:
            return [Change(ChangeType.ADDED, None, obj)]
        if known.metadata.uid != obj.metadata.uid:
            return [Change(ChangeType.DELETED, known, None), Change(ChangeType.ADDED, None, obj)]
        return [Change(ChangeType.MODIFIED, known, obj)]

    def _remove(self, key: str) -> list[Change]:
        known = self._objects.pop(key, None)
        return [] if known is None else [Change(ChangeType.DELETED, known, None)]


def _follows(obj: envelope.Object, known: envelope.Object) -> bool:
    new, old = obj.metadata.resource_version, known.metadata.resource_version
    return new != old and not _older(new, old)


def _newer(version: str, than: str) -> bool:
    return version.isdecimal() and (not than or (than.isdecimal() and int(version) > int(than)))


def _older(version: str, than: str) -> bool:
    return version.isdecimal() and than.isdecimal() and int(version) < int(than)


def _without_version(obj: envelope.Object) -> envelope.Object:
    return replace(obj, metadata=replace(obj.metadata, resource_version=""))
