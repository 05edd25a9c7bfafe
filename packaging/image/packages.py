"""What of the installed packages goes into the image: the modules and data that the operator reads.

It selects and copies; nothing here is run by the operator.
"""

from __future__ import annotations

import shutil
from pathlib import Path

SERVICES = ("application-autoscaling", "logs", "sagemaker", "signin", "sqs", "sso", "sso-oidc", "sts")
"""Services whose description botocore needs: those that the operator calls, and those that give out credentials."""
_SETTINGS = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
"""What botocore reads for every service."""
_LEFT_OUT = {
    # One module for each type and each call of the Kubernetes API, twice: the operator works with dictionaries and
    # requests of its own, and takes from the package how to connect.
    "kubernetes": ("aio", "dynamic", "informer", "leaderelection", "stream", "utils", "watch"),
    "kubernetes/client": ("api", "apis", "models"),
    "certifi": ("tests",),
    # The time zones of the world; the operator's times are UTC.
    "dateutil": ("zoneinfo",),
}


def copy_packages(installed: Path, target: Path) -> None:
    """Copy what pip has installed, without what is never read."""
    shutil.copytree(installed, target, symlinks=True, dirs_exist_ok=True, ignore=_Ignored(installed))


def copy_project(sources: Path, target: Path) -> None:
    """Copy the project's own packages, as they are."""
    for package in ("sagemaker_operator", "smkube"):
        shutil.copytree(sources / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))


class _Ignored:
    """Which names of a folder are left out, for `shutil.copytree`."""

    def __init__(self, installed: Path) -> None:
        self._installed = installed

    def __call__(self, folder: str, names: list[str]) -> list[str]:
        place = Path(folder).relative_to(self._installed).as_posix()
        return [name for name in names if not _is_wanted(place, name)]


def _is_wanted(folder: str, name: str) -> bool:
    if name == "__pycache__" or name.endswith((".pyi", ".pyx", ".pxd", ".c", ".h")):
        return False
    if folder == ".":
        return name != "bin"
    if folder == "botocore/data":
        return name in (*SERVICES, *_SETTINGS)
    if folder.startswith("botocore/data/"):
        return not name.startswith("examples")
    if folder.endswith(".dist-info"):
        # Scanners read the name, the version and the license there; the list of files would no longer be true.
        return name == "METADATA" or name.upper().startswith(("LICEN", "NOTICE", "COPYING", "AUTHORS"))
    return name not in _LEFT_OUT.get(folder, ())
