"""Where the next pass begins: the rule that loses nothing, also with clocks that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smkube.logs import cursor as cursor_module
from smkube.logs.cursor import AHEAD, Cursor
from smkube.logs.model import Event, Window
from smkube.logs.reach import OVERLAP
from smkube.logs.streams import Selection

if TYPE_CHECKING:
    import pytest

NOW = 1_790_000_000_000
SKEW = 600_000
"""How far the user's clock is ahead of AWS's in the cases below, in milliseconds."""


def _event(timestamp: int, *, ingested: int | None = None, stream: str = "x/algo-1-1") -> Event:
    return Event(timestamp, stream, "m", f"{stream}{timestamp}", timestamp if ingested is None else ingested)


def test_first_pass_reads_everything() -> None:
    """The first window reaches from the start to what may be stamped ahead, and stays so while nothing came."""
    cursor = Cursor(Selection("x/"))
    for _ in range(2):
        window = cursor.begin(NOW, 0.0)
        assert (window.start, window.end) == (0, NOW + AHEAD)
        cursor.finish(100, complete=True)


def test_next_pass_begins_the_overlap_before_the_newest_line() -> None:
    """While nothing is new, the window stays at the newest line, however much time passes."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    cursor.accept([_event(NOW - 30_000)])
    cursor.finish(0, complete=True)
    for later in (NOW, NOW + 3_600_000):
        assert cursor.begin(later, 0.0).start == NOW - 30_000 - OVERLAP
        cursor.finish(0, complete=True)


def test_next_pass_is_never_later_than_the_last_ones_beginning() -> None:
    """Lines that came while a long pass was under way do not move the window past its beginning."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    cursor.accept([_event(NOW + 100_000)])
    cursor.finish(100_000, complete=True)
    assert cursor.begin(NOW + 100_000, 0.0).start == NOW - OVERLAP


def test_long_pass_under_a_clock_that_is_ahead() -> None:
    """The same holds when the user's clock is ahead of AWS's: the pass's length tells how new its lines can be."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW + SKEW, 0.0)
    cursor.accept([_event(NOW + 100_000)])
    cursor.finish(100_000, complete=True)
    assert cursor.begin(NOW + SKEW + 100_000, 0.0).start == NOW - OVERLAP


def test_future_stamp_under_a_clock_that_is_ahead() -> None:
    """A line stamped an hour ahead counts with its arrival, so that it does not blind a user whose clock is ahead."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW + SKEW, 0.0)
    cursor.accept([_event(NOW + 3_600_000, ingested=NOW)])
    cursor.finish(0, complete=True)
    assert cursor.begin(NOW + SKEW, 0.0).start == NOW - OVERLAP


def test_clock_that_is_behind() -> None:
    """A user whose clock is behind sees the newest lines at once, and the window only grows."""
    cursor = Cursor(Selection("x/"))
    window = cursor.begin(NOW - SKEW, 0.0)
    assert window.end > NOW
    cursor.accept([_event(NOW)])
    cursor.finish(0, complete=True)
    assert cursor.begin(NOW - SKEW, 0.0).start == NOW - SKEW - OVERLAP


def test_pass_that_was_cut_short_is_read_again_whole() -> None:
    """After a pass that did not reach its last page the next begins where it began."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    cursor.accept([_event(NOW)])
    cursor.finish(0, complete=False)
    assert cursor.begin(NOW, 0.0).start == 0
    assert cursor.accept([_event(NOW), _event(NOW - 500_000)]) == [_event(NOW - 500_000)]


