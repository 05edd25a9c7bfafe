"""The calls to Application Auto Scaling, their keys, and how lists are read page by page. Pure: only what to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import reasons
from sagemaker_operator.facts import Facts, Found, Refusal, Target
from sagemaker_operator.mapping import scaling
from sagemaker_operator.scaling.holdings import Key
from sagemaker_operator.steps import Ask

SERVICE = "application-autoscaling"
CREATE_CLIENT = "CreateClient"
"""Stands for the operation in an error that came before any request: the region cannot be used."""
CHUNK = 50
"""Resource IDs that DescribeScalableTargets takes (Application Auto Scaling API)."""
MOST_PAGES = 20
"""Pages of one list that are read; a target has far fewer policies and actions (its quota is 50 and 200)."""

Page = dict[str, Any]
Listed = Ask | Refusal | list[Page]
"""The question for the next page, AWS's no, or everything that was listed."""


def place(spec: Mapping[str, Any]) -> Target:
    """Whom the calls for a spec go to; `sageMakerEndpoint` does not count here."""
    return Target(scaling.policy_name(spec), str(spec.get("region") or ""))


def ask(target: Target, operation: str, parameters: Mapping[str, Any], *names: str, creates: bool = False) -> Ask:
    """A call; the answer's key is made of operation and names."""
    return Ask("/".join((operation, *names)), target, operation, parameters, service=SERVICE, creates=creates)


def writes(question: Ask) -> bool:
    """Whether a call changes anything at AWS."""
    return not question.operation.startswith(("Describe", "List"))


def scalable_targets(f: Facts, target: Target, ids: list[str]) -> Listed:
    """The targets of up to `CHUNK` resources, in all dimensions."""
    query = {"ServiceNamespace": scaling.NAMESPACE, "ResourceIds": ids}
    return _listed(f, target, "DescribeScalableTargets", query, "ScalableTargets", ids[0])


def policies(f: Facts, target: Target, key: Key) -> Listed:
    """All policies of a target, whoever made them."""
    return _listed(f, target, "DescribeScalingPolicies", of(key), "ScalingPolicies", *key)


def scheduled_actions(f: Facts, target: Target, key: Key) -> Listed:
    """All scheduled actions of a target, whoever made them."""
    return _listed(f, target, "DescribeScheduledActions", of(key), "ScheduledActions", *key)


def of(key: Key) -> dict[str, str]:
    """The parameters that name a target."""
    return {"ServiceNamespace": scaling.NAMESPACE, "ResourceId": key[0], "ScalableDimension": key[1]}


def _listed(f: Facts, target: Target, operation: str, query: Mapping[str, Any], member: str, *names: str) -> Listed:
    token, found = "", list[Page]()
    for page in range(MOST_PAGES):
        question = ask(target, operation, {**query, **({"NextToken": token} if token else {})}, *names, str(page))
        answer = f.answers.get(question.key)
        if answer is None:
            return question
        if isinstance(answer, Refusal):
            # A resource or dimension that is none: what it is asked to be says so better.
            nothing = answer.reason == reasons.INVALID_SPEC and answer.operation != CREATE_CLIENT
            return found if nothing else answer
        if not isinstance(answer, Found):
            return found
        found.extend(answer.description.get(member) or ())
        token = str(answer.description.get("NextToken") or "")
        if not token:
            break
    return found
