"""The `kubernetes` package without its models: a tenth of the time and memory of the ordinary import.

Importing any part of it runs the package's `__init__`, which loads some 700 modules. Only its connection settings, its
kubeconfig loader and its in-cluster loader are needed here. Whenever something is not as expected, in a newer version
for instance, the ordinary import is used.
"""

from __future__ import annotations

import importlib
import sys
import threading
from dataclasses import dataclass
from typing import Any

from smkube.placeholders import placeholders

_PACKAGES = ("kubernetes", "kubernetes.client", "kubernetes.config")
_UNUSED: dict[str, dict[str, object]] = {
    "oauthlib": {},
    "oauthlib.oauth2": {},
    "requests_oauthlib": {"OAuth2Session": None},
}
"""What refreshes OIDC tokens; kubeconfigs with an auth-provider get the ordinary import."""
_OPTIONAL = ("google", "google.auth")
"""What refreshes gcp's, if it is installed."""

_lock = threading.Lock()
_light: Parts | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What is used of the `kubernetes` package.

    Attributes:
        configuration: the class of connection settings.
        load_dict: reads a kubeconfig, given as a dictionary, into such settings.
        in_cluster: the class that reads a pod's service account into such settings.
        problem: the class of the loaders' errors.
        light: the package's models were not loaded.
    """

    configuration: Any
    load_dict: Any
    in_cluster: Any
    problem: type[Exception]
    light: bool = False


def parts(*, auth_provider: bool = False) -> Parts:
    """The parts of the `kubernetes` package, by the cheapest way that does.

    Args:
        auth_provider: a kubeconfig with an `auth-provider` (OIDC, gcp) is to be read, which needs all of it.
    """
    global _light  # noqa: PLW0603 - as with any import, once for the process
    if auth_provider or "kubernetes" in sys.modules:
        return _ordinary()
    with _lock:
        if _light is None:
            _light = _try_light()
        return _light or _ordinary()


def _ordinary() -> Parts:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config_from_dict
    from kubernetes.config.incluster_config import InClusterConfigLoader

    return Parts(Configuration, load_kube_config_from_dict, InClusterConfigLoader, ConfigException)


def _try_light() -> Parts | None:
    try:
        with placeholders(_UNUSED, packages=_PACKAGES, missing=_OPTIONAL, forget=("kubernetes",)) as packages:
            client: Any = packages["kubernetes.client"]
            client.Configuration = _module("client.configuration").Configuration
            client.ApiClient = None
            return Parts(
                configuration=client.Configuration,
                load_dict=_module("config.kube_config").load_kube_config_from_dict,
                in_cluster=_module("config.incluster_config").InClusterConfigLoader,
                problem=_module("config.config_exception").ConfigException,
                light=True,
            )
    except (ImportError, AttributeError, TypeError):
        # Another version of the package: no error, only slower.
        return None


def _module(name: str) -> Any:
    return importlib.import_module(f"kubernetes.{name}")
