"""The AWS calls about an endpoint, and the keys of their answers. Pure: only what is to be asked."""

from __future__ import annotations

from sagemaker_operator import marks, statusparts
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.mapping import hosting as rendering
from sagemaker_operator.steps import Ask

ENDPOINT, OWNER, CREATED, UPDATED, DELETED = "endpoint", "owner", statusparts.CREATED, "updated", "deleted"
"""Keys of the answers."""


def describe(job: Target) -> Ask:
    """What SageMaker has."""
    return Ask(ENDPOINT, job, "DescribeEndpoint", {"EndpointName": job.name})


def tags(job: Target, arn: str) -> Ask:
    """Whose it is."""
    return Ask(OWNER, job, "ListTags", {"ResourceArn": arn})


def create(f: Facts, job: Target, config: str) -> Ask:
    """A new endpoint, with our marks."""
    own = marks.marks(f.kind.name, f.namespace, f.name, f.uid, f.cluster)
    extra = marks.fitting(len(f.spec.get("tags") or ()), own)
    parameters = rendering.endpoint_create(f.spec, job.name, config, extra)
    return Ask(CREATED, job, "CreateEndpoint", parameters, creates=True, forgets=(ENDPOINT,))


def update(f: Facts, job: Target, config: str) -> Ask:
    """Another endpoint configuration for the endpoint."""
    return Ask(UPDATED, job, "UpdateEndpoint", rendering.endpoint_update(f.spec, job.name, config), forgets=(ENDPOINT,))


def delete(job: Target) -> Ask:
    """The end of the endpoint."""
    return Ask(DELETED, job, "DeleteEndpoint", {"EndpointName": job.name})
