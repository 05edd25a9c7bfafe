"""The follow loop against a simulated CloudWatch Logs: nothing lost, nothing twice, nothing of another job."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass

import pytest

from smkube.logs.cursor import Cursor
from smkube.logs.follow import Incomplete, Policy, Reader
from smkube.logs.model import Event, Page, SourceError, Trouble, Window
from smkube.logs.reach import OVERLAP
from smkube.logs.streams import Selection
from tests.unit.logs.measure import Case, engine, original, run, tail
from tests.unit.logs.simulation import BEGIN, Faults, SimulatedLogs, SimulatedWorld, Written, host

MINUTE = 60_000


def _run(world: SimulatedWorld, logs: SimulatedLogs, *, limit: int = 200_000) -> list[Event]:
    reader = Reader(logs, Cursor(Selection("x/"), limit=limit), world)
    return [event for batch in reader.follow() for event in batch]


def _assert_exact(shown: list[Event], written: list[Written]) -> None:
    wanted = Counter(one.event.id for one in written if one.event.stream.startswith("x/"))
    got = Counter(event.id for event in shown)
    assert got == wanted, f"lost {len(wanted - got)}, twice or foreign {len(got - wanted)}"


@pytest.mark.parametrize("hosts", [1, 2, 4, 16])
def test_measured_case_of_many_hosts(hosts: int) -> None:
    """Uploads each 5 s, one host 25 s late, one stamp an hour ahead: no line is lost, and all are shown soon."""
    result = run(engine, Case(hosts, seconds=120, late=25, ahead=True))
    assert (result.lost, result.doubled) == (0, 0)
    assert result.slowest <= 1.5


def test_following_many_lines_reads_few_again() -> None:
    """At 200 lines per second from 16 hosts each line is read some 15 times and shown within 1.5 s."""
    result = run(engine, Case(16, rate=12.5, seconds=120))
    assert (result.lost, result.doubled) == (0, 0)
    assert result.slowest <= 1.5
    assert result.read_per_line <= 20


def test_the_other_rules_lose_lines_in_the_same_simulation() -> None:
    """The simulation is hard enough to tell rules apart: starting at the newest line loses a good part of them."""
    case = Case(4, seconds=60)
    lines = len(case.written())
    assert run(original, case).lost > lines / 2
    assert run(tail, case).lost > lines / 10


def test_late_line_is_shown_when_it_is_found() -> None:
    """A line 40 s late appears in the pass after its arrival, not at the end of the job."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 1000))
    late = host("x/algo-2-1", [BEGIN + 60_000], delay=40_000, first_id=900_000)
    world = SimulatedWorld(random.Random(1), BEGIN + 10 * MINUTE)
    reader = Reader(SimulatedLogs(world, [*written, *late], Faults()), Cursor(Selection("x/")), world)
    for batch in reader.follow():
        if late[0].event in batch:
            assert world.true_now <= late[0].readable + 3000
            return
    pytest.fail("the late line was never shown")


def test_future_stamp_is_shown_at_once() -> None:
    """A line stamped an hour ahead is not held back until its hour."""
    written = host("x/algo-1-1", [BEGIN + 5000], ahead=3600_000)
    world = SimulatedWorld(random.Random(1), BEGIN + 5 * MINUTE)
    reader = Reader(SimulatedLogs(world, written, Faults()), Cursor(Selection("x/")), world)
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
    reader = Reader(Slow(world, [*early, *tail, *late], Faults(), page_size=50), Cursor(Selection("x/")), world)
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
    reader = Reader(SimulatedLogs(world, written, Faults()), Cursor(Selection("x/")), world)
    _assert_exact([event for batch in reader.follow() for event in batch], written)
    assert world.true_now < BEGIN + 60_000


def test_first_lines_of_a_failed_job_may_be_late() -> None:
    """A job that ends before its first line can be read still shows it."""
    written = host("x/algo-1-1", [BEGIN + 1000], delay=8000)
    world = SimulatedWorld(random.Random(1), BEGIN + 2000)
    _assert_exact(_run(world, SimulatedLogs(world, written, Faults())), written)


def test_memory_stays_flat_over_a_long_log() -> None:
    """A log of many times the limit is read without remembering more than the limit and the overlap."""
    limit = 1000
    cursor = Cursor(Selection("x/"), limit=limit)
    cursor.begin(BEGIN, 0.0)
    for start in range(0, 100_000, 1000):
        cursor.accept(
            [one.event for one in host("x/a-1", range(start * 100, (start + 1000) * 100, 100), first_id=start)]
        )
        assert len(cursor._seen) <= limit + 2 * 1000 + OVERLAP // 100
    cursor.finish(1000, complete=True)
    assert cursor.lines == 100_000
    assert len(cursor._seen) <= limit + OVERLAP // 100 + 100


