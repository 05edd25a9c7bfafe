"""Reads a job's events from CloudWatch Logs.

FilterLogEvents serves for following and for what was written before: only it has event ids. Reading long logs faster
by GetLogEvents would be a second reader beside this one; the engine does not care. Nothing here retries or waits: the
engine decides about both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from smkube.aws import errors
from smkube.aws.session import Address, Clients
from smkube.errors import AwsError
from smkube.logs.model import Event, Page, SourceError, Trouble, Window

OPERATION = "FilterLogEvents"
ACTION = "logs:FilterLogEvents"
"""The IAM action a user of the log needs."""

_TROUBLE = {
    errors.Cause.NOT_FOUND: Trouble.MISSING,
    errors.Cause.THROTTLED: Trouble.BUSY,
    errors.Cause.SERVICE: Trouble.BUSY,
    errors.Cause.NO_ANSWER: Trouble.BUSY,
    errors.Cause.CREDENTIALS: Trouble.CREDENTIALS,
    errors.Cause.DENIED: Trouble.DENIED,
}
_FIXED_METHODS = {"env", "explicit"}
"""botocore's names for credentials that cannot change while this process lives."""


class FilterSource:
    """A LogSource over FilterLogEvents.

    Args:
        session: a botocore session, maybe from `prepare`.
        region: where the job runs.
        group: log group.
        prefix: beginning of the stream names, see `smkube.logs.streams.prefix`.
        user_agent: added to the user agent of every request.
    """

    def __init__(self, session: Any, *, region: str, group: str, prefix: str, user_agent: str) -> None:
        self._address = Address("logs", region)
        self._group = group
        self._prefix = prefix
        self._user_agent = user_agent
        self._session = session
        self._clients = self._make()

    def page(self, window: Window, token: str) -> Page:
        """One page of the events in `window`; see LogSource."""
        request: dict[str, Any] = {
            "logGroupName": self._group,
            "logStreamNamePrefix": self._prefix,
            "startTime": window.start,
            "endTime": window.end,
        }
        if token:
            request["nextToken"] = token
        try:
            answer = self._clients.call(self._address, OPERATION, request)
        except AwsError as error:
            raise SourceError(_trouble(error, token), error.text()) from error
        return Page([_event(raw) for raw in answer.get("events", ())], answer.get("nextToken", ""))

    def renew(self) -> bool:
        """Start a new session, so that refreshed files and sign-ins are seen; False if they cannot be."""
        with errors.translated("GetCredentials"):
            credentials = self._session.get_credentials()
        if credentials is not None and credentials.method in _FIXED_METHODS:
            return False
        self._session = new_session()
        self._clients = self._make()
        return True

    def _make(self) -> Clients:
        return Clients(user_agent=self._user_agent, session=self._session, pool_size=2)


class Preparation:
    """Gets botocore ready in a thread of its own, while the Kubernetes API server answers.

    Importing it and reading its description of CloudWatch Logs take longer than the object's GET.
    """

    def __init__(self, work: Callable[[], Any] | None = None) -> None:
        self._work = work or prepared_session
        self._session: Any = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="aws-preparation", daemon=True)
        self._thread.start()

    def session(self) -> Any:
        """The session.

        Raises:
            AwsError: the AWS configuration cannot be used.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._session

    def _run(self) -> None:
        try:
            self._session = self._work()
        except Exception as error:  # noqa: BLE001 - raised again in session(), in the caller's thread
            self._error = error


def new_session() -> Any:
    """A botocore session with AWS's default credential chain."""
    import botocore.session

    return botocore.session.Session()


def prepared_session() -> Any:
    """A session that has loaded what a client for CloudWatch Logs needs.

    Raises:
        AwsError: the AWS configuration (profile, config file) cannot be used.
    """
    with errors.translated("CreateSession"):
        session = new_session()
        loader = session.get_component("data_loader")
        loader.load_service_model("logs", "service-2")
        loader.load_service_model("logs", "endpoint-rule-set-1")
        session.get_component("endpoint_resolver")
        session.get_credentials()
    return session


def _event(raw: dict[str, Any]) -> Event:
    timestamp = raw.get("timestamp", 0)
    return Event(
        timestamp,
        raw.get("logStreamName", ""),
        raw.get("message", ""),
        raw.get("eventId", ""),
        raw.get("ingestionTime", timestamp),
    )


def _trouble(error: AwsError, token: str) -> Trouble:
    if token and error.code == "InvalidParameterException":
        return Trouble.TOKEN
    return _TROUBLE.get(errors.cause(error), Trouble.FATAL)
