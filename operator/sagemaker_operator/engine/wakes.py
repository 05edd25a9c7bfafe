"""Which other objects a change of one may concern. No I/O: controllers and caches are handed in.

A deployment waits for its models and configurations; transform jobs wait for models, policies for endpoints, and
models and configurations that are to go for their deployment. Jobs wait for instances that others give back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sagemaker_operator import facts, quotas, statuses
from smkube import kinds
from smkube.kube import envelope

if TYPE_CHECKING:
    from sagemaker_operator.engine.cache import Objects
    from sagemaker_operator.engine.controller import Controller

OWNER_NAMESPACE, OWNER_NAME = "owner_HostingDeployment_namespace", "owner_HostingDeployment_name"
"""Labels by which the original operator knew the children of a deployment."""

_WAITED_FOR = frozenset({kinds.MODEL.name, kinds.ENDPOINT_CONFIG.name, kinds.HOSTING_DEPLOYMENT.name})
_ENDS = tuple(f'"{word}"'.encode() for word in statuses.TERMINAL)
_CHILDREN = frozenset({kinds.MODEL.name, kinds.ENDPOINT_CONFIG.name})


def relay(
    controllers: Mapping[str, Controller],
    caches: Mapping[str, Objects],
    kind: kinds.Kind,
    old: envelope.Object | None,
    new: envelope.Object | None,
) -> None:
    """Wake the objects of other kinds that a change may concern.

    Args:
        controllers: the controllers by kind; a kind without one is passed over.
        caches: the caches by kind.
        kind: the changed object's kind.
        old: the object before; None when it is new.
        new: the object after; None when it is gone.
    """
    obj = new or old
    if obj is None:
        return
    namespace = obj.metadata.namespace
    owner, deployments = parent(kind, obj.metadata), controllers.get(kinds.HOSTING_DEPLOYMENT.name)
    if owner and deployments is not None:
        deployments.wake(owner)
    if may_free_others(kind, old, new):
        for controller in controllers.values():
            controller.wake_waiting(namespace)
    if gives_back(kind, old, new):
        spec = obj.spec_dict()
        waiting = (one for controller in controllers.values() for one in controller.waiting_for_quota())
        for one in quotas.freed_for(str(spec.get("region", "")), quotas.needs(kind, spec), waiting):
            controllers[one.kind].wake(one.key)
    endpoint, policies = serves_now(kind, old, new), controllers.get(kinds.AUTOSCALING_POLICY.name)
    if endpoint and policies is not None:
        for key, policy in caches[kinds.AUTOSCALING_POLICY.name].items():
            if policy.metadata.namespace == namespace and names_endpoint(policy, endpoint):
                policies.on_news(key, look=True)


def parent(kind: kinds.Kind, meta: envelope.Metadata) -> str:
    """Key of the HostingDeployment that an object was made for; empty for others."""
    if kind.name not in _CHILDREN:
        return ""
    owner = meta.controller
    if owner is not None and owner.kind == kinds.HOSTING_DEPLOYMENT.name:
        return f"{meta.namespace}/{owner.name}"
    name = meta.labels.get(OWNER_NAME, "")
    return f"{meta.labels.get(OWNER_NAMESPACE) or meta.namespace}/{name}" if name else ""


def may_free_others(kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> bool:
    """Whether objects that wait for something may find it now: a status word changed, or an object went."""
    if kind.name not in _WAITED_FOR or old is None:
        return False
    return new is None or _word(kind, old) != _word(kind, new)


def gives_back(kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> bool:
    """Whether a job that ran has ended: its instances are free for others."""
    if kind.family is not kinds.Family.JOB or old is None or (new is not None and old.status == new.status):
        return False
    if new is not None and not any(word in bytes(new.status) for word in _ENDS):
        # Most changes need not be decoded.
        return False
    ran = facts.notes(old.status_dict()).get("createConfirmed") and _word(kind, old) not in statuses.TERMINAL
    return bool(ran) and (new is None or _word(kind, new) in statuses.TERMINAL)


def serves_now(kind: kinds.Kind, old: envelope.Object | None, new: envelope.Object | None) -> str:
    """Name of the endpoint that has just come into service; empty when none has.

    Application Auto Scaling forgets the targets of an endpoint that is deleted, so its policies are to be looked at.
    """
    if kind is not kinds.HOSTING_DEPLOYMENT or old is None or new is None:
        return ""
    began = _word(kind, new) == "InService" != _word(kind, old)
    return str(new.status_dict().get(kind.status_name) or "") if began else ""


def names_endpoint(policy: envelope.Object, endpoint: str) -> bool:
    """Whether an autoscaling policy is about an endpoint."""
    return any(one.get("endpointName") == endpoint for one in policy.spec_dict().get("resourceId") or ())


def _word(kind: kinds.Kind, obj: envelope.Object) -> str:
    return str(obj.status_dict().get(kind.status_word) or "")
