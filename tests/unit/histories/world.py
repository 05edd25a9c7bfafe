"""The cluster in memory: objects of all kinds behind the API server's rules, as far as the operator can notice them.

Held to: versions and conflicts, generations, finalizers, preconditions, merge patches, the status subresource, and
the history of changes from which watches are served, until it is compacted. Schemas and CEL rules are tried against the
real API server.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from sagemaker_operator.crds import immutable
from smkube import kinds
from smkube.errors import KubeError
from smkube.kube import envelope

NAMESPACE = "ns"

ALL_KINDS = (
    kinds.TRAINING_JOB,
    kinds.PROCESSING_JOB,
    kinds.TUNING_JOB,
    kinds.BATCH_TRANSFORM_JOB,
    kinds.MODEL,
    kinds.ENDPOINT_CONFIG,
    kinds.HOSTING_DEPLOYMENT,
    kinds.AUTOSCALING_POLICY,
)
_BY_NAME = {kind.name: kind for kind in ALL_KINDS}
_BY_PLURAL = {kind.plural: kind.name for kind in ALL_KINDS}

Stored = dict[str, Any]
"""An object as JSON."""
Place = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of one object, as a line of a watch; of a deletion with the version at which the object went."""

    version: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """An object that is no more."""

    kind: str
    stored: Stored


