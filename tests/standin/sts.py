"""STS: GetCallerIdentity, so that programs can check their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standin.world import Call


def get_caller_identity(call: Call) -> dict[str, Any]:
    """GetCallerIdentity: account and a user ARN."""
    return {"UserId": call.access_key, "Account": call.region.account, "Arn": call.caller}


OPERATIONS = {"GetCallerIdentity": get_caller_identity}
