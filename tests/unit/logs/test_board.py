"""The next request is the one whose lines are due first, as far as memory and quotas allow."""

from __future__ import annotations

import pytest

from smkube.logs.board import Board, Request
from smkube.logs.layout import Survey, lay_out, overlap
from smkube.logs.pace import Pace
from smkube.logs.reading import Portion, StreamFacts, Way
from smkube.logs.slices import FULL, Lane

BOTH = frozenset({Way.STREAM, Way.SEARCH})
SPAN = (0, 1_000_000)
MEMORY = 40_000_000


def _board(lanes: list[Lane], memory: int = MEMORY, rate: float = 1000.0, together: int = 1) -> Board:
    return Board(lanes, {way: Pace(rate) for way in Way}, memory, together)


def _pick(board: Board, bound: int = 0) -> Request:
    picked = board.pick(0.0, bound)
    assert isinstance(picked, Request)
    return picked


def _portion(size: int) -> Portion:
    return Portion(first=10, last=10, size=size, token="", blocks=lambda: iter(()), count=lambda: 1000)


def test_the_earliest_time_comes_first() -> None:
    """Whatever the order of the lanes, the first lines are asked for first."""
    lanes = [Lane((name,), BOTH, SPAN, first=first) for name, first in (("a", 500), ("b", 100), ("c", 300))]
    board = _board(lanes)
    assert [_pick(board).lane.single for _ in lanes] == ["b", "c", "a"]


def test_memory_bounds_what_is_read_ahead() -> None:
    """Requests stop when memory is full, but what the timeline waits for may always be asked for."""
    lanes = [Lane((f"s{number:03}",), BOTH, SPAN, first=number + 1) for number in range(100)]
    board = _board(lanes, memory=10 * FULL[Way.STREAM])
    requests = []
    while isinstance(picked := board.pick(0.0, 0), Request):
        requests.append(picked)
    assert len(requests) == 10
    assert board.held <= 10 * FULL[Way.STREAM]
    waited = lanes[10]
    assert isinstance(board.pick(0.0, waited.certain), Request)
    for request in requests[:2]:
        board.received(request, _portion(1000))
        board.freed(1000)
    assert isinstance(board.pick(0.0, 0), Request)


def test_parts_are_smaller_where_many_lanes_are_read_at_once() -> None:
    """A full part of each of five hundred streams would not fit: each gets its share."""
    lanes = [Lane((f"s{number:03}",), BOTH, SPAN, first=1) for number in range(500)]
    board = _board(lanes, together=len(lanes))
    limit = _pick(board).piece.limit
    assert limit is not None
    assert 50 <= limit <= MEMORY / 500 / 100


def test_the_other_way_is_used_while_one_quota_is_used_up() -> None:
    """Slices of one stream are read by both ways at once, but not the whole of a stream by search."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900_000, length=10_000)
    board = Board([lane], {Way.STREAM: Pace(2.0), Way.SEARCH: Pace(2.0), Way.LIST: Pace(2.0)}, MEMORY)
    ways = []
    while isinstance(picked := board.pick(0.0, 0), Request):
        ways.append(picked.way)
    assert set(ways) == BOTH
    assert isinstance(picked, float)
    assert 0 < picked < 1


def _ways(board: Board) -> list[Way]:
    """How the next slices are read, one after the other at one moment."""
    ways: list[Way] = []
    while isinstance(picked := board.pick(0.0, 0), Request):
        ways.append(picked.way)
    return ways


def _two_paces(stream: float, search: float) -> dict[Way, Pace]:
    return {Way.STREAM: Pace(stream), Way.SEARCH: Pace(search), Way.LIST: Pace(1.0)}


def test_quotas_are_used_up_side_by_side() -> None:
    """No quota stays full while the other one is used up; streams come first, with half the bytes."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900_000, length=1000)
    ways = _ways(Board([lane], _two_paces(25.0, 25.0), 1 << 40))
    assert set(ways[:6]) == {Way.STREAM}
    assert 12 <= ways[:30].count(Way.STREAM) <= 18
    assert len(ways) == 48


