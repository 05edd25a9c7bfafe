"""An API server in memory: it stores JSON, prunes and judges by the schemas, and counts versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from smkube import kinds
from smkube.errors import KubeError
from tests.fuzz import structural
from tests.unit.operator.simulation import merged

REQUEST_LIMIT = 3 * 1024 * 1024
"""Bytes that the API server reads of a request (apiserver: MaxRequestBodyBytes)."""
OBJECT_LIMIT = 1_500_000
"""Bytes that etcd takes of an object (etcd: --max-request-bytes is 1.5 MiB)."""
MESSAGE_LIMIT = 32_768

_SURROGATE = re.compile("[\ud800-\udfff]")
_BY_PLURAL = {kind.plural: kind for kind in kinds.ALL}

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Plural, namespace, name."""


class Cluster:
    """The objects, and what was wrong with what the operator wrote.

    Args:
        changed: told of each change: the kind, the object before and after as stored.
    """

    def __init__(self, changed: Callable[[kinds.Kind, Object | None, Object | None], None]) -> None:
        self.objects: dict[Key, Object] = {}
        self.wrong: list[str] = []
        """Why a write of the operator's would have been refused."""
        self.writes = 0
        self._changed = changed
        self._version = 1

    def put(self, kind: kinds.Kind, obj: Object) -> Object:
        """Store an object as it is, past all rules: somebody else's write, of another time."""
        meta = obj["metadata"]
        self._version += 1
        meta["resourceVersion"] = str(self._version)
        key = (kind.plural, str(meta.get("namespace")), str(meta.get("name")))
        before = self.objects.get(key)
        self.objects[key] = obj
        self._changed(kind, before, obj)
        return obj

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """A request of the operator's, as `smkube.kube.client.Client` sends it."""
        del query, content_type
        # The client's own encoding, and what Go's decoder makes of halves of surrogate pairs.
        data = json.dumps(body).encode()
        if len(data) > REQUEST_LIMIT:
            self.wrong.append(f"{method} {path}: a request of {len(data)} bytes")
            raise KubeError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
        sent = _as_go(json.loads(data, parse_constant=self._constant))
        parts = path.split("/")
        kind = _BY_PLURAL[parts[6]]
        key = (parts[6], parts[5], parts[7] if len(parts) > 7 else str((sent or {})["metadata"]["name"]))
        match method:
            case "POST":
                return self._create(kind, key, sent)
            case "PATCH":
                return self._patch(kind, key, sent, status=parts[-1] == "status")
            case "DELETE":
                return self._delete(kind, key)
        raise AssertionError(method)

    def _constant(self, name: str) -> float:
        self.wrong.append(f"a request that is no JSON: {name}")
        raise KubeError(400, "BadRequest", f"invalid character {name[0]!r} looking for beginning of value")

    def _create(self, kind: kinds.Kind, key: Key, sent: Object) -> bytes:
        if key in self.objects:
            raise KubeError(409, "AlreadyExists", f"{key} already exists")
        meta = {**sent["metadata"], "uid": f"00000000-0000-0000-0000-{self._version:012d}", "generation": 1}
        made = {"metadata": meta, "spec": sent["spec"]}
        return self._store(kind, key, None, made)

    def _patch(self, kind: kinds.Kind, key: Key, sent: Object, *, status: bool) -> bytes:
        before = self._found(key)
        if sent["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
            raise KubeError(409, "Conflict", "the object has been modified")
        after = {**before, "metadata": dict(before["metadata"])}
        if status:
            after["status"] = merged(before.get("status"), sent.get("status", {}))
        else:
            after["spec"] = merged(before.get("spec"), sent.get("spec", {}))
            after["metadata"] = merged(before["metadata"], sent["metadata"])
            after["metadata"]["generation"] = int(before["metadata"].get("generation", 0)) + (
                after["spec"] != before.get("spec")
            )
        return self._store(kind, key, before, after)

    def _delete(self, kind: kinds.Kind, key: Key) -> bytes:
        before = self._found(key)
        after = {**before, "metadata": {**before["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
        return self._store(kind, key, before, after)

    def _found(self, key: Key) -> Object:
        if key not in self.objects:
            raise KubeError(404, "NotFound", f"{key} not found")
        return self.objects[key]

    def _store(self, kind: kinds.Kind, key: Key, before: Object | None, after: Object) -> bytes:
        schema = structural.schema(kind.name)
        for part in ("spec", "status"):
            if part in after:
                after[part] = structural.pruned(schema["properties"][part], after[part])
        self._judge(kind, key, before, after)
        self._version += 1
        self.writes += 1
        after["metadata"]["resourceVersion"] = str(self._version)
        gone = bool(after["metadata"].get("deletionTimestamp")) and not after["metadata"].get("finalizers")
        if gone:
            self.objects.pop(key, None)
        else:
            self.objects[key] = after
        self._changed(kind, before, None if gone else after)
        return json.dumps(after).encode()

    def _judge(self, kind: kinds.Kind, key: Key, before: Object | None, after: Object) -> None:
        """Refuse as the API server does; what was stored before and did not change is let pass (ratcheting)."""
        properties = structural.schema(kind.name)["properties"]
        found: list[str] = []
        for part in ("spec", "status"):
            old = set(structural.problems(properties[part], (before or {}).get(part, {}), part))
            found += [one for one in structural.problems(properties[part], after.get(part, {}), part) if one not in old]
        size = len(json.dumps(after, ensure_ascii=False).encode())
        if size > OBJECT_LIMIT and size > 1.05 * len(json.dumps(before, ensure_ascii=False).encode()):
            found.append(f"an object of {size} bytes")
        if found:
            self.wrong.append(f"{kind.name} {key[2]}: {'; '.join(found[:5])}")
            raise KubeError(422, "Invalid", "; ".join(found[:5]))


def _as_go(value: Any) -> Any:
    """Go's encoding/json puts U+FFFD for what is no character."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_as_go(each) for each in value]
    if isinstance(value, dict):
        return {_as_go(key): _as_go(each) for key, each in value.items()}
    return value
