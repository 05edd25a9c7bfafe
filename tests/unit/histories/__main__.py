"""`python -m tests.unit.histories`: plays many histories and prints figures; exits with 1 if one went wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from smkube import kinds
from tests.unit.histories import play
from tests.unit.histories.play import Figures
from tests.unit.histories.summary import ranges

BATCH = 25
"""Histories that are handed to a process at once."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns the exit code."""
    asked = _parser().parse_args(arguments)
    seeds = range(asked.first, asked.first + asked.count)
    batches = [seeds[place : place + BATCH] for place in range(0, len(seeds), BATCH)]
    figures, failures, began = Figures(), [], time.monotonic()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for part, wrong in pool.map(partial(_play, names=tuple(asked.kinds)), batches):
            figures.add(part)
            failures += wrong
            for text in wrong:
                print(text[: asked.width], file=sys.stderr, flush=True)
    _tell(figures, len(failures), ranges(list(seeds)), time.monotonic() - began)
    return 1 if failures else 0


def _play(seeds: Sequence[int], names: Sequence[str]) -> tuple[Figures, list[str]]:
    """In a process of its own: kinds are told apart by identity, so they travel by name."""
    return play.play_all(seeds, tuple(kind for kind in kinds.ALL if not names or kind.name in names))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.unit.histories", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="how many histories")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--kinds", nargs="*", default=[], choices=[kind.name for kind in kinds.ALL], help="which take part"
    )
    parser.add_argument("--width", type=int, default=2000, help="characters told of a failure")
    return parser


def _tell(figures: Figures, failures: int, seeds: str, seconds: float) -> None:
    print(f"{figures.histories} histories (seeds {seeds}) in {seconds:.0f} s, {failures} went wrong")
    for title, counted in (("", figures.counts), ("acts", figures.acts), ("AWS calls", figures.calls)):
        for name, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
            print(f"  {title + ': ' if title else ''}{name.replace('_', ' ')} {count}")


if __name__ == "__main__":
    sys.exit(main())
