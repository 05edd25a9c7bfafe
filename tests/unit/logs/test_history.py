"""Long logs are read whole, in order and once each, whatever the service does meanwhile."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import cast

import pytest

from smkube.aws.logs import GroupReader
from smkube.logs.crew import Patience
from smkube.logs.history import History, Limits
from smkube.logs.model import Event, SourceError, Trouble, Window
from smkube.logs.reading import Way
from smkube.logs.streams import Selection
from smkube.logs.tail import Tail
from tests.unit.logs.service import GROUP, Line, Service, Troubles

NOW = 1_795_500_000_000
SPAN = Window(0, NOW)
SELECTION = Selection("x/")
SCHEDULES = 1000
BATCH = 100
QUICK = Limits(
    workers=4,
    memory=20_000,
    rates=dict.fromkeys(Way, 1e6),
    patience=Patience(attempts=30, throttles=60, renewals=30, scale=0.0),
)
TROUBLES = ("throttle", "busy", "lost", "broken", "token", "repeat", "empty")


def _lines(rng: random.Random, name: str, count: int) -> list[Line]:
    """Lines in order of time; many share a millisecond, and there are long pauses."""
    now, lines = NOW - rng.choice([3_600_000, 86_400_000]), []
    for number in range(count):
        now += rng.choice([0, 0, 0, 1, 1, 7, 40, rng.choice([1, 90_000])])
        lines.append((min(now, NOW), f"{name} {number}" + "." * rng.choice([0, 0, 60])))
    return lines


def service(seed: int, *, troubled: bool = True) -> Service:
    """A random log with random troubles."""
    rng = random.Random(seed)
    names = [f"x/algo-{n}-{rng.choice([1, 2])}" for n in range(1, rng.choice([2, 3, 5, 18]))]
    names += ["x-2/algo-1-1", "y/algo-1-1"]
    streams = {name: _lines(rng, name, rng.choice([0, 1, 30, 200])) for name in dict.fromkeys(names)}
    chosen = rng.sample(TROUBLES, rng.randint(0, 3)) if troubled else []
    troubles = Troubles()
    for name in chosen:
        setattr(troubles, name, rng.choice([0.02, 0.1]))
    return Service(
        streams,
        page=rng.choice([3, 20, 64, 10_000]),
        short=rng.random() < 0.3,
        stale=rng.choice([0, 0, 1000, 7_000_000, None]),
        seed=seed,
        troubles=troubles,
    )


def read(made: Service, *, selection: Selection = SELECTION, span: Window = SPAN, pattern: str = "") -> list[Event]:
    """All events that the history of a service brings."""
    reader = GroupReader(made, group=GROUP, selection=selection, filter_pattern=pattern)
    history = History(reader, selection, span, now=NOW, notice=lambda _: None, limits=QUICK)
    return [event for batch in history.batches() for event in batch]


def keys(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    """What an event is told by here."""
    return [(event.timestamp, event.stream, event.message) for event in events]


@pytest.mark.parametrize("first", range(0, SCHEDULES, BATCH))
def test_whole_in_order_and_once(first: int) -> None:
    """Streams of any density, pages of any size, stale lists, throttles, lost answers, bad tokens: all of it, once."""
    for seed in range(first, first + BATCH):
        made = service(seed)
        assert keys(read(made)) == made.truth(SELECTION.accepts), f"seed {seed}"


@pytest.mark.parametrize("first", range(0, 60, 30))
def test_spans(first: int) -> None:
    """Both ends of a span belong to it, and nothing else does."""
    for seed in range(first, first + 30):
        made, rng = service(seed), random.Random(seed)
        times = sorted(time for lines in made.streams.values() for time, _ in lines) or [NOW]
        low, high = sorted((rng.choice(times), rng.choice(times)))
        found = keys(read(made, span=Window(low, high)))
        assert found == made.truth(SELECTION.accepts, low, high), f"seed {seed}"


@pytest.mark.parametrize(
    "denied",
    [
        {"GetLogEvents"},
        {"DescribeLogStreams"},
        {"GetLogEvents", "DescribeLogStreams"},
        {"FilterLogEvents"},
    ],
)
def test_with_fewer_rights(denied: set[str]) -> None:
    """What may not be done one way is done another, from the beginning or from the middle on."""
    for seed in range(24):
        made = service(seed, troubled=False)
        made.troubles = replace(made.troubles, denied=frozenset(denied), deny_after=random.Random(seed).choice([0, 4]))
        assert keys(read(made)) == made.truth(SELECTION.accepts), f"seed {seed}"


def test_without_any_right() -> None:
    """Where nothing is allowed, the error says what is missing."""
    made = service(3, troubled=False)
    made.troubles = replace(made.troubles, denied=frozenset({"GetLogEvents", "DescribeLogStreams", "FilterLogEvents"}))
    with pytest.raises(SourceError, match="FilterLogEvents") as refused:
        read(made)
    assert refused.value.trouble is Trouble.DENIED


def test_missing_group() -> None:
    """A log group that does not exist is told apart from an empty one."""
    with pytest.raises(SourceError) as missing:
        read(Service({}, exists=False))
    assert missing.value.trouble is Trouble.MISSING
    assert read(Service({})) == []


def test_streams_of_some_owners_and_hosts() -> None:
    """Only what the selection accepts is shown, with many streams around it."""
    rng = random.Random(5)
    names = [f"t-{n:03d}-0123abcd/algo-{host}-1" for n in range(120) for host in (1, 2)] + ["t-other/algo-1-1"]
    made = Service({name: _lines(rng, name, 12) for name in names}, page=50)
    selection = Selection("t-", owner=r"t-\d{3}-[0-9a-f]{8}", hosts=frozenset({"algo-2"}))
    found = keys(read(made, selection=selection))
    assert found == made.truth(selection.accepts)
    assert len(found) == 120 * 12


def test_filter_pattern() -> None:
    """A pattern is the service's affair, so only the search is used."""
    made = service(11, troubled=False)
    made.page = 20
    found = keys(read(made, pattern="1"))
    assert found == [event for event in made.truth(SELECTION.accepts) if "1" in event[2]]
    assert "GetLogEvents" not in made.calls


