"""How far back a pass reads again. Pure: clocks are arguments.

Reading the whole overlap in every pass costs sixty old events for each new one. Most passes therefore reach back only
as far as lines were late lately, and a look back reads the rest now and then: soon where the last one found something,
seldom where it did not. The look back begins the overlap before the *last look back*, not before the last pass, so that
no moment is left out between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OVERLAP = 60_000
"""Milliseconds by which a line may be late and still be found within the next look back."""

LEAST = 5_000
"""Milliseconds that every pass reads again at least."""

_FIRST = 16_000
"""Lateness in milliseconds that is assumed before any was seen: hosts upload each few seconds."""
_MARGIN = 1_000
_HOLD = 60.0
"""Seconds for which a lateness counts at least; at most twice as long."""


class Reach:
    """The reach of an ordinary pass: somewhat more than the greatest lateness of the last minute or two."""

    def __init__(self) -> None:
        self._before = 0
        self._now = 0
        self._turned: float | None = None
        self._assumed = _FIRST

    @property
    def lateness(self) -> int:
        """The greatest lateness seen lately, in milliseconds."""
        return max(self._before, self._now)

    @property
    def length(self) -> int:
        """How far a pass reaches back, in milliseconds."""
        return min(OVERLAP, max(LEAST, max(self.lateness, self._assumed) * 5 // 4 + _MARGIN))

    def observe(self, late: int, moment: float) -> None:
        """Note how late lines were; what is beyond the overlap counts as the overlap.

        Args:
            late: milliseconds.
            moment: seconds on a clock that nobody sets.
        """
        if self._turned is None:
            self._turned = moment
        elif moment - self._turned >= _HOLD:
            self._before, self._now, self._turned, self._assumed = self._now, 0, moment, 0
        self._now = max(self._now, min(late, OVERLAP))


@dataclass(slots=True)
class LookBack:
    """One of the wider spans that are read now and then.

    Attributes:
        overlap: how far it reaches, in milliseconds before `known`.
        soon: seconds until the next one after one that found something.
        seldom: seconds between two that find nothing, in the end.
        limit: old events that it may read again; it is put off while there are more. 0 for no limit.
        known: up to here every line that was not late has been looked for, None before the first pass.
    """

    overlap: int
    soon: float
    seldom: float
    limit: int = 0
    known: int | None = None
    _pause: float = field(default=0.0, init=False)
    _due: float | None = field(default=None, init=False)

    @property
    def start(self) -> int | None:
        """Where it has to begin, None when there is nothing to look back to."""
        return None if self.known is None else self.known - self.overlap

    def due(self, moment: float) -> bool:
        """Whether it is time for it."""
        if self._due is None:
            self._pause = self.soon
            self._due = moment + self.soon
        return moment >= self._due

    def done(self, known: int, moment: float, *, found: bool) -> None:
        """It was read to its end."""
        self.known = known
        self._pause = self.soon if found or not self._pause else min(self.seldom, self._pause * 1.5)
        self._due = moment + self._pause

    def covered(self, known: int) -> None:
        """An ordinary pass has read all of it."""
        self.known = known

    def put_off(self, moment: float) -> None:
        """It would cost too much now."""
        self._due = moment + self.soon
