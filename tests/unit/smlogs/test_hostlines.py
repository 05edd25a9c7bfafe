"""The lines for people."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs.options import Showing
from kubectl_smlogs.terminal import Terminal
from smkube.logs.receipt import Receipt
from tests.unit.smlogs.samples import ORIGIN, SCREEN, Shown, Status, event

_PLAIN = Showing(output="default")
_COLORED = Terminal(stdout=True, colors=256, paged=True)


def test_host_time_message() -> None:
    """A line is host, time of day and message; the hosts share a column."""
    shown = Shown(_PLAIN)
    assert shown.show(event("one"), event("two", 551, "algo-10")) == (
        "algo-1  23:41:13.449 one\nalgo-10 23:41:14.000 two\n"
    )
    assert shown.show(event("three")) == "algo-1  23:41:13.449 three\n"


def test_flags_of_a_line() -> None:
    """The host can be hidden, and the full time shown."""
    assert Shown(replace(_PLAIN, hide_stream=True)).show(event("x")) == "23:41:13.449 x\n"
    assert Shown(replace(_PLAIN, timestamps=True)).show(event("x")) == "algo-1 2019-11-26T23:41:13.449Z x\n"
    assert Shown(_PLAIN, many=True).show(event("x")) == "train algo-1 23:41:13.449 x\n"


def test_attempts_parts_and_owners() -> None:
    """A restarted host has the number of its attempt; parts, trials and variants are told apart."""
    shown = Shown(_PLAIN)
    shown.show(event("x", epoch=1))
    assert shown.show(event("x", epoch=2)) == "algo-1#2 23:41:13.449 x\n"
    assert shown.show(event("x", epoch=1)) == "algo-1   23:41:13.449 x\n"
    assert "003-0a1b2c3d/algo-1 " in shown.show(event("x", job="job-003-0a1b2c3d"))
    assert "AllTraffic/i-0a1 " in shown.show(event("x")._replace(stream="AllTraffic/i-0a1"))
    assert "i-1/data-log " in shown.show(event("x")._replace(stream="job/i-1-1574811611/data-log"))


def test_colours() -> None:
    """Host and time are coloured, a restart keeps its host's colour, and expressions are marked."""
    shown = Shown(Showing(highlight=(re.compile("los+"),)), _COLORED)
    line = "\x1b[38;5;75malgo-1\x1b[0m \x1b[2m23:41:13.449\x1b[0m a \x1b[1;7mloss\x1b[22;27m\n"
    assert shown.show(event("a loss", epoch=1)) == line
    assert shown.show(event("x", epoch=2)).startswith("\x1b[38;5;75malgo-1#2\x1b[0m ")
    assert Shown(Showing(highlight=(re.compile("l"),), output="default")).show(event("l")).endswith(" l\n")


def test_several_lines_stand_behind_a_gutter() -> None:
    """The lines of one message stay under its first one."""
    assert Shown(_PLAIN).show(event("a\n  b\nc\n"), event("d", 1, "algo-2")) == (
        "algo-1 23:41:13.449 a\n                  │   b\n                  │ c\nalgo-2 23:41:13.450 d\n"
    )


def test_continuations_move_to_their_line() -> None:
    """A traceback that comes line by line is not torn apart by another host."""
    shown = Shown(_PLAIN).show(
        event("Traceback (most recent call last):"),
        event("between", 1, "algo-2"),
        event('  File "x"', 2),
        event("KeyError: 1", 3),
    )
    assert [line.partition(" ")[0] for line in shown.splitlines()] == ["algo-1", "algo-1", "algo-1", "algo-2"]


