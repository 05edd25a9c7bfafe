"""The operator's hands at AWS: every call goes through here, within its budget, counted, its errors classified."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sagemaker_operator import facts, reasons, secrecy
from sagemaker_operator.budgets import NOBODYS, Budgets
from sagemaker_operator.lines import Flow, Place
from smkube.aws import errors
from smkube.aws.session import Address, Clients
from smkube.errors import AwsError

SAGEMAKER = "sagemaker"
NEAR = 2.0
"""Seconds that are waited in one go: the rate will not change much meanwhile."""
FAR = 30.0
"""Seconds after which anybody looks in again, however long the line is."""

_REASONS = {
    errors.Cause.THROTTLED: reasons.THROTTLED,
    errors.Cause.QUOTA: reasons.QUOTA_EXCEEDED,
    errors.Cause.DENIED: reasons.ACCESS_DENIED,
    errors.Cause.CREDENTIALS: reasons.CREDENTIALS_INVALID,
    errors.Cause.NAME_TAKEN: reasons.NAME_CONFLICT,
    errors.Cause.CONFLICT: reasons.SERVICE_ERROR,
    errors.Cause.INVALID: reasons.INVALID_SPEC,
    errors.Cause.NOT_FOUND: reasons.INVALID_SPEC,
    errors.Cause.DEPENDENCY: reasons.DEPENDENCY_NOT_READY,
    errors.Cause.SERVICE: reasons.SERVICE_ERROR,
    errors.Cause.NO_ANSWER: reasons.NO_ANSWER,
}


class Observer(Protocol):
    """Is told of each call (metrics)."""

    def aws_request(self, service: str, operation: str, region: str, outcome: str) -> None:
        """A call ended; `outcome` is `success` or AWS's error code."""


class Busy(Exception):  # noqa: N818 - not an error: the caller is to come back
    """The operation's turn has not come: come back with `place` after so many seconds.

    Somebody far back in the line is asked to come back half way, as the rate may have changed by then.
    """

    def __init__(self, place: Place, wait: float) -> None:
        super().__init__(f"place {place.number}, in {wait:.1f} s")
        self.place = place
        self.after = wait if wait <= NEAR else min(wait / 2, FAR)


class Cloud:
    """Calls to SageMaker.

    Args:
        clients: the cache of AWS clients.
        budgets: shared by everything that calls AWS in this process.
        default_endpoint: SageMaker URL for objects that name none; empty for AWS's own.
        observer: is told of each call.
        stop: set when the process is to end; a wait for a budget ends then.
        clock: monotonic seconds.
    """

    PATIENCE = 0.5
    """Seconds a worker waits for its turn itself, rather than coming back."""

    def __init__(
        self,
        clients: Clients,
        budgets: Budgets,
        *,
        default_endpoint: str,
        observer: Observer,
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._budgets = budgets
        self._default_endpoint = default_endpoint
        self._observer = observer
        self._stop = stop
        self._clock = clock

    def address(self, region: str, endpoint: str, service: str = SAGEMAKER) -> Address:
        """The API of a service in a region; `sageMakerEndpoint` and its default count for SageMaker only."""
        return Address(service, region, (endpoint or self._default_endpoint) if service == SAGEMAKER else "")

    def server_time(self, address: Address) -> float | None:
        """The time at AWS when it last answered; see Clients.server_time."""
        return self._clients.server_time(address)

    def time_there(self, address: Address) -> float | None:
        """The time at AWS at this moment; see Clients.time_there."""
        return self._clients.time_there(address)

    def turn(
        self,
        address: Address,
        operation: str,
        place: Place | None = None,
        patience: float = PATIENCE,
        flow: Flow = NOBODYS,
    ) -> Place:
        """Wait in line until an operation may be called; returns the place, to be handed to `call`.

        Args:
            address: where the call is to go.
            operation: the API's name for it.
            place: the place of an earlier Busy; without one, a new one is taken.
            patience: seconds that are waited at most.
            flow: whose call it is.

        Raises:
            Busy: the turn is too far off to wait for.
        """
        key = _key(address, operation)
        place = self._budgets.join(key, flow) if place is None else place
        while (wait := self._budgets.wait(key, place)) > 0 and not self._stop.is_set():
            if wait > patience:
                raise Busy(place, wait)
            self._stop.wait(wait)
        return place

    def call(
        self,
        address: Address,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        place: Place | None = None,
        patience: float = PATIENCE,
        flow: Flow = NOBODYS,
    ) -> dict[str, Any]:
        """Call an operation within its budget.

        Args:
            address: where to.
            operation: the API's name for it.
            parameters: the request.
            place: the place of an earlier Busy or of `turn`; without one, a new one is taken.
            patience: seconds that are waited in line at most.
            flow: whose call it is.

        Raises:
            Busy: the turn is too far off to wait for.
            AwsError: AWS refused, or did not answer.
        """
        self.turn(address, operation, place, patience, flow)
        return self._counted(_key(address, operation), address, operation, parameters)

    def _counted(
        self, key: tuple[str, ...], address: Address, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        outcome = "success"
        try:
            answer = self._clients.call(address, operation, parameters)
        except ValueError as error:
            # botocore's word for an endpoint that is no URL; nothing was sent.
            outcome = "InvalidEndpoint"
            raise AwsError("CreateClient", outcome, str(error), status=400) from error
        except AwsError as error:
            outcome = error.code
            throttled = errors.cause(error) is errors.Cause.THROTTLED
            (self._budgets.throttled if throttled else self._budgets.granted)(key)
            raise
        else:
            self._budgets.granted(key)
            return answer
        finally:
            self._observer.aws_request(address.service, operation, address.region, outcome)


def _key(address: Address, operation: str) -> tuple[str, ...]:
    """What has a budget of its own."""
    return address.service, address.region, address.endpoint, operation


def reason_of(error: AwsError) -> str:
    """An AWS error as one of `reasons`."""
    return _REASONS[errors.cause(error)]


def refusal(error: AwsError) -> facts.Refusal:
    """An AWS error in the words of the decision. Its text goes into statuses and Events: no credential may be in it."""
    return facts.Refusal(
        operation=error.operation,
        reason=reason_of(error),
        text=secrecy.mask(error.text()),
        leaves_doubt=errors.leaves_doubt(error),
    )
