"""`python -m tests.fuzz`: plays many worlds that send anything, and prints what went wrong in which."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.fuzz import engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns 1 if something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many worlds (default %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default %(default)s)")
    asked = parser.parse_args(arguments)
    began, bad = time.monotonic(), 0
    for seed in range(asked.first, asked.first + asked.count):
        wrong = engine.run(seed, sound=True)
        bad += bool(wrong)
        for text in sorted(set(wrong)):
            print(f"seed {seed}: {text[-600:]}", flush=True)
    print(f"{asked.count} worlds in {time.monotonic() - began:.0f} s, {bad} went wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
