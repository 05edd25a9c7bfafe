"""The operator's Deployment; pure."""

from __future__ import annotations

from typing import Any

from objects import HEALTH_PORT, METRICS_PORT, PROXY_PORT, metadata
from variants import ACCOUNT, MANAGER, POD_LABELS, PROXY_IMAGE, SELECTOR, Variant

Object = dict[str, Any]

_USER = 65532
"""The user "nonroot" of many base images, and of the operator's."""
_LOCKED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def deployment(variant: Variant) -> Object:
    """The Deployment, with the original's name, selector and containers."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(MANAGER, variant),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": SELECTOR},
            "template": {
                "metadata": {
                    "labels": POD_LABELS,
                    "annotations": {"kubectl.kubernetes.io/default-container": "manager"},
                },
                "spec": _pod(variant),
            },
        },
    }


def _pod(variant: Variant) -> Object:
    return {
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": True,
        # Within it the operator finishes what it has begun; it uses 8 seconds of it.
        "terminationGracePeriodSeconds": 30,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": _apart(),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_manager(variant), *([_proxy()] if variant.proxy else [])],
    }


def _apart() -> Object:
    """Replicas on different nodes, where there are any."""
    term = {"labelSelector": {"matchLabels": POD_LABELS}, "topologyKey": "kubernetes.io/hostname"}
    return {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]
        }
    }


def _manager(variant: Variant) -> Object:
    metrics = [] if variant.proxy else [{"name": "http", "containerPort": METRICS_PORT, "protocol": "TCP"}]
    return {
        "name": "manager",
        "image": variant.image,
        # Its tag is never moved to another image.
        "imagePullPolicy": "IfNotPresent",
        "command": ["/manager"],
        "args": _arguments(variant),
        "env": [
            {"name": "AWS_DEFAULT_SAGEMAKER_ENDPOINT", "value": ""},
            _field("POD_NAME", "metadata.name"),
            _field("POD_NAMESPACE", "metadata.namespace"),
            # `kubectl describe pod` shows only Events that tell it.
            _field("POD_UID", "metadata.uid"),
        ],
        "ports": [*metrics, {"name": "health", "containerPort": HEALTH_PORT, "protocol": "TCP"}],
        "startupProbe": _probe("/healthz", period=2, timeout=2, failures=30),
        "livenessProbe": _probe("/healthz", period=20, timeout=5, failures=3),
        "readinessProbe": _probe("/readyz", period=5, timeout=5, failures=3),
        # Measured: 84 MB with 1,000 jobs, 144 MB with 5,000. No limit of the processor's time: it would only delay.
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "512Mi"},
        },
        "securityContext": _LOCKED,
    }


def _arguments(variant: Variant) -> list[str]:
    return [
        f"--metrics-addr={'127.0.0.1' if variant.proxy else ''}:{METRICS_PORT}",
        f"--health-addr=:{HEALTH_PORT}",
        # Always: while a new pod takes over from an old one, both run.
        "--enable-leader-election",
        *([f"--namespace={variant.namespace}"] if variant.namespaced else []),
    ]


def _field(name: str, path: str) -> Object:
    """A variable from a field of the Pod; without its version Helm and kubectl cannot follow each other."""
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _probe(path: str, *, period: int, timeout: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "health"},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }


def _proxy() -> Object:
    """Lets through to the metrics whoever the API server says may `get` the path /metrics, over TLS."""
    return {
        "name": "kube-rbac-proxy",
        "image": PROXY_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            f"--secure-listen-address=:{PROXY_PORT}",
            f"--upstream=http://127.0.0.1:{METRICS_PORT}/",
            "--allow-paths=/metrics",
        ],
        "ports": [{"name": "https", "containerPort": PROXY_PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "5m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
        "securityContext": _LOCKED,
    }
