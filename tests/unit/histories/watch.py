"""What must hold at any moment of a history: nothing of others is touched, nothing goes that is needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_operator import controls, marks
from smkube import kinds, names
from tests.unit.histories.aws import REGION, USER, Account, Effect
from tests.unit.histories.specs import FOREIGN
from tests.unit.histories.world import Cluster, Stored

_OVER = frozenset({"Completed", "Failed", "Stopped", "Deleting"})
"""Words of a job that costs nothing any more, or soon."""


class Mishaps(logging.Handler):
    """Keeps what the controllers log as errors: no pass may end with an exception that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        self.seen.append(self.format(record))


@dataclass
class Watch:
    """Sees what is done in one history.

    Args:
        cluster: Kubernetes.
        account: AWS.
        deleted_by_user: UIDs of children that a user deleted.
        broken: what does not hold.
        kept: UIDs of objects that went with AWS's side kept, as somebody asked.
        others: what belongs to others, as it was at first.
    """

    cluster: Cluster
    account: Account
    deleted_by_user: set[str]
    broken: list[str] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    others: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """From now on the operator acts."""
        self.others = shown_of_others(self.account)
        self.account.watch = self._complaints
        self.cluster.on_gone = self._on_gone

    # --- calls that change something at AWS --------------------------------------------------------------------------

    def _complaints(self, effect: Effect) -> list[str]:
        """What is wrong with a call that is about to be carried out."""
        if effect.actor == USER:
            return []
        text = f"{effect.operation} {dict(effect.parameters)}"
        if _touches_others(effect):
            return [f"touches what is another's: {text}"]
        if effect.operation == "DeleteEndpoint" and self._serves(effect):
            return [f"deletes an endpoint that serves: {text}"]
        users = self._users(effect) if effect.operation in {"DeleteEndpointConfig", "DeleteModel"} else []
        return [f"deletes what {users} serve: {text}"] if users else []

    def _serves(self, effect: Effect) -> bool:
        """The endpoint of a living object is never deleted, but for a failed one that gives way to another."""
        now = self.account.clock.now()
        endpoint = self.account.region(effect.region).endpoints.get(effect.parameters["EndpointName"], now)
        if endpoint is None or endpoint.at(now).status == "Failed":
            return False
        owners = [stored for stored in self.cluster.of(kinds.HOSTING_DEPLOYMENT.name) if _names(stored, endpoint.name)]
        return any(not stored["metadata"].get("deletionTimestamp") for stored in owners)

    def _users(self, effect: Effect) -> list[str]:
        """Endpoints that use a model or a configuration, unless a user asked for its end."""
        name = str(effect.parameters.get("EndpointConfigName") or effect.parameters.get("ModelName"))
        # SageMaker's names of children hold their UIDs.
        if any(names.uid_hex(uid) in name for uid in self.deleted_by_user):
            return []
        region, now = self.account.region(effect.region), self.account.clock.now()
        living = (one for one in region.endpoints.ordered if one.exists(now) and one.at(now).status != "Deleting")
        return [endpoint.name for endpoint in living if _uses(endpoint.at(now), name)]

    # --- objects that go ---------------------------------------------------------------------------------------------

    def _on_gone(self, kind: str, stored: Stored) -> None:
        """An object goes after what it was made for has come to its end, or is on its way there."""
        uid = stored["metadata"]["uid"]
        if self.is_kept(stored):
            self.kept.add(uid)
            return
        for what, tags in marked(self.account):
            # The training jobs of a tuning job have its tags, and each has an object of its own.
            if tags.get(marks.UID) == uid and tags.get(marks.OBJECT, "").startswith(f"{kind}/"):
                self.broken.append(f"{kind} {stored['metadata']['name']} goes before {what}")

    def is_kept(self, stored: Stored) -> bool:
        """Somebody asked for AWS's side of an object to be kept, or of the object that it belongs to."""
        annotations = stored["metadata"].get("annotations") or {}
        owners = {owner["uid"] for owner in stored["metadata"].get("ownerReferences") or ()}
        return str(annotations.get(controls.DELETION_POLICY, "")).lower() == "retain" or bool(owners & self.kept)


def marked(account: Account) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What there is at AWS that costs or clutters, with its tags."""
    now = account.clock.now()
    for region in account.world.regions():
        for job in region.jobs():
            if job.exists(now) and job.at(now).status not in _OVER:
                yield f"the job {job.name} ({job.at(now).status})", region.tags.get(job.arn, {})
        for model in region.models.ordered:
            if model.exists(now):
                yield f"the model {model.name}", region.tags.get(model.arn, {})
        for config in region.endpoint_configs.ordered:
            if config.exists(now):
                yield f"the endpoint configuration {config.name}", region.tags.get(config.arn, {})
        for endpoint in region.endpoints.ordered:
            if endpoint.exists(now) and endpoint.at(now).status != "Deleting":
                yield f"the endpoint {endpoint.name}", region.tags.get(endpoint.arn, {})


def shown_of_others(account: Account) -> dict[str, Any]:
    """Tags and state of what belongs to others."""
    region, now = account.region(), account.clock.now()
    job, endpoint = region.training.get(FOREIGN, now), region.endpoints.get(FOREIGN, now)
    found = {
        "training job": job and (job.arn, job.at(now).status),
        "model": (model := region.models.get(FOREIGN, now)) and (model.arn, ""),
        "endpoint configuration": (config := region.endpoint_configs.get(FOREIGN, now)) and (config.arn, ""),
        "endpoint": endpoint and (endpoint.arn, endpoint.at(now).present.config_name),
    }
    return {f"the {noun} {FOREIGN}": shown and (dict(region.tags[shown[0]]), shown[1]) for noun, shown in found.items()}


def _touches_others(effect: Effect) -> bool:
    named = [
        str(value)
        for key, value in effect.parameters.items()
        if key.endswith(("Name", "Arn", "ARN")) and key != "RoleArn"
    ]
    # A name that is taken is AWS's to refuse.
    creates = effect.operation.startswith("Create")
    return effect.region == REGION and not creates and any(name.endswith(FOREIGN) for name in named)


def _names(stored: Stored, endpoint: str) -> bool:
    status = stored.get("status") or {}
    return endpoint in {stored["spec"].get("endpointName"), status.get("endpointName")}


def _uses(stage: Any, name: str) -> bool:
    parts = [part for part in (stage.deployed, stage.target) if part is not None]
    return any(
        name == part.config_name or any(variant.config.get("ModelName") == name for variant in part.all_variants)
        for part in parts
    )
