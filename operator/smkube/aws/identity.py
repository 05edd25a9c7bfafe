"""Asks AWS who we are (STS) and whom a role trusts (IAM), and says where our region and credentials come from.

Both services speak XML, so these are botocore's own clients, made with the account's credentials: slower to begin with
than `wire`, and only for commands that are asked for seldom. Nothing here is retried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from smkube.aws import errors
from smkube.aws.account import Account
from smkube.errors import AwsError

REGION_VARIABLE = "AWS_DEFAULT_REGION"
_SOMEWHERE = "us-east-1"
"""For asking who we are where no region is known: STS answers the same in each."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who we are (STS: GetCallerIdentity)."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Configured:
    """A region that the environment or a profile names.

    Attributes:
        source: the variable, or the profile and its file.
    """

    region: str
    source: str


class Identity:
    """STS and IAM for one account. For many threads.

    Args:
        account: session and credentials.
        user_agent: added to the user agent of every request.
        timeout: seconds for a connection, and for an answer.
    """

    def __init__(self, account: Account, *, user_agent: str, timeout: float) -> None:
        self._account = account
        self._user_agent = user_agent
        self._timeout = timeout

    def region(self) -> Configured | None:
        """The region of the environment or the profile; None where neither names one.

        Raises:
            AwsError: the configuration cannot be used.
        """
        session = self._account.session()
        with errors.translated("CreateSession"):
            region = session.get_config_variable("region")
            if not region:
                return None
            if os.environ.get(REGION_VARIABLE):
                return Configured(str(region), REGION_VARIABLE)
            profile = session.get_config_variable("profile") or "default"
            return Configured(str(region), f'profile "{profile}" in {session.get_config_variable("config_file")}')

    def caller(self, region: str = "") -> Caller:
        """Who we are; everybody may ask that.

        Args:
            region: where to ask; empty for our own, or any.

        Raises:
            AwsError: there are no credentials, AWS does not take them, or it gave no answer.
        """
        answer = self._call("sts", region, "GetCallerIdentity", {})
        return Caller(str(answer["Account"]), str(answer["Arn"]))

    def trust_policy(self, role: str) -> Mapping[str, Any]:
        """The trust policy of a role of our own account (IAM: GetRole).

        Args:
            role: its name, without path.

        Raises:
            AwsError: there is no such role, or we may not look at it.
        """
        found = self._call("iam", "", "GetRole", {"RoleName": role})["Role"].get("AssumeRolePolicyDocument", {})
        # botocore decodes it where its handlers are on.
        policy = json.loads(unquote(found)) if isinstance(found, str) else found
        if not isinstance(policy, dict):
            raise AwsError("GetRole", "BadAnswer", "The trust policy is no JSON object.")
        return policy

    def _call(self, service: str, region: str, operation: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        configured = self.region()
        region = region or (configured.region if configured else _SOMEWHERE)
        session, credentials = self._account.session(), self._account.credentials(region)
        with errors.translated(operation):
            import botocore
            from botocore.config import Config
            from botocore.exceptions import NoCredentialsError
            from botocore.parsers import ResponseParserError

            if credentials is None:
                raise NoCredentialsError
            keys = credentials.get_frozen_credentials()
            client = session.create_client(
                service,
                region_name=region,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=keys.secret_key,
                aws_session_token=keys.token,
                config=Config(
                    connect_timeout=self._timeout,
                    read_timeout=self._timeout,
                    retries={"mode": "standard", "total_max_attempts": 1},
                    user_agent_extra=self._user_agent,
                ),
            )
            try:
                answer: dict[str, Any] = getattr(client, botocore.xform_name(operation))(**parameters)
            except ResponseParserError as error:
                raise AwsError(operation, "BadAnswer", "Something answered that is not AWS.") from error
            return answer
