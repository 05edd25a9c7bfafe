"""The life of a processing job as a function of plan and time, and the rules about it."""

from __future__ import annotations

import pytest

from tests.standin.lifecycle import Failure, Interrupt, Plan, processing_life
from tests.standin.settings import JobRule, Settings


def test_phases() -> None:
    """A processing job starts, processes, and is complete with its exit message."""
    life = processing_life(Plan(created=0.0, starting=2.0, processing=5.0, exit_message="done"))
    assert (life.running_since(1.9), life.running_since(2.0)) == (None, 2.0)
    assert life.windows("processing") == ((2.0, 7.0),)
    assert (life.at(6.9).status, life.at(6.9).exit_message) == ("InProgress", "")
    assert (life.at(7.0).status, life.at(7.0).exit_message) == ("Completed", "done")


def test_failure_comes_at_the_end_of_processing_unless_told() -> None:
    """A failure without a phase or moment is at the end of processing; its exit message replaces the good one."""
    failure = Failure("AlgorithmError: See job logs for more information", exit_message="no input")
    life = processing_life(Plan(created=0.0, starting=2.0, processing=5.0, failure=failure, exit_message="done"))
    end = life.at(100.0)
    assert (life.ended_at(100.0), end.status, end.reason, end.exit_message) == (
        7.0,
        "Failed",
        failure.reason,
        "no input",
    )
    early = Plan(created=0.0, failure=Failure("ClientError: no image", phase="starting", after=0.5))
    life = processing_life(early)
    assert (life.ended_at(100.0), life.running_since(100.0)) == (0.5, None)


def test_time_limit_and_stop() -> None:
    """MaxRuntimeInSeconds counts from the start of processing; a stopped job is Stopping, then Stopped, silently."""
    life = processing_life(Plan(created=0.0, starting=2.0, processing=50.0, max_runtime=10.0, exit_message="done"))
    assert [life.at(moment).status for moment in (11.9, 12.0, 13.0)] == ["InProgress", "Stopping", "Stopped"]
    stopped = processing_life(Plan(created=0.0, exit_message="done"), (Interrupt("stop", 4.0),))
    assert [stopped.at(moment).status for moment in (3.9, 4.0, 5.0)] == ["InProgress", "Stopping", "Stopped"]
    assert stopped.at(5.0).exit_message == ""


def test_rules_for_processing_jobs() -> None:
    """A rule of the kind sets the failure and the exit messages of processing jobs and of no others."""
    fail = {"reason": "AlgorithmError: x", "exit_message": "bad"}
    rule = JobRule.parse({"match": "p-*", "kind": "processing", "fail": fail, "exit_message": "good"})
    settings = Settings(rules=[rule])
    plan = settings.plan("processing", "p-1", 0.0, 60.0)
    assert plan.failure == Failure("AlgorithmError: x", exit_message="bad")
    assert plan.exit_message == "good"
    assert settings.plan("training", "p-1", 0.0, 60.0).failure is None
    with pytest.raises(ValueError, match="a rule's kind is"):
        JobRule.parse({"match": "*", "kind": "compilation"})
