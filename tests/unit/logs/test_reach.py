"""How far back passes reach: as far as lines were late lately, and all of the overlap now and then."""

from __future__ import annotations

from smkube.logs.reach import LEAST, OVERLAP, LookBack, Reach


def test_reach_follows_the_latest_line() -> None:
    """A late line makes the reach longer at once, and the overlap is its limit."""
    reach = Reach()
    reach.observe(31_000, 0.0)
    assert reach.length >= 31_000
    reach.observe(5_000_000, 1.0)
    assert (reach.length, reach.lateness) == (OVERLAP, OVERLAP)


def test_reach_shrinks_when_lines_are_in_time_again() -> None:
    """What was late counts for a minute or two, no longer."""
    reach = Reach()
    reach.observe(40_000, 0.0)
    for second in range(1, 60):
        reach.observe(2_000, second)
    assert reach.length > 40_000
    for second in range(60, 125):
        reach.observe(2_000, second)
    assert reach.length == LEAST
    assert reach.lateness == 2_000


def test_reach_begins_with_an_assumption() -> None:
    """Before anything is known of the hosts, they are taken to be somewhat late, but that is no observation."""
    reach = Reach()
    assert reach.length > 15_000
    reach.observe(1_000, 0.0)
    assert reach.length > 15_000
    assert reach.lateness == 1_000


def test_look_back_is_soon_after_a_find_and_seldom_after_none() -> None:
    """The pause grows from look back to look back while nothing is found, up to its limit, and a find shortens it."""
    look_back = LookBack(OVERLAP, 5.0, 20.0, known=0)
    assert not look_back.due(100.0)
    assert look_back.due(105.0)
    now, pauses = 105.0, list[float]()
    for _ in range(6):
        look_back.done(0, now, found=False)
        begin = now
        while not look_back.due(now):
            now += 0.25
        pauses.append(now - begin)
    assert pauses == sorted(pauses)
    assert (pauses[0] < 10, pauses[-1]) == (True, 20.0)
    look_back.done(0, now, found=True)
    assert look_back.due(now + 5.0)
    look_back.put_off(now + 5.0)
    assert not look_back.due(now + 9.0)
