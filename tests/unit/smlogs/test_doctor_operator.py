"""What `doctor` finds about operators, as a table: what is spoiled, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_smlogs.doctor import health, leader, names, operators, role
from kubectl_smlogs.doctor.facts import Account, Install, Installs
from kubectl_smlogs.doctor.findings import (
    FAIL,
    FAILED,
    OK,
    SKIP,
    WARN,
    Refusal,
)
from sagemaker_operator import selection
from smkube import kinds
from tests.unit.smlogs import doctored as made
from tests.unit.smlogs.doctored import one, says


@pytest.mark.parametrize(
    ("installs", "objects", "outcome", "words"),
    [
        (Installs(), (), FAIL, ("no Deployment", "any namespace", names.INSTALLER)),
        (
            Installs(),
            (
                {
                    "kind": "TrainingJob",
                    "metadata": {"namespace": "ns", "name": "x"},
                    "status": {"trainingJobStatus": "Completed"},
                },
            ),
            WARN,
            ("TrainingJob ns/x", "outside"),
        ),
        (Installs(), ({"metadata": {}, "status": {"observedGeneration": -1}},), FAIL, ("no Deployment",)),
        (
            Installs(namespaces=("a", "b"), refusal=made.denied("list deployments.apps")),
            (),
            SKIP,
            ("list deployments.apps", 'none in namespace "a" and namespace "b"'),
        ),
        (Installs(refusal=Refusal(FAILED, "boom")), (), SKIP, ("boom",)),
    ],
)
def test_no_operator(installs: Installs, objects: tuple[Any, ...], outcome: str, words: tuple[str, ...]) -> None:
    """No Deployment is a failure, unless it may be elsewhere or somebody works all the same."""
    says(health.absent(installs, objects), outcome, *words)


NOT_READY = made.deployment(ready=0)
REFUSED = {**NOT_READY, "status": {"conditions": [{"type": "ReplicaFailure", "message": "violates PodSecurity"}]}}
EVENT = {
    "involvedObject": {"kind": "Pod", "name": made.pod()["metadata"]["name"]},
    "type": "Warning",
    "reason": "RoleNotSet",
    "message": "still the placeholder",
    "lastTimestamp": made.EARLIER,
}
FOREIGN = {**EVENT, "involvedObject": {"kind": "Pod", "name": "another"}}


@pytest.mark.parametrize(
    ("install", "outcome", "words"),
    [
        (
            made.install(),
            OK,
            (
                "operator 0.1.0",
                "amazon-sagemaker-operator-for-k8s:v0.1.0",
                "1 of 1 ready",
                "pods 120m old",
                "all namespaces",
            ),
        ),
        (made.install(made.deployment("--namespace=team")), OK, ("namespace team only",)),
        (made.install(made.deployment("--namespace=b,a")), OK, ("namespaces a, b only",)),
        (made.install(made.deployment(ours=False)), WARN, ("the original operator", ":v1", names.MIGRATION)),
        (made.install(made.deployment(replicas=0)), FAIL, ("scaled to 0", "--replicas=1")),
        (
            made.install(pods=(made.pod(containerStatuses=[{"name": "manager", "restartCount": 7}]),)),
            WARN,
            ("7 restarts", "--previous"),
        ),
        (made.install(NOT_READY, pods=()), FAIL, ("0 of 1", "no pod", "kubectl describe")),
        (made.install(REFUSED, pods=()), FAIL, ("violates PodSecurity",)),
        (made.install(NOT_READY, pods=made.denied("list pods")), FAIL, ("0 of 1", "list pods")),
        (
            made.install(
                NOT_READY, pods=(made.pod(containerStatuses=[made.container("ImagePullBackOff", "no such tag")]),)
            ),
            FAIL,
            ("ImagePullBackOff: no such tag", "kubectl describe"),
        ),
        (
            made.install(
                NOT_READY,
                pods=(
                    made.pod(
                        containerStatuses=[
                            made.container(
                                "CrashLoopBackOff", restarts=3, last={"reason": "OOMKilled", "exitCode": 137}
                            )
                        ]
                    ),
                ),
            ),
            FAIL,
            ("CrashLoopBackOff after 3 restarts", "OOMKilled, exit code 137", "--previous"),
        ),
        (
            made.install(
                NOT_READY,
                pods=(made.pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]),),
            ),
            FAIL,
            ("finds no node: 0/3 nodes",),
        ),
        (
            made.install(NOT_READY, events=(EVENT,)),
            FAIL,
            ("not ready: RoleNotSet: still the placeholder", "kubectl logs"),
        ),
        (made.install(NOT_READY, events=made.denied("list events")), FAIL, ("runs and is not ready",)),
        (made.install(NOT_READY, events=(FOREIGN,)), FAIL, ("there is no Event that says why",)),
        (made.install(made.deployment(replicas=2)), WARN, ("1 of 2 replicas ready",)),
    ],
)
def test_operator(install: Install, outcome: str, words: tuple[str, ...]) -> None:
    """Ready or not, and why not: containers, nodes, admission, readiness."""
    says(one(health.running(operators.read(install.deployment), install, made.NOW)), outcome, *words)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("r/x:v0.1.0", "0.1.0"),
        ("localhost:5000/x:v1.2.2", "1.2.2"),
        ("r/x:v1", ""),
        ("r/x", ""),
        ("localhost:5000/x", ""),
        (f"r/x:v1.0.0@sha256:{'0' * 64}", "1.0.0"),
    ],
)
def test_version_of_an_image(image: str, version: str) -> None:
    """Tags that are never moved say the version."""
    assert operators.read(made.deployment(ours=False, image=image)).version == version


def _with_account(found: Any, **changes: Any) -> Install:
    return made.install(account=Account(names.ACCOUNT, found), **changes)


POD_IDENTITY = made.pod(role=None)
POD_IDENTITY["spec"]["containers"][0]["env"] = [{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://x"}]
KEYS = made.pod()
KEYS["spec"]["containers"][0]["env"] += [{"name": name} for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]


@pytest.mark.parametrize(
    ("install", "outcome", "words"),
    [
        (made.install(), OK, (made.ROLE,)),
        (
            _with_account(made.account("arn:aws:iam::123456789012:role/DELETE_ME")),
            FAIL,
            ("placeholder", "kubectl annotate --overwrite", "rollout restart"),
        ),
        (_with_account(made.account("arn:aws-cn:iam::123456789012:role/DELETE_ME")), FAIL, ("placeholder",)),
        (_with_account(made.account("operator-role")), FAIL, ('"operator-role"', "not the ARN", "kubectl annotate")),
        (_with_account(made.account("arn:aws:iam::1234:role/x")), FAIL, ("not the ARN",)),
        (
            _with_account(made.account(None), pods=(made.pod(role=None),)),
            WARN,
            ("no role", "role of the node", "kubectl annotate"),
        ),
        (_with_account(made.account(None), pods=(POD_IDENTITY,)), OK, ("EKS Pod Identity",)),
        (_with_account(made.account(None), pods=(KEYS,)), OK, ("access keys",)),
        (_with_account(made.absent()), FAIL, ("does not exist",)),
        (_with_account(made.denied("get serviceaccounts")), SKIP, ("needs get serviceaccounts",)),
    ],
)
def test_role(install: Install, outcome: str, words: tuple[str, ...]) -> None:
    """The annotation: fine, the placeholder, no ARN, none."""
    says(role.annotation(operators.read(install.deployment), install), outcome, *words)


@pytest.mark.parametrize(
    ("install", "outcome", "words"),
    [
        (made.install(), OK, ("the pod has",)),
        (made.install(pods=(made.pod(), made.pod(f"{names.DEPLOYMENT}-6d5f-other"))), OK, ("all 2 pods",)),
        (made.install(pods=(made.pod(role=None),)), FAIL, ("no AWS_ROLE_ARN", "older", "rollout restart")),
        (made.install(pods=(made.pod(role="arn:aws:iam::123456789012:role/old"),)), FAIL, ("still has", "role/old")),
        (made.install(pods=(KEYS,)), WARN, ("access keys", "go before")),
        (made.install(pods=(POD_IDENTITY,)), WARN, ("Pod Identity",)),
        (made.install(pods=()), SKIP, ("no pod",)),
        (made.install(pods=(made.pod("another-deployment-6d5f-x"),)), SKIP, ("no pod",)),
        (made.install(pods=made.denied("list pods")), SKIP, ("needs list pods",)),
        (_with_account(made.account(None)), SKIP, ("no role",)),
    ],
)
def test_role_of_pods(install: Install, outcome: str, words: tuple[str, ...]) -> None:
    """Pods that are older than the annotation do not have the role."""
    says(role.of_pods(operators.read(install.deployment), install), outcome, *words)


@pytest.mark.parametrize(
    ("install", "outcome", "words"),
    [
        (made.install(), OK, ("6d5f-abcde holds Lease", f"{names.NAMESPACE}/{names.LEASE}", "2s ago")),
        (made.install(lease=made.lease(renewed="2026-11-24T11:50:00Z")), FAIL, ("10m ago", "nobody acts", "restart")),
        (made.install(lease=made.lease(holder="elsewhere_1")), WARN, ("none of the pods",)),
        (made.install(lease=made.lease(holder="")), WARN, ("nobody holds",)),
        (made.install(lease=made.absent()), WARN, ("no Lease", "kubectl logs")),
        (made.install(NOT_READY, lease=made.absent()), SKIP, ("not ready",)),
        (made.install(lease=made.denied("get leases")), SKIP, ("needs get leases",)),
        (made.install(made.deployment("--enable-leader-election=false")), OK, ("without leader election",)),
        (
            made.install(made.deployment("--enable-leader-election=false", replicas=2)),
            FAIL,
            ("2 replicas", "same time"),
        ),
        (made.install(made.deployment(ours=False)), SKIP, ("original",)),
    ],
)
def test_leader(install: Install, outcome: str, words: tuple[str, ...]) -> None:
    """The Lease is held by one of the pods and renewed."""
    says(leader.leads(operators.read(install.deployment), install, made.NOW), outcome, *words)


@pytest.mark.parametrize(
    ("deployments", "outcome", "words"),
    [
        ([made.deployment()], OK, ("no second operator",)),
        (
            [made.deployment(), made.deployment(ours=False, namespace="old")],
            FAIL,
            ("the original operator (old/", "all namespaces", "kubectl scale -n old", "--replicas=0"),
        ),
        (
            [made.deployment(ours=False), made.deployment(namespace="new", ready=0)],
            FAIL,
            (f"scale -n {names.NAMESPACE}",),
        ),
        (
            [made.deployment(), made.deployment("--namespace=b", namespace="b", ready=0)],
            FAIL,
            ('namespace "b"', "scale -n b"),
        ),
        ([made.deployment("--namespace=a", namespace="a"), made.deployment("--namespace=b", namespace="b")], OK, ()),
        (
            [made.deployment("--namespace=a,b", namespace="x"), made.deployment("--namespace=c", namespace="y")],
            OK,
            (),
        ),
        (
            [made.deployment("--namespace=a,b,c", namespace="x"), made.deployment("--namespace=c,b", namespace="y")],
            FAIL,
            ('the objects in namespaces "b", "c"',),
        ),
        ([made.deployment(), made.deployment(ours=False, namespace="old", replicas=0)], OK, ()),
        ([made.deployment("--kinds=tj,htj"), made.deployment("--kinds=Model,endpointconfigs", namespace="b")], OK, ()),
        (
            [
                made.deployment("--kinds=tj"),
                made.deployment("--kinds=trainingjobs.sagemaker.aws.amazon.com", namespace="b"),
            ],
            FAIL,
            (),
        ),
    ],
)
def test_other_operators(deployments: list[Any], outcome: str, words: tuple[str, ...]) -> None:
    """Two that work on the same objects; the original goes, else the one that is not ready."""
    says(one(operators.others([operators.read(each) for each in deployments], None)), outcome, *words)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--namespace=team",),
        (f"--namespace={names.NAMESPACE}",),
        ("--kinds=htj,tj",),
        ("--kinds=models", "--namespace=team"),
        ("--namespace=team-b,team-a",),
        ("--namespace=" + ",".join(f"team-with-a-long-name-{number}" for number in range(20)),),
    ],
)
def test_lease_is_the_operators(arguments: tuple[str, ...]) -> None:
    """The Lease that is looked for is the one that the operator holds."""
    operator = operators.read(made.deployment(*arguments))
    chosen = tuple(kind for kind in kinds.ALL if kind.plural in operator.kinds())
    assert leader.lease_name(operator) == selection.lease_name(chosen, operator.scope, operator.namespace)
    other = operators.read(made.deployment("--lease-name=mine", "--lease-namespace=there"))
    assert (leader.lease_name(other), leader.lease_namespace(other)) == ("mine", "there")
