"""What the change feed learns from List answers, whatever AWS does with pages, order and lag."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import feedstate
from sagemaker_operator.facts import Summary
from sagemaker_operator.feedstate import FeedState
from smkube import kinds

KIND = kinds.TRAINING_JOB
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
TRACKED = ("a", "b")
JOBS = (*TRACKED, "somebody-elses", "gone-by")


def summary(job: str, version: int) -> dict[str, Any]:
    """A job's summary at a version: each version is another state with a later LastModifiedTime."""
    return {
        "TrainingJobName": job,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": f"Step-{version}",
        "LastModifiedTime": datetime.fromtimestamp(START + version, UTC),
    }


def state(*jobs: str) -> FeedState:
    """A feed that follows jobs."""
    made = FeedState(KIND)
    for job in jobs:
        made.track(job, f"ns/{job}", START, 0.0)
    return made


pages = st.lists(st.lists(st.tuples(st.sampled_from(JOBS), st.integers(0, 6)), max_size=5), max_size=12)


@given(pages)
def test_each_newer_state_of_a_followed_job_is_news_and_nothing_else(
    walks: list[list[tuple[str, int]]],
) -> None:
    """In any order of pages, empty, repeated or lagging: news is exactly what is newer than all that was seen."""
    feed = state(*TRACKED)
    newest: dict[str, int] = {}
    for page in walks:
        expected = []
        for job, version in page:
            if job in TRACKED and version > newest.get(job, -1):
                newest[job] = version
                expected.append(f"ns/{job}")

        assert feed.take([summary(job, version) for job, version in page]) == expected

    for job in TRACKED:
        seen = feed.tracked[job].summary
        assert (seen.secondary if seen else None) == (f"Step-{newest[job]}" if job in newest else None)
    assert set(feed.tracked) == set(TRACKED)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("track"), st.sampled_from(JOBS)),
        st.tuples(st.just("untrack"), st.sampled_from(JOBS)),
        st.tuples(st.just("show"), st.sampled_from(JOBS)),
        st.tuples(st.just("sweep"), st.sets(st.sampled_from(JOBS))),
    ),
    max_size=40,
)


@given(acts)
def test_a_sweep_misses_exactly_the_followed_jobs_it_did_not_show(history: list[tuple[str, Any]]) -> None:
    """After any history, a whole sweep names the followed jobs that it did not show, and only those."""
    feed = state()
    for act, subject in history:
        if act == "track":
            feed.track(subject, f"ns/{subject}", START, 0.0)
        elif act == "untrack":
            feed.untrack(subject)
        elif act == "show":
            feed.take([summary(subject, 1)])
        else:
            feed.begin_sweep()
            feed.take([summary(job, 1) for job in subject])
            assert set(feed.end_sweep()) == {f"ns/{job}" for job in feed.tracked if job not in subject}
            assert {job for job, entry in feed.tracked.items() if entry.missing} == set(feed.tracked) - set(subject)


def test_a_job_that_comes_during_a_sweep_is_not_missed_by_it() -> None:
    """The sweep's first pages may have been read before the job was there."""
    feed = state("a")
    feed.begin_sweep()
    feed.take([summary("a", 1)])
    feed.track("b", "ns/b", START, 0.0)

    assert feed.end_sweep() == []


def test_a_missing_job_that_shows_up_is_news() -> None:
    """A job that was said to be missing counts as found with the first answer that shows it."""
    feed = state("a")
    feed.begin_sweep()
    feed.end_sweep()
    assert feed.tracked["a"].missing

    assert feed.take([summary("a", 1)]) == ["ns/a"]
    assert not feed.tracked["a"].missing


