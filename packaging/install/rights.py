"""What the operator, its proxy and its users may do in the cluster: rules of RBAC, roles and bindings; pure.

This is the one place where the operator's rights are written down. A test runs the operator with them and fails if one
is missing or never used.
"""

from __future__ import annotations

from typing import Any

from variants import ACCOUNT, PREFIX, Variant

from smkube import kinds

Object = dict[str, Any]

_API = "rbac.authorization.k8s.io"
_EVERY = [kind.plural for kind in kinds.ALL]
_MADE = ["trainingjobs", "models", "endpointconfigs"]
"""Made as objects by the operator: the training jobs of a tuning job; models and configurations of a deployment."""
_REMOVED = ["trainingjobs", "processingjobs", "hyperparametertuningjobs", "batchtransformjobs", *_MADE[1:]]
"""What was made so goes with its owner; a finished job's object goes when its time to live is over."""
_OWNERS = ["hostingdeployments"]
"""Owner references that block the owner's deletion need a right on its finalizers where the cluster enforces it."""


def _rule(resources: list[str], verbs: list[str], group: str = kinds.GROUP) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


MANAGER_RULES = [
    _rule(_EVERY, ["list", "watch", "patch"]),
    _rule([f"{plural}/status" for plural in _EVERY], ["patch"]),
    _rule(_MADE, ["create"]),
    _rule(_REMOVED, ["delete"]),
    _rule([f"{plural}/finalizers" for plural in _OWNERS], ["update"]),
    # On objects of the kinds, and on the operator's own Pod while its role is the placeholder.
    _rule(["events"], ["create", "get", "patch"], "events.k8s.io"),
]
ELECTION_RULES = [_rule(["leases"], ["get", "create", "update"], "coordination.k8s.io")]
PROXY_RULES = [
    _rule(["tokenreviews"], ["create"], "authentication.k8s.io"),
    _rule(["subjectaccessreviews"], ["create"], "authorization.k8s.io"),
]
VIEW_RULES = [_rule(_EVERY, ["get", "list", "watch"])]
EDIT_RULES = [_rule(_EVERY, ["create", "delete", "deletecollection", "patch", "update"])]


def manager(variant: Variant) -> list[Object]:
    """The operator's rights on its kinds and on Events, and those on the Lease of the leader election."""
    namespace = variant.namespace
    scope = namespace if variant.namespaced else ""
    return [
        _role(f"{PREFIX}manager-role", variant, MANAGER_RULES, namespace=scope),
        _role(f"{PREFIX}leader-election-role", variant, ELECTION_RULES, namespace=namespace),
        _binding(f"{PREFIX}manager-rolebinding", variant, f"{PREFIX}manager-role", namespace=scope),
        _binding(f"{PREFIX}leader-election-rolebinding", variant, f"{PREFIX}leader-election-role", namespace=namespace),
    ]


def own_events(variant: Variant) -> list[Object]:
    """Events about the operator's own Pod, where it works on the objects of other namespaces only."""
    events = [rule for rule in MANAGER_RULES if rule["resources"] == ["events"]]
    name = f"{PREFIX}events-role"
    return [
        _role(name, variant, events, namespace=variant.namespace),
        _binding(f"{PREFIX}events-rolebinding", variant, name, namespace=variant.namespace),
    ]


def proxy(variant: Variant) -> list[Object]:
    """What kube-rbac-proxy asks the API server, and the role for those whom it lets through to the metrics.

    Reviews are no objects of a namespace: a Role cannot allow them, whatever the operator's scope is.
    """
    role = variant.cluster_name("proxy-role")
    metrics = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}
    return [
        _role(role, variant, PROXY_RULES),
        _role(variant.cluster_name("metrics-reader"), variant, [metrics]),
        _binding(variant.cluster_name("proxy-rolebinding"), variant, role),
    ]


def users(variant: Variant) -> list[Object]:
    """What whoever has Kubernetes' own roles view, edit or admin may do with the kinds, by aggregation."""
    return [
        _role(f"{PREFIX}user-view-role", variant, VIEW_RULES, aggregated_to=("view", "edit", "admin")),
        _role(f"{PREFIX}user-edit-role", variant, EDIT_RULES, aggregated_to=("edit", "admin")),
    ]


def _role(
    name: str, variant: Variant, rules: list[Object], *, namespace: str = "", aggregated_to: tuple[str, ...] = ()
) -> Object:
    metadata = _metadata(name, variant, namespace)
    if aggregated_to:
        metadata["labels"] = {
            **variant.labels,
            **{f"{_API}/aggregate-to-{role}": "true" for role in aggregated_to},
        }
    return {
        "apiVersion": f"{_API}/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": metadata,
        "rules": rules,
    }


def _binding(name: str, variant: Variant, role: str, *, namespace: str = "") -> Object:
    kind = "Role" if namespace else "ClusterRole"
    return {
        "apiVersion": f"{_API}/v1",
        "kind": f"{kind}Binding",
        "metadata": _metadata(name, variant, namespace),
        "roleRef": {"apiGroup": _API, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": variant.namespace}],
    }


def _metadata(name: str, variant: Variant, namespace: str) -> Object:
    return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": variant.labels}
