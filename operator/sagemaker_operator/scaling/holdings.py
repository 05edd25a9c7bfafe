"""What an object has, or may have, at Application Auto Scaling: policies and scheduled actions by target. Pure.

The notes in the status name more rather than less than there is: they are widened before a call and narrowed after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.mapping import scaling

NOTE = "applied"
"""Key in `operatorState`."""

Key = tuple[str, str]
"""A scalable target: resource ID and scalable dimension."""


@dataclass(frozen=True, slots=True)
class Held:
    """Names of the policies and scheduled actions of one target."""

    policies: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    def __or__(self, other: Held) -> Held:
        return Held(self.policies | other.policies, self.actions | other.actions)

    def __sub__(self, other: Held) -> Held:
        return Held(self.policies - other.policies, self.actions - other.actions)

    def __bool__(self) -> bool:
        return bool(self.policies or self.actions)


Holdings = dict[Key, Held]


def wanted(spec: Mapping[str, Any]) -> Holdings:
    """What a spec asks for.

    Raises:
        ScalingError: the spec cannot be carried out.
    """
    made = {}
    for resource in scaling.resource_ids(spec):
        policy = scaling.put_policy_request(spec, resource)
        actions = scaling.scheduled_action_requests(spec, resource)
        made[resource, scaling.scalable_dimension(spec, resource)] = Held(
            frozenset() if policy is None else frozenset({str(policy["PolicyName"])}),
            frozenset(str(action.get("ScheduledActionName", "")) for action in actions),
        )
    return made


def noted(status: Mapping[str, Any]) -> Holdings:
    """What a status says that there is: our own notes, or the list that the original operator kept."""
    entries = facts.notes(status).get(NOTE)
    if entries is None:
        policy = str(status.get("policyName") or scaling.POLICY_NAME)
        ids = (str(one) for one in status.get("resourceIDList") or ())
        return {(one, scaling.scalable_dimension({}, one)): Held(frozenset({policy})) for one in ids}
    return joined({_key(entry): _held(entry)} for entry in entries)


def joined(many: Iterable[Holdings]) -> Holdings:
    """All of it."""
    union: Holdings = {}
    for one in many:
        for key, held in one.items():
            union[key] = union.get(key, Held()) | held
    return union


def notes(holdings: Holdings) -> list[dict[str, Any]]:
    """The form in which `operatorState` keeps it; a target with several policies takes several entries."""
    entries = []
    for key in sorted(holdings):
        held = holdings[key]
        for number, policy in enumerate(sorted(held.policies) or [""]):
            entry = {"resourceId": key[0], "scalableDimension": key[1], "policyName": policy}
            entries.append({**entry, "scheduledActions": sorted(held.actions) if number == 0 else []})
    return entries


def _key(entry: Mapping[str, Any]) -> Key:
    return str(entry.get("resourceId", "")), str(entry.get("scalableDimension", ""))


def _held(entry: Mapping[str, Any]) -> Held:
    policy = str(entry.get("policyName") or "")
    return Held(frozenset({policy} if policy else ()), frozenset(map(str, entry.get("scheduledActions") or ())))
