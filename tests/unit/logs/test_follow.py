"""The follow loop against a simulated CloudWatch Logs: nothing lost, nothing twice, nothing of another job."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smkube.logs import cursor as cursor_module
from smkube.logs.cursor import Cursor
from smkube.logs.follow import Incomplete, Policy, Reader
from smkube.logs.model import Event, Page, SourceError, Trouble, Window
from tests.unit.logs.simulation import BEGIN, Faults, SimulatedLogs, SimulatedWorld, Written, host

MINUTE = 60_000


def _run(world: SimulatedWorld, logs: SimulatedLogs, *, limit: int = 200_000) -> list[Event]:
    reader = Reader(logs, Cursor("x/", limit=limit), world)
    return [event for batch in reader.follow() for event in batch]


def _assert_exact(shown: list[Event], written: list[Written]) -> None:
    wanted = Counter(one.event.id for one in written if one.event.stream.startswith("x/"))
    got = Counter(event.id for event in shown)
    assert got == wanted, f"lost {len(wanted - got)}, twice or foreign {len(got - wanted)}"


def _schedule(dice: random.Random, *, latest: int) -> tuple[list[Written], int]:
    """Hosts of job x and of its neighbour x-2 with random habits; when job x ends."""
    length = dice.randint(20, 400) * 1000
    written: list[Written] = []
    hosts = dice.randint(1, 6)
    for number in range(hosts):
        job = dice.choice(["x", "x", "x", "x-2"]) if number else "x"
        begins = BEGIN + dice.choice([-3600_000, 0, 0, dice.randint(0, length)])
        times = sorted(dice.randint(begins, BEGIN + length) for _ in range(dice.randint(0, 120)))
        if dice.random() < 0.3:
            times = [time // 5000 * 5000 for time in times]
        written += host(
            f"{job}/algo-{number + 1}-{begins // 1000}",
            times,
            batch=dice.choice([0, 500, 5000]),
            delay=dice.choice([0, 200, 2000, dice.randint(0, latest)]),
            ahead=dice.choice([0, 0, 0, 3600_000, -2000]),
            first_id=number * 10_000,
        )
    last = max((one.readable for one in written), default=BEGIN)
    return written, max(BEGIN + length, last - 3000)


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=300, deadline=None)
def test_follow_is_exact_over_random_schedules_and_faults(seed: int) -> None:
    """Whatever hosts do and requests suffer, each line of the job is shown exactly once and none of another's."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=25_000)
    page_size = dice.choice([3, 20, 100, 10_000])
    broken_tokens = dice.choice([0, 0.05]) if page_size >= 100 else 0
    faults = Faults(
        busy=dice.choice([0, 0.1, 0.5]),
        empty=dice.choice([0, 0.2]),
        repeat=broken_tokens,
        bad_token=broken_tokens,
        credentials=dice.choice([0, 0.05]),
        missing_until=dice.choice([0, min(BEGIN + 30_000, ends)]),
    )
    world = SimulatedWorld(dice, ends, skew=dice.choice([0, 0, 90_000, -90_000, 600_000]))
    logs = SimulatedLogs(world, written, faults, page_size=page_size)
    _assert_exact(_run(world, logs), written)


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=100, deadline=None)
def test_lines_later_than_the_overlap_come_with_the_last_sweep(seed: int) -> None:
    """Lines that arrive minutes late, when the window has passed them, are still shown before the end, once."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=300_000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, Faults(busy=dice.choice([0, 0.2])), page_size=100)
    _assert_exact(_run(world, logs), written)


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=60))
@settings(max_examples=150, deadline=None)
def test_little_memory_never_shows_a_line_twice(seed: int, limit: int) -> None:
    """With room for only a few ids, lines within the overlap are still complete and none is doubled."""
    dice = random.Random(seed)
    written, ends = _schedule(dice, latest=25_000)
    world = SimulatedWorld(dice, ends)
    logs = SimulatedLogs(world, written, Faults(busy=0.1, empty=0.1), page_size=dice.choice([3, 50, 10_000]))
    _assert_exact(_run(world, logs, limit=limit), written)


@pytest.mark.parametrize("hosts", [1, 2, 4, 16])
def test_measured_case_of_many_hosts(hosts: int) -> None:
    """Ten lines a second and host, uploads each 5 s, one host 25 s late, one stamp an hour ahead: no line is lost."""
    written: list[Written] = []
    for number in range(hosts):
        times = range(BEGIN + number * 311, BEGIN + 2 * MINUTE, 100)
        delay = 25_000 if number == 1 else 1000
        written += host(f"x/algo-{number + 1}-1", times, batch=5000, delay=delay, first_id=number * 100_000)
    written += host("x/algo-1-1", [BEGIN + 10_000], ahead=3600_000, first_id=99_000_000)
    world = SimulatedWorld(random.Random(hosts), BEGIN + 2 * MINUTE + 20_000)
    logs = SimulatedLogs(world, written, Faults(), page_size=10_000)
    _assert_exact(_run(world, logs), written)


def test_late_line_is_shown_when_it_is_found() -> None:
    """A line 40 s late appears in the pass after its arrival, not at the end of the job."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 1000))
    late = host("x/algo-2-1", [BEGIN + 60_000], delay=40_000, first_id=900_000)
    world = SimulatedWorld(random.Random(1), BEGIN + 10 * MINUTE)
    reader = Reader(SimulatedLogs(world, [*written, *late], Faults()), Cursor("x/"), world)
    for batch in reader.follow():
        if late[0].event in batch:
            assert world.true_now <= late[0].readable + 3000
            return
    pytest.fail("the late line was never shown")


