"""Names of log streams: whose they are, which host's, and which attempt of it."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smkube.logs.cursor import Cursor
from smkube.logs.follow import Reader
from smkube.logs.streams import Attempts, Selection, StreamName, parse, prefix
from tests.unit.logs.simulation import BEGIN, Faults, SimulatedLogs, SimulatedWorld, Written, host


def test_prefix_ends_the_jobs_name() -> None:
    """The slash keeps out jobs whose name begins like this one's."""
    assert prefix("x") == "x/"
    assert prefix("x", "algo-1") == "x/algo-1"
    assert not "x-2/algo-1-1".startswith(prefix("x"))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("job/algo-1-1574811611", StreamName("job", "algo-1", 1574811611, "")),
        ("job/i-0abc-1574811611", StreamName("job", "i-0abc", 1574811611, "")),
        ("job/i-0abc-1574811611/data-log", StreamName("job", "i-0abc", 1574811611, "data-log")),
        ("AllTraffic/i-0abc", StreamName("AllTraffic", "i-0abc", 0, "")),
        ("job/odd", StreamName("job", "odd", 0, "")),
        ("job/-5", StreamName("job", "-5", 0, "")),
        ("job", StreamName("job", "", 0, "")),
    ],
)
def test_stream_names(name: str, parts: StreamName) -> None:
    """Host, start and part are read from the stream's name."""
    assert parse(name) == parts


TUNING = Selection("tune-", owner=re.escape("tune") + r"-\d{3}-[0-9a-f]{8}")


@pytest.mark.parametrize(
    ("selection", "accepted", "refused"),
    [
        (Selection("x/"), ["x/algo-1-5", "x/odd"], ["x-2/algo-1-5", "x", "y/algo-1-5", ""]),
        (Selection(""), ["anything", "AllTraffic/i-0"], []),
        (TUNING, ["tune-001-0123abcd/algo-1-5"], ["tune-2-001-0123abcd/algo-1-5", "tune-001-0123abcde/algo-1-5"]),
        (Selection("x/", hosts=frozenset({"algo-1"})), ["x/algo-1-5", "x/algo-1-9"], ["x/algo-10-5", "x/algo-2-5"]),
        (Selection("", search_prefix="i-0"), ["blue/i-0a", "green/i-0b"], ["blue/i-1", "i-0/x", "i-0"]),
        (Selection("x/algo-1", search_prefix="algo-1"), ["x/algo-1-5", "x/algo-12-5"], ["x/algo-2-5"]),
    ],
)
def test_selection(selection: Selection, accepted: list[str], refused: list[str]) -> None:
    """Prefix, owner, hosts and search prefix all have to fit, however often it is asked."""
    for _ in range(2):
        assert [stream for stream in accepted + refused if selection.accepts(stream)] == accepted


def test_selections_are_values() -> None:
    """What one has been asked makes no difference to what it is."""
    one, other = Selection("x/"), Selection("x/")
    assert one.accepts("x/a-1")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Selection("y/")


def test_selection_forgets_before_it_grows_without_bound() -> None:
    """A group with ever new streams does not fill the memory."""
    selection = Selection("x/")
    for number in range(50_000):
        assert selection.accepts(f"x/{number}")
    assert len(selection._answers) <= 20_000


def test_attempts_are_counted_by_host() -> None:
    """Each new epoch of a host is its next attempt; other hosts, jobs and parts of a stream count by themselves."""
    attempts = Attempts()
    streams = ["x/algo-1-100", "x/algo-2-101", "x/algo-1-200", "x/algo-1-200/data-log", "x/algo-1-300", "y/algo-1-400"]
    assert [attempts.of(stream) for stream in streams] == [1, 1, 2, 2, 3, 1]
    assert attempts.count("x/algo-1-100") == 3
    assert attempts.count("x/algo-2-101") == 1


def test_endpoints_have_one_attempt() -> None:
    """The instances of an endpoint have streams without an epoch."""
    attempts = Attempts()
    assert [attempts.of(stream) for stream in ("blue/i-0a", "blue/i-0b", "blue/i-0a")] == [1, 1, 1]


@given(st.permutations(range(8)))
def test_attempts_are_right_once_all_are_known(order: list[int]) -> None:
    """In whatever order the streams are met, the earliest epoch is attempt 1 in the end."""
    attempts = Attempts()
    for epoch in order:
        attempts.of(f"x/algo-1-{epoch}")
    assert [attempts.of(f"x/algo-1-{epoch}") for epoch in range(8)] == list(range(1, 9))


def test_spot_restarts_and_retries_are_followed_as_attempts() -> None:
    """After two interruptions the same hosts go on in new streams; their lines are all shown, as attempts 1 to 3."""
    written: list[Written] = []
    for begin in (0, 90, 200):
        for number in (1, 2):
            times = range(BEGIN + begin * 1000, BEGIN + begin * 1000 + 60_000, 700)
            stream = f"x/algo-{number}-{BEGIN // 1000 + begin}"
            written += host(stream, times, batch=5000, phase=number * 700, delay=1500, first_id=len(written))
    world = SimulatedWorld(random.Random(5), BEGIN + 275_000)
    reader = Reader(SimulatedLogs(world, written, Faults(busy=0.1)), Cursor(Selection("x/")), world)
    attempts = Attempts()
    shown = [(event, attempts.of(event.stream)) for batch in reader.follow() for event in batch]
    assert len(shown) == len(written)
    for event, attempt in shown:
        begun = parse(event.stream).epoch - BEGIN // 1000
        assert attempt == {0: 1, 90: 2, 200: 3}[begun]
    assert reader.receipt().hosts == 2


def test_an_instance_id_of_digits_is_no_epoch() -> None:
    """The stream of an endpoint's instance may end in digits that are part of the instance's id."""
    assert parse("AllTraffic/i-01234567890123456").host == "i-01234567890123456"
