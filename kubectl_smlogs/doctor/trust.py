"""Whether a role's trust policy lets the operator's ServiceAccount take it. Pure.

Sources: IAM User Guide, "JSON policy elements: Condition operators" and "Creating a role for web identity";
EKS User Guide, "IAM roles for service accounts" and "EKS Pod Identity". What is judged is the part that such policies
are made of; a condition beyond it is told, not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
_POD_IDENTITY = ("sts:AssumeRole", "sts:TagSession")
_POD_SERVICE = "pods.eks.amazonaws.com"
AUDIENCE = "sts.amazonaws.com"
_PROVIDER = ":oidc-provider/"
_EQUALS = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for the role.

    Attributes:
        namespace: of the ServiceAccount.
        account: its name.
        issuer: OIDC issuer of the cluster without `https://`, empty where it is not known.
    """

    namespace: str
    account: str
    issuer: str = ""

    @property
    def subject(self) -> str:
        """The subject of the ServiceAccount's tokens (Kubernetes: service account tokens)."""
        return f"system:serviceaccount:{self.namespace}:{self.account}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the role is given; if not, or not certainly, the reasons.

    Attributes:
        given: the policy lets the ServiceAccount take the role.
        way: by which way: "web identity", or "EKS Pod Identity".
        reasons: what stands in the way, the nearest miss first.
        doubts: conditions that cannot be judged from here.
    """

    given: bool
    way: str = ""
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def judge(policy: Mapping[str, Any], asker: Asker) -> Verdict:
    """What a trust policy says to a ServiceAccount.

    Args:
        policy: the policy document.
        asker: whose role it is to be.
    """
    reasons: list[str] = []
    doubts: list[str] = []
    denied = [one for one in _statements(policy) if one.get("Effect") == "Deny" and _denies(one, asker)]
    if denied:
        return Verdict(given=False, reasons=("a statement with Effect Deny is about it",))
    for statement in _statements(policy):
        if statement.get("Effect") != "Allow":
            continue
        way, wrong, unsure = _allowed(statement, asker)
        if way and not wrong:
            return Verdict(given=True, way=way, doubts=tuple(unsure))
        reasons += wrong
        doubts += unsure
    return Verdict(
        given=False, reasons=tuple(reasons) or ("it trusts no OIDC provider and no pods of EKS",), doubts=tuple(doubts)
    )


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in _listed(policy.get("Statement")) if isinstance(one, dict)]


def _allowed(statement: Mapping[str, Any], asker: Asker) -> tuple[str, list[str], list[str]]:
    """The way that a statement opens, what keeps it shut, and what cannot be judged."""
    principals = statement.get("Principal")
    named = principals if isinstance(principals, dict) else {}
    services = [str(one) for one in _listed(named.get("Service"))]
    if _POD_SERVICE in services:
        missing = [one for one in _POD_IDENTITY if not _acts(statement, one)]
        wrong = [f"it lacks the action {' and '.join(missing)} for {_POD_SERVICE}"] if missing else []
        more, unsure = _conditions(statement, _tags(asker))
        return "EKS Pod Identity", [*wrong, *more], unsure
    providers = [str(one) for one in _listed(named.get("Federated")) if _PROVIDER in str(one)]
    if not providers:
        return "", [], []
    if not _acts(statement, _WEB_IDENTITY):
        return "web identity", [f"it lacks the action {_WEB_IDENTITY}"], []
    issuers = [one.partition(_PROVIDER)[2] for one in providers]
    if asker.issuer and asker.issuer not in issuers:
        return "web identity", [f"it trusts the OIDC provider {issuers[0]}, and this cluster's is {asker.issuer}"], []
    claims = {f"{issuer}:sub".lower(): asker.subject for issuer in issuers}
    claims |= {f"{issuer}:aud".lower(): AUDIENCE for issuer in issuers}
    wrong, unsure = _conditions(statement, claims)
    return "web identity", wrong, unsure


def _tags(asker: Asker) -> dict[str, str]:
    """Session tags that EKS Pod Identity sets."""
    return {
        "aws:requesttag/kubernetes-namespace": asker.namespace,
        "aws:requesttag/kubernetes-service-account": asker.account,
    }


def _conditions(statement: Mapping[str, Any], known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The conditions that do not hold, and those that cannot be judged."""
    wrong: list[str] = []
    unsure: list[str] = []
    for operator, key, wanted in _each_condition(statement):
        value = known.get(key.lower())
        holds = None if value is None else _holds(operator, value, wanted)
        if holds is None:
            unsure.append(f"{operator} {key}")
        elif not holds:
            claim = key.rpartition(":")[2]
            wrong.append(f"its condition on {claim} wants {' or '.join(wanted)}, not {value}")
    return wrong, unsure


def _each_condition(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    conditions = statement.get("Condition")
    for operator, keys in (conditions if isinstance(conditions, dict) else {}).items():
        for key, wanted in (keys if isinstance(keys, dict) else {}).items():
            yield str(operator), str(key), [str(one) for one in _listed(wanted)]


def _holds(operator: str, value: str, wanted: list[str]) -> bool | None:
    """Whether one condition holds; None for an operator that is not judged here."""
    plain = operator.lower().rpartition(":")[2].removesuffix("ifexists")
    if plain not in _EQUALS and plain.replace("not", "") not in _EQUALS:
        return None
    same = any(_same(plain, value, one) for one in wanted)
    return not same if "not" in plain else same


def _same(operator: str, value: str, wanted: str) -> bool:
    if operator.endswith("like"):
        return _matches(wanted, value)
    if operator.endswith("ignorecase"):
        return wanted.lower() == value.lower()
    return wanted == value


def _matches(pattern: str, value: str) -> bool:
    """IAM's wildcards: `*` and `?`, and nothing else."""
    return re.match(translate(pattern.replace("[", "[[]")), value) is not None


def _acts(statement: Mapping[str, Any], action: str) -> bool:
    return any(_matches(str(one).lower(), action.lower()) for one in _listed(statement.get("Action")))


def _denies(statement: Mapping[str, Any], asker: Asker) -> bool:
    """Whether a statement certainly denies it: for everybody, or under conditions that hold here."""
    named = statement.get("Principal")
    everybody = named == "*" or (isinstance(named, dict) and any("*" in _listed(one) for one in named.values()))
    acts = _acts(statement, _WEB_IDENTITY) or _acts(statement, _POD_IDENTITY[0])
    if not acts or not everybody:
        return False
    wrong, unsure = _conditions(statement, _tags(asker))
    return not wrong and not unsure


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
