"""Whose log a line belongs to, for whoever prints it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """One job (or endpoint) whose log is shown.

    Attributes:
        kind: kind of the object, such as `TrainingJob`.
        namespace: the object's.
        name: the object's.
        job: SageMaker's name for it.
        region: AWS region.
        group: CloudWatch log group.
    """

    kind: str
    namespace: str
    name: str
    job: str
    region: str
    group: str
