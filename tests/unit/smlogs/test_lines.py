"""The format of log lines, and that nothing in them can command a terminal."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import safe
from kubectl_smlogs.lines import Formatter
from smkube.logs.model import Event


def _zone(offset: int, name: str, *, hide_stream: bool = False) -> Formatter:
    def local(seconds: float) -> time.struct_time:
        moved = time.gmtime(seconds + offset)
        return time.struct_time((*moved[:9], name, offset))

    return Formatter(local=local, hide_stream=hide_stream)


def _event(message: str, timestamp: int = 1574811673449, stream: str = "job/algo-1-1574811611") -> Event:
    return Event(timestamp, stream, message, "1", timestamp)


@pytest.mark.parametrize(
    ("timestamp", "offset", "name", "text"),
    [
        (1574811673449, -8 * 3600, "PST", "2019-11-26 15:41:13.449 -0800 PST"),
        (1574811673450, -8 * 3600, "PST", "2019-11-26 15:41:13.45 -0800 PST"),
        (1574811673000, 0, "UTC", "2019-11-26 23:41:13 +0000 UTC"),
        (1574811673005, 3 * 3600, "+03", "2019-11-27 02:41:13.005 +0300 +03"),
        (1574811673100, 19800, "IST", "2019-11-27 05:11:13.1 +0530 IST"),
        (1574811673100, -12600, "NST", "2019-11-26 20:11:13.1 -0330 NST"),
    ],
)
def test_time_as_go_prints_it(timestamp: int, offset: int, name: str, text: str) -> None:
    """Times look as Go's time.Time prints them in the local zone."""
    assert _zone(offset, name).moment(timestamp) == text


def test_real_zone_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own zone is used, with daylight saving and zones without an abbreviation."""
    for zone, text in {
        "America/Los_Angeles": "2019-07-01 05:00:00 -0700 PDT",
        "Asia/Riyadh": "2019-07-01 15:00:00 +0300 +03",
    }.items():
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert Formatter().moment(1561982400000) == text
    monkeypatch.undo()
    time.tzset()


def test_line_with_and_without_stream() -> None:
    """A line is stream, time and message; the stream can be hidden."""
    whole = _zone(0, "UTC").page([_event("hello")])
    assert whole == "job/algo-1-1574811611 2019-11-26 23:41:13.449 +0000 UTC hello\n"
    assert _zone(0, "UTC", hide_stream=True).page([_event("hello")]) == whole.partition(" ")[2]


@pytest.mark.parametrize(
    ("message", "body"),
    [
        ("text\n", "text"),
        ("text\r\n", "text"),
        ("a\n  b\n", "a\n  b"),
        ("a\tb", "a\tb"),
        ("10%\r20%", "10%\\r20%"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("", ""),
        ("#015 stays", "#015 stays"),
        ("grüße 日本語 🚀", "grüße 日本語 🚀"),
    ],
)
def test_messages(message: str, body: str) -> None:
    """The line break at the end is dropped, others stay, and control characters are shown as escapes."""
    line = _zone(0, "UTC", hide_stream=True).page([_event(message, 0)])
    assert line == f"1970-01-01 00:00:00 +0000 UTC {body}\n"


@given(st.text())
def test_nothing_unsafe_passes(text: str) -> None:
    """Whatever comes in, no control character but TAB and line feed comes out, and harmless text stays as it is."""
    shown = safe.text(text)
    assert not [one for one in shown if unicodedata.category(one) == "Cc" and one not in "\t\n"]
    if not [one for one in text if unicodedata.category(one) in ("Cc", "Cf")]:
        assert shown == text


@given(st.text())
def test_messages_of_others_are_one_line(text: str) -> None:
    """Foreign text inside our own messages cannot start a line of its own."""
    assert "\n" not in safe.line(text)
    assert "\r" not in safe.line(text)