@dataclass
class Cluster:
    """The API server and its storage.

    Args:
        rng: for UIDs.
        clock: seconds since 1970.
        on_gone: told of each object that is to go and that the operator has let go, or never held.
        on_write: told of each of the operator's writes to an object: kind, the object before and after.
        admits: whether edits are let through that the schemas' transition rules refuse, as by older definitions.
    """

    rng: random.Random
    clock: Callable[[], float]
    admits: bool = True
    on_gone: Callable[[str, Stored], None] = lambda _kind, _stored: None
    on_write: Callable[[str, Stored, Stored], None] = lambda _kind, _before, _after: None
    objects: dict[Place, Stored] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    events: dict[str, deque[Event]] = field(default_factory=lambda: {kind.name: deque() for kind in ALL_KINDS})
    """The history of each kind, as far as it is not compacted."""
    latest: Counter[str] = field(default_factory=Counter)
    """The version of each kind's last change."""
    compacted: int = 0
    """A watch that is to go on from before this version is told to list anew (410)."""
    writes: int = 0
    """Requests of the operator that write; an identical patch counts."""
    writes_to: Counter[Place] = field(default_factory=Counter)
    last_write: str = ""
    version: int = 1

    # --- for users and checks ------------------------------------------------------------------------------------

    def get(self, kind: str, name: str, namespace: str = NAMESPACE) -> Stored | None:
        """An object, or None."""
        return self.objects.get((kind, namespace, name))

    def of(self, kind: str) -> Iterator[Stored]:
        """All objects of a kind, by name."""
        return (stored for place, stored in sorted(self.objects.items()) if place[0] == kind)

    def apply(
        self,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        *,
        annotations: Mapping[str, str] | None = None,
        namespace: str = NAMESPACE,
    ) -> None:
        """Create an object, or edit one: the spec becomes this one, as far as admission lets it.

        A field that may not change keeps its value.
        """
        place = (kind, namespace, name)
        found = self.objects.get(place)
        if found is None:
            self.create(kind, {"metadata": {"name": name, "annotations": dict(annotations or {})}, "spec": spec})
        else:
            self._store(place, {**_copy(found), "spec": self._admitted(kind, found, _copy(dict(spec)))}, found)

    def annotate(self, kind: str, name: str, key: str, value: str | None, namespace: str = NAMESPACE) -> None:
        """Set an annotation, or take it off."""
        place = (kind, namespace, name)
        if place in self.objects:
            self.patch(place, {"metadata": {"annotations": {key: value}}})

    def label(self, kind: str, name: str, labels: Mapping[str, str | None], namespace: str = NAMESPACE) -> None:
        """Set labels, or take them off."""
        self.patch((kind, namespace, name), {"metadata": {"labels": dict(labels)}})

    def hold(self, place: Place, finalizer: str) -> None:
        """Put somebody else's finalizer on an object that is not to go yet."""
        meta = self.objects[place]["metadata"]
        if not meta.get("deletionTimestamp"):
            self.patch(place, {"metadata": {"finalizers": [*(meta.get("finalizers") or ()), finalizer]}})

    def let_go(self, place: Place, finalizer: str) -> None:
        """Take somebody else's finalizer off."""
        have = self.objects[place]["metadata"].get("finalizers") or []
        if finalizer in have:
            self.patch(place, {"metadata": {"finalizers": [one for one in have if one != finalizer]}})

    def put(self, kind: str, stored: Stored) -> None:
        """An object as another program left it, status and all."""
        self._store((kind, stored["metadata"]["namespace"], stored["metadata"]["name"]), _copy(stored))

    # --- the API server's verbs ----------------------------------------------------------------------------------

    def request(self, method: str, path: str, body: Mapping[str, Any]) -> bytes:
        """A request as the API server carries it out; JSON in, JSON out.

        Raises:
            KubeError: it refuses.
        """
        parts = path.split("/")
        # What is stored shares nothing with the one who asks.
        body = _copy(dict(body))
        kind, namespace, rest = _BY_PLURAL[parts[6]], parts[5], parts[7:]
        self.writes += 1
        self.last_write = f"{method} {kind} {'/'.join(rest)} {body}"
        name = rest[0] if rest else str(body["metadata"]["name"])
        self.writes_to[kind, namespace, name] += 1
        if method == "POST":
            return _json(self.create(kind, body, namespace))
        place = (kind, namespace, rest[0])
        if method == "PATCH":
            before, after = self.objects.get(place), self.patch(place, body, status=rest[1:] == ["status"])
            self.on_write(kind, before or {}, after)
            return _json(after)
        if method == "DELETE":
            return _json(self.delete(place, body.get("preconditions") or {}))
        raise ValueError(f"no {method} here")

    def create(self, kind: str, body: Mapping[str, Any], namespace: str = NAMESPACE) -> Stored:
        """A new object."""
        wanted = _copy(body["metadata"])
        place = (kind, namespace, wanted["name"])
        if place in self.objects:
            raise KubeError(409, "AlreadyExists", f"{kind} {wanted['name']} already exists")
        meta = {
            **{key: value for key, value in wanted.items() if value},
            "namespace": namespace,
            "uid": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "generation": 1,
            "creationTimestamp": self._now(),
        }
        return _copy(self._store(place, {"metadata": meta, "spec": _copy(body.get("spec") or {})}))

    def patch(self, place: Place, body: Mapping[str, Any], *, status: bool = False) -> Stored:
        """A merge patch (RFC 7396) of an object or of its status."""
        before = self._found(place)
        metadata = dict(body.get("metadata") or {})
        wanted_version = metadata.pop("resourceVersion", None)
        if wanted_version not in (None, before["metadata"]["resourceVersion"]):
            raise KubeError(409, "Conflict", "the object has been modified; please apply your changes to it")
        after = _copy(before)
        if status:
            after["status"] = merged(after.get("status") or {}, body.get("status") or {})
        else:
            after["spec"] = merged(after["spec"], body.get("spec") or {})
            after["metadata"] = merged(after["metadata"], metadata)
            self._check_finalizers(before["metadata"], after["metadata"])
        return _copy(after if after == before else self._store(place, after, before))

    def delete(self, place: Place, preconditions: Mapping[str, str] | None = None) -> Stored:
        """Ask for an object to go: at once, or when its last finalizer goes."""
        before = self._found(place)
        meta = before["metadata"]
        for field_name, value in (preconditions or {}).items():
            if meta[field_name] != value:
                raise KubeError(409, "Conflict", f"the {field_name} in the precondition does not match")
        if meta.get("deletionTimestamp"):
            return _copy(before)
        after = _copy(before)
        after["metadata"]["deletionTimestamp"] = self._now()
        stored = self._store(place, after, before)
        # Of an object that is gone at once, a Status comes back.
        return {"kind": "Status", "metadata": {}, "status": "Success"} if place not in self.objects else _copy(stored)

    def collect_garbage(self) -> int:
        """What the garbage collector does: objects whose owners are all gone go. Returns how many it asked to go."""
        count = 0
        living = {stored["metadata"]["uid"] for stored in self.objects.values()}
        for place, stored in list(self.objects.items()):
            owners = stored["metadata"].get("ownerReferences") or ()
            if owners and not any(owner["uid"] in living for owner in owners):
                count += not stored["metadata"].get("deletionTimestamp")
                self.delete(place)
        return count

    def compact(self) -> None:
        """Forget the history, as etcd does; who has not heard of all of it has to list anew."""
        for past in self.events.values():
            past.clear()
        self.compacted = self.version

    def _admitted(self, kind: str, found: Stored, spec: Stored) -> Stored:
        """The spec as the transition rules leave it: they hold from when what it asks for is known to exist."""
        state = (found.get("status") or {}).get("operatorState") or {}
        if self.admits or not state.get("createConfirmed"):
            return spec
        before = found["spec"]
        fixed = set(immutable.fields(_BY_NAME[kind], sorted({*before, *spec})))
        kept = {name: value for name, value in before.items() if name in fixed}
        return {**{name: value for name, value in spec.items() if name not in fixed}, **kept}

    # --- storage -------------------------------------------------------------------------------------------------

    def _found(self, place: Place) -> Stored:
        if place not in self.objects:
            raise KubeError(404, "NotFound", f"{place[0]} {place[2]} not found")
        return self.objects[place]

    def _check_finalizers(self, before: Stored, after: Stored) -> None:
        new = set(after.get("finalizers") or ()) - set(before.get("finalizers") or ())
        if new and after.get("deletionTimestamp"):
            raise KubeError(422, "Invalid", f"no new finalizers can be added if the object is being deleted: {new}")

    def _store(self, place: Place, after: Stored, before: Stored | None = None) -> Stored:
        meta = after["metadata"]
        if before is not None:
            old = before["metadata"]
            # A deletion counts as a change of what is asked for, too.
            ending = bool(meta.get("deletionTimestamp")) and not old.get("deletionTimestamp")
            meta["generation"] = old["generation"] + int(after["spec"] != before["spec"] or ending)
        self.version += 1
        meta["resourceVersion"] = str(self.version)
        is_gone = bool(meta.get("deletionTimestamp")) and not meta.get("finalizers")
        if is_gone:
            del self.objects[place]
            self.gone.append(Gone(place[0], after))
        else:
            self.objects[place] = after
        if _is_left(meta) and not (before and _is_left(before["metadata"])):
            self.on_gone(place[0], after)
        what = "DELETED" if is_gone else "ADDED" if before is None else "MODIFIED"
        self.events[place[0]].append(Event(self.version, _json({"type": what, "object": after})))
        self.latest[place[0]] = self.version
        return after

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_left(meta: Stored) -> bool:
    """An object that is to go as far as the operator is concerned; somebody else may hold it yet."""
    held = {kinds.FINALIZER, kinds.TUNING_FINALIZER} & set(meta.get("finalizers") or ())
    return bool(meta.get("deletionTimestamp")) and not held


def encoded(stored: Stored) -> envelope.Object:
    """An object as a reflector decodes it."""
    return envelope.obj(_json(stored))


def merged(target: Any, patch: Any) -> Any:
    """The result of a merge patch."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


_json = msgspec.json.encode


def _copy(value: Stored) -> Stored:
    copied: Stored = msgspec.json.decode(_json(value))
    return copied
