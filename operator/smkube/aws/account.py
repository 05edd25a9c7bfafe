"""Who we are at AWS: a botocore session of one profile, its configuration and its credentials, loaded once.

The session is botocore's own, so that everything about profiles, sign-ins, roles and endpoints is as users of AWS's
tools know it. Nothing here makes a client: that would load the description of a whole service.
"""

from __future__ import annotations

import threading
from typing import Any

from smkube.aws import errors

_FIXED_METHODS = {"env", "explicit"}
"""botocore's names for credentials that cannot change while this process lives."""


class Account:
    """A session that several wires share, safe to use from many threads.

    Args:
        profile: name of an AWS profile; empty for `AWS_PROFILE`, or the default chain.
    """

    def __init__(self, profile: str = "") -> None:
        self.profile = profile
        self._session: Any = None
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Load botocore and the configuration in a thread of its own; what goes wrong is told by `session`."""
        self._thread = threading.Thread(target=self._run, name="aws-account", daemon=True)
        self._thread.start()

    def session(self) -> Any:
        """The botocore session, made at the first call.

        Raises:
            AwsError: the configuration (a profile, a file) cannot be used.
        """
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._session is None:
                self._session = self._load()
            return self._session

    def credentials(self, region: str) -> Any:
        """The chain's credentials, which refresh themselves; None where it has none.

        Args:
            region: where AWS is asked for temporary credentials, if it comes to that.

        Raises:
            AwsError: a source of credentials is there and fails.
        """
        session = self.session()
        with self._lock, errors.translated("GetCredentials"):
            _locate(session, region)
            return session.get_credentials()

    def renew(self) -> bool:
        """Forget the session, so that refreshed files and sign-ins are seen; False where nothing can have changed."""
        with self._lock:
            session = self._session
            if session is not None and getattr(session._credentials, "method", "") in _FIXED_METHODS:  # noqa: SLF001
                return False
            self._session = None
        return True

    def _run(self) -> None:
        try:
            session = self._load()
            _warm(session)
        except Exception as error:  # noqa: BLE001 - raised again in session(), in the caller's thread
            self._error = error
        else:
            self._session = session

    def _load(self) -> Any:
        from smkube.aws import light

        with errors.translated("CreateSession"):
            session = light.session(self.profile)
            # A profile that does not exist is found out here. Where a region is configured, roles are asked for
            # now, while somebody else waits for something else.
            session.get_scoped_config()
            region = session.get_config_variable("region")
            if region:
                _locate(session, region)
                session.get_credentials()
        return session


def _warm(session: Any) -> None:
    """Do what the first request needs whatever the region is, while somebody else waits for something else."""
    from smkube.aws import endpoints, signer, transport  # noqa: F401 - the signer's module is loaded by this

    with errors.translated("CreateSession"):
        if not endpoints.configured(session, "logs").startswith("http:"):
            transport.trust(transport.verification(session))


def _locate(session: Any, region: str) -> None:
    """What botocore does with the region of the first client: its chain asks for roles there."""
    if session._last_client_region_used is None:  # noqa: SLF001 - there is no public way without making a client
        session._resolve_region_name(region, None)  # noqa: SLF001
