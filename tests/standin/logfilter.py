"""Filter patterns of FilterLogEvents for unstructured text: terms, phrases, options, exclusions, regular expressions.

Patterns for JSON (`{ ... }`) and for columns (`[ ... ]`) are not known here and are refused rather than ignored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.standin.errors import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Callable

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"]+))')


def compile_filter(pattern: str) -> Callable[[str], bool] | None:
    """A predicate over messages, or None for the empty pattern, which matches all. Terms are case-sensitive.

    All plain terms must occur, no `-term` may, and of `?term`s at least one must. InvalidParameterException for a
    pattern that cannot be read.
    """
    pattern = pattern.strip()
    if not pattern:
        return None
    if pattern[0] in "{[":
        raise invalid_parameter("Invalid filter pattern: patterns for JSON and for columns are not supported here.")
    groups: dict[str, list[Callable[[str], bool]]] = {"": [], "?": [], "-": []}
    place = 0
    while place < len(pattern):
        found = _TERM.match(pattern, place)
        if found is None:
            raise invalid_parameter("Invalid filter pattern")
        groups[found[1]].append(_term(found))
        place = found.end()
    every, some, none = groups[""], groups["?"], groups["-"]

    def matches(message: str) -> bool:
        return (
            all(term(message) for term in every)
            and not any(term(message) for term in none)
            and (not some or any(term(message) for term in some))
        )

    return matches


def _term(found: re.Match[str]) -> Callable[[str], bool]:
    if found[3] is not None:
        try:
            search = re.compile(found[3]).search
        except re.error as error:
            raise invalid_parameter("Invalid filter pattern") from error
        return lambda message: search(message) is not None
    text = found[4] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
    return lambda message: text in message
