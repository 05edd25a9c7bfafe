"""Trust policies as people write them, judged for the operator's ServiceAccount."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.trust import Asker, judge
from tests.unit.smlogs.doctored import trust

PROVIDER = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
ASKER = Asker(names.NAMESPACE, names.ACCOUNT, PROVIDER)
SUBJECT, AUDIENCE = f"{PROVIDER}:sub", f"{PROVIDER}:aud"
PODS: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}
EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _condition(operator: str, **claims: Any) -> dict[str, Any]:
    return trust(Condition={operator: {f"{PROVIDER}:{claim}": value for claim, value in claims.items()}})


@pytest.mark.parametrize(
    "policy",
    [
        trust(),
        trust(Condition={}),
        trust(Action=["sts:TagSession", "sts:AssumeRoleWithWebIdentity"]),
        trust(Action="sts:*"),
        _condition("StringLike", sub="system:serviceaccount:sagemaker-*:*-default", aud="sts.amazonaws.com"),
        _condition("StringLike", sub=["system:serviceaccount:x:y", "system:serviceaccount:*"]),
        _condition("ForAnyValue:StringLike", sub="system:serviceaccount:*"),
        _condition("StringEqualsIfExists", sub=ASKER.subject),
        _condition("StringEqualsIgnoreCase", sub=ASKER.subject.upper()),
        _condition("StringNotEquals", sub="system:serviceaccount:default:default"),
        {"Statement": [EC2, trust()["Statement"][0]]},
        {"Statement": PODS},
        {
            "Statement": [
                {**PODS, "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": names.NAMESPACE}}}
            ]
        },
    ],
)
def test_given(policy: dict[str, Any]) -> None:
    """Exact conditions, wildcards, lists, no conditions, and EKS Pod Identity."""
    assert judge(policy, ASKER).given


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (trust("system:serviceaccount:default:default"), "sub wants system:serviceaccount:default:default, not "),
        (_condition("StringEquals", sub="system:serviceaccount:*:*"), "sub wants system:serviceaccount:*:*"),
        (_condition("StringEquals", aud="other"), "aud wants other, not sts.amazonaws.com"),
        (_condition("StringNotLike", sub="system:*"), "sub wants"),
        (trust(provider="oidc.eks.us-east-1.amazonaws.com/id/OTHER"), "this cluster's is oidc.eks.us-east-1"),
        (trust(Action="sts:AssumeRole"), "lacks the action sts:AssumeRoleWithWebIdentity"),
        ({"Statement": [EC2]}, "no OIDC provider"),
        ({"Statement": {**PODS, "Action": "sts:AssumeRole"}}, "lacks the action sts:TagSession"),
        (
            {"Statement": {**PODS, "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "x"}}}},
            "wants x",
        ),
        ({"Statement": [trust()["Statement"][0], {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]}, "Deny"),
        ({}, "no OIDC provider"),
    ],
)
def test_not_given(policy: dict[str, Any], reason: str) -> None:
    """The nearest miss is told."""
    verdict = judge(policy, ASKER)
    assert not verdict.given
    assert reason in verdict.reasons[0]


def test_what_cannot_be_judged_is_told() -> None:
    """A condition about something else is no reason to say no, and is named."""
    policy = trust(Condition={"StringEquals": {SUBJECT: ASKER.subject}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    verdict = judge(policy, ASKER)
    assert verdict.given
    assert verdict.doubts == ("IpAddress aws:SourceIp",)


def test_issuer_may_be_unknown() -> None:
    """Where the cluster does not tell its issuer, any will do, with its own claims."""
    assert judge(trust(provider="oidc.example/id/X"), Asker(names.NAMESPACE, names.ACCOUNT)).given


def test_policies_of_the_guide() -> None:
    """The trust policies that the guide hands out are found good."""
    folder = Path(__file__).resolve().parents[3] / "packaging" / "iam"
    asker = Asker(names.NAMESPACE, names.ACCOUNT)
    for name in ("trust.json", "trust-pod-identity.json"):
        assert judge(json.loads((folder / name).read_text(encoding="utf-8")), asker).given


_JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.sampled_from(["Allow", "Deny", "sts:*", "*", AUDIENCE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Effect", "Principal", "Action", "Condition", "Federated", "StringLike", SUBJECT]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("Statement"), _JSON))
def test_any_policy_is_judged(policy: dict[str, Any]) -> None:
    """Whatever stands in a policy, there is a verdict, and a reason if it is no."""
    verdict = judge(policy, ASKER)
    assert verdict.given or verdict.reasons
