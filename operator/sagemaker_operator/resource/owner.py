"""A child of a HostingDeployment does not go before the endpoint that may need it. Pure.

A deletion in the foreground asks the children to go before their owner has done anything.
"""

from __future__ import annotations

from sagemaker_operator import reasons
from sagemaker_operator.facts import Facts, Related
from sagemaker_operator.resource import statuses
from sagemaker_operator.statusparts import write
from sagemaker_operator.steps import Done, Find, Step
from smkube import kinds

OWNER_NAMESPACE, OWNER_NAME = "owner_HostingDeployment_namespace", "owner_HostingDeployment_name"
"""Labels by which the original operator knew the children of a deployment."""

_KEY = "owner"
_DEPLOYMENT = kinds.HOSTING_DEPLOYMENT
_GONE = "Deleted"
"""Status word of a deployment whose endpoint is gone."""


def wait(f: Facts) -> Step | None:
    """The next step until the object may go; None when it may."""
    name = _name(f)
    if not name:
        return None
    if _KEY not in f.related:
        return Find(_KEY, _DEPLOYMENT.name, names=frozenset({name}))
    holding = [owner for owner in f.related[_KEY] if _holds(f, owner)]
    if not holding:
        return None
    text = f"Waits for the endpoint of the HostingDeployment {f.namespace}/{name} to be gone."
    return write(f, statuses.waiting(f, text)) or Done(retry=reasons.DEPENDENCY_NOT_READY)


def _name(f: Facts) -> str:
    if f.owner_kind:
        return f.owner_name if f.owner_kind == _DEPLOYMENT.name else ""
    return f.labels.get(OWNER_NAME, "") if f.labels.get(OWNER_NAMESPACE) == f.namespace else ""


def _holds(f: Facts, owner: Related) -> bool:
    """The deployment is on its way out, and its endpoint still there as far as it says."""
    same = not f.owner_uid or owner.uid == f.owner_uid
    on_its_way = owner.deleting and kinds.FINALIZER in owner.finalizers
    return same and on_its_way and owner.status.get(_DEPLOYMENT.status_word) != _GONE
