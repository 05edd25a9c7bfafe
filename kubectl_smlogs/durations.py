"""Spans of time as text. Pure."""

from __future__ import annotations


def text(seconds: float) -> str:
    """`4s`, `1m 12s`, `2h 5m`, `3d 4h`: the two largest units."""
    whole = max(round(seconds), 0)
    for unit, size, next_unit, next_size in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // next_size
            return f"{whole // size}{unit} {rest}{next_unit}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"
