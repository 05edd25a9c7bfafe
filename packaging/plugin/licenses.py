"""The licenses of everything that a frozen program holds, as one text: most of them ask to be passed on with it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
"""How packages call the files, in any capitals (PyPA: core metadata, License-File)."""
_PYTHON = "https://docs.python.org/3/license.html"


def collect(program: Path) -> str:
    """The texts for a program that PyInstaller has made, one chapter a package.

    Args:
        program: the executable, with the modules behind it.
    """
    chapters = [("Python", _of_python())]
    for distribution in _distributions(_modules(program)):
        title = f"{distribution.metadata['Name']} {distribution.version}"
        chapters.append((title, "\n\n".join(_texts(distribution)) or _named(distribution)))
    return "\n\n".join(f"{title}\n{'=' * len(title)}\n\n{text.strip()}" for title, text in chapters) + "\n"


def _modules(program: Path) -> set[str]:
    """Names of the program's modules that lie at the top."""
    # PyInstaller ships no types.
    readers = importlib.import_module("PyInstaller.archive.readers")
    held = readers.CArchiveReader(str(program)).open_embedded_archive("PYZ.pyz").toc
    return {str(name).partition(".")[0] for name in held}


def _distributions(modules: Iterable[str]) -> list[importlib.metadata.Distribution]:
    owners = importlib.metadata.packages_distributions()
    # The program is made of PyInstaller's own start as well.
    names = {"pyinstaller", *(name.lower() for module in modules for name in owners.get(module, ()))}
    return [importlib.metadata.distribution(name) for name in sorted(names)]


def _texts(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for path in sorted(distribution.files or (), key=str):
        inside = any(part.endswith(".dist-info") for part in path.parts)
        if inside and path.name.upper().startswith(_NAMES):
            yield Path(str(path.locate())).read_text(encoding="utf-8", errors="replace").strip()


def _named(distribution: importlib.metadata.Distribution) -> str:
    """The name of a license whose text the package does not hold."""
    fields = distribution.metadata
    found = [fields[name] for name in ("License-Expression", "License") if name in fields]
    return found[0] if found else "see its home page"


def _of_python() -> str:
    beside = Path(os.__file__).with_name("LICENSE.txt")
    return beside.read_text(encoding="utf-8") if beside.exists() else f"PSF-2.0, see {_PYTHON}"
