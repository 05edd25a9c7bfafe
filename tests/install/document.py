"""The commands of a Markdown page and the outputs that it shows, as a test runs and compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FENCE = re.compile(r"^```(\w*)$")
_PLACEHOLDER = re.compile(r"<[a-z][A-Za-z ]+>")
_VARYING = re.compile(r"\d{4}-\d\d-\d\dT\S+Z|\b[0-9a-z]{10}-[0-9a-z]{5}\b|\b[0-9a-f]{8,}\b|\d+")
"""Times, the ends of pods' names, identifiers, numbers."""


@dataclass(frozen=True, slots=True)
class Step:
    """Commands that belong together.

    Attributes:
        line: number of the first command's line in the page.
        commands: as the page has them.
        output: the lines that the page shows below; empty for none.
    """

    line: int
    commands: str
    output: tuple[str, ...]


def steps(page: str) -> list[Step]:
    """The blocks of `sh` of a page, each with the block of `text` that follows it without another heading."""
    found: list[Step] = []
    for language, line, block in _blocks(page):
        if language == "sh":
            found.append(Step(line, "\n".join(block), ()))
        elif language == "text":
            found[-1] = Step(found[-1].line, found[-1].commands, tuple(block))
    return found


def _blocks(page: str) -> Iterator[tuple[str, int, list[str]]]:
    language: str | None = None
    block: list[str] = []
    for number, line in enumerate(page.splitlines(), start=1):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, block = fence[1], []
        elif line == "```" and language is not None:
            yield language, number - len(block), block
            language = None
        elif language is not None:
            block.append(line)


def filled(commands: str, values: Mapping[str, str]) -> str:
    """Commands with a reader's own words in place of `<placeholders>`.

    Raises:
        KeyError: nobody says what to put for one.
    """
    return _PLACEHOLDER.sub(lambda found: values[found[0][1:-1]], commands)


def missing(shown: tuple[str, ...], printed: str) -> list[str]:
    """The lines of an output that a run did not print, in the page's order; times, names and numbers may differ."""
    rest = iter(printed.splitlines())
    return [line for line in shown if not any(_pattern(line).fullmatch(other.rstrip()) for other in rest)]


def _pattern(line: str) -> re.Pattern[str]:
    """What a line has to look like: blanks as wide as they may be, and anything for what varies."""
    pieces, end = [], 0
    for found in _VARYING.finditer(line):
        pieces += [_blank(line[end : found.start()]), r"[0-9A-Za-z:.-]+"]
        end = found.end()
    return re.compile("".join(pieces) + _blank(line[end:]))


def _blank(text: str) -> str:
    return re.sub(r"(\\ )+", r"\\s+", re.escape(text))
