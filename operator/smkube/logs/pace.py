"""How fast requests may follow each other. Pure: the clock is an argument.

The published quotas are per account and region, so others may use them up, and they may have been raised: the rate
begins at the published one, falls with each throttled request (multiplied) and rises again with each that was answered
(added), as congestion control does (RFC 5681). Above the one it began with it rises only after some time of full use:
to be refused costs more than a higher rate brings in a few seconds.
"""

from __future__ import annotations

_BEGIN = 0.97
"""The share of the published quota to begin with: who meets it to the last request is refused by a hair's breadth."""
_FALL = 0.85
_RISE = 1.0
"""Requests per second by which the rate rises in each second of full use, at most."""
_SHARE = 0.05
"""The same as a share of the rate."""
_SURE = 8.0
"""Seconds of full use without a refusal before the rate rises above the one it began with."""
_CEILING = 8.0
"""The rate rises to at most this many times the one it began with."""
_FLOOR = 0.02
"""And falls to no less than this share of it."""


class Pace:
    """The rate of one kind of request: a bucket that holds what one second allows.

    Args:
        rate: the published quota, in requests per second.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate * _BEGIN
        self._first, self._ceiling, self._floor = self.rate, rate * _CEILING, rate * _FLOOR
        self._tokens = max(1.0, self.rate)
        self._filled: float | None = None
        self._fell = float("-inf")
        self._used = 0.0
        self._scarce = False

    @property
    def stock(self) -> float:
        """The share of the bucket that is left, as it was when the clock was told last."""
        return self._tokens / max(1.0, self.rate)

    def delay(self, now: float) -> float:
        """Seconds until a request may be sent; 0 for at once.

        Args:
            now: seconds on a clock that nobody sets.
        """
        self._fill(now)
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self.rate

    def take(self, now: float) -> None:
        """Note that a request is being sent."""
        self._fill(now)
        self._tokens -= 1.0
        self._scarce = self._tokens < 1.0

    def succeeded(self) -> None:
        """A request was answered. Where requests did not have to wait for the rate, that tells nothing about it."""
        if self._scarce:
            self._used += 1.0 / self.rate
            most = self._ceiling if self._used >= _SURE else max(self.rate, self._first)
            self.rate = min(most, self.rate + min(_RISE / self.rate, _SHARE))

    def throttled(self, now: float, sent: float) -> None:
        """A request was refused. Those sent before the rate fell last tell nothing new.

        Args:
            now: the clock.
            sent: when the request was sent.
        """
        self._fill(now)
        if sent <= self._fell:
            return
        self.rate = max(self._floor, self.rate * _FALL)
        self._tokens = min(self._tokens, 0.0)
        self._fell, self._used = now, 0.0

    def _fill(self, now: float) -> None:
        if self._filled is not None and now > self._filled:
            self._tokens = min(max(1.0, self.rate), self._tokens + (now - self._filled) * self.rate)
        self._filled = now if self._filled is None else max(self._filled, now)
