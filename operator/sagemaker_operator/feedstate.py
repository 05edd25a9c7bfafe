"""What the change feed knows about the jobs of one List operation: pure, no I/O, no clock of its own.

The feed asks for jobs modified since a watermark, all pages, and now and then for all jobs. It must be immune to
what AWS does: pages that are empty though more follow, answers that lag behind, the same job on two pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sagemaker_operator.facts import Summary
from smkube import kinds

OVERLAP = 30.0
"""Seconds that a wide poll looks back behind the last wide one: a List answer may lag behind the truth."""
BRIEF = 5.0
"""Seconds that the polls between look back behind the last poll: in a burst they would read the same pages again."""
WIDE_EVERY = 10.0
"""Seconds between two wide polls."""
UNSURE = 300.0
"""Seconds by which our own clock may differ from AWS's, where AWS does not tell the time (its limit for signatures)."""
FAST = 1.0
"""Seconds to the next poll after a change; each quiet poll doubles the pause."""
SLOW = 7.0
"""Seconds between polls at rest: 8 or 9 a minute, which leaves room for two pages of the sweep."""
SWEEP_PAGE_EVERY = 30.0
"""Seconds between two pages of a sweep at rest."""
SWEEP_EVERY = 600.0
"""Seconds from the start of one sweep to the next."""
OVERDUE = 10.0
"""Seconds after which a job that no answer has shown is worth a sweep of its own."""
SWEEP_MARGIN = 3600.0
"""Seconds by which a sweep looks back behind the oldest job it is to find."""


@dataclass(slots=True)
class Tracked:
    """A job that an object follows."""

    key: str
    since: float
    """Seconds since the epoch: no later than the job's creation, as far as the object knows."""
    added: float
    """Monotonic seconds at which the job was first followed."""
    summary: Summary | None = None
    missing: bool = False
    sweep: int = 0
    """Number of the sweep that saw the job last."""


@dataclass(slots=True)
class FeedState:
    """The jobs one stream follows and what the List answers said about them."""

    kind: kinds.Kind
    tracked: dict[str, Tracked] = field(default_factory=dict)
    asked: float = 0.0
    """AWS's time at the start of the last walk over all pages, in seconds since the epoch; 0 before the first."""
    asked_widely: float = 0.0
    """The same of the last wide poll."""
    sweep: int = 0
    quiet: int = 0
    """Polls since something last changed."""

    def track(self, job: str, key: str, since: float, now: float) -> bool:
        """Follow a job; returns whether it is new to the feed.

        A job that comes while a sweep is under way is not expected to show up in it.
        """
        if job in self.tracked:
            self.tracked[job].key = key
            return False
        self.tracked[job] = Tracked(key, since, now, sweep=self.sweep)
        return True

    def untrack(self, job: str) -> None:
        """Forget a job."""
        self.tracked.pop(job, None)

    def unseen(self) -> bool:
        """Whether a job was never in an answer: one that was just created, as a rule."""
        return self.kind.api.lists_changes and any(
            entry.summary is None and not entry.missing for entry in self.tracked.values()
        )

    def overdue(self, now: float) -> bool:
        """Whether a job was never in an answer though there was time for it, as after a restart."""
        return self.kind.api.lists_changes and any(
            entry.summary is None and not entry.missing and now - entry.added > OVERDUE
            for entry in self.tracked.values()
        )

    def poll_from(self) -> float:
        """LastModifiedTime from which a poll must look, in seconds since the epoch."""
        return self.asked_widely - OVERLAP if self._wide() else self.asked - BRIEF

    def polled(self, began: float) -> None:
        """A poll is through, or the first sweep; `began` is AWS's time at its start."""
        self.asked_widely = began if self._wide() else self.asked_widely
        self.asked = began

    def _wide(self) -> bool:
        return self.asked - self.asked_widely >= WIDE_EVERY or not self.asked

    def take(self, summaries: Iterable[Mapping[str, Any]]) -> list[str]:
        """Learn from a page of summaries as AWS sends them; returns the keys of objects whose job changed."""
        changed = []
        for summary in summaries:
            seen = summarise(self.kind, summary)
            entry = self.tracked.get(str(summary.get(self.kind.api.name)))
            if entry is None:
                continue
            entry.sweep = self.sweep
            entry.missing = False
            if entry.summary != seen and (entry.summary is None or entry.summary.modified <= seen.modified):
                entry.summary = seen
                changed.append(entry.key)
        if changed:
            self.quiet = 0
        return changed

    def sweep_from(self) -> float:
        """Creation time from which a sweep must look, in seconds since the epoch."""
        return min((entry.since for entry in self.tracked.values()), default=0.0) - SWEEP_MARGIN

    def begin_sweep(self) -> None:
        """A sweep starts: jobs followed by now must show up in it."""
        self.sweep += 1

    def end_sweep(self) -> list[str]:
        """A sweep is through; returns the keys of objects whose job it did not show."""
        lost = [entry for entry in self.tracked.values() if entry.sweep < self.sweep]
        for entry in lost:
            entry.missing = True
            # Told once: the next sweep tells again.
            entry.sweep = self.sweep
        return [entry.key for entry in lost]

    def hurry(self) -> None:
        """Something is said to have changed: the next pauses are short, as after a change that was seen."""
        self.quiet = 0

    def pause(self) -> float:
        """Seconds until the next poll; to be asked once after each."""
        if self.unseen():
            return FAST
        self.quiet += 1
        return float(min(SLOW, FAST * 2 ** min(self.quiet - 1, 10)))


def summarise(kind: kinds.Kind, summary: Mapping[str, Any]) -> Summary:
    """The part of a List summary that is compared."""
    moment = summary.get("LastModifiedTime") or summary.get("CreationTime")
    return Summary(
        status=str(summary.get(kind.api.status) or ""),
        secondary=str(summary.get("SecondaryStatus") or ""),
        modified=moment.timestamp() if isinstance(moment, datetime) else 0.0,
        counters=counters(summary.get("TrainingJobStatusCounters") or {}),
    )


def counters(shown: Mapping[str, Any]) -> str:
    """The counters of a tuning job as one text; empty without any. Takes AWS's names and the custom resource's."""
    by_name = {name[:1].upper() + name[1:]: value for name, value in shown.items()}
    names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return "/".join(str(by_name.get(name) or 0) for name in names) if by_name else ""
