"""The tags by which a SageMaker job tells whose it is. Pure.

A mark is set when the operator creates a job and read before it adopts one whose name alone does not say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sagemaker_operator.facts import Owner

UID = "sagemaker-operator/uid"
"""`metadata.uid` of the object the job was created for."""
OBJECT = "sagemaker-operator/object"
"""`Kind/namespace/name` of that object, for people."""
CLUSTER = "sagemaker-operator/cluster"
"""Name of the cluster, where the operator was given one."""

TAG_LIMIT = 50
"""Tags a SageMaker resource can have (SageMaker API: Tag)."""
VALUE_LIMIT = 256
"""Greatest length of a tag's value."""

_REFUSED = re.compile(r"[^\w\s.:/=+\-@]")

Tag = Mapping[str, str]


def marks(kind: str, namespace: str, name: str, uid: str, cluster: str) -> list[dict[str, str]]:
    """The tags for a new job."""
    pairs = [(UID, uid), (OBJECT, f"{kind}/{namespace}/{name}"), (CLUSTER, cluster)]
    return [{"Key": key, "Value": _REFUSED.sub("-", value)[:VALUE_LIMIT]} for key, value in pairs if value]


def fitting(user_tags: int, own: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """As many of our tags as the user's leave room for; the most important come first."""
    return list(own[: max(0, TAG_LIMIT - user_tags)])


def owner(tags: Sequence[Tag], uid: str, controller: str = "") -> tuple[Owner, str]:
    """Whose a job is, and how to call that owner in a message.

    Args:
        tags: the job's tags as ListTags gives them.
        uid: the UID of the object that asks.
        controller: the UID of the object that controls it; SageMaker hands a tuning job's tags on to its jobs.
    """
    values = {tag.get("Key", ""): tag.get("Value", "") for tag in tags}
    if UID not in values:
        return Owner.UNMARKED, ""
    if values[UID] in {uid, controller or uid}:
        return Owner.OURS, ""
    who = values.get(OBJECT) or f"the object with UID {values[UID]}"
    where = f" in cluster {values[CLUSTER]}" if values.get(CLUSTER) else ""
    return Owner.FOREIGN, f"{who}{where} (UID {values[UID]})"
