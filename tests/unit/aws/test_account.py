"""Credentials: botocore's whole chain, from a session without clients, in a process that has loaded nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smkube.aws.account import Account
from smkube.aws.session import Address, Clients
from smkube.aws.wire import Wire
from smkube.errors import AwsError
from tests.unit.aws.server import Answer, Request, serving

PROGRAM = """
import json, sys
from smkube.aws import light
from smkube.aws.account import Account
from smkube.aws.wire import Wire
from smkube.errors import AwsError

profile, posts = sys.argv[1], int(sys.argv[2])
account = Account(profile)
account.start()
wire = Wire(region="eu-west-1", user_agent="x", account=account)
error = None
try:
    for _ in range(posts):
        wire.post("FilterLogEvents", b"{}")
except AwsError as caught:
    error = [caught.code, caught.message, caught.status]
print(json.dumps({"error": error, "light": type(account.session()).__module__ == light.__name__ if not error else None,
                  "clients": "botocore.client" in sys.modules}))
"""
ROLE = "arn:aws:iam::123456789012:role/reader"


def _run(environment: Mapping[str, str], *, profile: str = "", posts: int = 1) -> dict[str, Any]:
    """Post with a wire in a process of its own; what went wrong, and whether clients were loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, profile, str(posts)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _key(request: Request) -> str:
    return request.headers["authorization"].partition("Credential=")[2].partition("/")[0]


def _soon() -> str:
    """A time so near that credentials that expire then are renewed at each use."""
    return (datetime.now(UTC) + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the AWS configuration file; there are no keys in the environment."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def write(text: str) -> None:
        (tmp_path / "config").write_text(text, encoding="utf-8")

    return write


def _profile(name: str, key: str) -> str:
    section = "default" if name == "default" else f"profile {name}"
    return f"[{section}]\naws_access_key_id = {key}\naws_secret_access_key = secret\n"


@pytest.mark.parametrize(
    ("profile", "environment", "wanted"),
    [
        ("", {}, "AKIDDEFAULT"),
        ("dev", {}, "AKIDDEV"),
        ("", {"AWS_PROFILE": "dev"}, "AKIDDEV"),
        ("dev", {"AWS_PROFILE": "default"}, "AKIDDEV"),
        ("", {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "x"}, "AKIDENV"),
        ("dev", {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "x"}, "AKIDDEV"),
    ],
)
def test_profiles(profile: str, environment: Mapping[str, str], wanted: str, config: Callable[[str], None]) -> None:
    """The profile that is asked for wins, then the environment's keys, then AWS_PROFILE, then the default."""
    config(_profile("default", "AKIDDEFAULT") + _profile("dev", "AKIDDEV"))
    with serving(lambda _: Answer()) as server:
        found = _run({"AWS_ENDPOINT_URL": server.url, **environment}, profile=profile)

    assert found == {"error": None, "light": True, "clients": False}
    assert [_key(request) for request in server.requests] == [wanted]


def test_an_external_program_is_asked_again(config: Callable[[str], None], tmp_path: Path) -> None:
    """`credential_process` is run again when what it gave is about to expire."""
    script = tmp_path / "give.py"
    script.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'ASIA{number}', 'SecretAccessKey': 'x',\n"
        f"  'SessionToken': 't', 'Expiration': {_soon()!r}}}))\n",
        encoding="utf-8",
    )
    config(f"[default]\nregion = eu-west-1\ncredential_process = {sys.executable} {script}\n")
    with serving(lambda _: Answer()) as server:
        assert _run({"AWS_ENDPOINT_URL": server.url}, posts=2)["error"] is None

    first, second = (int(_key(request).removeprefix("ASIA")) for request in server.requests)
    assert first < second


def _sts(request: Request) -> Answer:
    """STS: gives credentials for a role."""
    action = request.body.decode().partition("Action=")[2].partition("&")[0]
    body = (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
        "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>role-token</SessionToken>"
        f"<Expiration>{_soon()}</Expiration></Credentials></{action}Result></{action}Response>"
    )
    return Answer(body=body.encode(), headers={"Content-Type": "text/xml"})


