"""Times of log lines as text, in the local zone or a named one. Pure but for the machine's time zone.

Millions of times are written and most share their second with the one before, so a whole second's text is made once
and milliseconds come from a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from kubectl_smlogs.badvalue import BadValue

_EXAMPLES = "such as UTC, Local, Europe/Berlin or America/Los_Angeles"

GO_FRACTIONS = ("", *(f".{millisecond:03d}".rstrip("0") for millisecond in range(1, 1000)))
"""Milliseconds as Go's `time.Time` prints them: without trailing zeros, and nothing for none."""
FRACTIONS = tuple(f".{millisecond:03d}" for millisecond in range(1000))


class Second(NamedTuple):
    """One second on a wall clock.

    Attributes:
        date: `2019-11-26`.
        clock: `15:41:13`.
        offset: `-0800`.
        zone: `PST`; the offset where the zone has no abbreviation.
    """

    date: str
    clock: str
    offset: str
    zone: str


Zone = Callable[[int], Second]
"""From seconds since 1970 to the wall clock of a place."""

Around = tuple[str, str]
"""What stands before and after the milliseconds in the text of a time."""


def local(seconds: int) -> Second:
    """The machine's own zone."""
    return of_struct(time.localtime(seconds))


def utc(seconds: int) -> Second:
    """Coordinated universal time."""
    return _of_datetime(datetime.fromtimestamp(seconds, UTC))


def of_struct(moment: time.struct_time) -> Second:
    """A time as the C library has it."""
    return Second(
        time.strftime("%Y-%m-%d", moment), time.strftime("%H:%M:%S", moment), _offset(moment.tm_gmtoff), moment.tm_zone
    )


def zone(name: str) -> Zone:
    """The zone of a name; the local one for none and for `Local`.

    Raises:
        BadValue: there is no such zone.
    """
    if name.lower() in ("", "local"):
        return local
    if name.upper() in ("UTC", "Z"):
        return utc
    from zoneinfo import ZoneInfo, available_timezones

    try:
        found = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        if not known:
            raise BadValue(
                f'Time zone "{name}" cannot be looked up: this machine has no time zone database (package tzdata). '
                "Use UTC or Local."
            ) from None
        raise BadValue(f'There is no time zone "{name}"{_meant(name, known)}: use a name {_EXAMPLES}.') from None
    return lambda seconds: _of_datetime(datetime.fromtimestamp(seconds, found))


def as_go(second: Second) -> Around:
    """As Go prints a `time.Time`: `2019-11-26 15:41:13.45 -0800 PST`."""
    return f"{second.date} {second.clock}", f" {second.offset} {second.zone}"


def as_clock(second: Second) -> Around:
    """The time of day: `15:41:13.450`."""
    return second.clock, ""


def as_rfc3339(second: Second) -> Around:
    """RFC 3339: `2019-11-26T15:41:13.450-08:00`, and `Z` where the zone is UTC."""
    plain = second.offset == "+0000" and second.zone in ("UTC", "GMT")
    return f"{second.date}T{second.clock}", "Z" if plain else f"{second.offset[:3]}:{second.offset[3:]}"


class Moments:
    """Texts of times, one second's worked out at a time.

    Args:
        zone: whose wall clock.
        style: `as_go`, `as_clock` or `as_rfc3339`.
    """

    def __init__(self, zone: Zone, style: Callable[[Second], Around]) -> None:
        self._zone = zone
        self._style = style
        self._second: int | None = None
        self._around: Around = ("", "")
        self._fractions = GO_FRACTIONS if style is as_go else FRACTIONS

    def around(self, second: int) -> Around:
        """The texts before and after the milliseconds."""
        if second != self._second:
            self._around = self._style(self._zone(second))
            self._second = second
        return self._around

    def text(self, timestamp: int) -> str:
        """The text of milliseconds since 1970."""
        second, millisecond = divmod(timestamp, 1000)
        before, after = self.around(second)
        return f"{before}{self._fractions[millisecond]}{after}"


def _of_datetime(moment: datetime) -> Second:
    shift = moment.utcoffset()
    offset = _offset(round(shift.total_seconds()) if shift else 0)
    return Second(f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}", offset, moment.tzname() or offset)


def _offset(seconds: int) -> str:
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}"


def _meant(name: str, known: set[str]) -> str:
    """A hint at zones of that spelling or that city."""
    wanted = name.lower().replace(" ", "_")
    close = sorted(one for one in known if wanted in (one.lower(), one.lower().rpartition("/")[2]))
    return f" (did you mean {' or '.join(close[:3])}?)" if close else ""
