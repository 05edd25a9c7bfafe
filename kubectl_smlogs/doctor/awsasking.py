"""Asks AWS: who we are, whom a role trusts, and whether the plugin's own calls for logs are allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kubectl_smlogs import awsfailures
from kubectl_smlogs.doctor.facts import AwsFacts, Caller, GroupTrial, Region
from kubectl_smlogs.doctor.findings import ABSENT, DENIED, FAILED, SILENT, Answer, Refusal
from kubectl_smlogs.doctor.logs import FILTER, GET, LIST
from kubectl_smlogs.requests import Counted, Requests
from smkube.aws import errors
from smkube.aws.errors import Cause
from smkube.aws.identity import Identity
from smkube.errors import AwsError

_TIMEOUT = 5.0
"""Seconds for a connection to STS or IAM, and for an answer."""
_NO_STREAM = "kubectl-smlogs-doctor"
"""Name of a log stream that nobody has: asking for it shows whether one may ask."""
_RESOURCE = re.compile(r"on resource: (\S+)")
_NO_ROLE = "NoSuchEntity"


class AwsAsking:
    """AWS with one profile, for many threads.

    Args:
        requests: to CloudWatch Logs, with the account that is used for all.
        user_agent: added to the user agent of every request.
    """

    def __init__(self, requests: Requests, user_agent: str) -> None:
        self._requests = requests
        self._identity = Identity(requests.account, user_agent=user_agent, timeout=_TIMEOUT)

    def facts(self, region: str) -> AwsFacts:
        """Who we are, and our region.

        Args:
            region: where to ask; empty for our own, or any.
        """
        return AwsFacts(self._caller(region), self._region())

    def trust_policy(self, role: str) -> Answer[Mapping[str, Any]]:
        """The trust policy of a role, by its name."""
        try:
            return self._identity.trust_policy(role)
        except AwsError as error:
            if error.code == _NO_ROLE:
                return Refusal(ABSENT, error.message)
            return _refusal(error, f"iam:GetRole on role {role}")

    def trial(self, region: str, group: str, prefix: str = "") -> GroupTrial:
        """Make the plugin's calls about a log group, so that each costs as little as it can.

        Args:
            region: the log group's.
            group: its name.
            prefix: only streams whose names begin so.
        """
        wire = self._requests.logs(region)
        named = {"logStreamNamePrefix": prefix} if prefix else {}
        request = {"logGroupName": group, "limit": 1, **named}
        searched, events = _tried(wire, FILTER, request, group)
        listed, streams = _tried(wire, LIST, request, group)
        first = next((str(one["logStreamName"]) for one in streams.get("logStreams") or ()), "")
        got, _ = _tried(wire, GET, {"logGroupName": group, "logStreamName": first or _NO_STREAM, "limit": 1}, group)
        calls = {FILTER: searched, LIST: listed, GET: got}
        return GroupTrial(
            region=region,
            group=group,
            calls={operation: None if _is_absent(answer) else answer for operation, answer in calls.items()},
            exists=_exists(searched, listed),
            lines=bool(first or events.get("events")),
        )

    def _caller(self, region: str) -> Answer[Caller]:
        try:
            found = self._identity.caller(region)
        except AwsError as error:
            return _refusal(error, "sts:GetCallerIdentity")
        return Caller(found.account, found.arn)

    def _region(self) -> Answer[Region | None]:
        try:
            found = self._identity.region()
        except AwsError as error:
            return _refusal(error, "")
        return Region(found.region, found.source) if found else None


def _tried(
    wire: Counted, operation: str, request: Mapping[str, Any], group: str
) -> tuple[Answer[None], Mapping[str, Any]]:
    """How a call went, and its answer."""
    try:
        answer = json.loads(wire.post(operation, json.dumps(request).encode()))
    except AwsError as error:
        return _refusal(error, f"logs:{operation} on log group {group}"), {}
    except ValueError as error:
        return Refusal(FAILED, f"the answer to {operation} is no JSON: {error}"), {}
    return None, answer if isinstance(answer, dict) else {}


def _is_absent(answer: Answer[None]) -> bool:
    """Whether it was allowed, and there is just no such group or stream."""
    return isinstance(answer, Refusal) and answer.why == ABSENT


def _exists(*answers: Answer[None]) -> bool | None:
    if any(answer is None for answer in answers):
        return True
    return False if any(_is_absent(answer) for answer in answers) else None


def _refusal(error: AwsError, needs: str) -> Refusal:
    said = " ".join(f"{error.code}: {error.message}".split())
    match errors.cause(error):
        case Cause.DENIED:
            on = _RESOURCE.search(error.message)
            named = f"{awsfailures.action(error)} on {on[1]}" if on and on[1].startswith("arn:") else needs
            return Refusal(DENIED, said, named)
        case Cause.NOT_FOUND:
            return Refusal(ABSENT, said)
        case Cause.NO_ANSWER:
            return Refusal(SILENT, said)
        case _:
            return Refusal(FAILED, said)
