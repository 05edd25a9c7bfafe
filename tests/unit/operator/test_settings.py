"""The operator's command line, above all the spellings that manifests of the original use."""

from __future__ import annotations

import pytest

from sagemaker_operator import settings


@pytest.mark.parametrize(
    "arguments",
    [
        ["--metrics-addr=127.0.0.1:8080", "--namespace=ns", "--enable-leader-election"],
        ["-metrics-addr=127.0.0.1:8080", "-namespace", "ns", "-enable-leader-election"],
        ["--metrics-addr", "127.0.0.1:8080", "--namespace", "ns", "--enable-leader-election=true"],
    ],
)
def test_go_spellings(arguments: list[str]) -> None:
    """One dash or two, `=` or a blank: all mean the same."""
    read = settings.parse(arguments, {})

    assert (read.metrics_addr, read.namespace, read.enable_leader_election) == ("127.0.0.1:8080", "ns", True)


def test_defaults_are_the_originals() -> None:
    """Without flags: metrics on :8080, no leader election, all namespaces, no endpoint of our own."""
    read = settings.parse([], {})

    assert (
        read.metrics_addr,
        read.enable_leader_election,
        read.namespace,
        read.default_endpoint,
    ) == (":8080", False, "", "")


def test_endpoint_comes_from_the_environment() -> None:
    """AWS_DEFAULT_SAGEMAKER_ENDPOINT is read as the original read it."""
    read = settings.parse([], {"AWS_DEFAULT_SAGEMAKER_ENDPOINT": "http://127.0.0.1:1"})

    assert read.default_endpoint == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--metrics-addr=8080", "not HOST:PORT"),
        ("--metrics-addr=:99999", "not HOST:PORT"),
        ("--workers=0", "from 1 to 100"),
        ("--enable-leader-election=maybe", "neither true nor false"),
        ("--consistency-window=soon", "not a number of seconds"),
        ("--no-such-flag", "unrecognized arguments"),
    ],
)
def test_bad_values_are_refused(argument: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong value ends with exit code 2 and a text that names what was wrong."""
    with pytest.raises(SystemExit) as ended:
        settings.parse([argument], {})

    assert ended.value.code == 2
    assert said in capsys.readouterr().err
