"""Following over random schedules of hosts and faults: nothing lost, nothing twice, nothing of another job.

Each example is one schedule drawn from a seed; together they are more than a thousand in every run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from smkube.logs.cursor import CHEAP, Cursor
from smkube.logs.follow import Reader
from smkube.logs.merge import in_order
from smkube.logs.model import Event
from smkube.logs.receipt import Tally
from smkube.logs.seen import LIMIT
from smkube.logs.streams import Selection
from tests.unit.logs.simulation import BEGIN, Faults, SimulatedLogs, SimulatedWorld, Written, host

OURS = Selection("x/")
SEEDS = st.integers(min_value=0, max_value=2**48)


def _ids(written: Iterable[Written]) -> Counter[str]:
    return Counter(one.event.id for one in written if OURS.accepts(one.event.stream))


def _assert_exact(shown: Iterable[Event], wanted: Counter[str]) -> None:
    got = Counter(event.id for event in shown)
    assert got == wanted, f"lost {len(wanted - got)}, twice or foreign {len(got - wanted)}"


def _schedule(dice: random.Random, *, latest: int, most: int = 120) -> tuple[list[Written], int]:
    """Hosts of job x and of its neighbour x-2 with random habits and restarts; when job x ends.

    Args:
        dice: chance.
        latest: greatest delay from an upload until its lines can be read, in milliseconds.
        most: greatest number of lines of one host.
    """
    length = dice.randint(20, 400) * 1000
    written: list[Written] = []
    hosts = dice.randint(1, 6)
    for number in range(hosts):
        job = dice.choice(["x", "x", "x", "x-2"]) if number else "x"
        begins = BEGIN + dice.choice([-3600_000, 0, 0, dice.randint(0, length)])
        times = sorted(dice.randint(begins, BEGIN + length) for _ in range(dice.randint(0, most)))
        if dice.random() < 0.3:
            times = [time // 5000 * 5000 for time in times]
        restart = dice.choice([len(times), dice.randint(0, len(times))])
        for part in (times[:restart], times[restart:]):
            written += host(
                f"{job}/algo-{number + 1}-{(part[0] if part else begins) // 1000}",
                part,
                batch=dice.choice([0, 500, 5000]),
                phase=dice.randint(0, 5000),
                delay=dice.choice([0, 200, 2000, dice.randint(0, latest)]),
                ahead=dice.choice([0, 0, 0, 3600_000, -2000]),
                first_id=len(written),
            )
    last = max((one.readable for one in written), default=BEGIN)
    return written, max(BEGIN + length, last - 3000)


def _faults(dice: random.Random, ends: int, *, tokens: bool) -> Faults:
    """Any mixture of faults; broken tokens only where passes are so short that they can get by."""
    broken = dice.choice([0, 0.05]) if tokens else 0
    away = dice.randint(BEGIN, ends)
    return Faults(
        busy=dice.choice([0, 0.1, 0.5]),
        outage=dice.choice([(0, 0), (0, 0), (away, away + dice.randint(0, 100_000))]),
        empty=dice.choice([0, 0.2]),
        repeat=broken,
        bad_token=broken,
        credentials=dice.choice([0, 0.05]),
        missing=dice.choice([0, 0.05]) if tokens else 0,
        missing_until=dice.choice([0, min(BEGIN + 30_000, ends)]),
    )


def _cursor(dice: random.Random, *, start: int = 0, end: int | None = None, limit: int = LIMIT) -> Cursor:
    """A cursor that reaches back as little as possible, or as it does by itself."""
    return Cursor(OURS, start=start, end=end, limit=limit, cheap=dice.choice([0, 0, 20, CHEAP]))


@given(SEEDS)
@settings(max_examples=500, deadline=None)
def test_follow_is_exact_over_random_schedules_and_faults(seed: int) -> None:
    """Whatever hosts do and requests suffer, each line of the job is shown exactly once and none of another's."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=25_000)
    page_size = dice.choice([3, 20, 100, 10_000])
    faults = _faults(dice, ends, tokens=page_size >= 100)
    world = SimulatedWorld(dice, ends, skew=dice.choice([0, 0, 90_000, -90_000, 600_000]))
    reader = Reader(SimulatedLogs(world, written, faults, page_size=page_size), _cursor(dice), world)
    wanted = _ids(written)
    _assert_exact((event for batch in reader.follow() for event in batch), wanted)
    receipt = reader.receipt()
    assert (receipt.lines, receipt.gaps, receipt.complete) == (wanted.total(), 0, True)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_lines_later_than_the_overlap_come_with_the_last_sweep(seed: int) -> None:
    """Lines that arrive minutes late, when the window has passed them, are still shown before the end, once."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=300_000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, Faults(busy=dice.choice([0, 0.2])), page_size=100)
    _assert_exact((event for batch in Reader(logs, _cursor(dice), world).follow() for event in batch), _ids(written))


@given(SEEDS, st.integers(min_value=1, max_value=60))
@settings(max_examples=250, deadline=None)
def test_little_memory_never_shows_a_line_twice(seed: int, limit: int) -> None:
    """With room for only a few ids, lines within the overlap are still complete and none is doubled."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=25_000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, Faults(busy=0.1, empty=0.1), page_size=dice.choice([3, 50, 10_000]))
    reader = Reader(logs, _cursor(dice, limit=limit), world)
    _assert_exact((event for batch in reader.follow() for event in batch), _ids(written))


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_a_span_is_shown_exactly(seed: int) -> None:
    """With a start and an end, the lines stamped between them are shown, both ends included, and no others."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=20_000)
    start = BEGIN + dice.randint(-60_000, 60_000)
    end = start + dice.randint(0, 300_000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, Faults(busy=0.1), page_size=dice.choice([3, 50, 10_000]))
    reader = Reader(logs, _cursor(dice, start=start, end=end), world)
    shown = [event for batch in reader.follow() for event in batch]
    _assert_exact(shown, _ids(one for one in written if start <= one.event.timestamp <= end))


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_follow_goes_on_where_history_stopped(seed: int) -> None:
    """After all lines before a moment were shown otherwise, following shows the others, and one receipt counts all."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=25_000)
    cut = BEGIN - dice.choice([120_000, 600_000, 3500_000])
    world = SimulatedWorld(dice, ends)
    before = in_order(one.event for one in written if one.event.timestamp < cut and OURS.accepts(one.event.stream))
    tally = Tally()
    tally.add(before)
    cursor = Cursor(OURS, start=cut, tally=tally)
    logs = SimulatedLogs(world, written, _faults(dice, ends, tokens=False), page_size=dice.choice([3, 50, 10_000]))
    reader = Reader(logs, cursor, world)
    shown = [event for batch in reader.follow() for event in batch]
    _assert_exact([*before, *shown], _ids(written))
    assert reader.receipt().lines == len(before) + len(shown)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_busy_logs_are_exact_too(seed: int) -> None:
    """With so many lines that passes reach back as little as they can, look backs find the rest."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=55_000, most=3000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, _faults(dice, ends, tokens=True), page_size=10_000)
    _assert_exact((event for batch in Reader(logs, Cursor(OURS), world).follow() for event in batch), _ids(written))
