"""Changes to JSON values that no well-behaved sender makes: of a valid value, a few places become something else.

Everything follows from the generator of random numbers that is handed in. Only data; no I/O.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

CONTROLS = "\x00\x07\x08\x0b\x0c\r\x1b[2J\x1b]0;title\x07\x7f\x85\x9b31m"
"""Control characters and escape sequences: they erase a screen, set a title, change colours."""
BIDI = "\u202e\u2066\u2069\u200f\ufeff\u2028\u2029"
LONE = "\ud800\udc00"[0] + "x" + "\udfff"
"""Halves of surrogate pairs: JSON can spell them, UTF-8 cannot."""
HUGE = 1_000_000
"""Length of a huge text."""
DEEP = 200
"""Levels of a value that is nested too deep."""

WORDS = (
    *("", " ", "None", "null", "true", "0", "-1", "NaN", "\n", "\t", "../../etc", "%s%n", "{}", "{0.__class__}", "🦄"),
    *("Completed", "Failed", "Stopped", "InProgress", "Stopping", "Deleting", "DeleteFailed", "InService", "Quantum"),
    *("ValidationException", "Requested resource not found.", "Could not find", "2026-01-01T00:00:00Z", "9" * 40),
)
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308, 1e-320),
    *(float("nan"), float("inf"), float("-inf")),
)
DATES = (
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z"),
    *("2026-01-01T00:00:00", "2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"),
)
SECONDS = (0, -1, -62_135_596_800, 253_402_300_800, 1e20, -1e20, 1.5e12, float("nan"), float("inf"))
"""Points in time as AWS's JSON has them, most of them beyond what a calendar knows."""


def text(rng: random.Random, *, huge: float = 0.04) -> str:
    """A text that nobody expects.

    Args:
        rng: where chance comes from.
        huge: how often it is a million characters long.
    """
    if rng.random() < huge:
        return rng.choice(("x", "é", "🦄", "a b ", "\x1b", "password=s")) * (HUGE // rng.choice((1, 4)))
    made = rng.choice((*WORDS, *DATES, CONTROLS, BIDI, LONE))
    if rng.random() < 0.3:
        made = f"{made}{rng.choice((CONTROLS, BIDI, LONE, 'x' * 300, '_'))}"
    return made


def deep(rng: random.Random, levels: int = DEEP) -> Any:
    """A value nested very deep."""
    made: Any = "bottom"
    for _ in range(levels):
        made = [made] if rng.random() < 0.5 else {"a": made}
    return made


def anything(rng: random.Random) -> Any:
    """A JSON value of any type."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: rng.choice(NUMBERS),
        lambda: text(rng),
        lambda: rng.choice(SECONDS),
        list,
        dict,
        lambda: [None, {}, [], "x", 7],
        lambda: {text(rng, huge=0.0): text(rng, huge=0.0)},
        lambda: deep(rng),
    )
    return rng.choice(makers)()


def mutated(rng: random.Random, value: Any, changes: int = 0) -> Any:
    """A copy of a JSON value with some places changed; the value itself may be replaced as well.

    Args:
        rng: where chance comes from.
        value: JSON data.
        changes: how many places; by default few.
    """
    made = copy.deepcopy(value)
    for _ in range(changes or rng.choice((1, 1, 1, 2, 3, 8))):
        places = list(paths(made))
        path = rng.choice(places)
        made = _put(made, path, _changed(rng, _at(made, path)))
        if rng.random() < 0.15:
            made = _reshaped(rng, made, path)
    return made


def paths(value: Any) -> Iterator[Path]:
    """The places in a JSON value, itself (the empty path) included."""
    yield ()
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ((key, *path) for path in paths(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:20]):
            yield from ((index, *path) for path in paths(inner))


def _changed(rng: random.Random, value: Any) -> Any:
    roll = rng.random()
    if roll < 0.35:
        return anything(rng)
    if isinstance(value, str) and roll < 0.9:
        return text(rng)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return rng.choice((*NUMBERS, *SECONDS))
    if isinstance(value, list) and value:
        return rng.choice(([], value * 2, value * 40, [*value, None], [anything(rng), *value]))
    if isinstance(value, dict):
        return {**value, rng.choice(("Unheard", "unheard", text(rng, huge=0.0))): anything(rng)}
    return anything(rng)


def _reshaped(rng: random.Random, value: Any, path: Path) -> Any:
    """The place is taken away, or is put into another level."""
    if not path:
        return value
    container = _at(value, path[:-1])
    if rng.random() < 0.7:
        kept = (
            {key: each for key, each in container.items() if key != path[-1]}
            if isinstance(container, dict)
            else [each for index, each in enumerate(container) if index != path[-1]]
        )
        return _put(value, path[:-1], kept)
    return _put(value, path, [_at(value, path)])


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    container = _at(value, path[:-1])
    container[path[-1]] = new
    return value