def test_credentials_that_expire_in_the_middle() -> None:
    """Fresh credentials go on where the old ones failed; without any the error says so."""
    made = Service({"x/algo-1-1": _lines(random.Random(1), "x/algo-1-1", 900)}, page=5)
    made.troubles = replace(made.troubles, expired=0.05)
    assert keys(read(made)) == made.truth(SELECTION.accepts)
    assert made.renewals > 0
    made.troubles = replace(made.troubles, expired=1.0, renewable=False)
    with pytest.raises(SourceError) as refused:
        read(made)
    assert refused.value.trouble is Trouble.CREDENTIALS


def test_a_history_that_is_left_alone_stops_asking() -> None:
    """Closing the iterator in the middle calls off all work."""
    made = service(1, troubled=False)
    made.streams["x/algo-9-1"] = [(NOW - 1000 + number, f"{number}") for number in range(900)]
    made.__post_init__()
    made.page = 3
    reader = GroupReader(made, group=GROUP, selection=SELECTION)
    history = History(reader, SELECTION, SPAN, now=NOW, notice=lambda _: None, limits=QUICK)
    batches = cast("Generator[list[Event]]", history.batches())
    next(batches)
    batches.close()
    assert sum(made.calls.values()) < 300


@pytest.mark.parametrize("count", [1, 7, 100, 5000])
def test_last_lines(count: int) -> None:
    """The last lines, in order; all of them where there are fewer."""
    for seed in range(30):
        made = service(seed)
        reader = GroupReader(made, group=GROUP, selection=SELECTION)
        tail = Tail(reader, SELECTION, SPAN, count, now=NOW, notice=lambda _: None, limits=QUICK)
        found = keys([event for batch in tail.batches() for event in batch])
        truth = made.truth(SELECTION.accepts)
        assert [event[0] for event in found] == [event[0] for event in truth[-count:]], f"seed {seed}"
        assert set(found) <= set(truth), f"seed {seed}"
        assert len(set(found)) == len(found), f"seed {seed}"
