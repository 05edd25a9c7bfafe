"""The objects of an installation but for rights and Deployment: account, Service, policies; pure."""

from __future__ import annotations

from typing import Any

from variants import ACCOUNT, MANAGER, NAMESPACE, POD_LABELS, ROLE_ANNOTATION, ROLE_PLACEHOLDER, SELECTOR, Variant

Object = dict[str, Any]

METRICS_PORT = 8080
PROXY_PORT = 8443
HEALTH_PORT = 8081


def namespace(variant: Variant) -> Object:
    """The operator's own namespace, in which only pods of the Pod Security Standard 'restricted' may run."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": NAMESPACE,
            "labels": {**SELECTOR, **variant.labels, "pod-security.kubernetes.io/enforce": "restricted"},
        },
    }


def account(variant: Variant) -> Object:
    """The ServiceAccount, whose annotation names the AWS role; only the operator's pods mount its token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            **metadata(ACCOUNT, variant),
            "annotations": {ROLE_ANNOTATION: ROLE_PLACEHOLDER},
        },
        "automountServiceAccountToken": False,
    }


def metadata(name: str, variant: Variant) -> Object:
    """Metadata of an object in the operator's namespace."""
    return {"name": name, "namespace": variant.namespace, "labels": {**SELECTOR, **variant.labels}}


def service(variant: Variant) -> Object:
    """The metrics' Service: behind the proxy, or as the operator serves them; Prometheus' customary annotations."""
    name, port = ("https", PROXY_PORT) if variant.proxy else ("http", METRICS_PORT)
    annotations = {"prometheus.io/port": str(port), "prometheus.io/scheme": name, "prometheus.io/scrape": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**metadata(f"{MANAGER}-metrics-service", variant), "annotations": annotations},
        "spec": {
            "ports": [{"name": name, "port": port, "protocol": "TCP", "targetPort": name}],
            "selector": POD_LABELS,
        },
    }


def network_policy(variant: Variant) -> Object:
    """Who may connect to the pods: anybody to the metrics' port, and the kubelet to the one for health checks."""
    ports = [PROXY_PORT if variant.proxy else METRICS_PORT, HEALTH_PORT]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(MANAGER, variant),
        "spec": {
            "podSelector": {"matchLabels": POD_LABELS},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": port, "protocol": "TCP"} for port in ports]}],
        },
    }


def disruption_budget(variant: Variant) -> Object:
    """Of several replicas, one at a time may be evicted; a single one may, so it stands in no drain's way."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(MANAGER, variant),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": POD_LABELS}},
    }
