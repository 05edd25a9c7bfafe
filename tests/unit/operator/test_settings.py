"""The operator's command line, above all the spellings that manifests of the original use."""

from __future__ import annotations

import pytest

from sagemaker_operator import settings
from smkube import kinds


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

    assert (read.metrics_addr, read.namespaces, read.enable_leader_election) == ("127.0.0.1:8080", ("ns",), True)


def test_defaults_are_the_originals() -> None:
    """Without flags: metrics on :8080, no leader election, all namespaces, no endpoint of our own."""
    read = settings.parse([], {})

    assert (
        read.metrics_addr,
        read.enable_leader_election,
        read.namespaces,
        read.default_endpoint,
    ) == (":8080", False, (), "")


def test_endpoint_comes_from_the_environment() -> None:
    """AWS_DEFAULT_SAGEMAKER_ENDPOINT is read as the original read it."""
    read = settings.parse([], {"AWS_DEFAULT_SAGEMAKER_ENDPOINT": "http://127.0.0.1:1"})

    assert read.default_endpoint == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--metrics-addr=8080", "not HOST:PORT"),
        ("--metrics-addr=:99999", "not HOST:PORT"),
        ("--health-addr=8081", "not HOST:PORT"),
        ("--kinds=tj,pods", "'pods' is none of the kinds: trainingjobs (tj)"),
        ("--namespace=team-a,Team", "'Team' cannot be the name of a namespace"),
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


def test_every_kind_is_worked_on_unless_some_are_named() -> None:
    """--kinds takes kubectl's words; without it, or empty, all kinds are meant."""
    assert settings.parse([], {}).kinds == settings.parse(["--kinds="], {}).kinds == kinds.ALL
    assert settings.parse(["-kinds=tj,Model"], {}).kinds == (kinds.TRAINING_JOB, kinds.MODEL)


def test_health_checks_may_have_an_address_of_their_own() -> None:
    """By default they have none but that of the metrics."""
    assert settings.parse([], {}).health_addr == "0"
    assert settings.parse(["--health-addr=:8081"], {}).health_addr == ":8081"
