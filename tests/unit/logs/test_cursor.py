"""Where the next pass begins: the rule that loses nothing, also with clocks that are wrong."""

from __future__ import annotations

from smkube.logs.cursor import AHEAD, OVERLAP, Cursor
from smkube.logs.model import Event

NOW = 1_790_000_000_000
SKEW = 600_000
"""How far the user's clock is ahead of AWS's in the cases below, in milliseconds."""


def _event(timestamp: int, *, ingested: int | None = None, stream: str = "x/algo-1-1") -> Event:
    return Event(timestamp, stream, "m", f"{stream}{timestamp}", timestamp if ingested is None else ingested)


def test_first_pass_reads_everything() -> None:
    """The first window reaches from the start to what may be stamped ahead, and stays so while nothing came."""
    cursor = Cursor("x/")
    for _ in range(2):
        window = cursor.begin(NOW)
        assert (window.start, window.end) == (0, NOW + AHEAD)
        cursor.finish(100, complete=True)


def test_next_pass_begins_the_overlap_before_the_newest_line() -> None:
    """While nothing is new, the window stays at the newest line, however much time passes."""
    cursor = Cursor("x/")
    cursor.begin(NOW)
    cursor.accept([_event(NOW - 30_000)])
    cursor.finish(0, complete=True)
    for later in (NOW, NOW + 3_600_000):
        assert cursor.begin(later).start == NOW - 30_000 - OVERLAP
        cursor.finish(0, complete=True)


def test_next_pass_is_never_later_than_the_last_ones_beginning() -> None:
    """Lines that came while a long pass was under way do not move the window past its beginning."""
    cursor = Cursor("x/")
    cursor.begin(NOW)
    cursor.accept([_event(NOW + 100_000)])
    cursor.finish(100_000, complete=True)
    assert cursor.begin(NOW + 100_000).start == NOW - OVERLAP


def test_long_pass_under_a_clock_that_is_ahead() -> None:
    """The same holds when the user's clock is ahead of AWS's: the pass's length tells how new its lines can be."""
    cursor = Cursor("x/")
    cursor.begin(NOW + SKEW)
    cursor.accept([_event(NOW + 100_000)])
    cursor.finish(100_000, complete=True)
    assert cursor.begin(NOW + SKEW + 100_000).start == NOW - OVERLAP


def test_future_stamp_under_a_clock_that_is_ahead() -> None:
    """A line stamped an hour ahead counts with its arrival, so that it does not blind a user whose clock is ahead."""
    cursor = Cursor("x/")
    cursor.begin(NOW + SKEW)
    cursor.accept([_event(NOW + 3_600_000, ingested=NOW)])
    cursor.finish(0, complete=True)
    assert cursor.begin(NOW + SKEW).start == NOW - OVERLAP


def test_clock_that_is_behind() -> None:
    """A user whose clock is behind sees the newest lines at once, and the window only grows."""
    cursor = Cursor("x/")
    window = cursor.begin(NOW - SKEW)
    assert window.end > NOW
    cursor.accept([_event(NOW)])
    cursor.finish(0, complete=True)
    assert cursor.begin(NOW - SKEW).start == NOW - SKEW - OVERLAP


def test_pass_that_was_cut_short_is_read_again_whole() -> None:
    """After a pass that did not reach its last page the next begins where it began."""
    cursor = Cursor("x/")
    cursor.begin(NOW)
    cursor.accept([_event(NOW)])
    cursor.finish(0, complete=False)
    assert cursor.begin(NOW).start == 0
    assert cursor.accept([_event(NOW), _event(NOW - 500_000)]) == [_event(NOW - 500_000)]


def test_others_events_are_dropped() -> None:
    """Events of another job do not count, even if a source hands them over."""
    cursor = Cursor("x/")
    cursor.begin(NOW)
    assert cursor.accept([_event(NOW, stream="x-2/algo-1-1"), _event(NOW, stream="x")]) == []
    cursor.finish(0, complete=True)
    assert (cursor.lines, cursor.newest) == (0, None)
