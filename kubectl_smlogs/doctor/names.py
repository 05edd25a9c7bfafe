"""What an installation is made of, by name: as all installers and charts call it, and as the original's did.

A test compares the names with those that the installers use.
"""

from __future__ import annotations

NAMESPACE = "sagemaker-k8s-operator-system"
ACCOUNT = "sagemaker-k8s-operator-default"
DEPLOYMENT = "sagemaker-k8s-operator-controller-manager"
CONTAINER = "manager"
APPLICATION = "sagemaker-k8s-operator"
"""Value of the label NAME_LABEL on everything that belongs to this operator."""
NAME_LABEL, VERSION_LABEL = "app.kubernetes.io/name", "app.kubernetes.io/version"
SELECTOR = "control-plane=controller-manager"
"""Label selector of the operator's pods."""
LEASE = "sagemaker-k8s-operator"
"""What the names of the operator's Leases begin with."""

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
PLACEHOLDER = ":role/DELETE_ME"
"""How the role in the installers ends until somebody puts in their own."""

CRD_VERSION = "sagemaker.aws.amazon.com/crd-version"
"""Annotation of a CustomResourceDefinition: the version of the operator that it was made for."""
CATEGORY = "sagemaker"
"""Category of this operator's kinds; the original's definitions have none."""
GENERATOR = "controller-gen.kubebuilder.io/version"
"""Annotation of the original's definitions (and of any other made with the same tools)."""

INSTALLER = "packaging/release/rolebased/installer.yaml"
DEFINITIONS = "packaging/release/rolebased/namespaced/crd.yaml"
MIGRATION = "docs/migration.md"
LOG_POLICY = "packaging/iam/smlogs.json"
OPERATOR_POLICY = "packaging/iam/operator.json"
TRUST_POLICY = "packaging/iam/trust.json"

APPLY_ALL = f"kubectl apply --server-side -f {INSTALLER}"
APPLY_DEFINITIONS = f"kubectl apply --server-side --force-conflicts -f {DEFINITIONS}"


def restart(namespace: str) -> str:
    """The command that starts the operator's pods anew."""
    return f"kubectl rollout restart -n {namespace} deployment {DEPLOYMENT}"


def annotate(namespace: str, account: str, partition: str = "aws") -> str:
    """The commands that put a role of one's own in."""
    role = f"arn:{partition}:iam::YOUR-ACCOUNT:role/YOUR-ROLE"
    put = f"kubectl annotate --overwrite -n {namespace} serviceaccount {account} {ROLE_ANNOTATION}={role}"
    return f"{put} && {restart(namespace)}"
