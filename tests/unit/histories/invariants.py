"""What must hold once a history has come to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_operator import marks, reasons
from smkube import conditions, kinds, names
from tests.unit.histories.aws import OPERATOR
from tests.unit.histories.specs import ENDPOINTS
from tests.unit.histories.truth import STUCK, TRUTH, VARIANT_DIMENSION, policy_name, scaled
from tests.unit.histories.watch import Watch, marked, shown_of_others
from tests.unit.histories.world import ALL_KINDS, Cluster, Stored

_BY_NAME = {kind.name: kind for kind in ALL_KINDS}
_CREATES = {kind.api.create: kind for kind in ALL_KINDS if kind.family is not kinds.Family.SCALING}
_INCOMPLETE = "conditions are missing"
_OTHERS = "00000000-0000-0000-0000-000000000000"
"""The mark of others."""


@dataclass(frozen=True)
class AtRest:
    """The end of a history.

    Args:
        watch: what was seen while it was played.
        adopted: UIDs of objects that stood for a job before the operator came, with their kind.
    """

    watch: Watch
    adopted: Mapping[str, str]

    def wrong(self) -> list[str]:
        """Everything that does not hold."""
        return [
            *self.watch.broken,
            *self.watch.account.complaints,
            *self._run_twice(),
            *self._orphans(),
            *self._orphans_by_name(),
            *self._scaling_orphans(),
            *self._left_over(),
            *self._surplus(),
            *self._changed_of_others(),
            *(text for kind in ALL_KINDS for text in self._statuses(kind)),
        ]

    def _run_twice(self) -> Iterator[str]:
        """No job is created twice for an object, and none for an object that stood for one already."""
        made: Counter[tuple[str, str]] = Counter()
        for effect in self.watch.account.effects:
            kind = _CREATES.get(effect.operation)
            if effect.actor == OPERATOR and kind is not None:
                made[kind.name, effect.tags().get(marks.UID, "")] += 1
        for (kind_name, uid), count in made.items():
            if not uid:
                yield f"a {kind_name} was created without a mark"
            if uid in self.adopted:
                yield f"what the {kind_name} {uid} stood for was created again"
            if _BY_NAME[kind_name].family is kinds.Family.JOB and count > 1:
                yield f"the {kind_name} {uid} was created {count} times"

    def _orphans(self) -> Iterator[str]:
        """Nothing at AWS outlives the object it was made for, unless that was asked for."""
        known = {_OTHERS, *self._living(), *self.watch.kept}
        for what, tags in marked(self.watch.account):
            if tags.get(marks.UID, _OTHERS) not in known:
                yield f"{what} outlives its object {tags.get(marks.OBJECT)}"

    def _orphans_by_name(self) -> Iterator[str]:
        """The same for what the original operator made, which bears no marks: names tell whose it was."""
        gone = [
            gone.stored for gone in self.watch.cluster.gone if gone.stored["metadata"]["uid"] not in self.watch.kept
        ]
        uids = {names.uid_hex(stored["metadata"]["uid"]) for stored in gone}
        living = {str(stored["spec"].get("endpointName")) for stored in self.watch.cluster.objects.values()}
        kept = {
            str(one.stored["spec"].get("endpointName"))
            for one in self.watch.cluster.gone
            if one.stored["metadata"]["uid"] in self.watch.kept
        }
        for what, _tags in marked(self.watch.account):
            name = what.split()[-1] if what.startswith("the endpoint ") else what
            if any(uid in what for uid in uids) or (name in ENDPOINTS and name not in living | kept):
                yield f"{what} outlives its object"

    def _scaling_orphans(self) -> Iterator[str]:
        """What is registered with Application Auto Scaling is asked for by an object that lives.

        Nothing there tells which object asked for something to be kept, so histories with such an object are left out.
        """
        cluster, account = self.watch.cluster, self.watch.account
        gone = [gone.stored for gone in cluster.gone if gone.kind == kinds.AUTOSCALING_POLICY.name]
        if any(self.watch.is_kept(stored) for stored in gone):
            return
        now = account.clock.now()
        specs = [stored["spec"] for stored in cluster.of(kinds.AUTOSCALING_POLICY.name)]
        wanted = {(resource, policy_name(spec)) for spec in specs for resource in scaled(spec)}
        # What was applied before stays until the new can be, which is hindered here.
        wanted |= {pair for stored in cluster.of(kinds.AUTOSCALING_POLICY.name) for pair in _held_back(stored)}
        for region in account.world.regions():
            for target in region.scaling.targets.all(now):
                if target.resource not in {resource for resource, _name in wanted}:
                    yield f"nobody asks for the scalable target {target.resource}"
            for part in region.scaling.policies.all(now):
                if part.dimension == VARIANT_DIMENSION and (part.resource, part.name) not in wanted:
                    yield f"nobody asks for the policy {part.name} of {part.resource}"

    def _left_over(self) -> Iterator[str]:
        """Every deletion ends, and no child outlives its parent."""
        living = self._living()
        for (kind, _namespace, name), stored in self.watch.cluster.objects.items():
            meta = stored["metadata"]
            if meta.get("deletionTimestamp"):
                yield f"the deletion of {kind} {name} does not end: {stored.get('status')}"
            for owner in meta.get("ownerReferences") or ():
                if owner["uid"] not in living:
                    yield f"{kind} {name} outlives its {owner['kind']} {owner['name']}"

    def _surplus(self) -> Iterator[str]:
        """A deployment at rest has the children of one revision."""
        cluster = self.watch.cluster
        for stored in cluster.of(kinds.HOSTING_DEPLOYMENT.name):
            have = {one["type"]: one["status"] for one in (stored.get("status") or {}).get("conditions") or ()}
            if (have.get("Ready"), have.get("Reconciling"), have.get("Stalled")) != ("True", "False", "False"):
                continue
            wanted = {kinds.MODEL.name: len(stored["spec"]["models"]), kinds.ENDPOINT_CONFIG.name: 1}
            for kind, count in wanted.items():
                found = [one["metadata"]["name"] for one in cluster.of(kind) if _owned(one, stored)]
                if len(found) != count:
                    yield f"HostingDeployment {stored['metadata']['name']} has {len(found)} {kind}s: {found}"

    def _changed_of_others(self) -> Iterator[str]:
        now = shown_of_others(self.watch.account)
        for what, shown in self.watch.others.items():
            # Their job goes on, and may end meanwhile.
            if now[what] != shown and "job" not in what:
                yield f"{what}, which is another's, was {shown} and is {now[what]}"

    def _statuses(self, kind: kinds.Kind) -> Iterator[str]:
        for stored in self.watch.cluster.of(kind.name):
            name, status = f"{kind.name} {stored['metadata']['name']}", stored.get("status") or {}
            if not status:
                yield f"{name} has no status"
                continue
            if status.get("observedGeneration") != stored["metadata"]["generation"]:
                yield f"{name}: generation {stored['metadata']['generation']} was not looked at: {status}"
            wrong = list(_conditions(kind, status))
            if wrong != [_INCOMPLETE]:
                wrong += TRUTH[kind.family](self.watch.account, kind, stored)
            yield from (f"{name}: {text}: {status}" for text in wrong)

    def _living(self) -> set[str]:
        return {stored["metadata"]["uid"] for stored in self.watch.cluster.objects.values()}


def _owned(stored: Stored, owner: Stored) -> bool:
    uid = owner["metadata"]["uid"]
    return any(one["uid"] == uid for one in stored["metadata"].get("ownerReferences") or ())


def worthwhile_writes(cluster: Cluster) -> int:
    """Writes to objects that AWS does not refuse: those that it refuses are announced again with each try."""
    return sum(
        count
        for place, count in cluster.writes_to.items()
        if (stored := cluster.objects.get(place)) is None or not _is_stuck(stored)
    )


def is_retried(stored: Stored) -> bool:
    """Something about the object is tried again and again, however slowly."""
    found = (stored.get("status") or {}).get("conditions") or ()
    return any(one.get("reason") in reasons.RETRY for one in found)


def _held_back(stored: Stored) -> Iterator[tuple[str, str]]:
    """Resource and policy of what an object has applied that cannot be replaced at present."""
    state = (stored.get("status") or {}).get("operatorState") or {}
    if is_retried(stored):
        yield from ((one["resourceId"], one["policyName"]) for one in state.get("applied") or ())


def _is_stuck(stored: Stored) -> bool:
    found = (stored.get("status") or {}).get("conditions") or ()
    told = (conditions.find(found, name) or {} for name in ("Stalled", "Reconciling"))
    return any(one.get("reason") in STUCK for one in told)


def _conditions(kind: kinds.Kind, status: Mapping[str, Any]) -> Iterator[str]:
    """Conditions agree with one another, and nothing that passes is left over."""
    have = {one["type"]: one for one in status.get("conditions") or ()}
    verdict = "Succeeded" if kind.family is kinds.Family.JOB else "Ready"
    if not {verdict, "Reconciling", "Stalled"} <= have.keys():
        yield _INCOMPLETE
        return
    good, working, stalled = have[verdict], have["Reconciling"], have["Stalled"]
    # A job that did succeed stays succeeded when its object is edited; an endpoint serves while others are hindered.
    serves = kind.family is kinds.Family.ENDPOINT
    halted = stalled["status"] == "True" and stalled["reason"] != reasons.SPEC_CHANGED
    if good["status"] == "True" and (working["status"] == "True" or halted) and not serves:
        yield f"{verdict}, and not at rest"
    if stalled["status"] == "True" and stalled["reason"] in reasons.PASSING:
        yield "a passing trouble stays"
    if working["status"] == "True" and working["reason"] not in STUCK:
        yield "still at work"
    if good["status"] == "Unknown" and stalled["status"] == "False" and working["status"] == "False":
        yield "neither one nor the other"
