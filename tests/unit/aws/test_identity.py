"""Who we are at AWS and whom a role trusts, asked by botocore's clients."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from smkube.aws.account import Account
from smkube.aws.identity import Caller, Configured, Identity
from smkube.errors import AwsError
from tests.unit.aws.server import Answer, Request, Server, serving

CALLER = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::1:user/jane</Arn><UserId>AIDA</UserId><Account>1</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
ROLE = b"""<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><RoleName>x</RoleName>
<AssumeRolePolicyDocument>%7B%22Statement%22%3A%20%5B%5D%7D</AssumeRolePolicyDocument></Role></GetRoleResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetRoleResponse>"""


def _answer(request: Request) -> Answer:
    asked = parse_qs(request.body.decode())
    if asked["Action"] == ["GetRole"]:
        return Answer(body=ROLE if asked["RoleName"] == ["x"] else b"no XML")
    return Answer(body=CALLER)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """STS and IAM."""
    with serving(_answer) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


def identity(profile: str = "") -> Identity:
    """Of the environment, or of a profile."""
    return Identity(Account(profile), user_agent="test/1", timeout=5.0)


def test_caller(server: Server) -> None:
    """Account and ARN; asked in the region that is named, or in any."""
    assert identity().caller("eu-west-1") == Caller("1", "arn:aws:iam::1:user/jane")
    assert identity().caller() == Caller("1", "arn:aws:iam::1:user/jane")
    scopes = [request.headers["authorization"].split("/")[2] for request in server.requests]
    assert scopes == ["eu-west-1", "us-east-1"]
    assert "test/1" in server.requests[0].headers["user-agent"]


@pytest.mark.usefixtures("server")
def test_trust_policy() -> None:
    """The policy as data; an answer that is not AWS's is an error like any other."""
    assert identity().trust_policy("x") == {"Statement": []}
    with pytest.raises(AwsError, match="not AWS"):
        identity().trust_policy("y")


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """Without credentials nothing is sent."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AwsError) as caught:
        identity().caller()
    assert (caught.value.code, server.requests) == ("NoCredentials", [])


def test_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's region goes before the profile's; each with who says so."""
    assert identity().region() is None
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.write_text("[profile one]\nregion = eu-central-1\n", encoding="utf-8")
    assert identity("one").region() == Configured("eu-central-1", f'profile "one" in {config}')
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert identity("one").region() == Configured("us-west-2", "AWS_DEFAULT_REGION")
    with pytest.raises(AwsError, match="ProfileNotFound"):
        identity("two").region()
