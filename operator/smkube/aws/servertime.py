"""What time it is at AWS, more exactly than one answer tells it. Pure: times are arguments.

The `Date` header (RFC 9110) has whole seconds, cut off. Each answer so bounds the distance between AWS's clock and
ours from both sides; what all bounds leave is far less than a second after a few answers.
"""

from __future__ import annotations

from dataclasses import dataclass

DRIFT = 0.0005
"""Seconds a second by which the two clocks may run apart: as much as a clock is slewed by at most (adjtime(3))."""


@dataclass(slots=True)
class ServerTime:
    """The distance between AWS's clock and a monotonic one of ours, as far as answers have told it.

    Not locked: two threads that note an answer at once cost the bounds of one of them.
    """

    _least: float = float("-inf")
    _most: float = float("inf")
    _noted_at: float = 0.0

    def note(self, date: float, sent: float, received: float) -> None:
        """Learn from an answer.

        Args:
            date: its `Date`, in seconds since the epoch.
            sent: when the request went out, in monotonic seconds.
            received: when the answer was there.
        """
        grown = DRIFT * max(0.0, received - self._noted_at)
        # Said between sending and receiving; the part of the second that was cut off is between 0 and 1.
        least, most = date - received, date + 1.0 - sent
        self._least, self._most = max(self._least - grown, least), min(self._most + grown, most)
        if self._least > self._most:
            # One of the clocks was set anew, or this answer came from another machine.
            self._least, self._most = least, most
        self._noted_at = received

    def at(self, moment: float) -> float | None:
        """AWS's time, in seconds since the epoch, at a monotonic time of ours; None before a first answer."""
        if self._most == float("inf"):
            return None
        return moment + (self._least + self._most) / 2
