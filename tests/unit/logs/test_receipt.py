"""What was shown is counted as it is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smkube.logs.model import Event
from smkube.logs.receipt import LATE, Receipt, Tally, total


def _event(timestamp: int, ingested: int, stream: str = "x/algo-1-1") -> Event:
    return Event(timestamp, stream, "m", "", ingested)


def test_nothing_shown() -> None:
    """Without lines there is no first and no last one."""
    assert Tally().receipt() == Receipt(0, 0, 0, 0, None, None, complete=True)


def test_hosts_are_counted_over_their_attempts() -> None:
    """The streams of one host are one host; the same host name of another job is another."""
    tally = Tally()
    tally.add([_event(1, 1, stream) for stream in ("x/algo-1-1", "x/algo-1-2", "x/algo-2-1", "y/algo-1-1")])
    assert tally.receipt().hosts == 3


def test_a_line_ahead_counts_with_its_arrival() -> None:
    """A stamp of the future makes none of the following lines late, and is not the last time."""
    tally = Tally()
    tally.add([_event(3_600_000, 20_000)])
    tally.add([_event(21_000, 22_000)])
    tally.add([_event(10_500, 23_000)])
    receipt = tally.receipt()
    assert (receipt.late, receipt.first, receipt.last) == (1, 10_500, 21_000)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=8), max_size=12)
)
def test_late_lines_are_those_shown_after_a_younger_one(batches: list[list[tuple[int, int]]]) -> None:
    """A line that is a while older than one of an earlier batch is late; the lag is the greatest there is."""
    tally, late, shown = Tally(), 0, list[int]()
    for batch in batches:
        events = sorted(_event(timestamp, ingested) for timestamp, ingested in batch)
        late += sum(event.true_time < max(shown, default=0) - LATE for event in events)
        shown += [event.true_time for event in events]
        assert tally.add(events) == max(max(event.ingested - event.timestamp, 0) for event in events)
    receipt = tally.receipt(gaps=1, complete=False)
    assert receipt == Receipt(
        len(shown), min(len(shown), 1), late, 1, min(shown, default=None), max(shown, default=None), complete=False
    )


def test_total_of_several_jobs() -> None:
    """Counts add up, times span all, and one incomplete log makes the whole incomplete."""
    one, other = Receipt(3, 1, 1, 0, 5, 9), Receipt(4, 2, 0, 2, 2, 7, complete=False)
    assert total([one, other, Receipt()]) == Receipt(7, 3, 1, 2, 2, 9, complete=False)
    assert total([]) == Receipt()
