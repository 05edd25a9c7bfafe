"""How many columns of a terminal a text takes. Pure."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """Columns of a text without line breaks; a TAB counts as one."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int) -> str:
    """The text in at most so many columns; an ellipsis shows that there is more. TABs become blanks."""
    text = text.replace("\t", " ")
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    room, kept = columns - 1, 0
    for number, character in enumerate(text):
        kept += _columns(character)
        if kept > room:
            return f"{text[:number]}…"
    return text


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
