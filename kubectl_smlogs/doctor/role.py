"""How the operator gets its AWS role: the ServiceAccount's annotation, and what reached its pods. Pure.

Source: EKS User Guide, "IAM roles for service accounts" and "EKS Pod Identity": a webhook gives new pods the variables
AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_CONTAINER_CREDENTIALS_FULL_URI. Pods that are there already keep
what they have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import Install
from kubectl_smlogs.doctor.findings import ABSENT, FAIL, OK, WARN, Finding, Refusal, skipped, unknown
from kubectl_smlogs.doctor.health import of_deployment
from kubectl_smlogs.doctor.operators import Operator, environment, manager
from kubectl_smlogs.target import mapping, text

_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]+")
"""IAM User Guide: IAM identifiers."""
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_POD_IDENTITY = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
ROLE_VARIABLE = "AWS_ROLE_ARN"


def annotated(install: Install) -> str:
    """The role that the ServiceAccount names; empty for none."""
    if isinstance(install.account.found, Refusal):
        return ""
    return text(mapping(mapping(install.account.found, "metadata"), "annotations"), names.ROLE_ANNOTATION)


def usable(role: str) -> bool:
    """Whether it is the ARN of a role, and not the installers' placeholder."""
    return bool(_ROLE.fullmatch(role)) and not role.endswith(names.PLACEHOLDER)


def account_of(role: str) -> str:
    """The account of a role's ARN; empty where it is none."""
    found = _ROLE.fullmatch(role)
    return found[2] if found else ""


def annotation(operator: Operator, install: Install) -> Finding:
    """The annotation names a role of the user's own, or there is another way to credentials."""
    account = f"ServiceAccount {operator.namespace}/{operator.account}"
    fix = names.annotate(operator.namespace, operator.account)
    if isinstance(install.account.found, Refusal):
        if install.account.found.why == ABSENT:
            return Finding("role", FAIL, f"{account} does not exist, so no pod can be made", _create(operator))
        return unknown("role", install.account.found)
    role = annotated(install)
    if role.endswith(names.PLACEHOLDER):
        return Finding("role", FAIL, f"{account} still names the placeholder {role}", fix)
    if role and not usable(role):
        return Finding("role", FAIL, f'{account} names "{role}", which is not the ARN of an IAM role', fix)
    if role:
        return Finding("role", OK, f"{account} names {role}")
    other = _other_way(operator, install)
    if other:
        return Finding("role", OK, f"{account} names no role; {other}")
    found = f"{account} names no role, so only the role of the node is left, if pods may use it"
    return Finding("role", WARN, found, fix)


def _create(operator: Operator) -> str:
    """The command that brings the account."""
    return f"kubectl create serviceaccount -n {operator.namespace} {operator.account}"


def _other_way(operator: Operator, install: Install) -> str:
    variables = {**operator.environment, **_variables(operator, install)}
    if _POD_IDENTITY in variables:
        return "its pods have an EKS Pod Identity association"
    if all(key in variables for key in _KEYS):
        return "its pods have access keys in their environment"
    return ""


def _variables(operator: Operator, install: Install) -> dict[str, str]:
    """Of the first of its pods; empty where none can be read."""
    pods = () if isinstance(install.pods, Refusal) else of_deployment(operator, install.pods)
    return environment(manager(mapping(pods[0], "spec"))) if pods else {}


def of_pods(operator: Operator, install: Install) -> Finding:
    """The role reached the pods: those that are older than the annotation do not have it."""
    if isinstance(install.pods, Refusal):
        return unknown("pod-role", install.pods)
    pods = of_deployment(operator, install.pods)
    if not pods:
        return skipped("pod-role", "there is no pod")
    role = annotated(install)
    if not role:
        return skipped("pod-role", "no role is named")
    seen = {text(mapping(pod, "metadata"), "name"): environment(manager(mapping(pod, "spec"))) for pod in pods}
    for name, variables in seen.items():
        finding = _of_pod(f"pod {operator.namespace}/{name}", role, variables, names.restart(operator.namespace))
        if finding is not None:
            return finding
    several = "the pod has" if len(seen) == 1 else f"all {len(seen)} pods have"
    return Finding("pod-role", OK, f"{several} the role from the annotation")


def _of_pod(pod: str, role: str, variables: Mapping[str, str], restart: str) -> Finding | None:
    """What is wrong with a pod's environment; None where nothing is."""
    if all(key in variables for key in _KEYS):
        found = f"{pod} has access keys in its environment, which go before the role {role}"
        return Finding("pod-role", WARN, found, "take AWS_ACCESS_KEY_ID out of the Deployment's environment")
    has = variables.get(ROLE_VARIABLE)
    if has is None and _POD_IDENTITY in variables:
        return Finding("pod-role", WARN, f"{pod} uses its EKS Pod Identity association; the annotation is not used")
    if has is None:
        found = (
            f"{pod} has no {ROLE_VARIABLE}: it is older than the annotation, or this cluster has no EKS webhook for it"
        )
        return Finding("pod-role", FAIL, found, restart)
    if has != role:
        return Finding("pod-role", FAIL, f"{pod} still has the role {has}, not {role}", restart)
    return None
