"""The AWS calls about a model or an endpoint configuration, and the keys of their answers. Pure: only what to ask."""

from __future__ import annotations

from sagemaker_operator import marks, statusparts
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.mapping import request
from sagemaker_operator.steps import Ask

MAIN, CREATED, DELETED = "main", statusparts.CREATED, "deleted"
"""Keys of the answers about the main name."""
STAND_IN, STAND_IN_CREATED, STAND_IN_DELETED = "standIn", "standInCreated", "standInDeleted"
"""Keys of the answers about the stand-in."""


def describe(f: Facts, job: Target) -> Ask:
    """What SageMaker has."""
    return Ask(MAIN, job, f.kind.api.describe, {f.kind.api.name: job.name})


def create(f: Facts, job: Target) -> Ask:
    """Make it, with our marks."""
    return Ask(CREATED, job, f.kind.api.create, _request(f, job.name), creates=True, forgets=(MAIN, DELETED))


def delete(f: Facts, job: Target) -> Ask:
    """The end of it."""
    return Ask(DELETED, job, f.kind.api.delete, {f.kind.api.name: job.name}, forgets=(MAIN, CREATED))


def describe_stand_in(f: Facts, job: Target, name: str) -> Ask:
    """What SageMaker has in its place."""
    return Ask(STAND_IN, job, f.kind.api.describe, {f.kind.api.name: name})


def create_stand_in(f: Facts, job: Target, name: str) -> Ask:
    """Make the stand-in."""
    forgets = (STAND_IN, STAND_IN_DELETED)
    return Ask(STAND_IN_CREATED, job, f.kind.api.create, _request(f, name), creates=True, forgets=forgets)


def delete_stand_in(f: Facts, job: Target, name: str) -> Ask:
    """The end of the stand-in."""
    forgets = (STAND_IN, STAND_IN_CREATED)
    return Ask(STAND_IN_DELETED, job, f.kind.api.delete, {f.kind.api.name: name}, forgets=forgets)


def _request(f: Facts, name: str) -> dict[str, object]:
    own = marks.marks(f.kind.name, f.namespace, f.name, f.uid, f.cluster)
    tags = marks.fitting(len(f.spec.get("tags") or ()), own)
    return request.to_request(f.kind.name, f.spec, name, tags)
