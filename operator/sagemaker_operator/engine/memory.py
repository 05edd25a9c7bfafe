"""What one pass over an object knows, and what the process remembers from pass to pass. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sagemaker_operator import facts
from sagemaker_operator.lines import Place
from smkube.kube import envelope

if TYPE_CHECKING:
    from sagemaker_operator.engine.neighbours import Neighbours


@dataclass(slots=True)
class Memory:
    """What this process remembers of earlier passes over an object; lost with the process, and rightly so."""

    uid: str
    generation: int = 0
    attempted: float | None = None
    """Monotonic seconds at which a Create was last sent for the object, or may have been by another process."""
    clean: bool = True
    created: tuple[facts.Target, int] | None = None
    """The job whose Create AWS has accepted, until the status says so, and the object's generation at that time."""
    seen_modified: float = 0.0
    shown_modified: float = 0.0
    """LastModifiedTime of the newest change that a status write has shown."""
    attempts: int = 0
    """Passes in a row that ended with the same reason to retry."""
    reason: str = ""
    not_before: float = float("-inf")
    """Monotonic seconds: until then AWS's last refusal stands, unless a user changes the object (`told`)."""
    told: tuple[object, ...] = ()
    """What a user had said when AWS refused; see `users_part`."""
    look: bool = False
    look_at: float = float("inf")
    """When, by the clock, the job is to be described if nothing was heard of it until then."""
    wakes: int = 0
    """How often something that the object may wait for has changed."""
    places: dict[tuple[str, facts.Target], Place] = field(default_factory=dict)
    """Places in the lines before AWS operations that are kept for this object."""


@dataclass(slots=True)
class Pass:
    """One pass over one object."""

    key: str
    obj: envelope.Object
    facts: facts.Facts
    memory: Memory
    neighbours: Neighbours
    wakes: int = 0
    """`Memory.wakes` as it was before the pass looked at anything."""
    found_kinds: dict[str, str] = field(default_factory=dict)
    """The kind of each answer of `Facts.related`."""


def user_change(old: envelope.Metadata, new: envelope.Metadata) -> bool:
    """A change that is not a write to the status: an edit, a deletion, a finalizer taken off by hand."""
    return users_part(old) != users_part(new)


def users_part(meta: envelope.Metadata) -> tuple[object, ...]:
    """What users change of an object, as opposed to its status."""
    return meta.generation, bool(meta.deletion_timestamp), meta.finalizers, meta.annotations
