"""Lines between log lines that tell of a job's change of status. Pure."""

from __future__ import annotations

from typing import Protocol

from kubectl_smlogs import durations, safe


class Status(Protocol):
    """What a job's object says about its state; `target.Target` is one."""

    @property
    def status(self) -> str:
        """The status word, may be empty."""

    @property
    def secondary(self) -> str:
        """The secondary status, may be empty."""


def word(status: Status) -> str:
    """The status as one word: the secondary one where there is one, for it tells more."""
    return safe.line(status.secondary or status.status)


def text(before: Status, after: Status, seconds: float | None, *, name: str = "") -> str:
    """`-- Downloading -> Training after 1m 12s --`; empty when the word did not change.

    Args:
        before: the state that ended.
        after: the state that began.
        seconds: how long the first one lasted, None if that is not known.
        name: whose state it is, where several are shown.
    """
    old, new = word(before), word(after)
    if old == new or not new:
        return ""
    whose = f"{safe.line(name)}: " if name else ""
    change = f"{old} -> {new}" if old else new
    lasted = f" after {durations.text(seconds)}" if old and seconds is not None else ""
    return f"-- {whose}{change}{lasted} --"
