"""The two names that an object can have at SageMaker. Pure.

The main name is the original operator's and never changes: users write it into other objects, and either operator
finds by it what the other made. The stand-in exists only while what bears the main name is replaced. Both hold the
object's UID, so whatever bears one of them is the object's own.
"""

from __future__ import annotations

from dataclasses import replace

from sagemaker_operator import targets
from sagemaker_operator.facts import Facts, Target
from smkube import names

_MARK = "R"
"""Tells the stand-in from every main name: names of Kubernetes objects have no capital letters."""


def main(f: Facts) -> Target:
    """What the spec asks for. Nothing but the formula counts: a status may have been restored from another object."""
    region, endpoint = str(f.spec.get("region") or ""), str(f.spec.get("sageMakerEndpoint") or "")
    return Target(targets.generated_name(f), region, endpoint)


def noted(f: Facts) -> Target | None:
    """What the notes in the status say that the object stands for."""
    job = f.intent
    return job if job is not None and job.region and targets.is_own_by_name(f, job) else None


def known(f: Facts) -> Target | None:
    """What the object stands for as far as that can be known: the notes, or what the original left behind."""
    job = noted(f) or (main(f) if f.word else None)
    return job if job is not None and job.region else None


def stand_in(f: Facts, job: Target) -> Target:
    """The name under which a replacement is tried before the original goes."""
    required = f"{_MARK}-{names.uid_hex(f.uid)}"
    return replace(job, name=names.sagemaker_safe(names.fit(f.name, required, f.kind.name_limit)))


def replacing(f: Facts) -> bool:
    """A replacement is under way, or was given up half-way: something may bear the stand-in's name."""
    return bool(f.state.get("replacement"))
