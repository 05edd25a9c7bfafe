"""The delivered file for tests: built by packaging/plugin/build.py once for the same sources, and kept in the cache.

Where KUBECTL_SMLOGS_TARBALL names a tarball that was built elsewhere, the tests try out that one: a release is built
on a system with an old C library and tested on another.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("kubectl_smlogs", "operator/smkube", "packaging/plugin")
_FILES = ("requirements.lock", "LICENSE")
_KEPT = 3
"""Builds of other sources that stay; each has 30 MB."""
_SECONDS = 300.0
_GIVEN = "KUBECTL_SMLOGS_TARBALL"
_FOLDER = "kubectl-smlogs-plugin"
"""Folder of the files, as in the keys of the buckets."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `make dist` makes, and the tarball's folder.

    Attributes:
        tarball: the tarball; bill of materials and checksums lie beside it.
        folder: its folder, unpacked.
    """

    tarball: Path
    folder: Path

    @property
    def program(self) -> Path:
        """The one file."""
        return self.folder / "kubectl-smlogs"


def find(environ: Mapping[str, str], progress: Progress) -> Delivery:
    """The delivery of the sources as they are; built if it is not there yet, which takes half a minute.

    Raises:
        subprocess.CalledProcessError: the build failed.
    """
    cache = binaries.cache_folder(environ)
    given = environ.get(_GIVEN)
    digest = hashlib.sha256(Path(given).read_bytes()).hexdigest()[:12] if given else _digest()
    place = cache / f"delivered-{digest}-{platform.system().lower()}-{platform.machine()}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with binaries._build_lock(cache, progress):
            if not place.exists():
                _make(place, Path(given).parent if given else None, progress)
    os.utime(place)  # Those used last are kept.
    [tarball] = (place / _FOLDER).glob("*.tar.gz")
    return Delivery(tarball, place / f"kubectl-smlogs.{tarball.name.removesuffix('.tar.gz')}")


def _make(place: Path, given: Path | None, progress: Progress) -> None:
    """Fill a place of the cache, all or nothing: with the files of a folder, or those of a new build."""
    found = sorted(place.parent.glob("delivered-*"), key=lambda path: path.stat().st_mtime)
    for old in found[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=place.parent) as work:
        new = Path(work) / "new"
        if given is not None:
            shutil.copytree(given, new / _FOLDER)
        else:
            progress.say(f"building the plugin's file once for these sources, into {place}")
            _build(new, progress)
        [tarball] = (new / _FOLDER).glob("*.tar.gz")
        with tarfile.open(tarball) as archive:
            archive.extractall(new, filter="data")
        new.rename(place)


def _build(output: Path, progress: Progress) -> None:
    command = [sys.executable, str(ROOT / "packaging/plugin/build.py"), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        progress.say(done.stdout + done.stderr)
        done.check_returncode()


def _digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _inputs():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _inputs() -> Iterator[Path]:
    for name in _SOURCES:
        yield from sorted(path for path in (ROOT / name).rglob("*") if path.is_file() and not _is_made(path))
    yield from (ROOT / name for name in _FILES)


def _is_made(path: Path) -> bool:
    """Whether Python or a checker has left a file there."""
    inside = path.relative_to(ROOT).parts
    return path.suffix == ".pyc" or any(part.startswith(".") for part in inside)


if __name__ == "__main__":
    print(find(os.environ, Progress(sys.stderr)).program)
