"""The bounds that a run is held against: read from bounds.toml, checked against the figures. Pure but for reading."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("bounds.toml")


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that must not be exceeded.

    Attributes:
        text: the claim in words.
        figure: where the figure is, as `phase.name`; of a name that stands for several numbers the greatest counts.
        at_most: the greatest value that is allowed.
        size: the number of objects it is claimed for; None for every number.
    """

    text: str
    figure: str
    at_most: float
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bound held against a measurement."""

    bound: Bound
    size: int
    value: float

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bound; one that could not be measured (NaN) is not."""
        return self.value <= self.bound.at_most

    def __str__(self) -> str:
        word = "holds" if self.holds else "MISSED"
        value = "not reached" if math.isinf(self.value) or math.isnan(self.value) else f"{self.value:g}"
        return f"{word}: {self.bound.text} ({self.size:,} objects: {value}, at most {self.bound.at_most:g})"


def read(path: Path = FILE) -> list[Bound]:
    """The bounds of a range file.

    Raises:
        TypeError: a bound has a member that is not known, or lacks one.
    """
    return [Bound(**values) for values in tomllib.loads(path.read_text(encoding="utf-8"))["bound"]]


def check(bounds: Iterable[Bound], results: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """The verdict on each bound whose phase was measured, for each size it is claimed for."""
    found = []
    for bound in bounds:
        phase, _, name = bound.figure.partition(".")
        for result in results:
            size = int(result["size"])
            if phase in result and bound.size in (None, size):
                found.append(Verdict(bound, size, _value(result[phase].get(name))))
    return found


def _value(figure: Any) -> float:
    if isinstance(figure, Mapping):
        return max((float(number) for number in figure.values()), default=0.0)
    # A figure that is not there was not reached in time.
    return math.inf if figure is None else float(figure)