def test_future_stamp_is_shown_at_once() -> None:
    """A line stamped an hour ahead is not held back until its hour."""
    written = host("x/algo-1-1", [BEGIN + 5000], ahead=3600_000)
    world = SimulatedWorld(random.Random(1), BEGIN + 5 * MINUTE)
    reader = Reader(SimulatedLogs(world, written, Faults()), Cursor("x/"), world)
    first = next(iter(reader.follow()))
    assert first == [written[0].event]
    assert world.true_now < BEGIN + 12_000


def test_line_that_arrives_during_a_long_pass_is_not_jumped_over() -> None:
    """A pass that throttling stretches to minutes does not move the window past what came meanwhile."""

    class Slow(SimulatedLogs):
        """Takes 100 s for the second page of the first pass."""

        def page(self, window: Window, token: str) -> Page:
            if token and self.calls == 1:
                self.world.pause(100)
            return super().page(window, token)

    early = host("x/algo-1-1", range(BEGIN - 20_000, BEGIN, 400))
    tail = host("x/algo-1-1", range(BEGIN, BEGIN + 4 * MINUTE, 1000), first_id=10_000)
    late = host("x/algo-2-1", [BEGIN - 15_000], delay=50_000, first_id=20_000)
    world = SimulatedWorld(random.Random(1), BEGIN + 20 * MINUTE)
    reader = Reader(Slow(world, [*early, *tail, *late], Faults(), page_size=50), Cursor("x/"), world)
    for batch in reader.follow():
        if late[0].event in batch:
            assert world.true_now < BEGIN + 3 * MINUTE
            return
    pytest.fail("the late line was never shown")


def test_polls_back_off_while_nothing_happens() -> None:
    """An idle job costs no more than a request each four seconds."""
    world = SimulatedWorld(random.Random(1), BEGIN + 10 * MINUTE)
    logs = SimulatedLogs(world, [], Faults())
    _run(world, logs)
    assert logs.calls <= 10 * 60 / 4 + 20


def test_end_waits_until_the_log_is_quiet() -> None:
    """Hosts that upload their last lines one after the other, each some seconds after the end, are all heard."""
    written: list[Written] = []
    for number in range(5):
        written += host(f"x/algo-{number}-1", [BEGIN + 1000], delay=20_000 + number * 4000, first_id=number * 10)
    world = SimulatedWorld(random.Random(1), BEGIN + 17_000)
    reader = Reader(SimulatedLogs(world, written, Faults()), Cursor("x/"), world)
    _assert_exact([event for batch in reader.follow() for event in batch], written)
    assert world.true_now < BEGIN + 50_000


def test_first_lines_of_a_failed_job_may_be_late() -> None:
    """A job that ends before its first line can be read still shows it."""
    written = host("x/algo-1-1", [BEGIN + 1000], delay=8000)
    world = SimulatedWorld(random.Random(1), BEGIN + 2000)
    _assert_exact(_run(world, SimulatedLogs(world, written, Faults())), written)


def test_memory_stays_flat_over_a_long_log() -> None:
    """A log of many times the limit is read without remembering more than the limit and the overlap."""
    limit = 1000
    cursor = Cursor("x/", limit=limit)
    cursor.begin(BEGIN)
    for start in range(0, 100_000, 1000):
        cursor.accept(one.event for one in host("x/a-1", range(start * 100, (start + 1000) * 100, 100), first_id=start))
        assert len(cursor._seen) <= limit + 2 * 1000 + cursor_module.OVERLAP // 100
    cursor.finish(1000, complete=True)
    assert cursor.lines == 100_000
    assert len(cursor._seen) <= limit + cursor_module.OVERLAP // 100 + 100