def test_memory_stays_flat_while_following() -> None:
    """A busy log needs no more memory than the limit and what may be read again."""
    rate, limit = 20, 1000
    written: list[Written] = []
    for number in range(4):
        times = range(BEGIN, BEGIN + 15 * MINUTE, 4000 // rate)
        written += host(f"x/a-{number}-1", times, batch=5000, phase=number * 900, delay=900, first_id=number * 10**6)
    world = SimulatedWorld(random.Random(2), BEGIN + 15 * MINUTE)
    cursor = Cursor(Selection("x/"), limit=limit)
    most = 0
    for _ in Reader(SimulatedLogs(world, written, Faults(), page_size=10_000), cursor, world).follow():
        most = max(most, len(cursor._seen))
    assert cursor.lines == len(written)
    # Two overlaps, the time between look backs, and a bucket.
    assert most <= limit + rate * 160


@pytest.mark.parametrize("whose", ["network", "user"])
def test_memory_stays_flat_after_an_outage(whose: str) -> None:
    """What was written while the network was away or the user's pager stood still is not remembered as a whole."""
    limit, rate, page = 1000, 20, 500
    written = host("x/a-1-1", range(BEGIN, BEGIN + 30 * MINUTE, 1000 // rate), batch=5000, delay=500)
    world = SimulatedWorld(random.Random(2), BEGIN + 30 * MINUTE)
    logs = SimulatedLogs(world, written, Faults(), page_size=page)
    cursor = Cursor(Selection("x/"), limit=limit)
    most, shown, due = 0, list[Event](), True
    for batch in Reader(logs, cursor, world).follow():
        shown += batch
        most = max(most, len(cursor._seen))
        logs.faults = Faults()
        if due and world.true_now > BEGIN + 5 * MINUTE:
            due = False
            if whose == "user":
                world.pause(20 * 60)
            else:
                logs.faults = Faults(outage=(0, BEGIN + 25 * MINUTE))
    _assert_exact(shown, written)
    # The same, what a pass adds, and a page.
    assert most <= 2 * limit + rate * 160 + page


def test_history_stops_after_one_complete_pass() -> None:
    """Without following, everything there is comes in order and the reading ends."""
    written = host("x/algo-1-1", range(BEGIN - 60_000, BEGIN, 100))
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, written, Faults(empty=0.2, busy=0.2), page_size=40)
    shown = [event for batch in Reader(logs, Cursor(Selection("x/")), world).history() for event in batch]
    assert shown == [one.event for one in written]


def test_history_of_a_missing_group_fails_at_once() -> None:
    """Without following, a log group that does not exist is an error and not waited for."""
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, [], Faults(missing_until=BEGIN + MINUTE))
    with pytest.raises(SourceError) as caught:
        list(Reader(logs, Cursor(Selection("x/")), world).history())
    assert caught.value.trouble is Trouble.MISSING
    assert logs.calls == 1


def test_history_gives_up_on_a_throttle_that_does_not_end() -> None:
    """Without following, a request is tried a limited number of times, with growing pauses."""
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, [], Faults(busy=1.0))
    with pytest.raises(SourceError) as caught:
        list(Reader(logs, Cursor(Selection("x/")), world).history())
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
        list(Reader(source, Cursor(Selection("x/")), world).history())
    assert source.calls == 2 * Policy().attempts


def test_denied_in_the_middle_ends_at_once() -> None:
    """A right that is taken away is not waited for."""
    world = SimulatedWorld(random.Random(3), BEGIN + MINUTE)
    source = _Scripted(world, Trouble.DENIED)
    with pytest.raises(SourceError) as caught:
        list(Reader(source, Cursor(Selection("x/")), world).follow())
    assert caught.value.trouble is Trouble.DENIED
    assert source.calls == 2


def test_expired_credentials_are_waited_for_five_minutes() -> None:
    """Credentials that expire in the middle are looked for anew, with a notice, and not for ever."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    with pytest.raises(SourceError) as caught:
        list(Reader(_Scripted(world, Trouble.CREDENTIALS), Cursor(Selection("x/")), world).follow())
    assert caught.value.trouble is Trouble.CREDENTIALS
    assert 5 * MINUTE < world.true_now - BEGIN < 6 * MINUTE
    assert 2 <= len(world.notices) <= 12


def test_credentials_that_cannot_change_are_not_waited_for() -> None:
    """Credentials from the environment cannot get better while the process lives."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    source = _Scripted(world, Trouble.CREDENTIALS, renewable=False)
    with pytest.raises(SourceError):
        list(Reader(source, Cursor(Selection("x/")), world).follow())
    assert source.calls == 2


