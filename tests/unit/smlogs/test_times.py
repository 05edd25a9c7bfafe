"""Durations and moments as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import times


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1s", 1.0),
        ("2m30s", 150.0),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("250ms", 0.25),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("1h30m", 5400.0),
        ("2d", 172_800.0),
        ("1w2d3h", 788_400.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """Go's durations, plain seconds, days and weeks are understood."""
    assert times.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "-1s", "-1", "1 s", "s", "1y", "1h-5m", "1e3s", "\u0661s", "inf", "6000w", "9" * 400]
)
def test_what_is_no_duration(text: str) -> None:
    """Anything else is refused, also what no calendar can hold."""
    with pytest.raises(ValueError, match=r"no duration|longer than"):
        times.duration(text)


@given(st.text(max_size=12))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever is written is a duration or a ValueError, and a duration is finite and not negative."""
    for read in (times.duration, times.moment):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found <= 300_000_000_000_000
        assert read is times.moment or found >= 0


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-10-03T04:00:00Z", 1_791_000_000_000),
        ("2026-10-03T04:00:00.25Z", 1_791_000_000_250),
        ("2026-10-03T04:00:00.123456789Z", 1_791_000_000_123),
        ("2026-10-03t04:00:00z", 1_791_000_000_000),
        ("2026-10-03 06:00:00+02:00", 1_791_000_000_000),
        ("2026-10-02T20:30:00-07:30", 1_791_000_000_000),
        ("2026-10-03T04:00Z", 1_791_000_000_000),
        ("2026-10-03Z", 1_790_985_600_000),
    ],
)
def test_moments(text: str, milliseconds: int) -> None:
    """RFC 3339 in its forms, with what may be left out."""
    assert times.moment(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("now", "no time"),
        ("2026-10-03T04:00:00", "no time zone"),
        ("2026-10-03", "no time zone"),
        ("2026-13-03T04:00:00Z", "month"),
        ("2026-10-32T04:00:00Z", "day"),
        ("2026-10-03T25:00:00Z", "hour"),
        ("2026-10-03T04:00:00+99:00", "."),
        ("20261003T040000Z", "no time"),
    ],
)
def test_what_is_no_moment(text: str, why: str) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(ValueError, match=why):
        times.moment(text)