def test_bars_are_folded() -> None:
    """Of a bar the last state is shown: when it is complete, when its host says something else, or at the end."""
    shown = Shown(_PLAIN)
    assert shown.show(event("#015 1%#015 2%"), event("#015 3%")) == ""
    assert shown.show(event("other", 1, "algo-2")) == "algo-2 23:41:13.450 other\n"
    assert shown.show(event("#015 4%", 1), event("done", 2)) == "algo-1 23:41:13.450 4%\nalgo-1 23:41:13.451 done\n"
    assert shown.show(event("#015 5%#015 100%")) == "algo-1 23:41:13.449 100%\n"
    assert shown.show(event("#015 6%"), event("#015 1%", 1, "algo-2"), event("#015 100%", 2)) == (
        "algo-1 23:41:13.451 100%\n"
    )
    before = shown.out
    shown.presenter.finish()
    assert shown.out.removeprefix(before) == "algo-2 23:41:13.450 1%\n"
    shown.presenter.finish()
    assert shown.out.removeprefix(before) == "algo-2 23:41:13.450 1%\n"


def test_live_bar_on_a_terminal() -> None:
    """A bar is rewritten in place, gives way to other lines, and is the last line again behind them."""
    shown = Shown(where=SCREEN)
    assert shown.show(event("#015 1%")) == "algo-1 23:41:13.449 1%"
    assert shown.show(event("#015 2%", 1)) == "\r\x1b[Kalgo-1 23:41:13.450 2%"
    assert shown.show(event("x", 2, "algo-2")) == "\r\x1b[Kalgo-2 23:41:13.451 x\nalgo-1 23:41:13.450 2%"
    assert shown.show(event("#015 100%", 3)) == "\r\x1b[Kalgo-1 23:41:13.452 100%\n"


def test_bars_of_an_interrupted_command() -> None:
    """A bar that still ran is a line of its own before the receipt, also if the command did not come to its end."""
    shown = Shown(where=SCREEN)
    shown.show(event("#015 1%"))
    shown.presenter.receipt(Receipt(1, 1, complete=False), "interrupted")
    assert shown.out.endswith("\r\x1b[Kalgo-1 23:41:13.449 1%\n")
    shown.presenter.close(complete=False)
    assert shown.out.count("\n") == 1


def test_bars_of_a_failed_job_among_others() -> None:
    """What is said about one job ends its bars and leaves those of others running."""
    shown = Shown(_PLAIN, many=True)
    other = replace(ORIGIN, name="other", job="job-2")
    shown.show(event("#015 1%"))
    shown.show(event("#015 2%", job="job-2"), origin=other)
    shown.presenter.postmortem(other, Status(outcome="Failed"))
    assert shown.out == "other algo-1 23:41:13.449 2%\n"


def test_live_bar_fits_the_terminal() -> None:
    """A bar that is longer than the line is cut: a wrapped line could not be rewritten."""
    shown = Shown(where=replace(SCREEN, width=30))
    assert shown.show(event("#015 1%|" + "x" * 300)) == "algo-1 23:41:13.449 1%|xxxxx…"


def test_messages_give_way_to_the_bar_and_back() -> None:
    """A notice in between does not stand behind the bar."""
    shown = Shown(where=SCREEN)
    shown.show(event("#015 1%"))
    before = shown.out
    shown.messages.notice("hello")
    assert shown.error == "hello\n"
    assert shown.out.removeprefix(before) == "\r\x1b[Kalgo-1 23:41:13.449 1%"


@given(st.lists(st.tuples(st.text(st.sampled_from("ab 1%/#05\r\n\x1b[mK\u202e")), st.sampled_from("12")), max_size=8))
def test_nothing_but_our_own_sequences_reaches_the_terminal(lines: list[tuple[str, str]]) -> None:
    """Whatever hosts log, the screen gets no sequence of theirs."""
    shown = Shown(where=replace(SCREEN, colors=16))
    shown.presenter.events(ORIGIN, [event(text, number, f"algo-{host}") for number, (text, host) in enumerate(lines)])
    shown.presenter.finish()
    rest = re.sub("\x1b\\[[0-9]+m|\r\x1b\\[K", "", shown.out)
    assert not set(rest) & set("\x1b\r\u202e")
