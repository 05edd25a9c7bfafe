"""Checks of the logs: may they be read, and are the log groups there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_smlogs.doctor.account import grant
from kubectl_smlogs.doctor.facts import AwsFacts, Caller, GroupTrial
from kubectl_smlogs.doctor.findings import DENIED, FAIL, OK, WARN, Answer, Finding, Refusal, unknown
from kubectl_smlogs.resources import OURS, SETTING
from kubectl_smlogs.target import beginning

FILTER, LIST, GET = "FilterLogEvents", "DescribeLogStreams", "GetLogEvents"
OPERATIONS = (FILTER, LIST, GET)
"""What the plugin calls to read a log. Without the first there is none; without the others long logs come slowly."""


def groups() -> list[str]:
    """The log groups of the kinds. The one that ends with a slash is the beginning of each endpoint's own."""
    return list(dict.fromkeys(one.aws.log_group for one in OURS if one.sort != SETTING))


def checked(trials: Sequence[GroupTrial], facts: AwsFacts) -> Iterator[Finding]:
    """Rights and groups, a line each for a region."""
    for region in dict.fromkeys(one.region for one in trials):
        of_region = [one for one in trials if one.region == region]
        yield from _rights(region, of_region, facts.caller)
        yield from _groups(region, of_region)


def _rights(region: str, trials: Sequence[GroupTrial], caller: Answer[Caller]) -> Iterator[Finding]:
    refusals = [
        (one, operation, answer)
        for one in trials
        for operation, answer in one.calls.items()
        if isinstance(answer, Refusal)
    ]
    denied = [(one, operation, answer) for one, operation, answer in refusals if answer.why == DENIED]
    if denied:
        needed = dict.fromkeys(answer.needs for _, _, answer in denied)
        fatal = any(operation == FILTER for _, operation, _ in denied)
        effect = "logs cannot be read" if fatal else "logs can be read, long ones slowly"
        actions = _by_action(needed)
        missing = "; ".join(f"{action} on {_all_of(resources)}" for action, resources in actions.items())
        yield Finding(
            "log-rights",
            FAIL if fatal else WARN,
            f"{effect} in {region}, for want of {missing}",
            grant(caller, actions),
        )
    elif refusals:
        yield unknown("log-rights", refusals[0][2])
    else:
        yield Finding("log-rights", OK, f"{', '.join(OPERATIONS)} are allowed in {region}")


def _by_action(needed: Iterable[str]) -> dict[str, list[str]]:
    """The resources that each action is missing on."""
    found: dict[str, list[str]] = {}
    for one in needed:
        action, _, resource = one.partition(" on ")
        found.setdefault(action, []).append(resource)
    return found


def _all_of(resources: list[str]) -> str:
    """One resource, or what stands for several: how they begin, and a star."""
    return resources[0] if len(resources) == 1 else f"{beginning(resources)}*"


def _groups(region: str, trials: Sequence[GroupTrial]) -> Iterator[Finding]:
    named = [one for one in trials if not one.group.endswith("/")]
    there = [one.group for one in named if one.exists]
    missing = [one.group for one in named if one.exists is False]
    if not there and not missing:
        return
    said = [f"there are {', '.join(there)}"] if there else []
    if missing:
        said.append(
            f"not yet {', '.join(missing)}: SageMaker makes it with the first job of that kind, nothing is wrong"
        )
    yield Finding("log-groups", OK, f"{region}: {'; '.join(said)}")
