"""Values of labels that come from outside: any number of different ones would be any number of series."""

from __future__ import annotations

import re

OTHER = "other"
"""The value of all that are too many, or that are no words."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Bounded:
    """Lets so many different words pass, as they come, and makes one value of all further ones.

    Args:
        most: how many. Two threads at once may let one more pass each.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """The value as a label has it."""
        if value in self._known:
            return value
        if len(self._known) >= self._most or not _WORD.fullmatch(value):
            return OTHER
        self._known.add(value)
        return value
