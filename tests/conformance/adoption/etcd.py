"""Reading and writing etcd past the API server, for what the API server no longer takes: v1beta1 definitions.

CustomResourceDefinitions are stored as JSON, in `apiextensions.k8s.io/v1beta1` to this day, though only v1 is served.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smkube import kinds

_DEFINITIONS = "/registry/apiextensions.k8s.io/customresourcedefinitions/"


class _Connection(http.client.HTTPConnection):
    """HTTP over etcd's Unix socket, whose path is too long for an address unless it is relative."""

    def __init__(self, folder: Path) -> None:
        super().__init__("etcd", timeout=30)
        self._folder = folder

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        with contextlib.chdir(self._folder):
            self.sock.connect("etcd.sock")


def put_definition(folder: Path, definition: Mapping[str, Any]) -> None:
    """Store a definition as it is.

    Args:
        folder: the control plane's data folder.
        definition: the CustomResourceDefinition, in v1beta1.
    """
    key = _DEFINITIONS + definition["metadata"]["name"]
    _call(folder, "put", {"key": _encoded(key), "value": _encoded(json.dumps(definition))})


def stored_definition(folder: Path, name: str) -> dict[str, Any]:
    """A definition as it is stored."""
    answer = _call(folder, "range", {"key": _encoded(_DEFINITIONS + name)})
    found: dict[str, Any] = json.loads(base64.b64decode(answer["kvs"][0]["value"]))
    return found


def original_definition(kind: kinds.Kind, uid: str) -> dict[str, Any]:
    """A definition as the Go operator's installer had the API server store it: v1beta1, nothing pruned."""
    required = ["spec"] if kind in (kinds.TRAINING_JOB, kinds.AUTOSCALING_POLICY) else []
    schema = {"type": "object", **({"required": required} if required else {})}
    properties = {"spec": {"type": "object", "required": ["region"], "properties": {"region": {"type": "string"}}}}
    version = {"name": "v1", "served": True, "storage": True}
    names = {
        "plural": kind.plural,
        "singular": kind.singular,
        "kind": kind.name,
        "listKind": f"{kind.name}List",
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1beta1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": kind.resource,
            "uid": uid,
            "generation": 1,
            "creationTimestamp": "2021-02-03T04:05:06Z",
            "annotations": {"controller-gen.kubebuilder.io/version": "v0.3.0"},
        },
        "spec": {
            "group": kinds.GROUP,
            "version": "v1",
            "versions": [version],
            "names": names,
            "scope": "Namespaced",
            "subresources": {"status": {}},
            "validation": {"openAPIV3Schema": {**schema, "properties": properties}},
            "additionalPrinterColumns": [
                {"name": "Status", "type": "string", "JSONPath": f".status.{kind.status_word}"}
            ],
            "conversion": {"strategy": "None"},
            "preserveUnknownFields": True,
        },
        "status": {
            "acceptedNames": {"plural": "", "kind": ""},
            "conditions": [],
            "storedVersions": ["v1"],
        },
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _call(folder: Path, operation: str, body: Mapping[str, str]) -> Any:
    """A call of etcd's JSON gateway (etcd documentation: gRPC gateway)."""
    with contextlib.closing(_Connection(folder)) as connection:
        connection.request("POST", f"/v3/kv/{operation}", json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise OSError(f"etcd answers {answer.status}: {os.fsdecode(text)}")
    return json.loads(text)
