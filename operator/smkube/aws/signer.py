"""Signature Version 4 by botocore, with a clock that can be set."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.compat import get_current_datetime
from botocore.exceptions import NoCredentialsError

from smkube.aws.endpoints import Endpoint


def now() -> datetime:
    """The time of this machine as botocore has it: UTC, without saying so."""
    time: datetime = get_current_datetime()
    return time


def sign(request: Any, credentials: Any, endpoint: Endpoint, ahead: timedelta) -> None:
    """Sign a request.

    Args:
        request: botocore's AWSRequest.
        credentials: frozen ones, or None.
        endpoint: whom it is for.
        ahead: how far AWS's clock is ahead of ours.

    Raises:
        NoCredentialsError: there are none.
    """
    if credentials is None:
        raise NoCredentialsError
    signer = _Signer(credentials, endpoint.service, endpoint.region)
    if ahead:
        signer.sign_at(request, now() + ahead)
    else:
        signer.add_auth(request)


class _Signer(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signer, which takes the time from this machine only."""

    def sign_at(self, request: Any, time: datetime) -> None:
        request.context["timestamp"] = time.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))