def test_unreachable_service_is_borne_while_the_job_runs_and_five_minutes_longer() -> None:
    """Following outlives an outage of any length while the job runs, says so, and ends some time after the job."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    with pytest.raises(SourceError):
        list(Reader(_Scripted(world, Trouble.BUSY), Cursor(Selection("x/")), world).follow())
    assert world.true_now >= BEGIN + 60 * MINUTE
    assert 30 <= len(world.notices) <= 125


def test_settled_job_is_read_once() -> None:
    """A job that ended long ago is read in one pass, without waiting for more."""
    written = host("x/algo-1-1", range(BEGIN - 60_000, BEGIN - 30_000, 100))
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, written, Faults())
    reader = Reader(logs, Cursor(Selection("x/")), world)
    shown = [event for batch in reader.follow(settled=True) for event in batch]
    assert shown == [one.event for one in written]
    assert world.true_now < BEGIN + 4000


@dataclass
class _Switch:
    """Something that becomes true at some time of the simulation."""

    world: SimulatedWorld
    at: int

    def __call__(self) -> bool:
        return self.world.true_now >= self.at


def test_stopping_ends_at_once() -> None:
    """A time limit ends reading within the current request, without a sweep, and the receipt says it is incomplete."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 100), batch=5000)
    world = SimulatedWorld(random.Random(3), BEGIN + 10 * MINUTE)
    stopped = _Switch(world, BEGIN + 2 * MINUTE)
    reader = Reader(SimulatedLogs(world, written, Faults()), Cursor(Selection("x/")), world, stopped=stopped)
    shown = [event for batch in reader.follow() for event in batch]
    assert world.true_now < BEGIN + 2 * MINUTE + 1500
    assert 1000 < len(shown) < 1300
    receipt = reader.receipt()
    assert (receipt.lines, receipt.complete, receipt.gaps) == (len(shown), False, 0)


@pytest.mark.parametrize("follow", [True, False])
def test_stopping_ends_retries_too(follow: bool) -> None:
    """A reader that waits for a service that does not answer stops as well."""
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    stopped = _Switch(world, BEGIN + 5000)
    reader = Reader(SimulatedLogs(world, [], Faults(busy=1.0)), Cursor(Selection("x/")), world, stopped=stopped)
    assert list(reader.follow() if follow else reader.history()) == []
    assert world.true_now < BEGIN + MINUTE
    assert not reader.receipt().complete


def test_span_in_the_past_is_read_once() -> None:
    """Following a span that ended long ago reads it once and waits for nothing, though the job goes on."""
    written = host("x/algo-1-1", range(BEGIN - 60 * MINUTE, BEGIN, 1000))
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    cursor = Cursor(Selection("x/"), start=BEGIN - 50 * MINUTE, end=BEGIN - 40 * MINUTE)
    reader = Reader(SimulatedLogs(world, written, Faults()), cursor, world)
    assert sum(map(len, reader.follow())) == 601
    assert world.true_now < BEGIN + MINUTE / 2
    assert reader.receipt().complete


def test_span_ends_while_the_job_goes_on() -> None:
    """Following up to a moment ends soon after it, when lines that are as late as others were must be there."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 500), batch=5000, delay=20_000)
    world = SimulatedWorld(random.Random(3), BEGIN + 60 * MINUTE)
    cursor = Cursor(Selection("x/"), end=BEGIN + 2 * MINUTE)
    reader = Reader(SimulatedLogs(world, written, Faults()), cursor, world)
    assert sum(map(len, reader.follow())) == 241
    assert BEGIN + 2 * MINUTE + 25_000 < world.true_now < BEGIN + 3 * MINUTE


def test_last_lines_of_a_late_host_are_waited_for() -> None:
    """A job whose only host is 25 s late all the time ends with its last line, not with a settle time of seconds."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 2 * MINUTE, 500), batch=5000, delay=25_000)
    world = SimulatedWorld(random.Random(3), BEGIN + 2 * MINUTE)
    _assert_exact(_run(world, SimulatedLogs(world, written, Faults())), written)
    assert world.true_now < BEGIN + 2 * MINUTE + 45_000


class _Broken(SimulatedLogs):
    """Refuses every token of a window that begins before some time, and as long as it is told."""

    before = BEGIN + MINUTE
    until = 1 << 62

    def page(self, window: Window, token: str) -> Page:
        """As SimulatedLogs."""
        if token and window.start <= self.before and self.world.true_now < self.until:
            raise SourceError(Trouble.TOKEN, "The specified nextToken is invalid.")
        return super().page(window, token)