def test_what_streams_grant_at_once_is_not_searched() -> None:
    """Where requests are slower than the quota grows, all go the way with half the bytes."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900_000, length=1000)
    board = Board([lane], _two_paces(25.0, 25.0), 1 << 40)
    for second in range(20):
        picked = board.pick(float(second), 0)
        assert isinstance(picked, Request)
        assert picked.way is Way.STREAM


def test_searches_are_left_to_the_last_slices() -> None:
    """A search tells the end of a lane at once: quota for it is not spent on others when the ends are near."""
    lanes = [Lane((name,), BOTH, SPAN, first=0, last=2000, length=3000) for name in "abcd"]
    board = Board(lanes, _two_paces(40.0, 3.0), 1 << 40)
    picked = []
    while isinstance(one := board.pick(0.0, 0), Request):
        picked.append((one.lane.closed(one.piece), one.way))
    assert (True, Way.SEARCH) not in picked
    assert picked.count((False, Way.SEARCH)) == 2
    assert (False, Way.STREAM) in picked


def test_a_forgotten_answer_takes_no_memory() -> None:
    """What a search brought of a slice that is too long for it is not held."""
    lane = Lane(("s",), BOTH, SPAN, first=1, last=2000, length=1000)
    board = _board([lane])
    requests = [_pick(board) for _ in list(lane.candidates())]
    last = requests[-1]
    assert (last.way, lane.closed(last.piece)) == (Way.SEARCH, False)
    before = board.held
    board.received(last, Portion(2000, 2000, 5_000_000, "t", lambda: iter(()), lambda: 1000))
    assert board.held == before - last.expected
    again = _pick(board)
    assert (again.piece, again.way) == (last.piece, Way.STREAM)


def _survey(streams: int, probe: Portion | None, *, ways: frozenset[Way] = BOTH, alike: bool = True) -> Survey:
    facts = tuple(
        StreamFacts(f"s{number:03}", 1 if alike else number * 1000 + 1, 900_000 if alike else number * 1000 + 900)
        for number in range(streams)
    )
    return Survey(
        span=SPAN,
        now=950_000,
        listed=facts,
        accepted=facts,
        probe=probe,
        ways=ways,
        memory=MEMORY,
        rates={Way.STREAM: 25.0, Way.SEARCH: 10.0, Way.LIST: 5.0},
    )


def _probe(covered: int) -> Portion:
    return Portion(first=1, last=covered, size=FULL[Way.SEARCH], token="t", blocks=lambda: iter(()), count=lambda: 8000)


@pytest.mark.parametrize(
    ("streams", "covered", "lanes"),
    [(1, 9000, 1), (16, 9000, 16), (500, 9000, 1), (4, 400_000, 1)],
    ids=["one long", "sixteen long", "five hundred", "four short"],
)
def test_lanes(streams: int, covered: int, lanes: int) -> None:
    """Few long streams are read one by one, many of them and short ones by one search."""
    layout = lay_out(_survey(streams, _probe(covered)), 0)
    assert len(layout.lanes) == lanes
    assert layout.lanes[0].single == ("s000" if lanes == streams else "")


def test_without_a_way_the_other_one_serves() -> None:
    """Where only one way is allowed, that one is laid out."""
    by_search = lay_out(_survey(4, _probe(9000), ways=frozenset({Way.SEARCH})), 0)
    by_stream = lay_out(_survey(4, None, ways=frozenset({Way.STREAM})), 0)
    assert [lane.names for lane in by_search.lanes] == [()]
    assert [lane.single for lane in by_stream.lanes] == ["s000", "s001", "s002", "s003"]


def test_overlap() -> None:
    """How many streams have events at the same time: trials of a tuning job come one after the other."""
    assert overlap(_survey(7, None).accepted) == 7
    assert overlap(_survey(7, None, alike=False).accepted) == 1
