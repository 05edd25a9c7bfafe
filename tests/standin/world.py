"""The stand-in's world: regions, clock, settings, faults and counters together, and what a call sees of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.standin.counters import Counters
from tests.standin.errors import partition
from tests.standin.faults import Faults
from tests.standin.state import Region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.standin.clock import Clock
    from tests.standin.settings import Settings


class World:
    """All there is. `lock` is held while an operation reads or changes regions; waiting for `changed` gives it back.

    Args:
        clock: the time for everything but latencies, which are real seconds.
        settings: phases, rules and so on.
        account: the account of access keys that have no other.
    """

    def __init__(self, clock: Clock, settings: Settings, account: str = "123456789012") -> None:
        self.clock = clock
        self.settings = settings
        self.account = account
        self.accounts: dict[str, str] = {}
        self.roles: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.ended = threading.Event()
        self.faults = Faults(clock, settings.seed)
        self.counters = Counters(clock)
        self._regions: dict[tuple[str, str], Region] = {}

    def region(self, account: str, name: str) -> Region:
        """The state of an account in a region."""
        with self.lock:
            return self._regions.setdefault((account, name), Region(account, name))

    def regions(self) -> list[Region]:
        """All regions anybody asked for."""
        with self.lock:
            return list(self._regions.values())

    def forget(self) -> None:
        """Drop all resources; settings and faults stay."""
        with self.lock:
            self._regions.clear()
            self.roles.clear()


@dataclass(slots=True)
class Call:
    """One request as a handler sees it.

    Attributes:
        now: the time of the call, seconds since 1970.
        seen: the time whose state a read shows; earlier than `now` while reads are stale.
        params: the request, checked against the model.
        empty_page: whether a page of log events is to be empty.
    """

    world: World
    region: Region
    access_key: str
    service: str
    operation: str
    now: float
    seen: float
    params: dict[str, Any] = field(default_factory=dict)
    empty_page: bool = False

    @property
    def caller(self) -> str:
        """ARN of who calls."""
        return f"arn:{partition(self.region.name)}:iam::{self.region.account}:user/stand-in"

    @property
    def millis(self) -> int:
        """The time of the call in milliseconds."""
        return round(self.now * 1000)
