"""Keys that are ready, group by group in turn: no group stands behind another one's thousands. No I/O, no lock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """Keys with the time since when they are ready; within a group in the order of their coming.

    Args:
        group: the group of a key.
    """

    def __init__(self, group: Callable[[K], Hashable]) -> None:
        self._group = group
        self._groups: OrderedDict[Hashable, OrderedDict[K, float]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: K) -> bool:
        return key in self._groups.get(self._group(key), ())

    def add(self, key: K, since: float) -> None:
        """Put a key that is not here yet at the end of its group."""
        self._groups.setdefault(self._group(key), OrderedDict())[key] = since
        self._count += 1

    def remove(self, key: K) -> float:
        """Take a key out; returns since when it was ready.

        Raises:
            KeyError: it is not here.
        """
        name = self._group(key)
        group = self._groups[name]
        since = group.pop(key)
        self._count -= 1
        if not group:
            del self._groups[name]
        return since

    def take(self) -> tuple[K, float]:
        """Take the first key of the group whose turn it is, and since when it was ready.

        Raises:
            StopIteration: there is no key.
        """
        name = next(iter(self._groups))
        key = next(iter(self._groups[name]))
        since = self.remove(key)
        if name in self._groups:
            self._groups.move_to_end(name)
        return key, since
