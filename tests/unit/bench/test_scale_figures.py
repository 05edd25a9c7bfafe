"""The arithmetic of the scale benchmark, and its bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.scale import bounds, figures
from tests.bench.scale.bounds import Bound

GAP = 10.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_so_large_a_share_is_within_the_percentile(values: list[float], share: float) -> None:
    """A percentile is one of the values, and at least so large a share of them does not exceed it."""
    found = figures.percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


@given(st.floats(0.5, 20), st.floats(11, 200))
def test_each_job_uploads_and_then_ends(rate: float, seconds: float) -> None:
    """The schedule ends every job that it lets upload, the gap later, in the time and at the rate that were given."""
    jobs = [f"job-{number}" for number in range(500)]
    plan = figures.schedule(jobs, rate, seconds, GAP)

    uploads = {job: at for at, job, change in plan if change == "upload"}
    ends = {job: at for at, job, change in plan if change == "end"}
    assert {job: round(at - uploads[job], 6) for job, at in ends.items()} == dict.fromkeys(uploads, GAP)
    assert [at for at, _, _ in plan] == sorted(at for at, _, _ in plan)
    assert all(at <= seconds for at, _, _ in plan)
    assert len(uploads) == min(500, int((seconds - GAP) * rate / 2 + 1e-9) + 1)


def test_throttled_calls_are_a_share_of_all() -> None:
    """Refusals for other reasons are calls like any other."""
    counts = {"CreateTrainingJob": 97, "CreateTrainingJob (ThrottlingException)": 2, "AddTags (AccessDenied)": 1}

    assert figures.throttled_share(counts) == pytest.approx(0.02)
    assert figures.throttled_share({}) == 0


def test_describes_are_counted_by_job() -> None:
    """A job that was never described counts as zero; other operations and jobs do not count."""
    record = [
        {"operation": "DescribeTrainingJob", "name": "a"},
        {"operation": "DescribeTrainingJob", "name": "a"},
        {"operation": "CreateTrainingJob", "name": "b"},
        {"operation": "DescribeTrainingJob", "name": "c"},
    ]

    assert figures.describes_by_job(record, ["a", "b"]) == {"a": 2, "b": 0}


def test_the_busiest_second_counts() -> None:
    """The peak is of whole seconds of the clock."""
    assert figures.peak([1.0, 1.9, 2.0, 2.1, 2.9, 7.0]) == 3
    assert figures.peak([]) == 0


def test_a_bound_is_held_against_its_size_only() -> None:
    """One for a size is checked there, one for none everywhere its phase was measured."""
    claims = [Bound("soon", "start.in_progress_s", 15, 1000), Bound("quiet", "rest.writes", 0)]
    results = [
        {"size": 200, "start": {"in_progress_s": 99}, "rest": {"writes": 0}},
        {"size": 1000, "start": {"in_progress_s": 14}, "rest": {"writes": 1}},
        {"size": 60, "limits": {}},
    ]

    found = [(one.bound.text, one.size, one.holds) for one in bounds.check(claims, results)]

    assert found == [("soon", 1000, True), ("quiet", 200, True), ("quiet", 1000, False)]


def test_what_was_not_reached_is_missed_and_named() -> None:
    """A figure that is not there, because it took too long, is no figure within the bound."""
    (verdict,) = bounds.check([Bound("steady", "restart.steady_s", 30)], [{"size": 200, "restart": {"problem": "x"}}])

    assert not verdict.holds
    assert str(verdict) == "MISSED: steady (200 objects: not reached, at most 30)"


def test_of_several_numbers_the_greatest_is_judged() -> None:
    """List requests are counted by region and kind: each has to hold."""
    claim = [Bound("lists", "rest.lists_a_minute", 12)]
    result = {"size": 200, "rest": {"lists_a_minute": {"us-east-1 ListTrainingJobs": 9, "eu-west-1 ListTags": 13}}}

    assert not bounds.check(claim, [result])[0].holds


def test_a_slip_in_the_range_file_is_an_error(tmp_path: Path) -> None:
    """A misspelt member does not become a bound that nobody checks."""
    path = tmp_path / "bounds.toml"
    path.write_text('[[bound]]\ntext = "x"\nfigure = "rest.writes"\nat_least = 3\n', encoding="utf-8")

    with pytest.raises(TypeError):
        bounds.read(path)


def test_each_bound_names_a_phase_that_is_measured() -> None:
    """The range file that is shipped speaks of the benchmark's phases."""
    from tests.bench.scale.options import PHASES

    claims = bounds.read()

    assert {claim.figure.partition(".")[0] for claim in claims} == set(PHASES)
