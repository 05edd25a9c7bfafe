"""Leader election with a Lease: of several replicas one acts, and it stops before another may begin.

The API server's clock and other replicas' clocks play no part: a candidate waits until it has itself seen the lease
unchanged for the whole lease duration, and a leader counts from before it sent its last successful renewal (the
rules of client-go's leaderelection package). It knows nothing of what the leader does.
"""

from __future__ import annotations

import dataclasses
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sagemaker_operator.engine.complaints import Complaints
from smkube.errors import ConfigError, KubeError
from smkube.kube.client import Client

log = logging.getLogger(__name__)

JITTER = 1.2
"""Greatest factor by which the time between two attempts is stretched."""
LONGEST_CALL = 5.0
"""Greatest time to wait for one answer, in seconds."""


def lease_clock() -> float:
    """Monotonic seconds that go on while the machine is suspended, where the system has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Elector:
    """One candidate for a Lease.

    Args:
        client: whose connection is used; with a deadline of its own for each call.
        namespace: of the Lease.
        name: of the Lease.
        identity: ours, different in each process and each start.
        on_started: called on the elector's thread when we have become the leader; is to return at once.
        on_stopped: called once when leadership is lost against our will, from whichever thread notices; the
            process is to end then. The elector does not try again.
        lease_duration: seconds others wait after the last sign of a leader.
        renew_deadline: seconds a leader goes on without a successful renewal; the difference to lease_duration is
            what it has for stopping.
        retry_period: seconds between two attempts, before jitter.
        clock: seconds; see lease_clock.
        rng: source of jitter.
        beat: told, at each attempt, within how many seconds the next is due (liveness).

    Raises:
        ValueError: the times leave no room between the last renewal and another's start.
    """

    def __init__(  # noqa: PLR0913 - the protocol's times and the edges (clock, jitter) are arguments
        self,
        client: Client,
        namespace: str,
        name: str,
        identity: str,
        *,
        on_started: Callable[[], None],
        on_stopped: Callable[[], None],
        lease_duration: float = 15.0,
        renew_deadline: float = 10.0,
        retry_period: float = 2.0,
        clock: Callable[[], float] = lease_clock,
        rng: random.Random | None = None,
        beat: Callable[[float], None] | None = None,
    ) -> None:
        if not lease_duration > renew_deadline > retry_period * JITTER > 0:
            raise ValueError(f"A lease needs lease_duration > renew_deadline > {JITTER} * retry_period > 0.")
        self._lease_duration = lease_duration
        self._renew_deadline = renew_deadline
        self._retry_period = retry_period
        # Two calls may fail before the deadline.
        call_limit = min(LONGEST_CALL, (renew_deadline - retry_period) / 2)
        connection = dataclasses.replace(client.connection, timeout=call_limit)
        self._client = Client(connection, user_agent="sagemaker-operator/leader-election", pool_size=1)
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._where = f"Lease {namespace}/{name}"
        self._name = name
        self._identity = identity
        self._on_started = on_started
        self._on_stopped = on_stopped
        self._clock = clock
        self._rng = rng or random.Random()
        self._beat = beat
        self._complaints = Complaints(log, clock)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._leading = False
        self._lost = False
        self._renewed_at = 0.0
        self._held: dict[str, Any] | None = None
        self._observed: Mapping[str, Any] | None = None
        self._observed_at = 0.0
        self._threads = [
            threading.Thread(target=self._campaign, name="lease", daemon=True),
            threading.Thread(target=self._guard, name="lease-guard", daemon=True),
        ]

    def start(self) -> None:
        """Start the candidacy; once only."""
        for thread in self._threads:
            thread.start()

    def is_leader(self) -> bool:
        """Whether we may act at this moment; ask right before each action on the outside world."""
        with self._lock:
            if self._stop.is_set():
                return False
            return self._leading and self._clock() - self._renewed_at < self._renew_deadline

    def stop(self, timeout: float = 2 * LONGEST_CALL, *, give_back: bool = True) -> None:
        """End the candidacy and give the lease back, so that another replica takes over at once.

        Args:
            timeout: seconds to wait for a call under way.
            give_back: whether nothing is acted on any more; otherwise the lease runs out by itself.
        """
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout)
        with self._lock:
            was_leading, self._leading = self._leading, False
        if was_leading and give_back and not any(thread.is_alive() for thread in self._threads):
            self._release()
        self._client.close()

    def _campaign(self) -> None:
        while not self._stop.is_set():
            self._attempt()
            pause = self._pause()
            if self._beat is not None:
                self._beat(pause + 6 * LONGEST_CALL)
            self._stop.wait(pause)

    def _guard(self) -> None:
        """Notice a lease that ran out, also while a call hangs or when the whole process was frozen."""
        wait = self._retry_period
        while not self._stop.wait(wait):
            with self._lock:
                left = self._renewed_at + self._renew_deadline - self._clock()
                leading = self._leading
            if leading and left <= 0:
                self._lose(f"{self._where} was not renewed for {self._renew_deadline:g} s")
            wait = max(left, 0.001) if leading else self._retry_period

    def _attempt(self) -> None:
        try:
            self._acquire_or_renew()
        except (KubeError, ConfigError) as error:
            self._held = None
            if isinstance(error, KubeError) and error.conflict:
                log.info("%s was changed by another candidate", self._where)
                return
            self._complaints.complain(self._explain(error))

    def _acquire_or_renew(self) -> None:
        lease = self._held or self._read()
        spec: Mapping[str, Any] = {} if lease is None else lease.get("spec") or {}
        self._observe(spec)
        holder = spec.get("holderIdentity") or ""
        if holder not in ("", self._identity):
            if self._leading:
                self._lose(f"{self._where} was taken by {holder}")
                return
            if self._until_free() > 0:
                self._complaints.resolved(f"{self._where} can be read again; {holder} holds it")
                return
        sent_at = self._clock()
        self._held = self._write(lease, self._our_spec(spec, holder))
        self._observe(self._held["spec"])
        self._renewed(sent_at)

    def _renewed(self, sent_at: float) -> None:
        with self._lock:
            if self._lost:
                # The answer to a call that hung until leadership was over; others may have been told so.
                return
            self._renewed_at = sent_at
            started, self._leading = not self._leading, True
        self._complaints.resolved(f"{self._where} is renewed again")
        if started and not self._stop.is_set():
            log.info("%s is ours; we are the leader as %s", self._where, self._identity)
            self._on_started()

    def _lose(self, reason: str) -> None:
        with self._lock:
            was_leading, self._leading = self._leading, False
            self._lost = True
        self._stop.set()
        if was_leading:
            log.error("leadership lost: %s", reason)
            self._on_stopped()

    def _observe(self, spec: Mapping[str, Any]) -> None:
        if spec != self._observed:
            self._observed, self._observed_at = spec, self._clock()

    def _until_free(self) -> float:
        """Seconds until another's lease may be taken, as far as we have watched it."""
        spec = self._observed or {}
        duration = float(spec.get("leaseDurationSeconds") or self._lease_duration)
        return self._observed_at + duration - self._clock()

    def _pause(self) -> float:
        pause = self._retry_period * self._rng.uniform(1.0, JITTER)
        holder = (self._observed or {}).get("holderIdentity") or ""
        if self._leading or holder in ("", self._identity):
            return pause
        # Come back at the moment the lease runs out, if that is sooner.
        return min(pause, max(self._until_free(), self._retry_period / 20))

    def _our_spec(self, spec: Mapping[str, Any], holder: str) -> dict[str, Any]:
        now = micro_time(datetime.now(UTC))
        ours: dict[str, Any] = {
            **spec,
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._lease_duration)),
            "renewTime": now,
        }
        if holder != self._identity:
            ours["acquireTime"] = now
            ours["leaseTransitions"] = int(spec.get("leaseTransitions") or 0) + (1 if spec else 0)
        return ours

    def _read(self) -> dict[str, Any] | None:
        try:
            return self._client.get(f"{self._collection}/{self._name}")
        except KubeError as error:
            if error.not_found:
                return None
            raise

    def _write(self, lease: Mapping[str, Any] | None, spec: Mapping[str, Any]) -> dict[str, Any]:
        if lease is None:
            metadata: Mapping[str, Any] = {"name": self._name}
        else:
            metadata = lease["metadata"]
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
        if lease is None:
            return self._client.post(self._collection, body)
        # The resourceVersion in the metadata makes it conditional: of two candidates one gets a conflict.
        return self._client.put(f"{self._collection}/{self._name}", body)

    def _release(self) -> None:
        try:
            lease = self._read()
            if lease is None or lease["spec"].get("holderIdentity") != self._identity:
                return
            spec = {key: value for key, value in lease["spec"].items() if key != "holderIdentity"}
            self._write(lease, {**spec, "leaseDurationSeconds": 1, "renewTime": micro_time(datetime.now(UTC))})
            log.info("%s given back", self._where)
        except (KubeError, ConfigError) as error:
            log.warning("%s could not be given back and runs out by itself: %s", self._where, error)

    def _explain(self, error: Exception) -> str:
        if isinstance(error, KubeError) and error.status == 403:
            return (
                f'not allowed to use {self._where}; give the operator\'s ServiceAccount the verbs "get", "create" '
                f'and "update" on resource "leases" of API group "coordination.k8s.io": {error}'
            )
        return f"{self._where} cannot be {'renewed' if self._leading else 'acquired'}: {error}"


def micro_time(moment: datetime) -> str:
    """A moment as Kubernetes' MicroTime: RFC 3339 in UTC with six decimals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
