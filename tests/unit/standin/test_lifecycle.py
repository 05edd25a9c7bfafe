"""The life of a job as a function of plan and time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.standin.lifecycle import (
    DELETING,
    TERMINAL,
    Failure,
    Interrupt,
    Life,
    Plan,
    training_life,
    transform_life,
    transitions,
)

# The order in which a job's status may move; never back.
RANK = {"InProgress": 0, "Stopping": 1, "Completed": 2, "Failed": 2, "Stopped": 2, DELETING: 3}

durations = st.floats(min_value=0, max_value=100).map(lambda value: round(value, 3))
failures = st.none() | st.builds(
    Failure,
    phase=st.sampled_from(["starting", "downloading", "training", "uploading"]),
    after=st.none() | durations,
)
plans = st.builds(
    Plan,
    created=st.just(1_000.0),
    starting=durations,
    pending=durations,
    downloading=durations,
    training=durations,
    transforming=durations,
    uploading=durations,
    stopping=durations,
    max_runtime=st.sampled_from([1.0, 50.0, 1e9]),
    failure=failures,
    restarts=st.integers(min_value=0, max_value=3),
)
lives = st.sampled_from([training_life, transform_life])


def _stopped(life_of: Any, plan: Plan, at: float | None) -> Life:
    """The life of a job that is asked to stop at a moment, if it is still in progress then."""
    life: Life = life_of(plan, ())
    if at is None or life.at(at).status != "InProgress":
        return life
    stopped: Life = life_of(plan, (Interrupt("stop", at),))
    return stopped


@given(
    lives, plans, st.none() | st.floats(min_value=1_000, max_value=1_600), st.lists(st.floats(0, 2_000), max_size=20)
)
def test_status_never_goes_back(life_of: Any, plan: Plan, stop: float | None, times: list[float]) -> None:
    """However a job is planned and stopped, its status only moves forward, and it ends."""
    life = _stopped(life_of, plan, stop)
    ranks = [RANK[life.at(1_000 + time).status] for time in sorted(times)]
    assert ranks == sorted(ranks)
    assert life.at(1e12).status in TERMINAL
    assert list(life.starts) == sorted(life.starts)


@given(plans, st.none() | st.floats(min_value=1_000, max_value=1_600), st.floats(min_value=0, max_value=2_000))
def test_transitions_are_ordered_and_gapless(plan: Plan, stop: float | None, after: float) -> None:
    """Each transition begins where the one before ended, none is later than now, and the last is the present one."""
    life = _stopped(training_life, plan, stop)
    now = 1_000 + after
    seen: list[dict[str, Any]] = transitions(life, now)
    assert seen[-1]["Status"] == life.at(now).secondary
    for earlier, later in itertools.pairwise(seen):
        assert earlier["EndTime"] == later["StartTime"]
        assert earlier["Status"] != later["Status"]
    assert all(entry["StartTime"] <= now for entry in seen)
    assert ("EndTime" in seen[-1]) == (life.at(now).status in TERMINAL)


@given(plans, st.floats(min_value=1_000, max_value=1_600))
def test_stopping_changes_nothing_before_it(plan: Plan, stop: float) -> None:
    """What AWS showed before a stop is what it shows later for that time."""
    before, after = training_life(plan), _stopped(training_life, plan, stop)
    moments = [moment for moment in before.starts if moment < stop]
    assert [before.at(moment) for moment in moments] == [after.at(moment) for moment in moments]


def test_real_sequence_of_secondary_statuses() -> None:
    """A job without trouble passes the secondary statuses that SageMaker shows today, with their messages."""
    life = training_life(Plan(created=0.0))
    seen = [(entry["Status"], entry["StatusMessage"]) for entry in transitions(life, 1e6)]
    assert seen == [
        ("Starting", "Starting the training job"),
        ("Pending", "Preparing the instances for training"),
        ("Downloading", "Downloading the training image"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]


def test_failure_in_a_phase() -> None:
    """A job told to fail two seconds into training does so then, with the reason."""
    life = training_life(Plan(created=0.0, failure=Failure("AlgorithmError: no data", after=2.0)))
    begin = life.windows("training")[0][0]
    assert life.at(begin + 1.9).status == "InProgress"
    assert (life.at(begin + 2).status, life.at(begin + 2).reason) == ("Failed", "AlgorithmError: no data")
    assert life.windows("training") == ((begin, begin + 2),)


def test_failure_of_a_transform_job_is_at_the_end_of_its_own_phase() -> None:
    """The default failure of a transform job comes when it has transformed, not after the time of a training."""
    life = transform_life(Plan(created=0.0, transforming=4.0, training=1000.0, failure=Failure()))
    assert life.ended_at(1e6) == life.windows("transforming")[0][0] + 4.0


def test_max_runtime() -> None:
    """MaxRuntimeInSeconds ends a job as Stopped with the secondary status MaxRuntimeExceeded."""
    life = training_life(Plan(created=0.0, training=100.0, max_runtime=10.0))
    began = life.running_since(1e6)
    assert began is not None
    assert life.at(began + 10.5).status == "Stopping"
    assert (life.at(1e6).status, life.at(1e6).secondary) == ("Stopped", "MaxRuntimeExceeded")


def test_restarts_give_several_windows() -> None:
    """Each restart is a training window of its own, with Restarting and Downloading between."""
    life = training_life(Plan(created=0.0, training=9.0, restarts=2))
    assert [round(end - begin, 6) for begin, end in life.windows("training")] == [3.0, 3.0, 3.0]
    assert [entry["Status"] for entry in transitions(life, 1e6)].count("Restarting") == 2


def test_delete_shows_deleting_then_nothing() -> None:
    """A deleted job is Deleting until it is gone."""
    life = training_life(Plan(created=0.0, deleting=5.0), (Interrupt("delete", 100.0),))
    assert life.at(99.0).status == "Completed"
    assert life.at(101.0).status == DELETING
    assert life.gone_at == 105.0


@pytest.mark.parametrize(("primary_only", "expected"), [(False, 3.0), (True, 0.0)])
def test_last_modified(primary_only: bool, expected: float) -> None:
    """LastModifiedTime moves with each secondary status, or with the status only if so set."""
    life = training_life(Plan(created=0.0))
    assert life.modified_at(4.0, primary_only) == expected
