"""Lanes are cut into slices that leave nothing out and overlap nowhere; feeds put them together again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from smkube.logs import weave as weaving
from smkube.logs.model import Event, SourceError, Trouble
from smkube.logs.reading import Portion, Way
from smkube.logs.slices import FULL, Lane, Slice
from smkube.logs.weave import END, Weave

BOTH = frozenset({Way.STREAM, Way.SEARCH})
SPAN = (0, 1_000_000)


def _portion(times: list[int], token: str = "", size: int = 100, stream: str = "s") -> Portion:
    events = [Event(time, stream, f"{number}", "", time) for number, time in enumerate(times)]

    def blocks() -> Iterator[list[Event]]:
        yield list(events)

    return Portion(
        first=min(times, default=None),
        last=max(times, default=None),
        size=size,
        token=token,
        blocks=blocks,
        count=lambda: len(times),
    )


def _next(lane: Lane, way: Way = Way.STREAM) -> Slice:
    """The next slice to read, begun."""
    piece = next(iter(lane.candidates()))
    if piece.way is None:
        lane.begin(piece, way, None)
    piece.busy = True
    return piece


def _covers(lane: Lane) -> bool:
    """Whether the slices there are follow each other without gap or overlap."""
    return all(before.stop == after.start for before, after in pairwise(lane.pieces))


def test_slices_follow_each_other_to_the_end_of_the_span() -> None:
    """Slices with a known length end with one that is open, however early the list says that events end."""
    lane = Lane(("s",), BOTH, SPAN, first=1000, last=6000, length=1000)
    pieces = []
    while (piece := next(iter(lane.candidates()), None)) is not None:
        lane.begin(piece, Way.STREAM, None)
        piece.busy = True
        pieces.append(piece)
    assert [(piece.start, piece.stop) for piece in pieces[:3]] == [(0, 2000), (2000, 3000), (3000, 4000)]
    assert pieces[-1].stop == SPAN[1]
    assert _covers(lane)
    assert all(piece.until >= piece.stop for piece in pieces)


def test_the_last_slices_have_one_part_each() -> None:
    """So they can be read at the same time; once they are laid out, requests can be sent for any of them."""
    lane = Lane(("s",), BOTH, SPAN, first=1000, last=3000, length=1000)
    pieces = list(lane.candidates())
    lengths = [piece.stop - max(piece.start, lane.first) for piece in pieces]
    assert len(set(lengths[:-1])) == 1
    assert 1000 / 4 < lengths[0] < 1000 / 2.9
    assert 0 < 3000 - pieces[-1].start <= lengths[0] + len(pieces)
    assert pieces[-1].stop == SPAN[1]
    assert _covers(lane)


def test_the_last_slices_of_a_search_are_as_long_as_the_others() -> None:
    """Where a search ends is known badly, and a request for every part of what may be empty would be too many."""
    lane = Lane((), frozenset({Way.SEARCH}), SPAN, first=1000, last=5000, length=1000)
    stops = []
    while (piece := next(iter(lane.candidates()), None)) is not None:
        lane.begin(piece, Way.SEARCH, None)
        piece.busy = True
        stops.append(piece.stop)
    assert stops == [2000, 3000, 4000, SPAN[1]]


@pytest.mark.parametrize("last", [0, 999, 1000, 1001, 1002, 1005, 1999, 2000])
@pytest.mark.parametrize("length", [1, 2, 5, 3000])
def test_no_slice_is_empty(last: int, length: int) -> None:
    """However short lanes and slices are: each has a millisecond at least, and together they are the span."""
    lane = Lane(("s",), BOTH, (1000, 2000), last=last, length=length)
    pieces = []
    while (piece := next(iter(lane.candidates()), None)) is not None:
        lane.begin(piece, Way.STREAM, None)
        piece.busy = True
        pieces.append(piece)
    assert (pieces[0].start, pieces[-1].stop) == (1000, 2000)
    assert all(piece.start < piece.stop for piece in pieces)
    assert _covers(lane)


def test_a_slice_is_complete_with_an_event_behind_its_stop() -> None:
    """An event behind the stop spares the request that would only tell the end; an empty part does not."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=5000, length=1000)
    piece = _next(lane)
    lane.received(piece, _portion([], "t1"))
    assert not piece.done
    piece.busy = True
    lane.received(piece, _portion([10, 990, 1000], "t2"))
    assert piece.done


def test_a_search_is_read_to_its_end() -> None:
    """The order of a search's parts is not relied on: what is behind the stop proves nothing."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=5000, length=1000)
    piece = _next(lane, Way.SEARCH)
    assert piece.until == piece.stop
    lane.received(piece, _portion([999], "t"))
    assert not piece.done
    lane.received(piece, _portion([5]))
    assert piece.done


def test_the_end_of_a_stream_that_is_longer_than_listed_is_not_searched() -> None:
    """A search that does not bring the last slice at once is forgotten: the slice is read as a stream, divided."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900, length=3000)
    piece = _next(lane, Way.SEARCH)
    assert lane.received(piece, _portion([10, 20], "t", FULL[Way.SEARCH])) is False
    assert (piece.way, piece.long, piece.done, list(piece.portions)) == (None, True, False, [])
    again = _next(lane, Way.STREAM)
    assert again is piece
    assert lane.received(piece, _portion([10, 20], "t", FULL[Way.STREAM])) is True
    assert piece.stop < SPAN[1]
    assert _covers(lane)


def test_where_only_a_search_is_allowed_it_is_read_to_its_end() -> None:
    """The last slice is read by search, however long it is, where there is no other way."""
    lane = Lane(("s",), frozenset({Way.SEARCH}), SPAN, first=0)
    piece = _next(lane, Way.SEARCH)
    assert lane.received(piece, _portion([10, 20], "t")) is True
    assert lane.received(piece, _portion([30])) is True
    assert piece.done


