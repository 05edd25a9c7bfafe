"""Colours: whose, whether, and of what."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import color, columns, terminal


@pytest.mark.parametrize("colors", [16, 256])
def test_hosts_have_their_own_stable_colour(colors: int) -> None:
    """Neighbouring hosts differ, and a host's colour is the same in every run."""
    hosts = [color.of_name(f"algo-{number}", colors) for number in range(1, 10)]
    assert len(set(hosts)) == 9
    assert color.of_name("algo-1", 256) == "\x1b[38;5;75m"
    assert color.of_name("algo-1", 16) == "\x1b[35m"
    assert color.of_name("i-0123456789abcdef0", colors) != ""
    assert color.of_name("algo-1", 0) == ""


@pytest.mark.parametrize(
    ("environment", "flag", "stdout", "colors"),
    [
        ({"TERM": "xterm"}, "auto", True, 16),
        ({"TERM": "xterm-256color"}, "auto", True, 256),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "auto", True, 256),
        ({"TERM": "xterm"}, "auto", False, 0),
        ({"TERM": "dumb"}, "auto", True, 0),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "auto", True, 0),
        ({"TERM": "xterm", "NO_COLOR": ""}, "auto", True, 16),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "always", True, 16),
        ({"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", True, 0),
        ({"TERM": "xterm", "CLICOLOR": "0"}, "auto", True, 0),
        ({"CLICOLOR_FORCE": "1"}, "auto", False, 16),
        ({"CLICOLOR_FORCE": "0"}, "auto", False, 0),
        ({"FORCE_COLOR": "3"}, "auto", False, 16),
        ({"FORCE_COLOR": "0", "TERM": "xterm"}, "auto", True, 0),
        ({}, "always", False, 16),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, "never", True, 0),
    ],
)
def test_whether_colour_is_wanted(environment: dict[str, str], flag: str, *, stdout: bool, colors: int) -> None:
    """The flag decides, then NO_COLOR, then what forces colour, then the terminal."""
    assert terminal.of_environment(environment, color=flag, stdout=stdout, stderr=False).colors == colors


def test_dumb_terminals_are_not_rewritten() -> None:
    """A terminal without cursor movement, and one behind a pager, gets whole lines only."""
    dumb = terminal.of_environment({"TERM": "dumb"}, stdout=True, stderr=True)
    assert (dumb.stdout, dumb.rewritable, dumb.stderr) == (True, False, False)
    good = terminal.of_environment({"TERM": "xterm"}, stdout=True, stderr=True)
    assert good.rewritable
    assert not good.through_pager().rewritable


@pytest.mark.parametrize(
    ("patterns", "marked"),
    [
        (["loss"], "<loss>=1 <loss>"),
        (["loss", "ss=1"], "<loss><=1> <loss>"),
        (["nothing"], "loss=1 loss"),
        (["x*"], "loss=1 loss"),
        (["l.*1", "s"], "<loss=1> lo<s><s>"),
    ],
)
def test_highlights(patterns: list[str], marked: str) -> None:
    """What expressions find is marked, once where they overlap."""
    shown = color.marked("loss=1 loss", [re.compile(pattern) for pattern in patterns])
    assert shown.replace("\x1b[1;7m", "<").replace("\x1b[22;27m", ">") == marked


@given(st.text(st.sampled_from("ab日é\u0301🚀")), st.integers(0, 12))
def test_cut_fits(text: str, room: int) -> None:
    """A text is cut to the columns there are, and left alone where it fits."""
    shown = columns.cut(text, room)
    assert columns.width(shown) <= room
    assert (shown == text) == (columns.width(text) <= room)


def test_width() -> None:
    """Wide characters take two columns, combining ones none."""
    assert columns.width("a日e\u0301") == 4
    assert columns.cut("a\tb", 9) == "a b"
