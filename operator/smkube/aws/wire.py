"""Signed JSON 1.1 requests (AWS JSON protocol, Smithy specification) to CloudWatch Logs and SageMaker.

botocore decides about credentials, endpoint, signature, certificates and proxies; only its clients are left out: making
one reads the description of a whole service, and its parser takes several times as long as decoding the bytes into
typed structures. Nothing here retries, except once with AWS's time where the clock of this machine is wrong.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from smkube.aws import endpoints, errors
from smkube.aws.account import Account
from smkube.aws.session import CONNECT_TIMEOUT, READ_TIMEOUT
from smkube.errors import AwsError

_TARGETS = {"logs": "Logs_20140328", "sagemaker": "SageMaker"}
"""Beginning of the `X-Amz-Target` header (botocore's service descriptions: targetPrefix)."""
_SKEWED = {
    "RequestTimeTooSkewed",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "AuthFailure",
}
_TOLERATED = timedelta(minutes=4)
"""AWS refuses signatures of more than five minutes ago or ahead (AWS: Signature Version 4)."""
_LOST = "ConnectionError"
_GZIP = zlib.MAX_WBITS | 16


class Wire:
    """One service in one region, for many threads.

    Args:
        service: `logs` or `sagemaker`.
        region: empty for the region of the profile or the environment.
        profile: name of an AWS profile; empty for the default chain. Not used where an account is given.
        user_agent: added to the user agent of every request.
        pool_size: connections kept open.
        account: session and credentials to share with other wires; by default an account of its own.
    """

    def __init__(
        self,
        *,
        service: str = "logs",
        region: str,
        profile: str = "",
        user_agent: str,
        pool_size: int = 10,
        account: Account | None = None,
    ) -> None:
        self.service = service
        self.region = region
        self.account = account or Account(profile)
        self._user_agent = user_agent
        self._pool_size = pool_size
        self._ready: _Ready | None = None
        self._skew = timedelta()
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Load credentials and endpoint; otherwise the first request does.

        Raises:
            AwsError: the configuration or the region cannot be used, or a source of credentials fails.
        """
        self._prepared()

    def post(self, operation: str, body: bytes) -> bytes:
        """Send one request, once.

        Args:
            operation: the API's own name, such as `FilterLogEvents`.
            body: the request as JSON.

        Returns:
            The answer as JSON.

        Raises:
            AwsError: AWS refused, or gave no answer.
        """
        ready = self._prepared()
        answer = self._send(ready, operation, body)
        if answer.status_code >= 300:
            error = _refusal(operation, answer)
            if not self._set_clock(error, answer.headers.get("Date")):
                raise error
            answer = self._send(ready, operation, body)
            if answer.status_code >= 300:
                raise _refusal(operation, answer)
        return _content(operation, answer)

    def renew(self) -> bool:
        """Start a new session, so that refreshed files and sign-ins are seen; False if credentials cannot change."""
        with self._lock:
            if not self.account.renew():
                return False
            self._ready = None
        return True

    def close(self) -> None:
        """Close the connections kept open."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None:
            ready.http.close()

    def _prepared(self) -> _Ready:
        ready = self._ready
        if ready is not None:
            return ready
        with self._lock:
            if self._ready is None:
                self._ready = self._make()
            return self._ready

    def _make(self) -> _Ready:
        session = self.account.session()
        with errors.translated("CreateClient"):
            endpoint = endpoints.resolve(session, self.service, self.region)
        credentials = self.account.credentials(endpoint.region)
        with errors.translated("CreateClient"):
            from smkube.aws import transport

            return _Ready(
                endpoint=endpoint,
                credentials=credentials,
                http=transport.session(session, endpoint.url, self._pool_size, (CONNECT_TIMEOUT, READ_TIMEOUT)),
                user_agent=_user_agent(session, self._user_agent),
            )

    def _send(self, ready: _Ready, operation: str, body: bytes) -> Any:
        from botocore.awsrequest import AWSRequest

        from smkube.aws.signer import sign

        request = AWSRequest(
            method="POST",
            url=ready.endpoint.url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"{_TARGETS[self.service]}.{operation}",
                "User-Agent": ready.user_agent,
            },
        )
        with errors.translated(operation):
            credentials = ready.credentials.get_frozen_credentials() if ready.credentials is not None else None
            sign(request, credentials, ready.endpoint, self._skew)
            # Not part of what is signed, so that a proxy may change it.
            request.headers["Accept-Encoding"] = "gzip"
            return ready.http.send(request.prepare())

    def _set_clock(self, error: AwsError, date: str | None) -> bool:
        """Take the time of an answer if this machine's clock is what AWS complains about; whether it was taken."""
        from smkube.aws.signer import now

        if error.code not in _SKEWED or not date:
            return False
        try:
            ahead = parsedate_to_datetime(date).replace(tzinfo=None) - now()
        except ValueError:
            return False
        if abs(ahead - self._skew) < _TOLERATED:
            return False
        self._skew = ahead
        return True


@dataclass(frozen=True, slots=True)
class _Ready:
    """What every request needs: where to, who we are, and botocore's connections."""

    endpoint: endpoints.Endpoint
    credentials: Any
    http: Any
    user_agent: str


def _user_agent(session: Any, ours: str) -> str:
    return f"{session.user_agent()} {ours}"


def _refusal(operation: str, answer: Any) -> AwsError:
    """The error of an answer, read by botocore."""
    from botocore.exceptions import ClientError
    from botocore.parsers import create_parser

    response = {
        "status_code": answer.status_code,
        "headers": answer.headers,
        "body": _content(operation, answer),
        "context": {"operation_name": operation},
    }
    try:
        parsed = create_parser("json").parse(response, None)
    except (AttributeError, ValueError):
        # JSON that is no object, or bytes that are no text: some proxy speaks, not AWS.
        text = answer.content.decode("utf-8", "replace").strip()[:256]
        parsed = {"Error": {"Message": text}, "ResponseMetadata": {"HTTPStatusCode": answer.status_code}}
    problem, status = parsed.setdefault("Error", {}), str(answer.status_code)
    if problem.get("Code", status) == status:
        # The protocol's header says it where the body does not.
        problem["Code"] = answer.headers.get("x-amzn-errortype", status).split(":")[0].rpartition("#")[2]
    try:
        with errors.translated(operation):
            raise ClientError(parsed, operation)
    except AwsError as error:
        return error


def _content(operation: str, answer: Any) -> bytes:
    """The bytes of an answer, unpacked.

    Raises:
        AwsError: they are not complete.
    """
    content: bytes = answer.content
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and len(content) < int(length):
        raise AwsError(operation, _LOST, f"The answer broke off after {len(content)} of {length} bytes.")
    if answer.headers.get("Content-Encoding", "") != "gzip":
        return content
    try:
        return zlib.decompress(content, _GZIP)
    except zlib.error as error:
        raise AwsError(operation, _LOST, f"The answer cannot be unpacked: {error}") from error
