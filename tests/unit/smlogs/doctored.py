"""Installations as plain values, sound ones first; a test spoils what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.cluster import VERBS
from kubectl_smlogs.doctor.facts import Account, AwsFacts, Caller, ClusterFacts, Install, Installs, Region
from kubectl_smlogs.doctor.findings import ABSENT, DENIED, Answer, Finding, Refusal
from kubectl_smlogs.resources import GROUP, OURS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EARLIER = "2026-11-24T10:00:00Z"
ROLE = "arn:aws:iam::123456789012:role/operator"
CALLER = Caller("123456789012", "arn:aws:iam::123456789012:user/jane")
IMAGE = "957583890962.dkr.ecr.us-east-1.amazonaws.com/amazon-sagemaker-operator-for-k8s"
Object = dict[str, Any]


def denied(needs: str) -> Refusal:
    """A right is missing."""
    return Refusal(DENIED, f"cannot {needs}", needs)


def absent() -> Refusal:
    """There is no such thing."""
    return Refusal(ABSENT, "not found")


def definition(plural: str, *, established: bool = True, **metadata: Any) -> Object:
    """A CustomResourceDefinition of ours."""
    return {
        "metadata": {"name": f"{plural}.{GROUP}", "annotations": {names.CRD_VERSION: "0.1.0"}, **metadata},
        "spec": {"names": {"plural": plural, "categories": ["sagemaker"]}},
        "status": {"conditions": [{"type": "Established", "status": str(established), "message": "wait"}]},
    }


def original_definition(plural: str) -> Object:
    """One of the original operator's."""
    found = definition(plural, annotations={names.GENERATOR: "v0.3.0"})
    found["spec"] = {"names": {"plural": plural}}
    return found


def deployment(
    *arguments: str,
    namespace: str = names.NAMESPACE,
    ours: bool = True,
    image: str = "",
    replicas: int = 1,
    ready: int = 1,
) -> Object:
    """The Deployment of an operator, ours as its installer makes it or the original's."""
    usual = ["--metrics-addr=127.0.0.1:8080", *(["--health-addr=:8081", "--enable-leader-election"] if ours else [])]
    labels = {names.NAME_LABEL: names.APPLICATION, names.VERSION_LABEL: "0.1.0"} if ours else {}
    manager = {
        "name": "manager",
        "image": image or f"{IMAGE}:{'v0.1.0' if ours else 'v1'}",
        "args": [*usual, *arguments],
        "env": [{"name": "AWS_DEFAULT_SAGEMAKER_ENDPOINT", "value": ""}],
    }
    return {
        "metadata": {"name": names.DEPLOYMENT, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "template": {"spec": {"serviceAccountName": names.ACCOUNT, "containers": [{"name": "proxy"}, manager]}},
        },
        "status": {"readyReplicas": ready},
    }


def pod(name: str = f"{names.DEPLOYMENT}-6d5f-abcde", role: str | None = ROLE, **status: Any) -> Object:
    """A pod of the Deployment, with the role that EKS gave it."""
    variables = [{"name": "AWS_ROLE_ARN", "value": role}] if role is not None else []
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": EARLIER,
            "ownerReferences": [{"kind": "ReplicaSet", "name": name.rpartition("-")[0]}],
        },
        "spec": {"serviceAccountName": names.ACCOUNT, "containers": [{"name": "manager", "env": variables}]},
        "status": {"containerStatuses": [{"name": "manager", "restartCount": 0, "state": {"running": {}}}], **status},
    }


def container(reason: str, message: str = "", restarts: int = 0, last: Object | None = None) -> Object:
    """The status of a container that waits."""
    status: Object = {"name": "manager", "restartCount": restarts}
    status["state"] = {"waiting": {"reason": reason, "message": message}}
    if last:
        status["lastState"] = {"terminated": last}
    return status


def account(role: str | None = ROLE) -> Answer[Object]:
    """The ServiceAccount with a role, or without one."""
    annotations = {names.ROLE_ANNOTATION: role} if role is not None else {}
    return {"metadata": {"name": names.ACCOUNT, "annotations": annotations}}


def lease(holder: str = f"{names.DEPLOYMENT}-6d5f-abcde_3f2a", renewed: str = "2026-11-24T11:59:58Z") -> Object:
    """The Lease of the leader election."""
    spec = {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}
    return {"metadata": {"name": names.LEASE}, "spec": spec}


def install(made: Object | None = None, **changes: Any) -> Install:
    """One installation."""
    sound = Install(made or deployment(), Account(names.ACCOUNT, account()), (pod(),), lease())
    return replace(sound, **changes)


def facts(**changes: Any) -> ClusterFacts:
    """A cluster in which all is well."""
    sound = ClusterFacts(
        host="https://cluster",
        context="home",
        namespace="ns",
        chosen=False,
        version="v1.37.2",
        user="jane",
        served={one.plural: {"name": one.plural, "categories": ["sagemaker"]} for one in OURS},
        definitions={one.plural: definition(one.plural) for one in OURS},
        ack=absent(),
        rights={(one.plural, verb): True for one in OURS for verb in VERBS},
        installs=Installs((install(),)),
        objects=(),
        issuer=denied("get /.well-known/openid-configuration"),
    )
    return replace(sound, **changes)


def aws(**changes: Any) -> AwsFacts:
    """AWS that knows us."""
    return replace(AwsFacts(CALLER, Region("us-east-1", "AWS_DEFAULT_REGION")), **changes)


def trust(subject: str = "", provider: str = "oidc.eks.us-east-1.amazonaws.com/id/ABC", **changes: Any) -> Object:
    """A trust policy as the guide has it."""
    subject = subject or f"system:serviceaccount:{names.NAMESPACE}:{names.ACCOUNT}"
    condition = {f"{provider}:aud": "sts.amazonaws.com", f"{provider}:sub": subject}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": condition},
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def with_rights(**missing: tuple[str, ...]) -> Mapping[tuple[str, str], bool]:
    """All rights but some: verbs with the plurals of kinds."""
    return {(one.plural, verb): one.plural not in missing.get(verb, ()) for one in OURS for verb in VERBS}


def one(findings: Finding | Iterable[Finding]) -> Finding:
    """The only finding."""
    [found] = [findings] if isinstance(findings, Finding) else list(findings)
    return found


def says(finding: Finding, outcome: str, *words: str) -> None:
    """A finding has this outcome and these words, in what was found or in the way to mend it, each in one line."""
    text = f"{finding.found}\n{finding.fix}"
    assert finding.outcome == outcome, finding
    assert [word for word in words if word not in text] == [], finding
    assert text.count("\n") == 1
