"""What a frozen program is made of: Python packages and libraries of the system, with versions and licenses.

It only looks at what PyInstaller has made and at the environment it was made from.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_LICENSE_FILES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
"""How packages call the files, in any capitals (PyPA: core metadata, License-File)."""
_OPENSSL = "Apache-2.0" if ssl.OPENSSL_VERSION_INFO >= (3,) else "OpenSSL"
_LICENSES = {
    "libbz2": "bzip2-1.0.6",
    "libcrypto": _OPENSSL,
    "libexpat": "MIT",
    "libffi": "MIT",
    "libgcc_s": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "liblzma": "public domain, and 0BSD from 5.6.0 on",
    "libmpdec": "BSD-2-Clause",
    "libssl": _OPENSSL,
    "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libuuid": "BSD-3-Clause",
    "libz": "Zlib",
}
"""Of libraries that Python may be linked with: SPDX expressions, as far as there are."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library of the system that is in the program's folder.

    Attributes:
        file: its name there.
        name: of the package it comes from, or its own where no package manager knows it.
        version: of that package; empty if nobody knows.
        purl: its package URL.
        license: SPDX expression, or a few words; empty if unknown.
        text: its license; empty if the system does not have it.
        sha256: of the file in the folder.
    """

    file: str
    name: str
    version: str
    purl: str
    license: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a program holds, besides the sources of this project."""

    distributions: tuple[importlib.metadata.Distribution, ...]
    libraries: tuple[Library, ...]


def read(folder: Path, places: Mapping[str, str]) -> Contents:
    """Look into what PyInstaller has made.

    Args:
        folder: the program's folder.
        places: from names of libraries and extension modules in the folder to the files they were made from.
    """
    inside = folder / "_internal"
    extensions = {name.partition("/")[0].partition(".")[0] for name in places if "lib-dynload" not in name}
    modules = _modules(folder / "kubectl-smlogs") | extensions
    foreign = sorted(name for name in places if _is_of_the_system(name, places[name]))
    libraries = tuple(_library(inside / name, Path(places[name])) for name in foreign if (inside / name).is_file())
    return Contents(tuple(_distributions(modules)), libraries)


def license_texts(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """The licenses and notices that a package brings."""
    for path in sorted(distribution.files or (), key=str):
        inside = any(part.endswith(".dist-info") for part in path.parts)
        if inside and path.name.upper().startswith(_LICENSE_FILES):
            yield Path(str(path.locate())).read_text(encoding="utf-8", errors="replace").strip()


def license_name(distribution: importlib.metadata.Distribution) -> str:
    """What a package says about its license in one line; empty if nothing."""
    fields = distribution.metadata
    found = [fields[name] for name in ("License-Expression", "License") if fields.get(name)]
    trove = [line for line in fields.get_all("Classifier", []) if line.startswith("License ::")]
    found += [line.rpartition(" :: ")[2] for line in trove]
    return str(found[0]).strip().partition("\n")[0] if found else ""


def _modules(program: Path) -> set[str]:
    """Names of the program's modules that lie at the top."""
    # PyInstaller ships no types.
    readers = importlib.import_module("PyInstaller.archive.readers")
    held = readers.CArchiveReader(str(program)).open_embedded_archive("PYZ.pyz").toc
    return {str(name).partition(".")[0] for name in held}


def _distributions(modules: Iterable[str]) -> list[importlib.metadata.Distribution]:
    owners = importlib.metadata.packages_distributions()
    # The program is made of PyInstaller's own start as well, and this project is no part of itself.
    names = {"pyinstaller", *(name.lower() for module in modules for name in owners.get(module, ()))}
    return [importlib.metadata.distribution(name) for name in sorted(names - {"kubectl-smlogs"})]


def _is_of_the_system(name: str, source: str) -> bool:
    """Whether a file is neither of Python itself nor of a package."""
    if "/" in name or name.startswith(("libpython", "Python")):
        return False
    return ".cpython-" not in name and not Path(source).is_relative_to(sys.prefix)


def _library(held: Path, source: Path) -> Library:
    base = held.name.partition(".")[0]
    known = _from_dpkg(source) or _from_rpm(source) or _by_itself(base)
    name, version, purl, text = known
    digest = hashlib.sha256(held.read_bytes()).hexdigest()
    return Library(held.name, name, version, purl, _LICENSES.get(base, ""), text, digest)


def _from_dpkg(source: Path) -> tuple[str, str, str, str] | None:
    """Name, version, package URL and license of the Debian package that a file comes from."""
    real = source.resolve()
    # The database may name the file as it was before /lib became a link to /usr/lib.
    found = _output("dpkg-query", "-S", str(real)) or _output("dpkg-query", "-S", str(real).removeprefix("/usr"))
    if not found:
        return None
    package = found.splitlines()[0].rpartition(": ")[0]
    fields = _output("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}", package)
    name, version, machine, origin = fields.split("\t")
    system = _os_release()
    where = f"{system.get('ID', 'debian')}-{system.get('VERSION_ID', '')}".rstrip("-")
    qualifiers = f"arch={machine}&distro={where}&upstream={quote(origin)}"
    purl = f"pkg:deb/{system.get('ID', 'debian')}/{quote(name)}@{quote(version, safe=':~')}?{qualifiers}"
    copyrights = Path("/usr/share/doc") / name / "copyright"
    return name, version, purl, _text([copyrights])


def _from_rpm(source: Path) -> tuple[str, str, str, str] | None:
    """The same of an RPM package."""
    fields = _output("rpm", "-qf", "--qf", "%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n", str(source.resolve()))
    if fields.count("\t") != 2:
        return None
    name, version, machine = fields.strip().split("\t")
    system = _os_release()
    where = f"{system.get('ID', '')}-{system.get('VERSION_ID', '')}"
    purl = f"pkg:rpm/{system.get('ID', '')}/{quote(name)}@{quote(version)}?arch={machine}&distro={where}"
    folder = Path("/usr/share/licenses") / name
    return name, version, purl, _text(sorted(folder.rglob("*")) if folder.is_dir() else [])


def _by_itself(base: str) -> tuple[str, str, str, str]:
    """Where no package manager knows a file: what Python knows of the libraries it was linked with."""
    openssl = ssl.OPENSSL_VERSION.split()[1] if ssl.OPENSSL_VERSION.startswith("OpenSSL ") else ""
    known = {
        "libssl": ("openssl", openssl),
        "libcrypto": ("openssl", openssl),
        "libz": ("zlib", zlib.ZLIB_RUNTIME_VERSION),
    }
    name, version = known.get(base, (base, ""))
    return name, version, f"pkg:generic/{quote(name)}" + (f"@{quote(version)}" if version else ""), ""


def _text(paths: Iterable[Path]) -> str:
    return "\n\n".join(path.read_text(encoding="utf-8", errors="replace").strip() for path in paths if path.is_file())


def _output(*command: str) -> str:
    """What a program of the system prints; nothing if it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _os_release() -> Mapping[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def read_places(path: Path) -> dict[str, str]:
    """The list that plugin.spec has written, for `read`."""
    places: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return places
