"""Model. Only data."""

from __future__ import annotations

from sagemaker_operator.crds import status
from sagemaker_operator.crds.entries import Column, Definition, Entry
from sagemaker_operator.crds.overlay.common import CLIENT_UNCHECKED, READY
from smkube import kinds

_COUNTS = Entry(removal_counts=True)

MODEL = Definition(
    kind=kinds.MODEL,
    description="A Model keeps one model in Amazon SageMaker: container images, model data and the role to run with.",
    spec_required=False,
    columns=(
        Column("Status", ".status.status"),
        Column("Sage-Maker-Model-Name", ".status.sageMakerModelName"),
        READY,
    ),
    paths={
        "PrimaryContainer": _COUNTS,
        "Containers": _COUNTS,
        "EnableNetworkIsolation": _COUNTS,
        "VpcConfig": _COUNTS,
    },
    omitted=frozenset({"ModelName"}),
    client=CLIENT_UNCHECKED,
    status={
        "status": status.text("Created, Deleted, Error, or what the operator is about to do."),
        "sageMakerModelName": status.text("Name of the model in SageMaker."),
        "modelArn": status.text("Amazon Resource Name of the model."),
    },
)
