"""The course of a tuning job as a function of its plan and the clock, and the search it plays."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standin.lifecycle import TERMINAL, Failure, Interrupt, Plan, training_life, tuning_life
from tests.standin.settings import LogPlan
from tests.standin.state import Agenda, Job
from tests.standin.tuning_definitions import filled_in, limits_of
from tests.standin.tuning_run import NO_SUCCESS, Child, Limits, TuningJob
from tests.standin.tuning_space import bad_range, draw, grid_point, grid_size, objective

RANGES: dict[str, Any] = {
    "IntegerParameterRanges": [{"Name": "rounds", "MinValue": "1", "MaxValue": "9", "ScalingType": "Logarithmic"}],
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "0.001", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
        {"Name": "decay", "MinValue": "0.5", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
    ],
    "CategoricalParameterRanges": [{"Name": "booster", "Values": ["tree", "linear", "dart"]}],
    "AutoParameters": [{"Name": "depth", "ValueHint": "6"}],
}


def _job(name: str, kind: str, plan: Plan, **more: Any) -> Job:
    return Job(kind, name, f"arn:{name}", 1, {}, plan, training_life, LogPlan(), (), "", **more)


def _make(seed: int, failing: float, job: TuningJob, number: int, at: float) -> Child:
    """A training job whose times and fate are drawn from seed and number."""
    dice = random.Random(f"{seed}/{number}")
    failure = Failure("AlgorithmError: x", after=1.0) if dice.random() < failing else None
    plan = Plan(created=at, training=round(dice.uniform(0, 40), 3), failure=failure)
    made = _job(f"{job.name}-{number:03d}", "training", plan)
    return Child(made, job.name, "", "error", "Minimize", {}, dice.random())


def _tuning(
    agenda: Agenda, limits: Limits, *, seed: int = 0, failing: float = 0.0, failure: Failure | None = None
) -> TuningJob:
    return TuningJob(
        kind="tuning",
        name="t",
        arn="arn:t",
        number=1,
        request={},
        plan=Plan(created=1000.0, failure=failure),
        life_of=tuning_life,
        logs=LogPlan(),
        hosts=(),
        instance_type="",
        limits=limits,
        make=partial(_make, seed, failing),
        agenda=agenda,
    )


def _history(job: TuningJob, until: float) -> list[tuple[Any, ...]]:
    """What the job shows every second: status, counters, best, LastModifiedTime."""
    shown = []
    for second in range(1000, int(until)):
        view = job.view(second)
        best = view.tally.best
        counts = (view.started, view.running, view.tally[:4], best.job.name if best else "")
        shown.append((job.at(second).status, *counts, job.modified_at(second)))
    return shown


limits = st.builds(
    Limits,
    most=st.integers(1, 12),
    parallel=st.integers(1, 4),
    runtime=st.sampled_from([float("inf"), 30.0, 100.0]),
    target=st.sampled_from([None, 0.1]),
    patience=st.sampled_from([None, 3]),
)
# What a user does: after how many seconds, and to which job (0 is the tuning job itself).
actions = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 6)), max_size=4)


def _play(job: TuningJob, agenda: Agenda, done: list[tuple[int, int]], ticks: list[float]) -> None:
    """Let time pass and do things on the way; `ticks` are moments at which somebody only looks."""
    moments = sorted([(1000.0 + at, which) for at, which in done] + [(tick, -1) for tick in ticks])
    for now, which in moments:
        agenda.advance(now)
        target: Job | None = job if which == 0 else None
        if 0 < which <= len(job.children):
            target = job.children[which - 1].job
        if target is not None and target.at(now).status == "InProgress":
            target.interrupt(Interrupt("stop", now))
    agenda.advance(1e9)


@settings(deadline=None)
@given(
    limits,
    st.integers(0, 5),
    st.sampled_from([0.0, 0.5, 1.0]),
    actions,
    st.lists(st.floats(1000, 1200), max_size=20),
)
def test_a_jumping_clock_gives_the_same_history_as_a_ticking_one(
    bounds: Limits, seed: int, failing: float, done: list[tuple[int, int]], ticks: list[float]
) -> None:
    """However often somebody looks, a tuning job has the same history, keeps its limits, and ends with its children."""
    histories = []
    for moments in ([], ticks):
        agenda = Agenda()
        job = _tuning(agenda, bounds, seed=seed, failing=failing)
        _play(job, agenda, done, moments)
        histories.append(_history(job, 1400.0))
        assert job.at(1e9).status in TERMINAL
        assert job.next_event() == float("inf")
        assert job.view(1e9).running == 0
        assert all(child.job.at(1e9).status in TERMINAL for child in job.children)
        assert len(job.children) <= bounds.most
    assert histories[0] == histories[1]
    assert all(running <= bounds.parallel for _, _, running, *_ in histories[0])


def test_a_tuning_job_keeps_its_slots_full() -> None:
    """As soon as a training job ends the next one begins, and the tuning job ends with its last one."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=5, parallel=2))
    agenda.advance(1e9)
    ends = sorted(child.end for child in job.children)
    begins = [child.job.created for child in job.children]
    assert begins == [1001.0, 1001.0, *ends[:3]]
    assert job.life.ended_at(1e9) == ends[-1]
    assert job.at(1e9).status == "Completed"


