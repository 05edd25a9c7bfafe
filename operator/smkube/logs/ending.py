"""When following a log ends: the job is over or the span is past, and nothing more is to be expected. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.logs.cursor import Cursor
    from smkube.logs.trial import Policy, World


class Ending:
    """Knows since when a job or a span is over, and judges whether its log has become quiet.

    Args:
        world: tells the end of the job, and the time.
        policy: how long to wait.
        cursor: tells the end of the span, and how late lines are.
    """

    def __init__(self, world: World, policy: Policy, cursor: Cursor) -> None:
        self._world = world
        self._policy = policy
        self._cursor = cursor
        self._job: float | None = None
        self._span: float | None = None

    def noted(self) -> bool:
        """Look whether the job or the span is over, and remember since when; whether it is."""
        if self._job is None and self._world.over():
            self._job = self._world.monotonic()
        if self._span is None and self._cursor.past_end(self._world.now()):
            self._span = self._world.monotonic()
        return self.since is not None

    @property
    def since(self) -> float | None:
        """Since when it is over, on the monotonic clock; None if it is not."""
        return self._span if self._job is None else self._job

    def long_past(self) -> bool:
        """Whether the span ended so long ago that no more lines of it will come."""
        return self._cursor.past_end(self._world.now() - round(self._policy.give_up * 1000))

    def quiet(self, last_lines: float) -> bool:
        """Whether nothing more is to be expected after a pass that was read to its end.

        Args:
            last_lines: when lines came last, on the monotonic clock.
        """
        since, policy = self.since, self._policy
        if since is None:
            return False
        now = self._world.monotonic()
        least = policy.settle_span if self._job is None else 0.0
        if not self._cursor.lines:
            return now - since >= max(least, policy.settle_empty)
        late = max(least, self._cursor.lateness / 1000 + policy.allowance)
        return now - since >= late and now - max(since, last_lines) >= policy.settle

    def overdue(self) -> bool:
        """Whether it was waited for long enough, whatever still comes."""
        since = self.since
        return since is not None and self._world.monotonic() - since >= self._policy.settle_limit
