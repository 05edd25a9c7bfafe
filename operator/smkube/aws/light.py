"""botocore's session without what only clients need: half of the time and memory of the ordinary import.

The session's module names everything that a client is made of: services' descriptions, waiters, paginators,
documentation. The credential chain and the configuration need none of it. Where the chain does need a client (to assume
a role, to sign in), it gets one of an ordinary session. Whenever something is not as expected, in a newer version for
instance, the ordinary import is used.
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Any

from smkube.placeholders import placeholders

_MODULE = "botocore.session"
_OF_CLIENTS: dict[str, dict[str, object]] = {
    "botocore.client": {},
    "botocore.endpoint": {"DEFAULT_TIMEOUT": 60, "MAX_POOL_CONNECTIONS": 10},
    "botocore.errorfactory": {"ClientExceptionsFactory": object},
    "botocore.handlers": {},
    "botocore.model": {"ServiceModel": None},
    "botocore.monitoring": {},
    "botocore.paginate": {},
    "botocore.parsers": {"ResponseParserFactory": object},
    "botocore.regions": {"EndpointResolver": None},
    "botocore.retryhandler": {},
    "botocore.translate": {},
    "botocore.waiter": {},
}
"""What the session's module imports and only `create_client` uses, with the names it takes from it."""

_lock = threading.Lock()
_light: Any = None


def session(profile: str = "") -> Any:
    """A botocore session of a profile, by the cheapest way that does; empty for the default chain.

    Raises:
        BotoCoreError: the configuration cannot be used.
    """
    global _light  # noqa: PLW0603 - as with any import, once for the process
    with _lock:
        if _light is None and _MODULE not in sys.modules:
            _light = _try_light()
    if _light is None:
        return ordinary(profile)
    return _light(profile)


def ordinary(profile: str = "") -> Any:
    """A botocore session as botocore makes it."""
    import botocore.session

    return botocore.session.Session(profile=profile or None)


def _try_light() -> Any:
    try:
        # Constants of a placeholder stay in botocore.config; they are only right as long as they are botocore's.
        with placeholders(_OF_CLIENTS, forget=(_MODULE,)):
            return _without_clients(importlib.import_module(_MODULE).Session)
    except (ImportError, AttributeError, TypeError):
        # Another version of botocore: no error, only slower.
        return None


def _without_clients(base: Any) -> Any:
    class Session(base):  # type: ignore[misc]  # botocore has no types
        """A session that leaves clients to an ordinary one."""

        def __init__(self, profile: str) -> None:
            super().__init__(profile=profile or None, include_builtin_handlers=False)
            self._given_profile = profile
            self._ordinary_lock = threading.Lock()
            self._ordinary: Any = None

        def create_client(self, *args: Any, **options: Any) -> Any:
            with self._ordinary_lock:
                if self._ordinary is None:
                    self._ordinary = ordinary(self._given_profile)
                return self._ordinary.create_client(*args, **options)

    return Session