def _one_moment() -> list[Written]:
    """A log with more lines in one millisecond than a page holds, and lines after that."""
    crowd = host("x/algo-1-1", [BEGIN + MINUTE] * 120)
    return crowd + host("x/algo-1-1", range(BEGIN + MINUTE + 1, BEGIN + 6 * MINUTE, 1000), first_id=1000)


def test_tokens_that_fail_do_not_keep_new_lines_away() -> None:
    """What cannot be read is passed over with a notice, newer lines go on, and the end tells what is missing."""
    written = _one_moment()
    world = SimulatedWorld(random.Random(3), BEGIN + 6 * MINUTE)
    reader = Reader(_Broken(world, written, Faults()), Cursor(Selection("x/")), world)
    shown: list[Event] = []
    delays: list[int] = []

    def read() -> None:
        for batch in reader.follow():
            shown.extend(batch)
            delays.append(world.true_now - batch[-1].ingested)

    with pytest.raises(Incomplete):
        read()
    assert sorted(delays)[len(delays) // 2] < 5000
    assert written[-1].event in shown
    receipt = reader.receipt()
    assert (receipt.complete, receipt.lines) == (False, len(shown))
    assert receipt.gaps > 0
    assert any("going on behind" in notice for notice in world.notices)


def test_gap_is_closed_by_the_last_sweep() -> None:
    """What was passed over is read at the end where it can be read then, and the output is complete."""
    written = _one_moment()
    world = SimulatedWorld(random.Random(3), BEGIN + 6 * MINUTE)
    logs = _Broken(world, written, Faults())
    logs.until = BEGIN + 6 * MINUTE
    reader = Reader(logs, Cursor(Selection("x/")), world)
    _assert_exact([event for batch in reader.follow() for event in batch], written)
    assert any("going on behind" in notice for notice in world.notices)
    receipt = reader.receipt()
    assert (receipt.complete, receipt.gaps) == (True, 0)


def test_bad_token_in_a_long_history_does_not_begin_it_anew() -> None:
    """A token that fails costs a page, not all pages before it."""
    written = host("x/algo-1-1", range(BEGIN - 60 * MINUTE, BEGIN, 1000))
    world = SimulatedWorld(random.Random(3), BEGIN)
    logs = SimulatedLogs(world, written, Faults(bad_token=0.2, repeat=0.1), page_size=20)
    shown = [event for batch in Reader(logs, Cursor(Selection("x/")), world).history() for event in batch]
    assert shown == [one.event for one in written]
    assert logs.returned < 1.5 * len(written)


def test_log_that_is_deleted_meanwhile() -> None:
    """A group that vanishes is waited for while the job runs; in the end the output is called incomplete."""
    written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 1000))
    world = SimulatedWorld(random.Random(3), BEGIN + 10 * MINUTE)
    logs = SimulatedLogs(world, written, Faults())
    reader = Reader(logs, Cursor(Selection("x/")), world)

    def read() -> None:
        for _ in reader.follow():
            if world.true_now > BEGIN + 5 * MINUTE:
                logs.faults = Faults(missing_until=1 << 62)

    with pytest.raises(Incomplete, match="no longer exists"):
        read()
    assert world.notices == ["The log group no longer exists, waiting for it."]
    assert not reader.receipt().complete
    assert world.true_now < BEGIN + 13 * MINUTE


def test_throttled_readers_ask_less_often() -> None:
    """Where the account's quota is short, a reader does not use it up with retries."""
    counts = []
    for busy in (0.0, 0.5):
        written = host("x/algo-1-1", range(BEGIN, BEGIN + 10 * MINUTE, 500))
        world = SimulatedWorld(random.Random(3), BEGIN + 10 * MINUTE)
        logs = SimulatedLogs(world, written, Faults(busy=busy), page_size=10_000)
        _assert_exact(_run(world, logs), written)
        counts.append(logs.calls)
    assert counts[1] < counts[0]


def test_readers_in_threads_do_not_disturb_each_other() -> None:
    """Several jobs are followed at once, each exactly."""
    shown: dict[int, list[Event]] = {}
    logs = {number: host(f"x/algo-{number}-1", range(BEGIN, BEGIN + MINUTE, 50)) for number in range(4)}

    def follow(number: int) -> None:
        world = SimulatedWorld(random.Random(number), BEGIN + MINUTE)
        shown[number] = _run(world, SimulatedLogs(world, logs[number], Faults(busy=0.1)))

    threads = [threading.Thread(target=follow, args=(number,)) for number in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, written in logs.items():
        _assert_exact(shown[number], written)
