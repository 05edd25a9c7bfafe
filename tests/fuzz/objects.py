"""Custom resources that anybody may have written: of a valid one, a few places are something else.

`sound` ones are what the API server takes by the schemas, so nothing about them may be a surprise; others are what
could only be left over from another time or get there past the API server.
"""

from __future__ import annotations

import random
from typing import Any

from sagemaker_operator import controls
from smkube import conditions, kinds
from tests.conformance import specs
from tests.fuzz import mutations, structural
from tests.fuzz.cluster import _as_go

REGION = "us-east-1"
TIME = "2026-01-01T00:00:00Z"
Json = dict[str, Any]

WORDS = ("", "InProgress", "Completed", "Failed", "Stopping", "Stopped", "Created", "InService", "Deleting", "Quantum")
CONDITIONS = ("Succeeded", "Reconciling", "Stalled", "Ready", "Paused", "InvalidAnnotation", "Foreign")
ANNOTATIONS = (
    *(controls.PAUSE, controls.RECONCILE_NOW, controls.DELETION_POLICY, controls.TIME_TO_LIVE, controls.SPAWN),
    "anything.example/else",
)
SAID = (
    "true",
    "false",
    "TRUE",
    "retain",
    "delete",
    "stop",
    "0",
    "10",
    "999999999",
    "9999999999",
    "²",
    "٣",
    "-1",
    "1e3",
)


def made(rng: random.Random, kind: kinds.Kind, name: str, *, sound: bool) -> Json:
    """An object of a kind.

    Args:
        rng: where chance comes from.
        kind: the kind.
        name: its name.
        sound: the API server would take it by the schema.
    """
    obj: Json = {
        "apiVersion": kinds.API_VERSION,
        "kind": kind.name,
        "metadata": _metadata(rng, name),
        "spec": specs.SPECS[kind.name](REGION),
        "status": _status(rng, kind),
    }
    if rng.random() < 0.1:
        del obj["status"]
    for part in ("spec", "status"):
        if part in obj and rng.random() < 0.75:
            obj[part] = _mutated(rng, kind, part, obj[part], sound=sound)
    if not sound and rng.random() < 0.3:
        obj["metadata"] = {**mutations.mutated(rng, obj["metadata"], 1), "name": name, "namespace": "ns"}
    # What comes from the API server was through Go's decoder.
    return dict(_as_go(obj))


def healthy(kind: kinds.Kind, name: str) -> Json:
    """An object as users write it."""
    meta = {"name": name, "namespace": "ns", "uid": "11111111-1111-1111-1111-111111111111", "generation": 1}
    return {"metadata": meta, "spec": specs.SPECS[kind.name](REGION)}


def edited(rng: random.Random, kind: kinds.Kind, obj: Json, *, sound: bool) -> Json:
    """The object after somebody changed it: spec, status, annotations, or asked for its end."""
    meta = dict(obj["metadata"])
    after = {**obj, "metadata": meta}
    match rng.randrange(4):
        case 0:
            after["spec"] = _mutated(rng, kind, "spec", obj.get("spec") or {}, sound=sound)
            meta["generation"] = _count(meta) + 1
        case 1:
            after["status"] = _mutated(rng, kind, "status", obj.get("status") or {}, sound=sound)
        case 2:
            meta["annotations"] = _annotations(rng)
        case _:
            meta["deletionTimestamp"] = TIME
            meta["generation"] = _count(meta) + 1
    return dict(_as_go(after))


def _count(meta: Json) -> int:
    found = meta.get("generation")
    return found if isinstance(found, int) else 0


def _metadata(rng: random.Random, name: str) -> Json:
    meta: Json = {
        "name": name,
        "namespace": "ns",
        "uid": f"{rng.getrandbits(32):08x}-0000-0000-0000-{rng.getrandbits(48):012x}",
        "generation": rng.choice((1, 1, 2, 2**31)),
        "creationTimestamp": TIME,
        "finalizers": rng.choice(([], [kinds.FINALIZER], [kinds.FINALIZER, kinds.TUNING_FINALIZER], ["other"])),
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
    }
    if rng.random() < 0.3:
        meta["annotations"] = _annotations(rng)
    if rng.random() < 0.3:
        meta["labels"] = {"owner_HostingDeployment_name": "x", "owner_HostingDeployment_namespace": "ns", "a": ""}
    if rng.random() < 0.3:
        owner = {"apiVersion": kinds.API_VERSION, "kind": rng.choice(kinds.ALL).name, "name": "x", "uid": "u"}
        meta["ownerReferences"] = [{**owner, "controller": rng.random() < 0.7}] * rng.choice((1, 2))
    if rng.random() < 0.2:
        meta["deletionTimestamp"] = TIME
    return meta


def _annotations(rng: random.Random) -> Json:
    count = rng.choice((0, 1, 2, 6))
    return {
        rng.choice(ANNOTATIONS): rng.choice(SAID) if rng.random() < 0.6 else mutations.text(rng, huge=0.0)
        for _ in range(count)
    }


def _status(rng: random.Random, kind: kinds.Kind) -> Json:
    if rng.random() < 0.3:
        return {}
    status: Json = {
        kind.status_word: rng.choice(WORDS),
        kind.status_name: rng.choice(("job", "", "x" * 300)),
        "additional": mutations.text(rng),
        kind.check_time: TIME,
        "observedGeneration": rng.choice((0, 1, 2)),
    }
    if rng.random() < 0.7:
        wanted = [
            conditions.Wanted(
                type_, rng.choice(("True", "False", "Unknown")), rng.choice(("Pending", "Quantum", "Failed"))
            )
            for type_ in rng.sample(CONDITIONS, rng.randrange(5))
        ]
        status["conditions"] = conditions.merge([], wanted, 1, TIME)
    if rng.random() < 0.7:
        status["operatorState"] = {
            "jobName": "job",
            "jobRegion": rng.choice((REGION, "", "nowhere", "us-east-1\n", "-")),
            "jobEndpoint": rng.choice(("", "", "", "http://localhost:1", "nonsense", "http://[")),
            "createAttempt": rng.choice((TIME, *mutations.DATES)),
            "createConfirmed": rng.random() < 0.5,
            "tagKeys": ["a"],
            "tagHash": rng.choice(("", "x")),
            "applied": [{"resourceId": "endpoint/e/variant/all", "policyName": "p"}],
            "spawned": 1,
            "spawnedUntil": rng.choice(mutations.DATES),
            "updateTo": "x",
            "rejected": "y",
            "modelObject": "model",
        }
    schema = structural.schema(kind.name)["properties"]["status"]
    return dict(structural.pruned(schema, {key: value for key, value in status.items() if value is not None}))


def _mutated(rng: random.Random, kind: kinds.Kind, part: str, value: Json, *, sound: bool) -> Any:
    if not sound:
        return mutations.mutated(rng, value)
    schema = structural.schema(kind.name)["properties"][part]
    for _ in range(6):
        changed = structural.pruned(schema, mutations.mutated(rng, value))
        if not any(structural.problems(schema, changed)):
            return changed
    return structural.pruned(schema, value)