def test_all_training_jobs_fail() -> None:
    """After five failures without a success nothing more is launched, and the tuning job fails with AWS's reason."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=50, parallel=3), failing=1.0)
    agenda.advance(1e9)
    assert (job.at(1e9).status, job.at(1e9).reason) == ("Failed", NO_SUCCESS.format(5))
    assert 5 <= len(job.children) < 10
    few = _tuning(agenda, Limits(most=2, parallel=1), failing=1.0)
    agenda.advance(1e9)
    assert few.at(1e9).reason == NO_SUCCESS.format(2)


def test_stopping_stops_the_training_jobs() -> None:
    """A stopped tuning job is Stopping until its training jobs are stopped, and launches no more."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=5, parallel=2))
    agenda.advance(1003.0)
    job.interrupt(Interrupt("stop", 1003.0))
    assert [child.job.at(1003.5).status for child in job.children] == ["Stopping", "Stopping"]
    agenda.advance(1e9)
    assert (job.at(1003.5).status, job.at(1004.0).status) == ("Stopping", "Stopped")
    assert job.view(1e9).tally.stopped == len(job.children) == 2


def test_a_tuning_job_can_be_stopped_before_it_launches_anything() -> None:
    """One that is stopped at once is Stopped without training jobs."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=5, parallel=2))
    job.interrupt(Interrupt("stop", 1000.5))
    agenda.advance(1e9)
    assert (job.at(1001.0).status, job.at(1e9).status, job.children) == ("Stopping", "Stopped", [])


def test_a_shown_status_stays_and_children_go_on() -> None:
    """A tuning job that is shown in a status stays in it, and its training jobs end as planned."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=5, parallel=2))
    agenda.advance(1002.0)
    job.interrupt(Interrupt("show", 1002.0, "Hibernating"))
    agenda.advance(1e9)
    assert job.at(1e9).status == "Hibernating"
    assert job.view(1e9).tally.completed == len(job.children) == 2
    job.interrupt(Interrupt("end", 1e9, "Failed", "enough"))
    assert job.at(2e9).reason == "enough"


def test_a_tuning_job_that_fails_by_itself_stops_its_training_jobs() -> None:
    """A failure of the tuning job's own comes when it is planned, with its reason."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=5, parallel=2), failure=Failure("InternalServerError: x", after=3.0))
    agenda.advance(1e9)
    assert job.life.ended_at(1e9) == 1004.0
    assert job.at(1e9).reason == "InternalServerError: x"
    assert {child.job.at(1e9).status for child in job.children} == {"Stopped"}


def test_retryable_errors_are_counted_apart() -> None:
    """Failures of the service are retryable errors, failures of the algorithm are not."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=2, parallel=2))
    agenda.advance(1002.0)
    first, second = job.children
    first.job.interrupt(Interrupt("end", 1002.0, "Failed", "InternalServerError: We encountered an internal error."))
    second.job.interrupt(Interrupt("end", 1002.0, "Failed", "AlgorithmError: x"))
    agenda.advance(1e9)
    assert (job.view(1e9).tally.retryable, job.view(1e9).tally.non_retryable) == (1, 1)


