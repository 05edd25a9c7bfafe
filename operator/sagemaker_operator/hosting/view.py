"""An endpoint as it was last seen: in a description of this pass, or in the status that an earlier pass wrote. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.facts import Facts

IN_SERVICE, FAILED, ROLLBACK_FAILED = "InService", "Failed", "UpdateRollbackFailed"
CREATING, UPDATING, DELETING = "Creating", "Updating", "Deleting"
AT_REST = frozenset({IN_SERVICE, "OutOfService", ROLLBACK_FAILED, FAILED})
"""Words of an endpoint that stays as it is until somebody asks for a change. A word that nobody knows is none of them.

Source: SageMaker API, DescribeEndpoint, EndpointStatus.
"""
CHANGING = frozenset({UPDATING, "SystemUpdating", "RollingBack"})
"""Words of an endpoint that goes on serving while it changes."""


@dataclass(frozen=True, slots=True)
class View:
    """What matters of an endpoint.

    Args:
        word: its status at SageMaker.
        config: the endpoint configuration it has.
        failure: SageMaker's reason for the last failure; empty without one.
        arn: its ARN; empty while it is not known.
        modified: when it last changed; None where that is not told.
        description: the description, if this is from one; empty when it is from the status.
    """

    word: str
    config: str
    failure: str
    arn: str
    modified: datetime | None
    description: Mapping[str, Any]

    @property
    def fresh(self) -> bool:
        """AWS was asked in this pass."""
        return bool(self.description)

    @property
    def at_rest(self) -> bool:
        """Nothing is under way, and AWS takes a change."""
        return self.word in AT_REST


def of_description(description: Mapping[str, Any]) -> View:
    """The endpoint as SageMaker describes it."""
    modified = description.get("LastModifiedTime")
    return View(
        word=str(description.get("EndpointStatus") or ""),
        config=str(description.get("EndpointConfigName") or ""),
        failure=str(description.get("FailureReason") or ""),
        arn=str(description.get("EndpointArn") or ""),
        modified=modified if isinstance(modified, datetime) else None,
        description=description,
    )


def of_status(f: Facts) -> View:
    """The endpoint as the object's status shows it."""
    status = f.status
    return View(
        word=f.word,
        config=str(status.get("endpointConfigName") or ""),
        failure=str(status.get("failureReason") or ""),
        arn=str(status.get("endpointArn") or ""),
        modified=facts.parse_rfc3339(str(status.get("lastModifiedTime") or "")),
        description={},
    )


def precise(moment: datetime | None) -> str:
    """A time as text, to the millisecond: two changes of an endpoint may fall into one second."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
