"""Durations and moments as they are written on command lines. Pure: what the time is, is an argument."""

from __future__ import annotations

import re

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,  # Go takes the micro sign as well as the Greek letter.
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
"""Seconds in each of Go's units (package time, ParseDuration), and in a day and a week, which Go does not know."""

LONGEST = 100 * 366 * 86400.0
"""Seconds that a duration may last; more is a slip, and more than arithmetic with dates can take."""

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(?:([Zz])|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


def duration(text: str) -> float:
    """Seconds in a duration as Go writes it (`1s`, `2m30s`), with days and weeks besides (`2d`, `1w`).

    A plain number counts seconds, as kubectl's `--request-timeout` has it.

    Raises:
        ValueError: it is nothing of the kind, or longer than a hundred years.
    """
    seconds = float(text) if text.isascii() and text.isdigit() else _sum(text)
    if seconds > LONGEST:
        raise ValueError(f"{text} is longer than a hundred years")
    return seconds


def _sum(text: str) -> float:
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text} is no duration")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def moment(text: str) -> int:
    """Milliseconds since 1970 of a moment as RFC 3339 writes it: `2026-11-24T10:00:00Z`, `...+01:00`.

    Seconds may be left out, and a date alone with a zone (`2026-11-24Z`) is its midnight.

    Raises:
        ValueError: it is no such moment, or has no zone; the text of the error says which.
    """
    from datetime import UTC, datetime, timedelta, timezone

    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError("it is no time")
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = found.groups()
    if not zulu and not sign:
        raise ValueError("it has no time zone; put Z (UTC) or an offset such as +01:00 at its end")
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    zone = timezone(-shift if sign == "-" else shift)
    exact = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone)
    since = exact - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1000 + int(f"{fraction or '0':0<3.3}")
