"""IAM: GetRole, with the trust policies that a test has put in.

There is one set of roles for each account, in a world that remembers them for as long as it lives.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zlib import crc32

from tests.standin.errors import AwsError, partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.standin.world import Call, World


def put_role(world: World, name: str, trust: Mapping[str, Any], account: str = "") -> None:
    """Make a role, or give it another trust policy.

    Args:
        world: where.
        name: of the role, without path.
        trust: its trust policy.
        account: whose; the world's own if empty.
    """
    world.roles[account or world.account, name] = trust


def get_role(call: Call) -> dict[str, Any]:
    """GetRole: the role with its trust policy, URL-encoded as IAM has it. NoSuchEntity if there is none."""
    name = call.params["RoleName"]
    account = call.region.account
    trust = call.world.roles.get((account, name))
    if trust is None:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return {
        "Role": {
            "Path": "/",
            "RoleName": name,
            "RoleId": f"AROA{crc32(name.encode()):017d}",
            "Arn": f"arn:{partition(call.region.name)}:iam::{account}:role/{name}",
            "CreateDate": datetime.fromtimestamp(call.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AssumeRolePolicyDocument": quote(json.dumps(trust), safe=""),
        }
    }


OPERATIONS = {"GetRole": get_role}