def test_a_target_ends_the_search() -> None:
    """When the target is reached the remaining training jobs are stopped and the tuning job is complete."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=100, parallel=3, target=1.0))
    agenda.advance(1e9)
    tally = job.view(1e9).tally
    assert (tally.completed, tally.stopped) == (1, 2)
    assert job.at(1e9).status == "Completed"


def test_last_modified_follows_the_counters() -> None:
    """LastModifiedTime moves with each training job that begins or ends, or with the status only."""
    agenda = Agenda()
    job = _tuning(agenda, Limits(most=3, parallel=1))
    agenda.advance(1e9)
    moments = [child.job.created for child in job.children] + [job.children[-1].end]
    assert [job.modified_at(moment) for moment in moments] == moments
    assert job.modified_at(moments[1], primary_only=True) == 1000.0


@given(st.integers(0, 1000))
def test_drawn_hyperparameters_lie_in_their_ranges(seed: int) -> None:
    """Every draw is within the ranges, in AWS's form, and always has the same objective between 0 and 1."""
    tuned = draw(RANGES, random.Random(seed))
    assert tuned == draw(RANGES, random.Random(seed))
    assert 1 <= int(tuned["rounds"]) <= 9
    assert 0.001 <= float(tuned["rate"]) <= 0.5
    assert 0.5 <= float(tuned["decay"]) <= 0.999
    assert tuned["booster"] in ("tree", "linear", "dart")
    assert tuned["depth"] == "6"
    low, high = (objective(tuned, RANGES, 7, direction) for direction in ("Minimize", "Maximize"))
    assert low == objective(tuned, RANGES, 7, "Minimize")
    assert 0 < low < 1
    assert round(low + high, 6) == 1.0


def test_a_grid_has_every_combination_once() -> None:
    """The points of a grid are all different and as many as there are combinations."""
    ranges = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": list("xyz")}]}
    points = [tuple(sorted(grid_point(ranges, number).items())) for number in range(grid_size(ranges))]
    assert len(set(points)) == len(points) == 6


def test_bad_ranges_are_named() -> None:
    """Ends that are no numbers and ends that are exchanged are refused by name."""
    for low, high in (("x", "2"), ("3", "2")):
        wrong = bad_range({"ContinuousParameterRanges": [{"Name": "rate", "MinValue": low, "MaxValue": high}]})
        assert wrong is not None
        assert "rate" in wrong
    assert bad_range(RANGES) is None


def test_what_aws_fills_in() -> None:
    """Scaling types, early stopping, the tuned metric among the static hyperparameters and a copy of its definition."""
    request: dict[str, Any] = {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "f1"},
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "2"}]},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"MetricDefinitions": [{"Name": "f1", "Regex": "f1=(.*)"}]},
        },
    }
    filled = filled_in(request)
    config, definition = filled["HyperParameterTuningJobConfig"], filled["TrainingJobDefinition"]
    assert config["TrainingJobEarlyStoppingType"] == "Off"
    assert config["ParameterRanges"]["IntegerParameterRanges"][0]["ScalingType"] == "Auto"
    assert definition["StaticHyperParameters"] == {"_tuning_objective_metric": "f1"}
    assert definition["AlgorithmSpecification"]["MetricDefinitions"][1] == {
        "Name": "ObjectiveMetric",
        "Regex": "f1=(.*)",
    }
    assert definition["EnableManagedSpotTraining"] is False
    assert limits_of(filled) == Limits(most=750, parallel=2)
    assert "TrainingJobEarlyStoppingType" not in request["HyperParameterTuningJobConfig"]