def test_history_stops_after_one_complete_pass() -> None:
    """Without following, everything there is comes in order and the reading ends."""
    written = host("x/algo-1-1", range(BEGIN - 60_000, BEGIN, 100))
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, written, Faults(empty=0.2, busy=0.2), page_size=40)
    shown = [event for batch in Reader(logs, Cursor("x/"), world).history() for event in batch]
    assert shown == [one.event for one in written]


def test_history_of_a_missing_group_fails_at_once() -> None:
    """Without following, a log group that does not exist is an error and not waited for."""
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, [], Faults(missing_until=BEGIN + MINUTE))
    with pytest.raises(SourceError) as caught:
        list(Reader(logs, Cursor("x/"), world).history())
    assert caught.value.trouble is Trouble.MISSING
    assert logs.calls == 1


def test_history_gives_up_on_a_throttle_that_does_not_end() -> None:
    """Without following, a request is tried a limited number of times, with growing pauses."""
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, [], Faults(busy=1.0))
    with pytest.raises(SourceError) as caught:
        list(Reader(logs, Cursor("x/"), world).history())
    assert caught.value.trouble is Trouble.BUSY
    assert logs.calls == Policy().attempts
    assert world.true_now - BEGIN > 15_000


class _Scripted:
    """A source that answers what a function says."""

    def __init__(
        self, world: SimulatedWorld, trouble: Trouble | None, *, token: str = "", renewable: bool = True
    ) -> None:
        self.world = world
        self.trouble = trouble
        self.token = token
        self.renewable = renewable
        self.calls = 0

    def page(self, window: Window, token: str) -> Page:
        """First page is fine; then the trouble."""
        assert token in {"", self.token}
        self.calls += 1
        self.world.pause(0.1)
        if self.calls > 1 and self.trouble is not None:
            raise SourceError(self.trouble, "no")
        return Page([Event(window.end, "x/a-1", "m", str(self.calls), window.end)], self.token)

    def renew(self) -> bool:
        """As told."""
        return self.renewable


def test_history_says_when_a_token_repeats_for_ever() -> None:
    """A page token that comes back again and again ends in an error, not in a loop."""
    world = SimulatedWorld(random.Random(3), BEGIN)
    source = _Scripted(world, None, token="same")
    with pytest.raises(Incomplete):
        list(Reader(source, Cursor("x/"), world).history())
    assert source.calls == 2 * Policy().attempts


def test_denied_in_the_middle_ends_at_once() -> None:
    """A right that is taken away is not waited for."""
    world = SimulatedWorld(random.Random(3), BEGIN + MINUTE)
    source = _Scripted(world, Trouble.DENIED)
    with pytest.raises(SourceError) as caught:
        list(Reader(source, Cursor("x/"), world).follow())
    assert caught.value.trouble is Trouble.DENIED
    assert source.calls == 2


def test_expired_credentials_are_waited_for_five_minutes() -> None:
    """Credentials that expire in the middle are looked for anew, with a notice, and not for ever."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    with pytest.raises(SourceError) as caught:
        list(Reader(_Scripted(world, Trouble.CREDENTIALS), Cursor("x/"), world).follow())
    assert caught.value.trouble is Trouble.CREDENTIALS
    assert 5 * MINUTE < world.true_now - BEGIN < 6 * MINUTE
    assert 2 <= len(world.notices) <= 12


def test_credentials_that_cannot_change_are_not_waited_for() -> None:
    """Credentials from the environment cannot get better while the process lives."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    source = _Scripted(world, Trouble.CREDENTIALS, renewable=False)
    with pytest.raises(SourceError):
        list(Reader(source, Cursor("x/"), world).follow())
    assert source.calls == 2


def test_unreachable_service_is_borne_while_the_job_runs_and_five_minutes_longer() -> None:
    """Following outlives an outage of any length while the job runs, says so, and ends some time after the job."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    with pytest.raises(SourceError):
        list(Reader(_Scripted(world, Trouble.BUSY), Cursor("x/"), world).follow())
    assert world.true_now >= BEGIN + 60 * MINUTE
    assert 30 <= len(world.notices) <= 125


def test_settled_job_is_read_once() -> None:
    """A job that ended long ago is read in one pass, without waiting for more."""
    written = host("x/algo-1-1", range(BEGIN - 60_000, BEGIN - 30_000, 100))
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, written, Faults())
    reader = Reader(logs, Cursor("x/"), world)
    shown = [event for batch in reader.follow(settled=True) for event in batch]
    assert shown == [one.event for one in written]
    assert world.true_now < BEGIN + 4000
