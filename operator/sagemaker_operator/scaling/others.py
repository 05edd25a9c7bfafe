"""What other HostingAutoscalingPolicy objects of the namespace have at Application Auto Scaling. Pure.

Several objects may rule one target, each with a policy or schedule of its own: the target stays until the last goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_operator import controls
from sagemaker_operator.facts import Facts, Related
from sagemaker_operator.mapping import scaling
from sagemaker_operator.scaling import holdings
from sagemaker_operator.scaling.holdings import Holdings
from sagemaker_operator.steps import Find

_KEY = "others"


def search(f: Facts) -> Find | None:
    """The search for them; None once they are known."""
    return None if _KEY in f.related else Find(_KEY, f.kind.name)


def have(f: Facts, region: str) -> Holdings:
    """What they have, or ask for, in a region. One that is to go with all it has does not count."""
    return holdings.joined(part for one in f.related[_KEY] if _counts(f, one, region) for part in _of(one))


def _counts(f: Facts, one: Related, region: str) -> bool:
    leaves = one.deleting and controls.read(one.annotations).deletion != "retain"
    return one.uid != f.uid and not leaves and one.spec.get("region") == region


def _of(one: Related) -> Iterator[Holdings]:
    yield holdings.noted(one.status)
    try:
        yield holdings.wanted(one.spec)
    except scaling.ScalingError:
        # It says so itself; what it has by its notes counts all the same.
        return