def test_others_events_are_dropped() -> None:
    """Events of another job do not count, even if a source hands them over."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    assert cursor.accept([_event(NOW, stream="x-2/algo-1-1"), _event(NOW, stream="x")]) == []
    cursor.finish(0, complete=True)
    assert (cursor.lines, cursor.newest) == (0, None)


def test_what_was_shown_before_is_counted_and_not_shown_again() -> None:
    """Lines that another reader has shown are known, also in the very first pass."""
    cursor = Cursor(Selection("x/"), start=NOW - 10_000, limit=1)
    tail = [_event(NOW - 20_000), _event(NOW - 5_000), _event(NOW)]
    cursor.shown(tail)
    assert cursor.begin(NOW, 0.0).start == NOW - 10_000
    assert cursor.accept([*tail[1:], _event(NOW + 1)]) == [_event(NOW + 1)]
    assert cursor.lines == 4


def test_events_outside_the_span_are_dropped() -> None:
    """What a source hands over beyond the start or the end does not count."""
    cursor = Cursor(Selection("x/"), start=NOW, end=NOW + 10)
    assert cursor.begin(NOW, 0.0) == Window(NOW, NOW + 10)
    events = [_event(NOW + step) for step in (-1, 0, 10, 11)]
    assert cursor.accept(events) == events[1:3]
    assert not cursor.past_end(NOW + 10)
    assert cursor.past_end(NOW + 11)


def _busy(cursor: Cursor, start: int, end: int, *, late: int = 0) -> None:
    """A pass over a hundred lines a second, each `late` milliseconds late."""
    cursor.accept([_event(time, ingested=time + late) for time in range(start, end, 10)])


def test_busy_log_is_not_read_again_with_the_whole_overlap() -> None:
    """With many lines a pass goes back as far as lines were late; a look back in between reads the rest."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    _busy(cursor, NOW - 100_000, NOW)
    cursor.finish(0, complete=True)
    assert cursor.look_back(0.0) is None
    first = cursor.begin(NOW + 1000, 1.0)
    assert NOW - OVERLAP < first.start < NOW - 10_000
    _busy(cursor, NOW, NOW + 1000)
    cursor.finish(0, complete=True)
    assert cursor.look_back(1.0) is None
    second = cursor.begin(NOW + 10_000, 10.0)
    cursor.finish(0, complete=True)
    back = cursor.look_back(10.0)
    # The last time everything was read was the pass that began at NOW.
    assert back == Window(NOW - 10 - OVERLAP, second.start - 1)


def test_pass_of_hours_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one pass brings far more than may be remembered, the look back yields, and nothing is shown twice."""
    monkeypatch.setattr(cursor_module, "_CROWDED", 20_000)
    cursor = Cursor(Selection("x/"), limit=100, cheap=0)
    cursor.begin(NOW, 0.0)
    _busy(cursor, NOW - 100_000, NOW)
    cursor.finish(0, complete=True)
    cursor.begin(NOW + 3_600_000, 1.0)
    for start in range(NOW, NOW + 3_600_000, 10_000):
        _busy(cursor, start, start + 10_000)
        assert len(cursor._seen) <= 25_000
    cursor.finish(0, complete=True)
    assert cursor.lines == 370_000
    _busy(cursor, NOW - 100_000, NOW + 3_600_000)
    assert cursor.lines == 370_000


def test_look_back_that_was_cut_short_is_made_again() -> None:
    """A look back counts only when it reached its last page."""
    cursor = Cursor(Selection("x/"), cheap=0)
    cursor.begin(NOW, 0.0)
    _busy(cursor, NOW - 100_000, NOW)
    cursor.finish(0, complete=True)
    cursor.look_back(0.0)
    windows = []
    for moment in (1.0, 10.0, 11.0, 12.0):
        cursor.begin(NOW + round(moment * 1000), moment)
        cursor.finish(0, complete=True)
        windows.append(cursor.look_back(moment))
        cursor.finish(0, complete=moment == 11.0)
    assert [window is None for window in windows] == [True, False, False, True]
    assert windows[1] == windows[2]


def test_slow_log_is_read_with_the_whole_overlap() -> None:
    """Where it costs next to nothing, every pass reads all of the overlap, and no look back is needed."""
    cursor = Cursor(Selection("x/"))
    for second in range(60):
        window = cursor.begin(NOW + second * 1000, float(second))
        assert second < 2 or window.start <= NOW + (second - 1) * 1000 - OVERLAP
        cursor.accept([_event(NOW + second * 1000)])
        cursor.finish(0, complete=True)
        assert cursor.look_back(float(second)) is None


def test_skipping_goes_on_at_the_clock() -> None:
    """What was given up is behind; only a sweep reads it again."""
    cursor = Cursor(Selection("x/"))
    cursor.begin(NOW, 0.0)
    cursor.finish(0, complete=False)
    cursor.skip()
    assert cursor.begin(NOW + 1000, 1.0).start >= NOW - OVERLAP
    cursor.finish(0, complete=True)
    assert cursor.look_back(1.0) is None
    assert cursor.begin(NOW + 2000, 2.0, sweep=True).start == 0
