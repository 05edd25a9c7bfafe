"""The format of the original's lines."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import moments, safe
from kubectl_smlogs.lines import Classic, body
from kubectl_smlogs.moments import Moments, Second
from smkube.logs.model import Event
from tests.unit.smlogs.samples import ORIGIN, event


def _zone(offset: int, name: str) -> moments.Zone:
    def local(seconds: int) -> Second:
        moved = time.gmtime(seconds + offset)
        return moments.of_struct(time.struct_time((*moved[:9], name, offset)))

    return local


def _page(*events: Event, hide_stream: bool = False) -> str:
    return Classic(zone=_zone(0, "UTC"), hide_stream=hide_stream).page(ORIGIN, events).decode()


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
    page = Classic(zone=_zone(offset, name), hide_stream=True).page(ORIGIN, [Event(timestamp, "s", "m", "", 0)])
    assert page.decode() == f"{text} m\n"


def test_real_zone_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own zone is used, with daylight saving and zones without an abbreviation."""
    for zone, text in {
        "America/Los_Angeles": "2019-07-01 05:00:00 -0700 PDT",
        "Asia/Riyadh": "2019-07-01 15:00:00 +0300 +03",
    }.items():
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert Moments(moments.local, moments.as_go).text(1561982400000) == text
        assert Moments(moments.zone(zone), moments.as_go).text(1561982400000) == text
    monkeypatch.undo()
    time.tzset()


def test_line_with_and_without_stream() -> None:
    """A line is stream, time and message; the stream can be hidden."""
    whole = _page(event("hello"))
    assert whole == "job/algo-1-1574811611 2019-11-26 23:41:13.449 +0000 UTC hello\n"
    assert _page(event("hello"), hide_stream=True) == whole.partition(" ")[2]
    assert _page() == ""


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("text\n", "text"),
        ("text\r\n", "text"),
        ("text\r", "text"),
        ("text\n\n", "text\n"),
        ("a\n  b\n", "a\n  b"),
        ("a\tb", "a\tb"),
        ("10%\r20%", "10%\\r20%"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("", ""),
        ("#015 stays", "#015 stays"),
        ("grüße 日本語 🚀", "grüße 日本語 🚀"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_messages(message: str, shown: str) -> None:
    """The line break at the end is dropped, others stay, and control characters are shown as escapes."""
    assert _page(event(message, -449 - 1000), hide_stream=True) == f"2019-11-26 23:41:12 +0000 UTC {shown}\n"


@given(st.lists(st.tuples(st.text(), st.integers(0, 4000)), max_size=6))
def test_a_page_is_its_lines(lines: list[tuple[str, int]]) -> None:
    """However events come in pages, each one's line is the same as alone, and is what the rules say."""
    events = [event(message, after) for message, after in lines]
    alone = "".join(_page(one) for one in events)
    assert _page(*events) == alone
    clock = Moments(moments.utc, moments.as_go).text
    said = "".join(f"{one.stream} {clock(one.timestamp)} {safe.text(body(one.message))}\n" for one in events)
    assert alone == safe.encode(said).decode()
