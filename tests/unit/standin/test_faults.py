"""Rates, faults, clock and settings."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.standin import cli
from tests.standin.clock import Clock
from tests.standin.control_api import parse_rate
from tests.standin.faults import Bucket, Fault, Faults, Holds
from tests.standin.settings import JobRule, LogPlan, Settings, parse_phases, parse_span


def test_clock_speed_and_advance() -> None:
    """The clock follows its source times the speed, jumps by advance, and never goes back."""
    real = [0.0]
    clock = Clock(100.0, 2.0, lambda: real[0])
    real[0] = 5.0
    assert clock.now() == 110.0
    assert clock.advance(30) == 140.0
    clock.set_speed(0)
    real[0] = 50.0
    assert clock.now() == 140.0
    for step in (clock.advance, clock.set_speed):
        with pytest.raises(ValueError, match="forward"):
            step(-1)


def test_bucket_gives_the_rate() -> None:
    """A bucket of two a second lets two through at once, then one each half second."""
    bucket = Bucket(2.0, 2.0, 0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(time) for time in (0.4, 0.5, 0.6, 1.0)] == [False, True, False, True]


def test_fault_skip_count_and_name() -> None:
    """A fault lets `skip` calls pass, hits `count`, and only those whose names match."""
    faults = Faults(Clock(0.0, 0.0))
    faults.add(Fault("drop", "CreateTrainingJob", name="a-*", skip=1, count=2))
    hits = [bool(faults.pick("sagemaker", "CreateTrainingJob", name)) for name in ("a-1", "b", "a-2", "a-3", "a-4")]
    assert hits == [False, False, True, True, False]
    assert faults.pick("sagemaker", "StopTrainingJob", "a-1") == []


def test_fault_by_service_and_glob() -> None:
    """The operation may be a glob with the service before it."""
    fault = Fault("drop", "logs.*")
    assert fault.matches("logs", "FilterLogEvents", "")
    assert not fault.matches("sagemaker", "ListModels", "")


def test_probability_is_drawn_from_the_seed() -> None:
    """The same seed gives the same faults; about half of them at one half."""

    def draw(seed: int) -> list[bool]:
        faults = Faults(Clock(0.0, 0.0), seed)
        faults.add(Fault("drop", probability=0.5))
        return [bool(faults.pick("logs", "GetLogEvents", "")) for _ in range(200)]

    assert draw(1) == draw(1) != draw(2)
    assert 60 < sum(draw(1)) < 140


@pytest.mark.parametrize("values", [{"kind": "nonsense"}, {"kind": "drop", "colour": 1}, {}])
def test_bad_faults_are_refused(values: dict[str, Any]) -> None:
    """A fault with an unknown kind or member is an error."""
    with pytest.raises(ValueError, match="unknown"):
        Fault.parse(values)


def test_fault_with_a_client_code_is_a_400() -> None:
    """A throttle as a fault has AWS's status and text unless others are given."""
    fault = Fault.parse({"kind": "error_before", "code": "ThrottlingException"})
    assert (fault.status, fault.message) == (400, "Rate exceeded")
    assert Fault.parse({"kind": "error_before"}).status == 500


def test_holds_wait_for_release() -> None:
    """A held call is listed and goes on when it is released."""
    holds = Holds()
    thread = threading.Thread(target=holds.wait, args=("x",))
    thread.start()
    assert holds.waiting(at_least=1, timeout=5) == ["x"]
    assert holds.release() == 1
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert holds.waiting() == []


def test_spans_and_phases() -> None:
    """Durations are numbers, pairs or text; bad ones and unknown phases are errors."""
    assert parse_span(2) == (2.0, 2.0)
    assert parse_span("0.5-2") == (0.5, 2.0)
    assert parse_phases({"training": [1, 3]}) == {"training": (1.0, 3.0)}
    for bad in ("x", [3, 1], -1, True, None):
        with pytest.raises(ValueError, match=r"duration|float"):
            parse_span(bad)
    with pytest.raises(ValueError, match="unknown phase 'dancing'"):
        parse_phases({"dancing": 1})


def test_plans_are_the_same_for_the_same_seed_and_name() -> None:
    """Drawn durations depend on seed and name only, and lie in the range."""
    settings = Settings(seed=3, phases={**Settings().phases, "training": (1.0, 9.0)})
    one, again, other = (settings.plan("training", name, 0.0, 1.0) for name in ("a", "a", "b"))
    assert one == again != other
    assert 1.0 <= one.training <= 9.0


def test_rules() -> None:
    """The first rule that matches kind and name counts; slips in a rule are errors."""
    rule = JobRule.parse({"match": "x-*", "kind": "training", "fail": "AlgorithmError: no", "phases": {"training": 1}})
    settings = Settings(rules=[rule])
    failure = settings.plan("training", "x-1", 0.0, 1.0).failure
    assert failure is not None
    assert failure.reason == "AlgorithmError: no"
    assert settings.plan("transform", "x-1", 0.0, 1.0).failure is None
    for bad in ({}, {"match": "*", "kind": "dance"}, {"match": "*", "logs": {"rat": 1}}, {"match": "*", "who": 1}):
        with pytest.raises(ValueError, match=r"rule|unknown"):
            JobRule.parse(bad)
    with pytest.raises(ValueError, match="filled in"):
        LogPlan().changed({"message": "{nobody}"})


def test_rates() -> None:
    """A rate may have a burst; else the burst is a second's worth, at least one."""
    assert parse_rate(2) == (2.0, 2.0)
    assert parse_rate("0.5") == (0.5, 1.0)
    assert parse_rate("1:5") == (1.0, 5.0)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--host", "0.0.0.0"], "not loopback"),
        (["--phase", "dancing=1"], "unknown phase"),
        (["--phase", "training"], "expected NAME=VALUE"),
        (["--throttle", "CreateTrainingJob=fast"], "could not convert"),
        (["--fault", "{"], "Expecting"),
        (["--fault", '{"kind": "lose_everything"}'], "unknown kind of fault"),
        (["--rule", '{"fail": true}'], "needs `match`"),
        (["--credentials", "AK=stale"], "unknown state of credentials"),
    ],
)
def test_bad_flags_end_with_2(flags: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that makes no sense is one line on standard error and exit code 2."""
    assert cli.main(flags) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert text in captured.err
    assert captured.err.count("\n") == 1


def test_help_teaches() -> None:
    """The help has the control endpoint, the phases and examples."""
    text = cli.parser().format_help()
    for needed in ("/_standin/faults", "lose_answer", "--aws-limits", "AWS_ENDPOINT_URL", "transforming"):
        assert needed in text
