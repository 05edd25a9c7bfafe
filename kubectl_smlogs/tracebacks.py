"""Finds Python tracebacks in log lines and tells which are the same. Pure.

With many ranks a failure comes as often as there are ranks, the same but for numbers and addresses, and often with the
launcher's prefix before each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

START = "Traceback (most recent call last)"
CHAINED = ("During handling of the above exception", "The above exception was the direct cause")

_RANK = re.compile(r"\[(?:rank|default)?\d+\]:?[ ]?|\[\d+,\s?(?:mpirank:)?\d+(?:,[\w.-]+)?\]\s?<std(?:out|err)>:[ ]?")
"""torchrun's `[rank0]: `, MPI's `[1,mpirank:0,algo-1]<stderr>:`."""
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+")
_LONGEST = 400
"""Lines of one traceback at most; recursion errors have a thousand."""


@dataclass(slots=True)
class Traceback:
    """One traceback, with its exceptions chained.

    Attributes:
        lines: its lines without the launcher's prefix.
        at: timestamp of its first line, in milliseconds since 1970.
    """

    at: int
    lines: list[str] = field(default_factory=list)

    @property
    def exception(self) -> str:
        """The exception that ended it: its last line that is not indented; empty if that did not come."""
        last = next((line for line in reversed(self.lines) if line.strip()), "")
        return "" if last[:1] in (" ", "\t") or START in last else last.strip()

    @property
    def key(self) -> str:
        """What it has in common with the same failure elsewhere."""
        return "\n".join(alike(line) for line in self.lines if line.strip())


def alike(line: str) -> str:
    """What a line has in common with the same line of another rank or host."""
    return _VARYING.sub("0", _without_rank(line)[1].strip())


def found(lines: Iterable[tuple[int, str]]) -> list[Traceback]:
    """The tracebacks in the lines of one host, in the order of their beginnings.

    Args:
        lines: timestamps and lines without line breaks.
    """
    tracebacks: list[Traceback] = []
    reading: dict[str, _Reading] = {}
    for at, line in lines:
        rank, text = _without_rank(line)
        current = reading.get(rank)
        if current is not None and current.takes(text):
            continue
        start = text.find(START)
        if start >= 0:
            traceback = Traceback(at, [text[start:]])
            tracebacks.append(traceback)
            reading[rank] = _Reading(traceback)
    return tracebacks


class _Reading:
    """One traceback while its lines come in."""

    def __init__(self, traceback: Traceback) -> None:
        self._traceback = traceback
        self._ended = False
        self._chained = False

    def takes(self, text: str) -> bool:
        """Take a line if it belongs to the traceback."""
        lines = self._traceback.lines
        if self._ended:
            # After the exception's own line only a chained one can follow, perhaps after an empty line.
            if text.startswith(CHAINED):
                self._ended, self._chained = False, True
            elif text.strip():
                return False
        elif START in text:
            if not self._chained:
                return False
            self._chained = False
        elif text.strip() and text[:1] not in (" ", "\t"):
            self._ended = True
        if len(lines) < _LONGEST:
            lines.append(text)
        return True


def _without_rank(line: str) -> tuple[str, str]:
    match = _RANK.match(line)
    return (match.group(), line[match.end() :]) if match else ("", line)
