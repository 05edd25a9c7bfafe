"""Our installer applied over what is there, as a user does it, and the operator then run as its ServiceAccount."""

from __future__ import annotations

import json
import uuid
from typing import Any

from smkube import kinds
from tests.cluster.controlplane import ControlPlane
from tests.conformance.adoption import etcd
from tests.stack.stack import ACCOUNT, NAMESPACE, ROOT, Stack

INSTALLER = ROOT / "packaging" / "release" / "rolebased" / "installer.yaml"
PLACEHOLDER = "arn:aws:iam::123456789012:role/DELETE_ME"
ROLE = "arn:aws:iam::123456789012:role/my-operator"
"""The role that the user's installation has."""
_LONG_AGO = "2021-02-03T04:05:06Z"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

Object = dict[str, Any]


def install(stack: Stack) -> None:
    """Apply our installer with the user's role in it, and make a kubeconfig of its ServiceAccount."""
    text = INSTALLER.read_text(encoding="utf-8")
    assert PLACEHOLDER in text, "the installer has no place for the user's role"
    stack.kubectl("apply", "-f", "-", stdin=text.replace(PLACEHOLDER, ROLE))
    stack.cluster.service_account_kubeconfig(stack.folder / "operator.kubeconfig", NAMESPACE, ACCOUNT)


def put_old_definition(plane: ControlPlane, kind: kinds.Kind) -> None:
    """Store a definition as it came to be after the Go operator's installer was applied.

    In v1beta1, with kubectl's note of what it applied, and established long ago.
    """
    stored = etcd.original_definition(kind, str(uuid.uuid4()))
    applied = {name: value for name, value in stored.items() if name != "status"}
    applied["metadata"] = {"name": stored["metadata"]["name"], "annotations": dict(stored["metadata"]["annotations"])}
    stored["metadata"]["annotations"][_APPLIED] = json.dumps(applied)
    stored["status"] |= {"acceptedNames": stored["spec"]["names"], "conditions": [
        {"type": name, "status": "True", "reason": name, "message": "", "lastTransitionTime": _LONG_AGO}
        for name in ("NamesAccepted", "Established")
    ]}  # fmt: skip
    etcd.put_definition(plane.data, stored)


def store(plane: ControlPlane, obj: Object) -> None:
    """Put a custom object into etcd as it is: with its UID, generation and status, also one that is being deleted."""
    kind, metadata = kinds.BY_NAME[obj["kind"]], obj["metadata"]
    key = f"/registry/{kinds.GROUP}/{kind.plural}/{metadata['namespace']}/{metadata['name']}"
    etcd._call(plane.data, "put", {"key": etcd._encoded(key), "value": etcd._encoded(json.dumps(obj))})


def installed(stack: Stack, manifest: str) -> dict[str, Object]:
    """The objects of an installer as they are now, by kind and name."""
    found = json.loads(stack.kubectl("get", "-f", manifest, "-o", "json"))["items"]
    return {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in found}
