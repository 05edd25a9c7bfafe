"""What Application Auto Scaling holds in an account and region: scalable targets, policies, scheduled actions.

Keeps what was there before, so that stale reads can be played; knows neither the wire nor the wording of AWS.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

# How far back a stale read can look.
KEPT_SECONDS = 3600.0

TargetKey = tuple[str, str]  # resource ID, scalable dimension
PartKey = tuple[str, str, str]  # resource ID, scalable dimension, name


@dataclass(frozen=True, slots=True)
class Target:
    """A scalable target."""

    resource: str
    dimension: str
    arn: str
    number: int
    created: float
    low: int
    high: int
    role: str
    suspended: dict[str, bool]

    @property
    def key(self) -> TargetKey:
        """What identifies it."""
        return (self.resource, self.dimension)


@dataclass(frozen=True, slots=True)
class Part:
    """A scaling policy or a scheduled action of a target; `values` are the members of the request that it keeps."""

    resource: str
    dimension: str
    name: str
    arn: str
    number: int
    created: float
    values: dict[str, Any]

    @property
    def target(self) -> TargetKey:
        """The key of its target."""
        return (self.resource, self.dimension)


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", Target, Part)


class Shelf(Generic[Key, Value]):
    """Values by key, each with its past."""

    def __init__(self) -> None:
        self._versions: dict[Key, list[tuple[float, Value | None]]] = {}

    def put(self, key: Key, value: Value | None, now: float) -> None:
        """Set a value from now on; None takes it away."""
        versions = self._versions.setdefault(key, [])
        versions.append((now, value))
        while len(versions) > 1 and versions[1][0] < now - KEPT_SECONDS:
            del versions[0]

    def get(self, key: Key, at: float) -> Value | None:
        """The value at that time."""
        return next((value for since, value in reversed(self._versions.get(key, [])) if since <= at), None)

    def all(self, at: float) -> list[Value]:
        """All values at that time, in the order of their creation."""
        found = (self.get(key, at) for key in self._versions)
        return sorted((value for value in found if value is not None), key=lambda value: value.number)

    def keys(self, at: float) -> Iterator[Key]:
        """The keys that have a value at that time."""
        return (key for key in list(self._versions) if self.get(key, at) is not None)


@dataclass(slots=True)
class Scaling:
    """All of one account in one region; `tags` are those of targets, by ARN."""

    targets: Shelf[TargetKey, Target] = field(default_factory=Shelf)
    policies: Shelf[PartKey, Part] = field(default_factory=Shelf)
    actions: Shelf[PartKey, Part] = field(default_factory=Shelf)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    count: int = 0

    def next_number(self) -> int:
        """The number of the next thing; numbers grow with time of creation."""
        self.count += 1
        return self.count

    def deregister(self, key: TargetKey, now: float) -> None:
        """Take a target away, with its policies, scheduled actions and tags."""
        target = self.targets.get(key, now)
        if target is None:
            return
        for shelf in (self.policies, self.actions):
            for part in [part for part in shelf.keys(now) if part[:2] == key]:
                shelf.put(part, None, now)
        self.targets.put(key, None, now)
        self.tags.pop(target.arn, None)
