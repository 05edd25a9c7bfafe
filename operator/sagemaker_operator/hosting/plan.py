"""How the children of a deployment stand against what its spec asks for. Only data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_operator.facts import Related


@dataclass(frozen=True, slots=True)
class Ready:
    """The revision that the spec asks for is at SageMaker.

    Args:
        config: name of its endpoint configuration at SageMaker.
        models: SageMaker's name of each model, by its name in the spec.
        surplus: children that belong to other revisions.
    """

    config: str
    models: Mapping[str, str]
    surplus: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something stands in the way of the revision that the spec asks for.

    Args:
        reason: one of `reasons`.
        text: what, without the words for what was to be done with it.
        stalled: waiting alone is not expected to help.
        waits: the trouble is another object's, whose change wakes this one.
    """

    reason: str
    text: str
    stalled: bool
    waits: bool = False
