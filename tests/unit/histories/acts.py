"""What a user and others do at random: to objects, through annotations, and at AWS behind the operator's back."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sagemaker_operator import controls
from smkube import kinds
from smkube.errors import AwsError
from tests.standin.endpoint_life import EndpointFailure
from tests.standin.settings import JobRule
from tests.unit.histories.aws import REGION, Account
from tests.unit.histories.specs import BAD_ROLE, ENDPOINTS, FOREIGN, GOOD_ROLE, MODEL, POOL, Spec
from tests.unit.histories.world import NAMESPACE, Cluster, Stored

JOB_WORDS = ("Training", "Processing", "Transform", "HyperParameterTuning")
"""How the operations of the kinds of jobs are called."""


@dataclass
class User:
    """Everybody who acts besides the operator.

    Args:
        cluster: Kubernetes.
        account: AWS.
        rng: the dice.
        kinds: names of the kinds that the user knows.
    """

    cluster: Cluster
    account: Account
    rng: random.Random
    kinds: tuple[str, ...]
    acts: Counter[str] = field(default_factory=Counter)
    earlier: dict[tuple[str, str], list[Spec]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    """UIDs of objects that the operator made and a user deleted."""
    said: int = 0

    def begin(self) -> None:
        """Make some of the objects."""
        for kind in self.kinds:
            for name in self.rng.sample(list(POOL[kind]), self.rng.randint(1, len(POOL[kind]))):
                apply(self, kind, name, POOL[kind][name](self.rng))

    def act(self) -> None:
        """Do something."""
        act = self.rng.choices(list(_ACTS), weights=list(_ACTS.values()))[0]
        self.acts[act.__name__.strip("_")] += 1
        act(self)

    def wait(self) -> None:
        """Let time pass."""
        self.account.clock.advance(self.rng.choice([0.0, 0.5, 3.0, 20.0, 20.0, 90.0]))

    def settle(self, *, heal: bool) -> None:
        """Take back what keeps the operator from its work; to heal is to correct every bad spec as well."""
        if heal:
            rules = self.account.world.settings.rules
            rules[:] = [rule for rule in rules if rule.endpoint_failure is None]
        for place in list(self.cluster.objects):
            kind, namespace, name = place
            self.cluster.annotate(kind, name, controls.PAUSE, None, namespace)
            meta = self.cluster.objects[place]["metadata"]
            if (meta.get("annotations") or {}).get(controls.DELETION_POLICY) == "bogus":
                self.cluster.annotate(kind, name, controls.DELETION_POLICY, None, namespace)
            if heal:
                self._heal(place)

    def _heal(self, place: tuple[str, str, str]) -> None:
        stored = self.cluster.objects[place]
        spec = _replaced(_replaced(stored["spec"], BAD_ROLE, GOOD_ROLE), "nowhere", MODEL)
        if self.cluster.get(kinds.MODEL.name, str(spec.get("modelName"))) is None and "modelName" in spec:
            spec = {**spec, "modelName": MODEL}
        if spec != stored["spec"]:
            self.cluster.apply(place[0], place[2], spec)

    def some(self, *names: str) -> Stored | None:
        """An object of one of these kinds."""
        found = [stored for name in names for stored in self.cluster.of(name)]
        return self.rng.choice(found) if found else None

    def any_object(self) -> tuple[str, str] | None:
        """Kind and name of one of the objects that users made."""
        found = [(kind, name) for kind in self.kinds for name in POOL[kind] if self.cluster.get(kind, name)]
        return self.rng.choice(found) if found else None


# --- objects -----------------------------------------------------------------------------------------------------


def _apply(user: User) -> None:
    kind = user.rng.choice(user.kinds)
    name = user.rng.choice(list(POOL[kind]))
    apply(user, kind, name, POOL[kind][name](user.rng))


def apply(user: User, kind: str, name: str, spec: Spec) -> None:
    """Create an object, or edit one as `kubectl apply` does: what the operator wrote into the spec stays."""
    found = user.cluster.get(kind, name)
    before = dict(found["spec"]) if found else {}
    if before:
        user.earlier.setdefault((kind, name), []).append(before)
        fixed = _FIXED.get(kind, frozenset())
        if found and found.get("status") and "operatorState" not in found["status"]:
            # What the original left behind is known by its place and its tags: they stay until it was seen.
            fixed |= {"region", "tags"}
        spec = {key: value for key, value in spec.items() if key not in fixed}
    whole = {key: value for key, value in {**before, **spec}.items() if value is not None}
    user.cluster.apply(kind, name, whole)


_FIXED = {kinds.HOSTING_DEPLOYMENT.name: frozenset({"endpointName"})}
"""Fields that admission lets nobody change."""


def _edit_tags(user: User) -> None:
    found = user.any_object()
    if found is not None:
        tags = [{"key": "team", "value": user.rng.choice("abc")}, {"key": "cost", "value": "1"}]
        apply(user, *found, {"tags": user.rng.choice([tags, tags[:1], tags[1:], None])})


def _revert(user: User) -> None:
    found = user.any_object()
    if found is not None and user.earlier.get(found):
        user.cluster.apply(*found, user.rng.choice(user.earlier[found][-3:]))


def _delete(user: User) -> None:
    found = user.any_object()
    if found is not None:
        user.cluster.delete((found[0], NAMESPACE, found[1]))


def _recreate(user: User) -> None:
    """Delete an object and, should it be gone at once, make it anew under its name."""
    found = user.any_object()
    if found is not None:
        user.cluster.delete((found[0], NAMESPACE, found[1]))
        if user.cluster.get(*found) is None:
            apply(user, *found, POOL[found[0]][found[1]](user.rng))


def _delete_child(user: User) -> None:
    children = [
        (kind, stored["metadata"]["name"], stored["metadata"]["uid"])
        for kind in (kinds.MODEL.name, kinds.ENDPOINT_CONFIG.name, kinds.TRAINING_JOB.name)
        for stored in user.cluster.of(kind)
        if stored["metadata"].get("ownerReferences")
    ]
    if children:
        kind, name, uid = user.rng.choice(children)
        user.removed.add(uid)
        user.cluster.delete((kind, NAMESPACE, name))


# --- annotations -------------------------------------------------------------------------------------------------


def _pause(user: User) -> None:
    found = user.any_object()
    if found is not None:
        user.cluster.annotate(*found, controls.PAUSE, user.rng.choice(["true", None, None]))


def _reconcile_now(user: User) -> None:
    found = user.any_object()
    if found is not None:
        user.said += 1
        user.cluster.annotate(*found, controls.RECONCILE_NOW, str(user.said))


def _choose_deletion(user: User) -> None:
    found = user.any_object()
    if found is None:
        return
    policy = user.rng.choice(["retain", "stop", "delete", "bogus", None])
    user.cluster.annotate(*found, controls.DELETION_POLICY, policy)


def _limit_time(user: User) -> None:
    found = user.any_object()
    if found is not None:
        user.cluster.annotate(*found, controls.TIME_TO_LIVE, user.rng.choice(["0", "60", "600", "soon", None]))


# --- at AWS ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _tried() -> Iterator[None]:
    """What somebody else tries at AWS may be refused."""
    with contextlib.suppress(AwsError):
        yield


def _stop_job(user: User) -> None:
    running = [job for job in user.account.region().jobs() if job.at(user.account.clock.now()).status == "InProgress"]
    running = [job for job in running if job.name != FOREIGN]
    if running:
        job = user.rng.choice(running)
        word = {"training": "Training", "transform": "Transform", "processing": "Processing"}.get(
            job.kind, "HyperParameterTuning"
        )
        with _tried():
            user.account.act(f"Stop{word}Job", {f"{word}JobName": job.name})


def _delete_job(user: User) -> None:
    """Delete the record of a job that the operator knows of; of another nobody could tell that it ever ran."""
    now = user.account.clock.now()
    states = [(stored.get("status") or {}).get("operatorState") or {} for stored in user.cluster.objects.values()]
    known = {state.get("jobName") for state in states if state.get("createConfirmed")}
    ended = [
        job
        for job in user.account.region().jobs()
        if job.kind in {"training", "processing"} and job.name in known and job.life.ended_at(now) is not None
    ]
    if ended:
        job = user.rng.choice(ended)
        word = job.kind.capitalize()
        with _tried():
            user.account.act(f"Delete{word}Job", {f"{word}JobName": job.name})


def _delete_resource(user: User) -> None:
    region, now = user.account.region(), user.account.clock.now()
    found = [
        (operation, member, item.name)
        for operation, member, table in (
            ("DeleteModel", "ModelName", region.models),
            ("DeleteEndpointConfig", "EndpointConfigName", region.endpoint_configs),
            ("DeleteEndpoint", "EndpointName", region.endpoints),
        )
        for item in table.ordered
        if item.exists(now) and item.name not in {FOREIGN, MODEL}
    ]
    if found:
        operation, member, name = user.rng.choice(found)
        with _tried():
            user.account.act(operation, {member: name})


def _delete_scaling(user: User) -> None:
    scaling, now = user.account.region().scaling, user.account.clock.now()
    targets = scaling.targets.all(now)
    if not targets:
        return
    target = user.rng.choice(targets)
    place = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
    }
    service = "application-autoscaling"
    policies = [one for one in scaling.policies.all(now) if one.target == target.key]
    with _tried():
        if policies and user.rng.random() < 0.5:
            name = user.rng.choice(policies).name
            user.account.act("DeleteScalingPolicy", {**place, "PolicyName": name}, REGION, service)
        else:
            user.account.act("DeregisterScalableTarget", place, REGION, service)


def _spoil_endpoint(user: User) -> None:
    """The next creation or update of an endpoint fails, or all of them do from now on."""
    phase = user.rng.choice(["creating", "updating", "updating"])
    ends = user.rng.choice(["rollback", "rollback_failed", "failed"])
    ends = ends if phase == "updating" else "rollback"
    failure = EndpointFailure("The image is broken.", phase, None, ends, user.rng.choice([1, 1, None]))
    rule = JobRule(user.rng.choice([*ENDPOINTS, "*"]), "endpoint", endpoint_failure=failure)
    user.account.world.settings.rules.insert(0, rule)


def _wait(user: User) -> None:
    user.wait()


_ACTS: dict[Callable[[User], None], float] = {
    _apply: 6,
    _edit_tags: 1,
    _revert: 1,
    _delete: 2,
    _recreate: 0.5,
    _delete_child: 0.5,
    _pause: 0.6,
    _reconcile_now: 0.4,
    _choose_deletion: 0.5,
    _limit_time: 0.3,
    _stop_job: 0.3,
    _delete_job: 0.4,
    _delete_resource: 0.5,
    _delete_scaling: 0.3,
    _spoil_endpoint: 0.4,
    _wait: 8,
}
"""What can be done, and how often it is compared with the rest."""


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(entry, old, new) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replaced(entry, old, new) for entry in value]
    return new if value == old else value
