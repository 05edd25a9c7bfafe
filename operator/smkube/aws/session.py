"""AWS clients and calls: one client per service, region and endpoint, errors as AwsError.

Making a client costs 0.2 to 0.5 s of CPU, so clients are made once and shared; botocore's clients may be used by
many threads. Credentials come from AWS's default chain (environment, shared files, web identity, container,
instance profile) and refresh themselves.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from smkube.aws import errors
from smkube.aws.servertime import ServerTime
from smkube.errors import AwsError

CONNECT_TIMEOUT = 5
"""Seconds for a connection; with READ_TIMEOUT it bounds how long a worker can hang at shutdown."""
READ_TIMEOUT = 15
"""Seconds for an answer."""
PATIENT = {"sqs": 30}
"""The same for services that answer late on purpose: SQS holds a request for a message for up to 20 seconds."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which API a call goes to. `endpoint` empty means AWS's own endpoint of the region."""

    service: str
    region: str
    endpoint: str = ""


class Answer(dict[str, Any]):
    """What AWS answered, as a plain dictionary, and what there is to tell of the call.

    Attributes:
        request_id: AWS's id of the request, for the log and for support cases; may be empty.
        seconds: how long the call took.
    """

    __slots__ = ("request_id", "seconds")

    def __init__(self, members: Mapping[str, Any], request_id: str, seconds: float) -> None:
        super().__init__(members)
        self.request_id = request_id
        self.seconds = seconds


def _nobody(_address: Address, _operation: str, _seconds: float) -> None:
    """Nobody wants to know how long calls take."""


class Clients:
    """A cache of botocore clients.

    Args:
        user_agent: added to the user agent of every request.
        attempts: how often botocore may send one request in all (its `standard` retry mode); 1 leaves every
            decision about retries to the caller.
        pool_size: connections kept open per client.
        session: a botocore session; by default a new one with the default credential chain.
        on_call: told of each call that was sent or tried, and how many seconds it took (metrics).
    """

    def __init__(
        self,
        *,
        user_agent: str,
        attempts: int = 1,
        pool_size: int = 10,
        session: Any = None,
        on_call: Callable[[Address, str, float], None] = _nobody,
    ) -> None:
        self._on_call = on_call
        self._user_agent = user_agent
        self._attempts = attempts
        self._pool_size = pool_size
        self._session = session
        self._clients: dict[Address, Any] = {}
        self._times: dict[Address, float] = {}
        self._clocks: dict[Address, ServerTime] = {}
        self._lock = threading.Lock()

    def get(self, address: Address) -> Any:
        """The client for an address.

        Raises:
            AwsError: the region, the profile or the endpoint is not usable.
        """
        with self._lock:
            if address not in self._clients:
                with errors.translated("CreateClient"):
                    self._clients[address] = self._make(address)
            return self._clients[address]

    def call(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Call one operation.

        Args:
            address: where to.
            operation: the API's own name, such as `DescribeTrainingJob`.
            parameters: the request.

        Returns:
            The answer, without botocore's `ResponseMetadata`.

        Raises:
            AwsError: AWS refused, or gave no answer; it knows how long the call took.
        """
        client = self.get(address)
        method = _method(client, operation)
        sent = time.monotonic()
        try:
            with errors.translated(operation), errors.readable(operation):
                members: dict[str, Any] = method(**parameters)
            if members.keys() <= {"ResponseMetadata"}:
                # botocore makes an empty answer of a body that is no JSON.
                errors.check_empty(operation, _required(client, operation))
        except AwsError as error:
            error.seconds = time.monotonic() - sent
            self._on_call(address, operation, error.seconds)
            raise
        received = time.monotonic()
        self._on_call(address, operation, received - sent)
        metadata = members.pop("ResponseMetadata", {})
        self._note_time(address, metadata, sent, received)
        return Answer(members, str(metadata.get("RequestId") or ""), received - sent)

    def server_time(self, address: Address) -> float | None:
        """The time at AWS, in seconds since the epoch, when it last answered; None before that.

        From the `Date` header of the answer (RFC 9110), so it has a resolution of a second and owes nothing to the
        clock of this machine.
        """
        return self._times.get(address)

    def time_there(self, address: Address) -> float | None:
        """The time at AWS at this moment, to a fraction of a second; None before its first answer."""
        clock = self._clocks.get(address)
        return clock.at(time.monotonic()) if clock is not None else None

    def _note_time(self, address: Address, metadata: Mapping[str, Any], sent: float, received: float) -> None:
        text = metadata.get("HTTPHeaders", {}).get("date", "")
        with contextlib.suppress(ValueError, OverflowError):
            date = parsedate_to_datetime(text).timestamp()
            self._times[address] = date
            self._clocks.setdefault(address, ServerTime()).note(date, sent, received)

    def _make(self, address: Address) -> Any:
        import botocore.config
        import botocore.session

        if self._session is None:
            self._session = botocore.session.Session()
        return self._session.create_client(
            address.service,
            region_name=address.region,
            endpoint_url=address.endpoint or None,
            config=botocore.config.Config(
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=PATIENT.get(address.service, READ_TIMEOUT),
                retries={"mode": "standard", "total_max_attempts": self._attempts},
                max_pool_connections=self._pool_size,
                user_agent_extra=self._user_agent,
                tcp_keepalive=True,
            ),
        )


def _required(client: Any, operation: str) -> list[str]:
    """Members that an answer always has, by AWS's service model."""
    shape = client.meta.service_model.operation_model(operation).output_shape
    return list(shape.required_members) if shape is not None else []


def _method(client: Any, operation: str) -> Callable[..., dict[str, Any]]:
    import botocore

    method: Callable[..., dict[str, Any]] = getattr(client, botocore.xform_name(operation))
    return method
