"""Brings one scalable target to what the spec asks for: look, then call only for what is different. Pure.

Register and Put write over what is there, so no moment is without a policy. The one exception is AWS's: it takes no
second target tracking policy for the same metric, so the old one has to go before one of another name can come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_operator import reasons, tagging
from sagemaker_operator.facts import Absent, Facts, Found, Refusal, Target
from sagemaker_operator.mapping import scaling
from sagemaker_operator.scaling import calls, compare
from sagemaker_operator.scaling.holdings import Held, Key
from sagemaker_operator.steps import Ask

_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
_ROLE = "RoleARN"
"""Not compared: for SageMaker, AWS uses a role of its own whatever the request says."""
_KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName", "ScheduledActionName")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it stands with one target.

    Args:
        key: the target.
        refusal: AWS's no; None when everything is in force.
        changed: something was written at AWS in this pass.
    """

    key: Key
    refusal: Refusal | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class There:
    """What AWS has."""

    target: Mapping[str, Any] | None
    policies: Mapping[str, Mapping[str, Any]]
    actions: Mapping[str, Mapping[str, Any]]


def step(f: Facts, place: Target, key: Key, held: Held, *, strict: bool) -> Ask | Outcome:
    """The next call for a target, or how it stands.

    Args:
        f: the facts.
        place: whom to ask.
        key: one of the targets that the spec asks for.
        held: what the object may have there from earlier specs.
        strict: what AWS has beyond the spec counts as a difference.
    """
    there = _look(f, place, key, held)
    if isinstance(there, Ask):
        return there
    if isinstance(there, Refusal):
        return Outcome(key, there)
    changed = False
    for ask in _calls(f, place, key, held, there, strict=strict):
        answer = f.answers.get(ask.key)
        match answer:
            case None:
                return ask
            case Refusal():
                return _given_back(f, place, key, there) or Outcome(key, answer, changed)
            case Absent() if ask.creates:
                text = "ObjectNotFoundException: what the request is for is not there (yet)"
                return Outcome(key, Refusal(ask.operation, reasons.SERVICE_ERROR, text), changed)
            case _:
                changed = changed or calls.writes(ask)
    return Outcome(key, None, changed)


# --- what there is -----------------------------------------------------------------------------------------------


def _look(f: Facts, place: Target, key: Key, held: Held) -> Ask | Refusal | There:
    ids = scaling.resource_ids(f.spec)
    begin = ids.index(key[0]) // calls.CHUNK * calls.CHUNK
    targets = calls.scalable_targets(f, place, ids[begin : begin + calls.CHUNK])
    if not isinstance(targets, list):
        return targets
    policies = calls.policies(f, place, key)
    if not isinstance(policies, list):
        return policies
    # Not asked without need: the original had no right for it.
    scheduled = held.actions or f.spec.get("scheduledActions")
    actions = calls.scheduled_actions(f, place, key) if scheduled else []
    if not isinstance(actions, list):
        return actions
    by_key = {(str(one.get("ResourceId")), str(one.get("ScalableDimension"))): one for one in targets}
    return There(
        by_key.get(key),
        {str(one.get("PolicyName")): one for one in policies},
        {str(one.get("ScheduledActionName")): one for one in actions},
    )


# --- what is to be called ----------------------------------------------------------------------------------------


def _calls(f: Facts, place: Target, key: Key, held: Held, there: There, *, strict: bool) -> Iterator[Ask]:
    """The calls that are needed, in their order; the same ones each time, whatever was answered to the first."""
    yield from _target_calls(f, place, key, there)
    equal = compare.same if strict else compare.covers
    policy = scaling.put_policy_request(f.spec, key[0])
    if policy is not None and not equal(_known(there.policies.get(policy["PolicyName"])), _content(policy)):
        for old in _in_the_way(policy, held, there):
            yield calls.ask(place, "DeleteScalingPolicy", {**calls.of(key), "PolicyName": old}, *key, old)
        yield calls.ask(place, "PutScalingPolicy", policy, *key, creates=True)
    for action in scaling.scheduled_action_requests(f.spec, key[0]):
        name = str(action.get("ScheduledActionName", ""))
        if not equal(_known(there.actions.get(name)), _content(action)):
            yield calls.ask(place, "PutScheduledAction", action, *key, name, creates=True)


