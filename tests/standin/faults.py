"""What goes wrong on purpose: rates, latencies, stale reads, credentials, and faults of single calls.

Decides only; the dispatcher acts on it. With the same seed and the same order of calls the decisions are the same.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.standin import iam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standin.clock import Clock

KINDS = ("error_before", "error_after", "lose_answer", "drop", "latency", "hold_before", "hold_after", "empty_page")
CREDENTIAL_STATES = ("valid", "expired", "invalid", "denied")
HOLD_LIMIT_SECONDS = 120.0


@dataclass(slots=True)
class Fault:
    """A fault of matching calls.

    Attributes:
        kind: `error_before` answers an error and does nothing; `error_after` does the work, then answers an error;
            `lose_answer` does the work, then resets the connection; `drop` resets it without doing anything;
            `latency` waits `seconds`; `hold_before` and `hold_after` wait for a release before or after the work;
            `empty_page` makes a page of log events empty, with a token.
        operation: glob over the operation's name, with or without `service.` before it.
        name: glob over the name in the request (job, model or log group).
        count: how many calls it hits (None: all).
        skip: how many matching calls it lets pass first.
        probability: of hitting a matching call.
        code, message, status: the error.
        seconds: the wait.
    """

    kind: str
    operation: str = "*"
    name: str = "*"
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    code: str = "InternalFailure"
    message: str = "The request processing has failed because of an unknown error, exception or failure."
    status: int = 500
    seconds: float = 0.0

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Fault:
        """From JSON. ValueError for an unknown kind or member."""
        unknown = sorted(set(values) - set(cls.__slots__))
        if unknown:
            raise ValueError(f"unknown member {unknown[0]!r} in a fault; there are {', '.join(cls.__slots__)}")
        if values.get("kind") not in KINDS:
            raise ValueError(f"unknown kind of fault {values.get('kind')!r}; there are {', '.join(KINDS)}")
        if values.get("code") in _CLIENT_CODES and "status" not in values:
            values = {"status": 400, "message": _CLIENT_CODES[values["code"]], **values}
        return cls(**values)

    def matches(self, service: str, operation: str, name: str) -> bool:
        """Whether the fault concerns this call."""
        called = operation if "." not in self.operation else f"{service}.{operation}"
        return fnmatchcase(called, self.operation) and fnmatchcase(name, self.name)


# Error codes that come with HTTP 400, and their texts where AWS has a fixed one.
_CLIENT_CODES = {
    "ConcurrentUpdateException": "",
    "LimitExceededException": "",
    "ObjectNotFoundException": "",
    "ThrottlingException": "Rate exceeded",
    "ExpiredTokenException": "The security token included in the request is expired",
    "UnrecognizedClientException": "The security token included in the request is invalid.",
    "AccessDeniedException": "",
    "ValidationException": "",
    "ResourceLimitExceeded": "",
    "ResourceInUse": "",
    "InvalidParameterException": "",
}


class Bucket:
    """A token bucket: `rate` calls a second on average, at most `burst` at once."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, now

    def take(self, now: float) -> bool:
        """Whether a call is within the rate."""
        self._tokens = min(self._burst, self._tokens + max(now - self._at, 0.0) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Holds:
    """Calls that wait until somebody lets them go on."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: dict[int, str] = {}
        self._count = 0
        self._released: dict[int, bool] = {}

    def wait(self, what: str) -> bool:
        """Wait for a release, at most `HOLD_LIMIT_SECONDS`; returns whether the call is to go on."""
        with self._condition:
            self._count += 1
            number = self._count
            self._waiting[number] = what
            self._condition.notify_all()
            self._condition.wait_for(lambda: number in self._released, HOLD_LIMIT_SECONDS)
            self._waiting.pop(number, None)
            return self._released.pop(number, True)

    def waiting(self, at_least: int = 0, timeout: float = 0.0) -> list[str]:
        """What waits now, oldest first; waits up to `timeout` seconds until there are `at_least` so many."""
        with self._condition:
            self._condition.wait_for(lambda: len(self._waiting) >= at_least, timeout)
            return [self._waiting[number] for number in sorted(self._waiting)]

    def release(self, *, drop: bool = False) -> int:
        """Let all waiting calls go on, or break them off; returns how many."""
        with self._condition:
            fresh = set(self._waiting) - set(self._released)
            self._released.update(dict.fromkeys(fresh, not drop))
            self._condition.notify_all()
            return len(fresh)


class Faults:
    """All faults in force."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seed = seed
        self.holds = Holds()
        self.reset()

    def reset(self) -> None:
        """No faults, no limits, no latency; the seed starts anew. Held calls go on."""
        with self._lock:
            self._dice = random.Random(self._seed)
            self.list: list[Fault] = []
            self.throttle: dict[str, tuple[float, float]] = {}
            self._buckets: dict[tuple[str, str, str], Bucket] = {}
            self.latency: dict[str, float] = {}
            self.stale: dict[str, float] = {"describe": 0.0, "list": 0.0}
            self.credentials: dict[str, str] = {}
            self.denied: list[str] = []
            self.policies: dict[str, iam.Policy] = {}
            self.demanded: dict[str, set[tuple[str, str]]] = {}
        self.holds.release()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self.list.append(fault)

    def clear(self) -> None:
        """Take all single faults back; rates, latencies and credentials stay."""
        with self._lock:
            self.list.clear()

    def set_throttle(self, limits: dict[str, tuple[float, float]]) -> None:
        """Set rates by operation, as (calls a second, burst); a rate of 0 or less takes the limit away."""
        with self._lock:
            self.throttle.update(limits)
            self.throttle = {name: limit for name, limit in self.throttle.items() if limit[0] > 0}
            self._buckets.clear()

    def pick(self, service: str, operation: str, name: str) -> list[Fault]:
        """The faults that hit this call; counts them as used."""
        if not self.list:
            return []
        with self._lock:
            return [fault for fault in self.list if self._hits(fault, service, operation, name)]

    def _hits(self, fault: Fault, service: str, operation: str, name: str) -> bool:
        if fault.count == 0 or not fault.matches(service, operation, name):
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.probability < 1.0 and self._dice.random() >= fault.probability:
            return False
        if fault.count is not None:
            fault.count -= 1
        return True

    def within_rate(self, account: str, region: str, operation: str) -> bool:
        """Whether a call is within its operation's rate; counts it."""
        limit = self.throttle.get(operation)
        if limit is None:
            return True
        now = self._clock.now()
        with self._lock:
            key = (account, region, operation)
            if key not in self._buckets:
                self._buckets[key] = Bucket(*limit, now)
            return self._buckets[key].take(now)

    def latency_of(self, operation: str) -> float:
        """Seconds that a call of this operation takes at least."""
        return self.latency.get(operation, self.latency.get("*", 0.0))

    def staleness(self, operation: str) -> float:
        """How many seconds behind a read of this operation is."""
        if operation.startswith("Describe"):
            return self.stale["describe"]
        return self.stale["list"] if operation.startswith("List") else 0.0

    def credential(self, access_key: str) -> str:
        """The state of an access key; `*` stands for all keys without an own state."""
        return self.credentials.get(access_key, self.credentials.get("*", "valid"))

    def is_denied(self, service: str, operation: str) -> bool:
        """Whether IAM refuses this operation."""
        return any(fnmatchcase(f"{service}:{operation}", glob) or fnmatchcase(operation, glob) for glob in self.denied)

    def set_policies(self, policies: dict[str, iam.Policy]) -> None:
        """Let access keys do what their policies allow and nothing else, from now on; other keys may do all.

        Args:
            policies: by access key, or by `<access key>@<region>` for that region only.
        """
        with self._lock:
            self.policies = policies
            self.demanded = {key: set() for key in policies}

    def refused(self, access_key: str, region: str, demands: Iterable[iam.Demand]) -> iam.Demand | None:
        """The first demand that the policy of an access key does not allow; each is noted."""
        key = next((key for key in (f"{access_key}@{region}", access_key) if key in self.policies), "")
        policy = self.policies.get(key)
        if policy is None:
            return None
        for one in demands:
            with self._lock:
                self.demanded.setdefault(key, set()).add((one.action, one.resource))
            if not policy.allows(one):
                return one
        return None
