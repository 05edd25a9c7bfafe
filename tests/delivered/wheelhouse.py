"""Wheels of what the plugin depends on, made from what is installed here: installers need no index then.

A wheel is an archive of the files that installing it puts down (PyPA: binary distribution format), so those of this
environment, which come from requirements.lock, can be packed again.
"""

from __future__ import annotations

import importlib.metadata
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

_INSTALLERS = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
"""What pip adds to a package's own files, or writes anew."""


def make(folder: Path, requirements: Iterable[str]) -> None:
    """Write a wheel for each package that is needed, directly or not."""
    folder.mkdir()
    done: set[str] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in done or (one.marker is not None and not one.marker.evaluate({"extra": ""})):
            continue
        done.add(name)
        distribution = importlib.metadata.distribution(name)
        waiting += [Requirement(line) for line in distribution.requires or ()]
        _pack(folder, name, distribution)


def _pack(folder: Path, name: str, distribution: importlib.metadata.Distribution) -> None:
    fitting = {str(tag) for tag in sys_tags()}
    told = re.findall(r"^Tag: (\S+)", distribution.read_text("WHEEL") or "", re.MULTILINE)
    tag = next(tag for tag in told if tag in fitting)
    record = []
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{distribution.version}-{tag}.whl", "w") as wheel:
        for file in distribution.files or ():
            # Programs outside of the package's folder are made by the installer.
            if ".." in file.parts or file.suffix == ".pyc" or file.name in _INSTALLERS:
                continue
            wheel.write(str(file.locate()), str(file))
            digest = f"{file.hash.mode}={file.hash.value}" if file.hash else ""
            record.append(f"{file},{digest},{file.size or ''}\n")
            if file.name == "WHEEL":
                own = str(file.parent / "RECORD")
        wheel.writestr(own, "".join(record) + f"{own},,\n")