@pytest.mark.parametrize("region", ["", "region = us-west-2\n"])
def test_a_role_is_assumed(region: str, config: Callable[[str], None]) -> None:
    """A profile with a role asks STS, in the configured region or that of the logs, with keys of the other profile."""
    config(_profile("base", "AKIDBASE") + f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n{region}")
    with serving(lambda _: Answer()) as logs, serving(_sts) as sts:
        found = _run({"AWS_ENDPOINT_URL": logs.url, "AWS_ENDPOINT_URL_STS": sts.url}, profile="role")

    assert found == {"error": None, "light": True, "clients": True}
    assert {_key(request) for request in sts.requests} == {"AKIDBASE"}
    assert ("us-west-2" if region else "eu-west-1") in sts.requests[0].headers["authorization"]
    assert [_key(request) for request in logs.requests] == ["ASIAROLE"]
    assert logs.requests[0].headers["x-amz-security-token"] == "role-token"


def test_web_identity(config: Callable[[str], None], tmp_path: Path) -> None:
    """The token a pod is given for a role (IRSA) is exchanged at STS."""
    config("")
    (tmp_path / "token").write_text("a-token", encoding="ascii")
    with serving(lambda _: Answer()) as logs, serving(_sts) as sts:
        found = _run(
            {
                "AWS_ENDPOINT_URL": logs.url,
                "AWS_ENDPOINT_URL_STS": sts.url,
                "AWS_ROLE_ARN": ROLE,
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            }
        )

    assert found["error"] is None
    assert b"a-token" in sts.requests[0].body
    assert [_key(request) for request in logs.requests] == ["ASIAROLE"]


def test_container_credentials(config: Callable[[str], None]) -> None:
    """The endpoint for containers (ECS, EKS pod identity) is asked."""
    config("")
    given = {"AccessKeyId": "ASIAPOD", "SecretAccessKey": "s", "Token": "t", "Expiration": _soon()}
    with serving(lambda _: Answer()) as logs, serving(lambda _: Answer(body=json.dumps(given).encode())) as pod:
        found = _run({"AWS_ENDPOINT_URL": logs.url, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{pod.url}/v1/credentials"})

    assert found == {"error": None, "light": True, "clients": False}
    assert [_key(request) for request in logs.requests] == ["ASIAPOD"]


def test_instance_credentials(config: Callable[[str], None]) -> None:
    """The metadata service of an instance is asked last."""

    def metadata(request: Request) -> Answer:
        if request.target.endswith("/api/token"):
            return Answer(body=b"token")
        if request.target.endswith("/security-credentials/"):
            return Answer(body=b"instance-role")
        keys = {"AccessKeyId": "ASIAINSTANCE", "SecretAccessKey": "s", "Token": "t", "Expiration": _soon()}
        return Answer(body=json.dumps({"Code": "Success", **keys}).encode())

    config("")
    with serving(lambda _: Answer()) as logs, serving(metadata) as imds:
        found = _run(
            {
                "AWS_ENDPOINT_URL": logs.url,
                "AWS_EC2_METADATA_DISABLED": "false",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{imds.url}/",
            }
        )

    assert found == {"error": None, "light": True, "clients": False}
    assert [_key(request) for request in logs.requests] == ["ASIAINSTANCE"]


SSO = """
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.example/start
"""
BAD: dict[str, tuple[str, str, dict[str, str], str]] = {
    "no credentials": ("", "", {}, "NoCredentials"),
    "half of the keys": ("", "", {"AWS_ACCESS_KEY_ID": "AKID"}, "NoCredentials"),
    "unknown profile": ("", "nobody", {}, "ProfileNotFound"),
    "unknown profile of the environment": ("", "", {"AWS_PROFILE": "nobody"}, "ProfileNotFound"),
    "broken file": ("[default\n", "", {}, "ConfigParseError"),
    "failing program": ("[default]\ncredential_process = false\n", "", {}, "NoCredentials"),
    "not signed in": (SSO, "sso", {}, "TokenRetrieval"),
    "role without a source": (f"[profile role]\nrole_arn = {ROLE}\n", "role", {}, "NoCredentials"),
    "role of nobody": (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = nobody\n",
        "role",
        {},
        "InvalidConfigError",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_unusable_credentials(
    name: str, config: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is wrong with them is told in the words, and under the code, that the operator's clients have for it."""
    text, profile, environment, code = BAD[name]
    config(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(lambda _: Answer()) as server:
        found = _run({"AWS_ENDPOINT_URL": server.url, **environment}, profile=profile)["error"]
        for variable, value in {**environment, **({"AWS_PROFILE": profile} if profile else {})}.items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(AwsError) as theirs:
            Clients(user_agent="x").call(Address("logs", "eu-west-1"), "DescribeLogGroups", {})

    assert not server.requests
    assert found == [theirs.value.code, theirs.value.message, theirs.value.status]
    assert found[0] == code


def test_renewal_sees_new_keys(config: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a renewal, the files are read again, for all wires that share the account."""
    config(_profile("default", "AKIDOLD"))
    with serving(lambda _: Answer()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        account = Account()
        wires = [Wire(region=region, user_agent="x", account=account) for region in ("eu-west-1", "eu-west-3")]
        for wire in wires:
            wire.post("FilterLogEvents", b"{}")
        config(_profile("default", "AKIDNEW"))
        wires[0].post("FilterLogEvents", b"{}")
        assert [wire.renew() for wire in wires] == [True, True]
        for wire in wires:
            wire.post("FilterLogEvents", b"{}")
            wire.close()

    assert [_key(request) for request in server.requests] == ["AKIDOLD"] * 3 + ["AKIDNEW"] * 2


def test_keys_of_the_environment_cannot_be_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """They cannot change while the process lives, so that asking for them again is no use."""
    with serving(lambda _: Answer()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        wire = Wire(region="eu-west-1", user_agent="x")
        wire.post("FilterLogEvents", b"{}")
        assert not wire.renew()
        wire.post("FilterLogEvents", b"{}")
        wire.close()


def test_what_went_wrong_in_the_background_is_told_once_more(config: Callable[[str], None]) -> None:
    """A failed start shows at the first use, and does not keep a later one from working."""
    config("[default\n")
    account = Account()
    account.start()
    with pytest.raises(AwsError) as caught:
        account.session()
    assert caught.value.code == "ConfigParseError"

    config(_profile("default", "AKIDDEFAULT"))
    assert account.credentials("eu-west-1").access_key == "AKIDDEFAULT"