def _target_calls(f: Facts, place: Target, key: Key, there: There) -> Iterator[Ask]:
    tags = scaling.tags(f.spec)
    if there.target is None:
        request = scaling.register_request(f.spec, key[0], tags)
        yield calls.ask(place, "RegisterScalableTarget", request, *key, creates=True)
        return
    request = scaling.register_request(f.spec, key[0])
    stated = {member: value for member, value in _content(request).items() if member != _ROLE}
    if not compare.covers(there.target, stated):
        yield calls.ask(place, "RegisterScalableTarget", request, *key, creates=True)
    yield from _tag_calls(f, place, key, str(there.target.get("ScalableTargetARN") or ""))


def _tag_calls(f: Facts, place: Target, key: Key, arn: str) -> Iterator[Ask]:
    """Tags of a target that exists: what an earlier spec set goes, what others set stays."""
    tags, noted = scaling.tags(f.spec), {str(one) for one in f.state.get("tagKeys") or ()}
    if not arn or not tags_differ(f):
        return
    listed = calls.ask(place, "ListTagsForResource", {"ResourceARN": arn}, *key)
    yield listed
    answer = f.answers.get(listed.key)
    have = answer.description.get("Tags") or {} if isinstance(answer, Found) else {}
    add = {name: value for name, value in tags.items() if have.get(name) != value}
    if add:
        yield calls.ask(place, "TagResource", {"ResourceARN": arn, "Tags": add}, *key)
    gone = sorted(name for name in noted & have.keys() if name not in tags)
    if gone:
        yield calls.ask(place, "UntagResource", {"ResourceARN": arn, "TagKeys": gone}, *key)


def tags_differ(f: Facts) -> bool:
    """The spec's tags are not the ones that AWS was last given."""
    noted, tags = f.state.get("tagHash"), scaling.tags(f.spec)
    return bool(tags) if noted is None else bool(noted != tagging.digest(tags))


def _in_the_way(policy: Mapping[str, Any], held: Held, there: There) -> list[str]:
    """Our own policies of other names that AWS would not have beside the new one."""
    metric = _metric(policy)
    if metric is None or policy["PolicyName"] in there.policies:
        return []
    old = sorted(held.policies - {policy["PolicyName"]})
    return [name for name in old if compare.same(_metric(there.policies.get(name) or {}), metric)]


def _metric(policy: Mapping[str, Any]) -> dict[str, Any] | None:
    configuration = policy.get(_TRACKING)
    if not isinstance(configuration, Mapping):
        return None
    return {member: configuration[member] for member in _METRICS if configuration.get(member)}


def _given_back(f: Facts, place: Target, key: Key, there: There) -> Ask | None:
    """The old policy again, where it had to go for a new one that AWS then refused."""
    refused = f.answers.get("/".join(("PutScalingPolicy", *key)))
    if not isinstance(refused, Refusal) or refused.reason in reasons.PASSING:
        return None
    for name, policy in there.policies.items():
        taken = isinstance(f.answers.get("/".join(("DeleteScalingPolicy", *key, name))), Found)
        again = {**calls.of(key), "PolicyName": name, **_content(policy)}
        ask = calls.ask(place, "PutScalingPolicy", again, *key, name, creates=True)
        if taken and ask.key not in f.answers:
            return ask
    return None


def _content(values: Mapping[str, Any]) -> dict[str, Any]:
    """A request, or a description, without what names it and what only AWS says."""
    own = ("PolicyARN", "ScheduledActionARN", "Alarms", "CreationTime")
    return {member: value for member, value in values.items() if member not in (*_KEYS, *own)}


def _known(description: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if description is None else _content(description)
