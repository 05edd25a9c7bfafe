"""Computed and put log events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.standin.errors import AwsError
from tests.standin.logfilter import compile_filter
from tests.standin.logs import event_id
from tests.standin.logstream import GeneratedStream, PutStream
from tests.standin.settings import LogPlan

streams = st.builds(
    lambda rate, batch, delay, late, length: GeneratedStream(
        "j/algo-1-1", "j", "algo-1", 5_000, 5_000 + length, LogPlan(rate, batch, delay), late
    ),
    st.sampled_from([0.3, 1.0, 3.0, 7.0, 1000.0]),
    st.sampled_from([0.0, 0.5, 5.0]),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([0, 1_500]),
    st.integers(0, 20_000),
)


@given(streams, st.lists(st.integers(0, 40_000), min_size=1, max_size=8))
def test_what_is_readable_only_grows(stream: GeneratedStream, times: list[int]) -> None:
    """A line that can be read stays readable, is not read before its time, and at the end all are there."""
    counts = [stream.readable_count(now) for now in sorted(times)]
    assert counts == sorted(counts)
    for now, count in zip(sorted(times), counts, strict=True):
        if count:
            assert stream.event(count - 1).readable <= now
        if stream.time_of(count) < stream.end:
            assert stream.event(count).readable > now
    assert stream.readable_count(10**9) == stream.count_before(stream.end)


@given(streams, st.integers(0, 30_000), st.integers(0, 30_000))
def test_forward_and_backward_agree(stream: GeneratedStream, low: int, high: int) -> None:
    """Reading a range forwards and backwards gives the same lines, all of them in the range."""
    forward = list(stream.forward(low, high, 15_000))
    assert forward == list(stream.backward(low, high, 15_000))[::-1]
    assert all(low <= event.key.timestamp <= high for event in forward)


def test_put_events_keep_order_and_hide_until_readable() -> None:
    """Events with equal timestamps keep the order of putting; a late one is there from its time on."""
    stream = PutStream("s", 0)
    stream.put(10, 0, "a")
    stream.put(10, 0, "b")
    stream.put(5, 100, "late")
    assert [event.message for event in stream.forward(0, 99, 50)] == ["a", "b"]
    assert [event.message for event in stream.forward(0, 99, 100)] == ["late", "a", "b"]
    assert [event.message for event in stream.backward(0, 99, 100)] == ["b", "a", "late"]
    assert [event.message for event in stream.forward(6, 10, 100)] == ["a", "b"]


def test_event_ids_are_unique() -> None:
    """Events of equal time have different ids of 56 digits."""
    stream = GeneratedStream("j/algo-1-1", "j", "algo-1", 0, 1_000, LogPlan(5_000.0, 0.0, 0.0))
    ids = [event_id(event.key) for event in stream.forward(0, 1_000, 10_000)]
    assert len(ids) == 5_000 == len(set(ids))
    assert {len(each) for each in ids} == {56}


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("ERROR", "an ERROR here", "an error here"),
        ("ERROR disk", "disk ERROR", "ERROR"),
        ('"two words"', "has two words", "has words two"),
        ("?A ?B", "xB", "xC"),
        ("ERROR -ignore", "ERROR", "ERROR ignore"),
        ("%4[0-9]{2}%", "code 404", "code 500"),
    ],
)
def test_filter_patterns(pattern: str, matching: str, other: str) -> None:
    """Terms, phrases, options, exclusions and regular expressions match as in CloudWatch Logs."""
    matches = compile_filter(pattern)
    assert matches is not None
    assert matches(matching)
    assert not matches(other)


def test_filter_patterns_not_known_are_refused() -> None:
    """A JSON pattern is refused rather than ignored; the empty pattern matches all."""
    assert compile_filter(" ") is None
    for pattern in ("{ $.a = 1 }", "[ip, user]", '"open', "%(%"):
        with pytest.raises(AwsError, match="ilter pattern"):
            compile_filter(pattern)
