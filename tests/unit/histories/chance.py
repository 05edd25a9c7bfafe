"""The dice of a history, and where a process can be killed or overtaken by others."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


class Crash(BaseException):
    """The process is killed here."""


@dataclass
class Chance:
    """How much goes wrong.

    Args:
        rng: the dice of the whole history.
        faults: probability that a call to AWS goes wrong; half of it counts for calls to Kubernetes.
        crashes: probability that the process dies at a call, before or after it took effect.
        stale: greatest number of seconds by which a read at AWS may be late.
        overtakes: probability that something else happens at a call: a user acts, an event arrives, another worker
            does a whole pass.
        between: what then happens.
        counts: what went wrong, for the figures.
    """

    rng: random.Random
    faults: float = 0.0
    crashes: float = 0.0
    stale: float = 0.0
    overtakes: float = 0.0
    between: Callable[[], None] = lambda: None
    counts: Counter[str] = field(default_factory=Counter)
    _depth: int = 0

    def hits(self, probability: float) -> bool:
        """A throw of the dice."""
        return probability > 0 and self.rng.random() < probability

    def point(self) -> None:
        """A moment at which the process may die or be overtaken."""
        self.die()
        if self._depth or not self.hits(self.overtakes):
            return
        self._depth += 1
        try:
            self.between()
        finally:
            self._depth -= 1

    def die(self) -> None:
        """A moment at which the process may die."""
        if self.hits(self.crashes):
            self.counts["crashes"] += 1
            raise Crash

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self.faults = self.crashes = self.stale = self.overtakes = 0.0
