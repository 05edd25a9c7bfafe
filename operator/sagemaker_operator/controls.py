"""What a user can tell the operator by annotations of an object, on every kind alike. Pure.

The defaults are the original operator's behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from smkube.kinds import GROUP

PAUSE = f"{GROUP}/pause"
"""`true`: nothing is done for the object, its deletion included, until this is taken off."""
RECONCILE_NOW = f"{GROUP}/reconcile-now"
"""Any new text (a time, as a rule): look at once, and try again what was given up."""
DELETION_POLICY = f"{GROUP}/deletion-policy"
"""What becomes of the AWS side when the object is deleted: `stop`, `delete` or `retain`."""
TIME_TO_LIVE = f"{GROUP}/ttl-seconds-after-finished"
"""Whole seconds after its end at which a job's object is deleted."""
SPAWN = f"{GROUP}/spawn-training-jobs"
"""For tuning jobs: `false`, or how many training jobs are to be shown as objects at most."""

Policy = Literal["", "stop", "delete", "retain"]
POLICIES = ("stop", "delete", "retain")

_FLAGS = {"true": True, "false": False, "": False}


@dataclass(frozen=True, slots=True)
class Controls:
    """The annotations, read.

    Args:
        paused: nothing is to be done.
        reconcile_now: the text of the request; empty without one.
        deletion: the deletion policy; empty for the kind's own.
        time_to_live: seconds, or None.
        spawn: greatest number of training jobs shown of a tuning job; None for the operator's own.
        problems: what cannot be understood, as sentences.
    """

    paused: bool = False
    reconcile_now: str = ""
    deletion: Policy = ""
    time_to_live: int | None = None
    spawn: int | None = None
    problems: tuple[str, ...] = ()


def read(annotations: Mapping[str, str]) -> Controls:
    """What an object's annotations ask for; one that cannot be understood counts as absent and is a problem."""
    problems = []
    pause = annotations.get(PAUSE, "")
    if pause.lower() not in _FLAGS:
        problems.append(f"{PAUSE} is {pause!r}; write true or false.")
    policy = annotations.get(DELETION_POLICY, "").lower()
    if policy and policy not in POLICIES:
        problems.append(f"{DELETION_POLICY} is {policy!r}; write stop, delete or retain.")
        policy = ""
    seconds = annotations.get(TIME_TO_LIVE, "")
    if seconds and not _whole(seconds):
        problems.append(f"{TIME_TO_LIVE} is {seconds!r}; write whole seconds.")
        seconds = ""
    spawn = annotations.get(SPAWN, "").lower()
    if spawn and spawn not in _FLAGS and not _whole(spawn):
        problems.append(f"{SPAWN} is {spawn!r}; write false, true or a number.")
        spawn = ""
    return Controls(
        paused=_FLAGS.get(pause.lower(), False),
        reconcile_now=annotations.get(RECONCILE_NOW, ""),
        deletion=cast("Policy", policy),
        time_to_live=int(seconds) if seconds else None,
        spawn=0 if spawn == "false" else int(spawn) if _whole(spawn) else None,
        problems=tuple(problems),
    )


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
