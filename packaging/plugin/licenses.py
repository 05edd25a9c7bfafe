"""The licenses of everything that a frozen program holds, as one text: most of them ask to be passed on with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from contents import Contents, license_name, license_texts

_PYTHON = "https://docs.python.org/3/license.html"


def collect(held: Contents) -> str:
    """The texts, one chapter a package."""
    chapters = [("Python", _of_python()), *_of_packages(held), *_of_libraries(held)]
    return "\n\n".join(f"{title}\n{'=' * len(title)}\n\n{text.strip()}" for title, text in chapters) + "\n"


def _of_packages(held: Contents) -> Iterator[tuple[str, str]]:
    for distribution in held.distributions:
        text = "\n\n".join(license_texts(distribution)) or license_name(distribution) or "see its home page"
        yield f"{distribution.metadata['Name']} {distribution.version}", text


def _of_libraries(held: Contents) -> Iterator[tuple[str, str]]:
    """One chapter for each package of the system, whatever number of its libraries is there."""
    packages: dict[str, tuple[list[str], str]] = {}
    for one in held.libraries:
        files, _ = packages.setdefault(f"{one.name} {one.version}".strip(), ([], one.text or one.license))
        files.append(one.file)
    for name, (files, text) in packages.items():
        yield f"{name} ({', '.join(files)})", text or "see its home page"


def _of_python() -> str:
    beside = Path(os.__file__).with_name("LICENSE.txt")
    return beside.read_text(encoding="utf-8") if beside.exists() else f"PSF-2.0, see {_PYTHON}"
