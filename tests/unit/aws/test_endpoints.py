"""Endpoints and signing regions are those of botocore's clients, for all regions and all ways to configure them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.loaders import create_loader

from smkube.aws import endpoints
from smkube.aws.account import Account
from smkube.aws.wire import Wire
from smkube.errors import AwsError

SERVICES = ("logs", "sagemaker")
OPERATIONS = {"logs": "describe_log_groups", "sagemaker": "list_models"}


LOADER = create_loader()
"""What it has read it keeps, so that not every session reads the descriptions of the services again."""


class _SentError(Exception):
    """Takes the place of sending a request."""


def _session() -> Any:
    made = botocore.session.Session()
    made.register_component("data_loader", LOADER)
    return made


def _by_client(session: Any, service: str, region: str) -> tuple[str, str, str]:
    """URL, signing region and signing name of a request that botocore's client is about to send."""
    caught: list[Any] = []

    def catch(request: Any, **_: Any) -> None:
        caught.append(request)
        raise _SentError

    client = session.create_client(service, region_name=region)
    client.meta.events.register_last("before-send", catch)
    with pytest.raises(_SentError):
        getattr(client, OPERATIONS[service])()
    authorization = caught[0].headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    scope = text.partition("Credential=")[2].partition(",")[0].split("/")
    return caught[0].url, scope[2], scope[3]


def _by_us(service: str, region: str) -> tuple[str, str, str]:
    found = endpoints.resolve(Account().session(), service, region)
    return found.url, found.region, found.service


def _regions() -> list[str]:
    session = _session()
    return sorted(
        {
            region
            for partition in session.get_available_partitions()
            for service in SERVICES
            for region in session.get_available_regions(service, partition, allow_non_regional=True)
        }
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_region_botocore_knows(service: str) -> None:
    """AWS's own endpoints, in all partitions, with the old names for FIPS among them; and a region it does not know."""
    regions = [*_regions(), "eu-new-7", "us-test-123456", "us-gov-new-3", "cn-new-9"]
    assert len(regions) > 40
    assert any("fips" in region for region in regions)
    session = _session()

    found = {region: _by_us(service, region) for region in regions}

    assert found == {region: _by_client(session, service, region) for region in regions}
    assert found["us-gov-west-1"][0].startswith("https://")
    assert found["cn-north-1"][0].endswith(".amazonaws.com.cn/")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1"])
@pytest.mark.parametrize("fips", ["", "true"])
@pytest.mark.parametrize("dualstack", ["", "true"])
def test_variants(service: str, region: str, fips: str, dualstack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """FIPS and dual-stack endpoints, or the refusal where a partition has none."""
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", fips)
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", dualstack)

    def outcome(ask: Any, *arguments: Any) -> Any:
        try:
            return ask(*arguments)
        except botocore.exceptions.BotoCoreError as error:
            return type(error).__name__

    assert outcome(_by_us, service, region) == outcome(_by_client, _session(), service, region)


SECTIONS = """
[profile dev]
services = local
[services local]
cloudwatch_logs =
  endpoint_url = http://one.example
sagemaker =
  endpoint_url = http://two.example
"""
CONFIGURED: dict[str, tuple[dict[str, str], str]] = {
    "for all services": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, ""),
    "with a path": ({"AWS_ENDPOINT_URL": "https://proxy.example:8443/aws/"}, ""),
    "with a path without a slash": ({"AWS_ENDPOINT_URL": "https://proxy.example/aws"}, ""),
    "IPv6": ({"AWS_ENDPOINT_URL": "http://[::1]:4566"}, ""),
    "for one service": ({"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://logs.example"}, ""),
    "for the other service": ({"AWS_ENDPOINT_URL_SAGEMAKER": "http://sm.example"}, ""),
    "both": ({"AWS_ENDPOINT_URL": "http://all.example", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://logs.example"}, ""),
    "ignored": ({"AWS_ENDPOINT_URL": "http://all.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""),
    "with FIPS": ({"AWS_ENDPOINT_URL": "http://all.example", "AWS_USE_FIPS_ENDPOINT": "true"}, ""),
    "in the file": ({}, "[default]\nendpoint_url = http://file.example\n"),
    "services in the file": (
        {"AWS_PROFILE": "dev"},
        SECTIONS,
    ),
    "FIPS in the file": ({}, "[default]\nuse_fips_endpoint = true\n"),
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", CONFIGURED)
def test_configured_endpoints(name: str, service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Variables and configuration files are followed as botocore follows them."""
    environment, file = CONFIGURED[name]
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "config").write_text(file, encoding="utf-8")

    assert _by_us(service, "us-east-1") == _by_client(_session(), service, "us-east-1")


def test_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region, it is that of the profile or the environment."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")

    assert _by_us("logs", "")[:2] == ("https://logs.sa-east-1.amazonaws.com/", "sa-east-1")


@pytest.mark.parametrize(
    ("region", "endpoint", "code"),
    [
        ("", "", "NoRegionError"),
        ("not a region", "", "InvalidRegionError"),
        ("us-east-1.evil.example#", "", "InvalidRegionError"),
        ("us-east-1", "localhost:4566", "InvalidConfigError"),
        ("us-east-1", "http://", "InvalidConfigError"),
    ],
)
def test_what_cannot_be_an_endpoint(region: str, endpoint: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or malformed region, and an endpoint that is no URL, are told before anything is sent."""
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(AwsError) as caught:
        Wire(region=region, user_agent="x").prepare()

    assert caught.value.code == code
    assert caught.value.status == 400
