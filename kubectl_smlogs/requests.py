"""The ways to AWS that one command uses, made when they are needed, and how often each operation was called."""

from __future__ import annotations

import threading
from collections import Counter

from smkube.aws.account import Account
from smkube.aws.wire import Wire

_CONNECTIONS = 16
"""Connections to CloudWatch Logs kept open in a region: a long history is read with that many at once."""


class Counted:
    """A wire that counts.

    Args:
        wire: the wire.
        counts: calls by operation; for many threads.
        lock: guards them.
    """

    def __init__(self, wire: Wire, counts: Counter[str], lock: threading.Lock) -> None:
        self._wire = wire
        self._counts = counts
        self._lock = lock
        self.renew = wire.renew

    def post(self, operation: str, body: bytes) -> bytes:
        """See `Wire.post`."""
        with self._lock:
            self._counts[operation] += 1
        return self._wire.post(operation, body)


class Requests:
    """All of AWS, for any thread.

    Args:
        profile: AWS profile, empty for the environment's.
        user_agent: added to the user agent of every request.

    Attributes:
        account: session and credentials.
    """

    def __init__(self, profile: str, user_agent: str) -> None:
        self.account = Account(profile)
        self._user_agent = user_agent
        self._wires: dict[tuple[str, str], Counted] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Load botocore and its configuration, which takes longer than the API server takes to answer."""
        self.account.start()

    def forget(self) -> None:
        """Look for credentials anew: those of now are wanted, not those of when the command began."""
        self.account.renew()

    def logs(self, region: str) -> Counted:
        """CloudWatch Logs in a region."""
        return self._to("logs", region)

    def sagemaker(self, region: str) -> Counted:
        """SageMaker in a region."""
        return self._to("sagemaker", region)

    def told(self) -> str:
        """How often which operation was called: `FilterLogEvents 3, GetLogEvents 12`."""
        with self._lock:
            return ", ".join(f"{name} {count}" for name, count in sorted(self._counts.items())) or "none"

    def _to(self, service: str, region: str) -> Counted:
        with self._lock:
            known = self._wires.get((service, region))
            if known is None:
                wire = Wire(
                    service=service,
                    region=region,
                    user_agent=self._user_agent,
                    pool_size=_CONNECTIONS,
                    account=self.account,
                )
                known = self._wires[service, region] = Counted(wire, self._counts, self._lock)
            return known
