"""Names of files for things that are named by others. Pure.

They are made of harmless characters only, so that nobody's name leads out of a folder.
"""

from __future__ import annotations

import hashlib
import re

_LONGEST_NAME = 180
_UNUSUAL = re.compile(r"[^A-Za-z0-9._+=@-]")


class Names:
    """File names that are all different, also where upper and lower case are the same."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def of(self, name: str) -> str:
        """A new file name that resembles `name`."""
        harmless = file_name(name)
        while self._given.setdefault(harmless.casefold(), name) != name:
            harmless = f"{harmless}-{_digest(name)}"
        return harmless


def file_name(name: str) -> str:
    """A name of harmless characters for a file; slashes and whatever else is unusual become `_`. Pure."""
    harmless = _UNUSUAL.sub("_", name) or "_"
    if harmless.startswith((".", "-")):
        harmless = f"_{harmless[1:]}"
    if len(harmless) > _LONGEST_NAME:
        harmless = f"{harmless[:_LONGEST_NAME]}-{_digest(name)}"
    return harmless


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]
