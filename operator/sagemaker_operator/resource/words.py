"""What the two kinds call things: the status field for the ARN and the original operator's texts. Only data."""

from __future__ import annotations

from dataclasses import dataclass

from smkube import kinds

CREATED, DELETED, ERROR = "Created", "Deleted", "Error"
"""Status words (the original operator's)."""
CREATE_CLIENT = "CreateClient"
"""Stands for the operation in an error that came before any request: region or endpoint cannot be used."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind.

    Args:
        arn: status field for the ARN.
        prefixes: texts before AWS's own in `additional`, by operation.
    """

    arn: str
    prefixes: dict[str, str]


def _of(kind: kinds.Kind, noun: str, arn: str) -> Words:
    name = kind.name
    prefixes = {
        CREATE_CLIENT: "Unable to initialize operator: ",
        kind.api.describe: f"Unable to get SageMaker {name} description: ",
        kind.api.create: f"Unable to create SageMaker {noun}: Unable to create SageMaker {name}: ",
        kind.api.delete: f"Unable to delete SageMaker {noun}: Unable to delete SageMaker {name}: ",
    }
    return Words(arn, prefixes)


WORDS: dict[str, Words] = {
    kinds.MODEL.name: _of(kinds.MODEL, "model", "modelArn"),
    kinds.ENDPOINT_CONFIG.name: _of(kinds.ENDPOINT_CONFIG, "endpointConfig", "endpointConfigArn"),
}
