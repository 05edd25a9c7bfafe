"""Order, the memory of what was shown, and pauses between tries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smkube.logs.merge import in_order, merged
from smkube.logs.model import Event
from smkube.logs.retry import CAP, backoff
from smkube.logs.seen import BUCKET, Seen


def _event(timestamp: int, stream: str, identity: str) -> Event:
    return Event(timestamp, stream, "m", identity, timestamp)


def _new(seen: Seen, identity: str, timestamp: int) -> bool:
    return bool(seen.unseen([_event(timestamp, "a/1", identity)]))


_EVENTS = st.lists(
    st.builds(_event, st.integers(0, 5), st.sampled_from(["a/1", "a/2", "a/3"]), st.uuids().map(str)), max_size=40
)


@given(_EVENTS)
def test_order_keeps_a_streams_own(events: list[Event]) -> None:
    """Lines are in order of time and stream, and a stream's lines of one millisecond stay as they came."""
    ordered = in_order(events)
    keys = [(event.timestamp, event.stream) for event in ordered]
    assert keys == sorted(keys)
    for key in set(keys):
        same = [event.id for event in events if (event.timestamp, event.stream) == key]
        assert [event.id for event in ordered if (event.timestamp, event.stream) == key] == same


@given(_EVENTS)
def test_merged_streams_are_the_ordered_whole(events: list[Event]) -> None:
    """Merging the streams of a log gives the same timeline as sorting all of it."""
    streams = {stream: [event for event in events if event.stream == stream] for stream in {e.stream for e in events}}
    sorted_streams = [in_order(events) for events in streams.values()]
    assert [event.id for event in merged(sorted_streams)] == [event.id for event in in_order(events)]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=30), max_size=8), st.integers(1, 30)
)
def test_nothing_from_the_horizon_on_is_forgotten(passes: list[list[tuple[int, int]]], limit: int) -> None:
    """Whatever was forgotten lies before the horizon, and an event from there on is new exactly once."""
    seen = Seen(limit=limit)
    shown: set[tuple[int, int]] = set()
    for one_pass in passes:
        horizon = seen.horizon
        for step, number in one_pass:
            timestamp = step * BUCKET // 4
            if timestamp >= horizon:
                event = (timestamp, number)
                assert _new(seen, f"{timestamp}/{number}", timestamp) is (event not in shown)
                shown.add(event)
        seen.settle(keep_from=100 * BUCKET)
        assert len(seen) <= limit


def test_what_is_needed_again_is_kept_whatever_the_limit() -> None:
    """Ids of the window that is read again stay, however many they are."""
    seen = Seen(limit=10)
    for number in range(100):
        assert _new(seen, str(number), 50 * BUCKET)
    seen.relieve(keep_from=50 * BUCKET)
    seen.settle(keep_from=50 * BUCKET)
    assert len(seen) == 100
    assert seen.horizon <= 50 * BUCKET


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_and_are_bounded(failures: int, chance: float) -> None:
    """Pauses double from half a second up to the cap, and chance takes at most half of them away."""
    pause = backoff(failures, chance)
    whole = min(CAP, 0.5 * 2.0 ** min(failures - 1, 16))
    assert whole / 2 <= pause <= whole
