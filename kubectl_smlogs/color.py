"""Colours of hosts and marks, as SGR sequences. Pure.

A host has the same colour in every run and every window: it depends on nothing but its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

RESET = "\x1b[0m"
DIM = "\x1b[2m"
BOLD = "\x1b[1m"
_MARK, _UNMARK = "\x1b[1;7m", "\x1b[22;27m"

_BASIC = (32, 33, 35, 36, 92, 93, 94, 95, 96)
"""Foregrounds of the sixteen-colour set that are readable on black; red is left to errors."""
_MANY = (39, 208, 42, 177, 178, 44, 203, 148, 75, 213, 37, 180)
"""The same of the 256-colour set, neighbours far apart."""

_NUMBER = re.compile(r"\d+")


def of_name(name: str, colors: int) -> str:
    """The sequence that begins a name's colour, empty without colours.

    Hosts are numbered (`algo-1`, `algo-2`), and a hash alone gives two of four the same colour now and then; the
    number therefore counts on from where the hash of the rest begins.
    """
    if not colors:
        return ""
    palette = _MANY if colors >= 256 else _BASIC
    numbers = _NUMBER.findall(name)
    step = int(numbers[-1]) if numbers and len(numbers[-1]) <= 4 else crc32(name.encode("utf-8", "replace"))
    stem = crc32(_NUMBER.sub("", name).encode("utf-8", "replace"))
    chosen = palette[(stem + step) % len(palette)]
    return f"\x1b[38;5;{chosen}m" if colors >= 256 else f"\x1b[{chosen}m"


def painted(text: str, begin: str) -> str:
    """The text in a colour; as it is where there is none."""
    return f"{begin}{text}{RESET}" if begin and text else text


def marked(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """The text with everything marked that one of the patterns finds."""
    spans = sorted(
        (found.start(), found.end()) for pattern in patterns for found in pattern.finditer(text) if found.group()
    )
    if not spans:
        return text
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        begin = max(start, done)
        if begin < end:
            pieces += (text[done:begin], _MARK, text[begin:end], _UNMARK)
            done = end
    return "".join((*pieces, text[done:]))
