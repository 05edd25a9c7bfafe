"""The variants of the installation, and the names that are the same in all of them; pure.

Names are those of the original operator's installers, so that its objects are taken over and its guide holds.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "sagemaker-k8s-operator-"
NAMESPACE = f"{PREFIX}system"
PLACEHOLDER_NAMESPACE = "PLACEHOLDER-NAMESPACE"
"""In the installer for one namespace; no API server takes it for a name, so it cannot be forgotten."""
ACCOUNT = f"{PREFIX}default"
MANAGER = f"{PREFIX}controller-manager"
"""Deployment, and what belongs to its pods."""
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
ROLE_PLACEHOLDER = "arn:aws:iam::123456789012:role/DELETE_ME"
"""The operator does nothing until somebody puts in a role of their own."""
PROXY_IMAGE = "quay.io/brancz/kube-rbac-proxy:v0.22.1"

SELECTOR = {"control-plane": "controller-manager"}
"""The original Deployment's selector, which cannot be changed."""
APPLICATION = {"app.kubernetes.io/name": "sagemaker-k8s-operator"}
POD_LABELS = {**SELECTOR, **APPLICATION}
"""Every operator made with the same tools labels its pods like SELECTOR; nobody else's pods have both."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to install the operator.

    Attributes:
        namespace: where it runs.
        namespaced: whether it works on the objects of that namespace only.
        proxy: whether kube-rbac-proxy stands before the metrics; its image is out of reach in China.
        image: reference of the operator's image.
        version: of the operator.
    """

    namespace: str
    namespaced: bool
    proxy: bool
    image: str
    version: str

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object."""
        return {**APPLICATION, "app.kubernetes.io/version": self.version}

    def cluster_name(self, name: str) -> str:
        """Name of an object outside of namespaces: several operators, each for a namespace, must not share it."""
        return f"{PREFIX}{name}-{self.namespace}" if self.namespaced else f"{PREFIX}{name}"