@pytest.mark.parametrize(
    ("changed", "news"),
    [
        ({}, []),
        ({"SecondaryStatus": "Uploading"}, ["ns/a"]),
        ({"TrainingJobStatus": "Completed"}, ["ns/a"]),
        ({"LastModifiedTime": datetime.fromtimestamp(START + 2, UTC)}, ["ns/a"]),
        ({"SecondaryStatus": "Pending", "LastModifiedTime": datetime.fromtimestamp(START, UTC)}, []),
        ({"CreationTime": datetime.fromtimestamp(START, UTC)}, []),
    ],
)
def test_what_counts_as_a_change(changed: dict[str, Any], news: list[str]) -> None:
    """Status, secondary status and LastModifiedTime; a change needs no later time, but never has an earlier one."""
    feed = state("a")
    feed.take([summary("a", 1)])

    assert feed.take([{**summary("a", 1), **changed}]) == news


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({}, Summary("", "", 0.0)),
        ({"TrainingJobStatus": "InProgress"}, Summary("InProgress", "", 0.0)),
        ({"CreationTime": datetime.fromtimestamp(START, UTC)}, Summary("", "", START)),
        (summary("a", 3), Summary("InProgress", "Step-3", START + 3)),
    ],
)
def test_a_summary_with_members_missing(given_: dict[str, Any], expected: Summary) -> None:
    """Whatever AWS leaves out of a summary is empty, and never an error."""
    assert feedstate.summarise(KIND, given_) == expected


def test_the_pause_grows_while_nothing_happens() -> None:
    """Fast while a job was never seen or something just moved, then slower with each quiet poll, up to a limit."""
    feed = state("a")
    assert [feed.pause() for _ in range(3)] == [feedstate.FAST] * 3

    feed.take([summary("a", 1)])

    assert [feed.pause() for _ in range(6)] == [1.0, 2.0, 4.0, *[feedstate.SLOW] * 3]
    feed.take([summary("a", 2)])
    assert feed.pause() == feedstate.FAST


@given(
    st.lists(st.floats(1.0, 7.0), min_size=20, max_size=60),
    st.floats(0.0, feedstate.OVERLAP),
    st.floats(0.0, 60.0),
)
def test_no_change_is_missed_that_a_list_shows_late(pauses: list[float], lag: float, changed: float) -> None:
    """A change that answers show up to OVERLAP late is in one of the polls after that, whatever their rhythm."""
    state = FeedState(kinds.TRAINING_JOB)
    now, start, found = 1000.0, 1000.0, False
    state.polled(now)
    for pause in [*pauses, *([7.0] * 20)]:
        now += pause
        found = found or (now >= start + changed + lag and state.poll_from() <= start + changed)
        state.polled(now)

    assert found


def test_polls_in_quick_succession_do_not_read_the_same_again() -> None:
    """Between two wide polls only the last few seconds are looked back on."""
    state = FeedState(kinds.TRAINING_JOB)
    looked_back = []
    for now in range(1000, 1040):
        looked_back.append(now - state.poll_from())
        state.polled(float(now))

    assert sorted(looked_back[1:])[len(looked_back) // 2] == feedstate.BRIEF + 1
    assert max(looked_back[1:]) <= feedstate.WIDE_EVERY + 1 + feedstate.OVERLAP


def test_a_sweep_looks_back_to_the_oldest_job() -> None:
    """The creation time asked for lies a margin before the oldest followed job."""
    feed = state("a")
    feed.track("old", "ns/old", START - 86400, 0.0)

    assert feed.sweep_from() == START - 86400 - feedstate.SWEEP_MARGIN


def test_a_job_that_no_answer_shows_is_overdue_in_time() -> None:
    """Ten seconds without a sign of a followed job are worth a sweep of its own; a missing one was swept for."""
    feed = state("a")
    assert not feed.overdue(feedstate.OVERDUE)
    assert feed.overdue(feedstate.OVERDUE + 0.1)

    feed.begin_sweep()
    feed.end_sweep()

    assert not feed.overdue(1000.0)


def test_following_again_moves_the_key_only() -> None:
    """Following a job again under another object keeps what is known of it."""
    feed = state("a")
    feed.take([summary("a", 1)])

    assert not feed.track("a", "ns/other", START, 5.0)
    assert feed.take([summary("a", 2)]) == ["ns/other"]
