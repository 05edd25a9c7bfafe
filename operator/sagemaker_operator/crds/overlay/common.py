"""What several kinds have in common: client fields, printer columns, entries that return. Only data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_operator.crds.entries import Column, Entry, Rule

if TYPE_CHECKING:
    from sagemaker_operator.crds.status import Schema

CREATION_TIME = Column("Creation-Time", ".metadata.creationTimestamp", format="date")
SUCCEEDED = Column("Succeeded", '.status.conditions[?(@.type=="Succeeded")].status')
READY = Column("Ready", '.status.conditions[?(@.type=="Ready")].status')

_REGION: Schema = {
    "type": "string",
    "description": "AWS Region in which the SageMaker resource lives, for example us-west-2.",
}
_ENDPOINT: Schema = {
    "type": "string",
    "description": (
        "URL at which the SageMaker API is called for this object, for example that of a VPC endpoint. "
        "Without it the operator's own setting or AWS's public endpoint of the Region is used."
    ),
}
_URL = "^((https|http)://.*)?$"

CLIENT: dict[str, Schema] = {
    "region": {**_REGION, "minLength": 1},
    "sageMakerEndpoint": {**_ENDPOINT, "pattern": _URL},
}
"""Spec fields that set up the AWS client and never reach AWS."""
CLIENT_UNCHECKED: dict[str, Schema] = {"region": _REGION, "sageMakerEndpoint": _ENDPOINT}
"""The same where the original did not check them."""
CLIENT_SCALING: dict[str, Schema] = {
    "region": _REGION,
    "sageMakerEndpoint": {
        **_ENDPOINT,
        "description": (
            "URL of the SageMaker API, where another than AWS's public one is used for the endpoints of this policy. "
            "Application Auto Scaling itself is never called there."
        ),
        "pattern": _URL,
    },
}
"""The same of an autoscaling policy."""

ROOM = Entry(keywords={"minimum": 1})
"""A count that AWS lets be zero in places where it has to be at least one."""
SOME = Entry(keywords={"minLength": 1})
OPTIONAL = Entry(required=False)
"""A member that AWS demands and the original did not: AWS says what is missing."""


def job_name(shape_of_name: str) -> Entry:
    """The name that a user may choose for a job."""
    return Entry(
        required=False,
        description=(
            f"Name of the SageMaker {shape_of_name}. Without it the operator makes one from the object's name and "
            "UID. A job of this name that exists already is followed instead of a new one."
        ),
    )


VARIANT = Entry(
    rules=(
        Rule(
            "has(self.serverlessConfig) || has(self.instanceType) || has(self.instancePools)",
            "a variant needs instanceType (and initialInstanceCount), instancePools, or serverlessConfig",
        ),
        Rule(
            "has(self.serverlessConfig) || has(self.initialInstanceCount) || has(self.instancePools)"
            " || has(self.managedInstanceScaling)",
            "a variant on instances needs initialInstanceCount",
        ),
    )
)