def test_a_long_slice_leaves_its_rest_to_others() -> None:
    """A stream of which nothing was known is divided as soon as a full part has shown how dense it is."""
    lane = Lane(("s",), BOTH, SPAN)
    piece = _next(lane)
    assert piece.stop == SPAN[1]
    lane.received(piece, _portion([1000, 2000], "t", FULL[Way.STREAM]))
    assert 2000 < piece.stop < 10_000
    following = next(one for one in lane.candidates() if one is not piece)
    assert following.start == piece.stop
    assert _covers(lane)


@pytest.mark.parametrize(("last", "divided"), [(2000, False), (1999, True)])
def test_what_ends_as_listed_is_not_divided(last: int, divided: bool) -> None:
    """Nothing is asked for behind the last event that the list knows, unless there are events behind it."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=last)
    piece = _next(lane)
    lane.received(piece, _portion([1000, 2000], "t", FULL[Way.STREAM]))
    assert (piece.stop < SPAN[1]) is divided


def test_a_slice_in_the_middle_is_divided_without_gap() -> None:
    """A slice far denser than those before it is divided too, and those behind it stay."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900_000, length=100_000)
    first, second = _next(lane), _next(lane)
    for number in range(6):
        first.busy = True
        lane.received(first, _portion([number * 10, number * 10 + 9], f"t{number}", FULL[Way.STREAM]))
    assert first.stop < 1000
    assert len(lane.pieces) > 2
    assert lane.pieces[-1] is second
    assert _covers(lane)


@pytest.mark.parametrize(("size", "longer"), [(0, True), (100 * FULL[Way.STREAM], False)])
def test_length_follows_the_density(size: int, longer: bool) -> None:
    """After an empty slice the next ones are longer, after a heavy one shorter, but never by a leap."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=900_000, length=1000)
    piece = _next(lane)
    lane.received(piece, _portion([5], size=size))
    following = _next(lane)
    length = following.stop - following.start
    assert length == (8000 if longer else 125)


def test_a_bad_token_costs_the_last_millisecond_only() -> None:
    """The slice ends before the last millisecond seen, and another goes on from there."""
    lane = Lane(("s",), BOTH, SPAN)
    piece = _next(lane)
    lane.received(piece, _portion([10, 20, 20], "t"))
    lane.restart(piece, "bad token")
    assert (piece.done, piece.stop) == (True, 20)
    assert (lane.pieces[1].start, lane.pieces[1].stop) == (20, SPAN[1])


def test_tokens_that_always_go_bad_end_with_an_error() -> None:
    """Beginning anew without getting on has an end."""
    lane = Lane(("s",), BOTH, SPAN)
    with pytest.raises(SourceError) as caught:  # noqa: PT012 - one of many rounds raises
        for _ in range(100):
            lane.restart(next(one for one in lane.pieces if not one.done) if lane.pieces else _next(lane), "bad token")
    assert caught.value.trouble is Trouble.TOKEN


def _play(weave: Weave) -> list[Event]:
    """All that is certain, with what the lanes have received."""
    found: list[Event] = []
    while True:
        behind = weave.behind()
        moved = [feed.decode() or feed.take() for feed in behind]
        found += weave.due()
        if not any(moved):
            return found


def test_equal_times_come_in_the_order_of_streams() -> None:
    """Two lanes make one timeline; what may still be incomplete is held back."""
    lanes = [Lane((name,), BOTH, SPAN) for name in ("a", "b")]
    weave = Weave(lanes)
    pieces = [_next(lane) for lane in lanes]
    lanes[1].received(pieces[1], _portion([1, 5, 9], "t", stream="b"))
    assert _play(weave) == []
    lanes[0].received(pieces[0], _portion([1, 5, 5], "t", stream="a"))
    assert [(event.timestamp, event.stream) for event in _play(weave)] == [(1, "a"), (1, "b")]
    lanes[0].received(pieces[0], _portion([], stream="a"))
    lanes[1].received(pieces[1], _portion([], stream="b"))
    assert [(event.timestamp, event.stream) for event in _play(weave)] == [(5, "a"), (5, "a"), (5, "b"), (9, "b")]
    assert weave.bound == END


def test_what_lies_behind_a_stop_is_left_to_the_next_slice() -> None:
    """A slice brings a little from behind its stop, which is not shown twice."""
    lane = Lane(("s",), BOTH, SPAN, first=0, last=5000, length=1000)
    weave = Weave([lane])
    first = _next(lane)
    lane.received(first, _portion([999, 1000, 1001], "t"))
    second = _next(lane)
    lane.received(second, _portion([1000, 1001, 1500]))
    assert [event.timestamp for event in _play(weave)] == [999, 1000, 1001, 1500]


def test_a_crowded_millisecond_is_let_go_early_and_not_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """More events of one millisecond than memory should hold go out at once; a bad token then repeats none of them."""
    monkeypatch.setattr(weaving, "HELD", 10)
    lane = Lane(("s",), BOTH, SPAN)
    weave = Weave([lane])
    piece = _next(lane)
    lane.received(piece, _portion([7] * 20, "t1"))
    early = _play(weave)
    assert len(early) == 20
    piece.busy = True
    lane.received(piece, _portion([7] * 15, "t2"))
    early += _play(weave)
    assert len(early) == 35
    lane.restart(piece, "bad token")
    again = _next(lane)
    lane.received(again, _portion([7] * 40 + [8]))
    assert [event.timestamp for event in _play(weave)] == [7] * 5 + [8]
