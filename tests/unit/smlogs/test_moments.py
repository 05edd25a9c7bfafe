"""Texts of times, and zones by name."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import durations, moments
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.moments import Moments

_AT = 1574811673045


@pytest.mark.parametrize(
    ("zone", "clock", "full"),
    [
        ("UTC", "23:41:13.045", "2019-11-26T23:41:13.045Z"),
        ("America/Los_Angeles", "15:41:13.045", "2019-11-26T15:41:13.045-08:00"),
        ("Asia/Kolkata", "05:11:13.045", "2019-11-27T05:11:13.045+05:30"),
        ("Europe/London", "23:41:13.045", "2019-11-26T23:41:13.045Z"),
    ],
)
def test_styles(zone: str, clock: str, full: str) -> None:
    """The time of day and the full time are those of the zone."""
    assert Moments(moments.zone(zone), moments.as_clock).text(_AT) == clock
    assert Moments(moments.zone(zone), moments.as_rfc3339).text(_AT) == full


@given(st.lists(st.integers(0, 4_000_000_000_000), max_size=5), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]))
def test_full_time_is_the_same_moment(stamps: list[int], zone: str) -> None:
    """A full time read back is the timestamp, whatever came before it."""
    text = Moments(moments.zone(zone), moments.as_rfc3339).text
    for stamp in stamps:
        moment = datetime.fromisoformat(text(stamp))
        assert round(moment.timestamp() * 1000) == stamp
        whole = datetime.fromtimestamp(stamp // 1000, UTC).astimezone(ZoneInfo(zone))
        assert moment.utcoffset() == whole.utcoffset()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Berlin", "did you mean Europe/Berlin?"),
        ("los angeles", "did you mean America/Los_Angeles?"),
        ("../../etc/passwd", "such as UTC"),
        ("Mars/Olympus", "such as UTC, Local, Europe/Berlin or America/Los_Angeles"),
        ("a\0b", "such as UTC"),
    ],
)
def test_wrong_zone(name: str, hint: str) -> None:
    """A zone that is not there is named, with examples of what is."""
    with pytest.raises(BadValue) as raised:
        moments.zone(name)
    assert f'"{name}"' in str(raised.value)
    assert hint in str(raised.value)


def test_local_and_utc_need_no_database() -> None:
    """The local zone and UTC have their own names."""
    assert moments.zone("") is moments.zone("Local") is moments.local
    assert moments.zone("utc") is moments.utc


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (-3, "0s"),
        (59.4, "59s"),
        (59.6, "1m"),
        (72, "1m 12s"),
        (3600, "1h"),
        (7500, "2h 5m"),
        (7159, "1h 59m"),
        (90000, "1d 1h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """Spans of time are told by their two largest units."""
    assert durations.text(seconds) == text
