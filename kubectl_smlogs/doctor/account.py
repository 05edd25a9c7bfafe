"""Checks of who we are at AWS: identity, region, whether it is the account of the jobs, and the role's trust. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from kubectl_smlogs.doctor import names, trust
from kubectl_smlogs.doctor.facts import AwsFacts, Caller, Object, Region
from kubectl_smlogs.doctor.findings import ABSENT, FAIL, OK, SILENT, SKIP, Answer, Finding, Refusal, skipped, unknown
from kubectl_smlogs.target import mapping, text

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")
_SINGLE_SIGN_ON = "AWSReservedSSO_"
_MOST_REGIONS = 3


def identity(facts: AwsFacts, profile: str) -> Finding:
    """AWS knows our credentials.

    Args:
        facts: what was found out.
        profile: the AWS profile, if the user chose one.
    """
    if not isinstance(facts.caller, Refusal):
        return Finding("aws-identity", OK, f"account {facts.caller.account}, {facts.caller.arn}")
    return Finding("aws-identity", FAIL, facts.caller.text, _sign_in(facts.caller, profile))


def _sign_in(refusal: Refusal, profile: str) -> str:
    if refusal.why == SILENT:
        return "check the network and HTTPS_PROXY; the endpoint is that of STS"
    chosen = f" --profile {profile}" if profile else ""
    return f"aws sso login{chosen}, or choose another profile with --aws-profile (aws configure list-profiles)"


def regions(facts: AwsFacts, chosen: str, objects: Sequence[str]) -> list[Region]:
    """The regions to look into, each with who says so: the flag's alone, else those of objects, else our own.

    Args:
        facts: what was found out.
        chosen: the flag's.
        objects: of objects, those with most first.
    """
    if chosen:
        return [Region(chosen, "--region")]
    if objects:
        return [Region(one, "spec.region of objects") for one in objects[:_MOST_REGIONS]]
    configured = facts.configured
    return [] if isinstance(configured, Refusal) or configured is None else [configured]


def region(found: Sequence[Region], facts: AwsFacts) -> Finding:
    """There is a region to look into."""
    if found:
        own = facts.configured
        beside = ""
        if not isinstance(own, Refusal) and own is not None and own not in found:
            beside = f"; your own is {own.name} ({own.source}), which is not used for logs"
        return Finding("region", OK, f"{', '.join(one.name for one in found)} ({found[0].source}){beside}")
    if isinstance(facts.configured, Refusal):
        return Finding("region", FAIL, facts.configured.text, "choose a profile with --aws-profile")
    found_none = "no object in the namespace names one, nor does AWS_DEFAULT_REGION or the profile"
    return Finding("region", SKIP, found_none, "kubectl smlogs doctor --region us-east-1")


def of_objects(objects: Answer[tuple[Object, ...]]) -> tuple[list[str], list[str]]:
    """Regions and accounts that objects speak of, those with most of them first."""
    places: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    for one in () if isinstance(objects, Refusal) else objects:
        spec, status = mapping(one, "spec"), mapping(one, "status")
        places.update([place] if (place := text(spec, "region")) else [])
        accounts.update({found for part in (spec, status) for found in _accounts(part)})
    return [name for name, _ in places.most_common()], [name for name, _ in accounts.most_common()]


def _accounts(part: Mapping[str, Any]) -> Iterator[str]:
    """Accounts in the ARNs of SageMaker resources and roles at the top of a spec or status."""
    for key, value in part.items():
        if isinstance(value, str) and key.lower().endswith("arn"):
            yield from _ARN.findall(value)


def account(facts: AwsFacts, expected: Mapping[str, str]) -> Finding:
    """We are in the account where the jobs run.

    Args:
        facts: what was found out.
        expected: accounts, each with who says so.
    """
    if isinstance(facts.caller, Refusal):
        return skipped("account", "AWS does not know who you are")
    ours = facts.caller.account
    if not expected:
        return skipped("account", "nothing in the cluster tells the account of the jobs")
    if ours in expected:
        return Finding("account", OK, f"{ours} is also that of {expected[ours]}")
    others = ", ".join(f"{one} ({source})" for one, source in expected.items())
    found = (
        f"you are in account {ours}, and the jobs are in {others}: their logs are not to be had with these credentials"
    )
    return Finding("account", FAIL, found, "choose a profile of that account: kubectl smlogs doctor --aws-profile NAME")


# --- the role's trust ----------------------------------------------------------------------------------------------


def trusted(role: str, asker: trust.Asker, policy: Answer[Mapping[str, Any]]) -> Finding:
    """The role's trust policy lets the operator's ServiceAccount take it.

    Args:
        role: its ARN.
        asker: the ServiceAccount.
        policy: the trust policy, as IAM has it.
    """
    name = role_name(role)
    if isinstance(policy, Refusal):
        if policy.why == ABSENT:
            fix = names.annotate(asker.namespace, asker.account)
            return Finding("trust", FAIL, f"there is no role {role}", fix)
        return unknown("trust", policy)
    verdict = trust.judge(policy, asker)
    doubts = f" (not judged: {', '.join(verdict.doubts)})" if verdict.doubts else ""
    if verdict.given:
        return Finding("trust", OK, f"role {name} trusts {asker.subject} by {verdict.way}{doubts}")
    found = f"role {name} does not trust {asker.subject}: {verdict.reasons[0]}{doubts}"
    command = f"aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json"
    return Finding("trust", FAIL, found, f"{command}  # made from {names.TRUST_POLICY}")


def role_name(role: str) -> str:
    """The name in a role's ARN, without its path."""
    return role.rpartition("/")[2]


def no_trust(role: str, placed: str, caller: Answer[Caller]) -> Finding | None:
    """Why the trust of a role is not looked at; None when it is.

    Args:
        role: the role's ARN, empty where none can be used.
        placed: its account.
        caller: who we are.
    """
    if not role:
        return skipped("trust", "there is no role to look at")
    if isinstance(caller, Refusal):
        return skipped("trust", "AWS does not know who you are")
    if caller.account != placed:
        return skipped("trust", f"the role is in account {placed}, and you are in {caller.account}")
    return None


# --- how to get a right --------------------------------------------------------------------------------------------


def grant(caller: Answer[Caller], actions: Collection[str]) -> str:
    """The command that gives whoever we are the plugin's rights, or whom to ask."""
    policy = f"--policy-name smlogs --policy-document file://smlogs.json  # made from {names.LOG_POLICY}"
    arn = "" if isinstance(caller, Refusal) else caller.arn
    if ":user/" in arn:
        return f"aws iam put-user-policy --user-name {arn.rpartition('/')[2]} {policy}"
    role = arn.partition(":assumed-role/")[2].partition("/")[0]
    if role and not role.startswith(_SINGLE_SIGN_ON):
        return f"aws iam put-role-policy --role-name {role} {policy}"
    whom = f"the permission set of {role}" if role else "your identity"
    return f"have {', '.join(sorted(actions))} added to {whom}, as in {names.LOG_POLICY}"
