"""The delivered file for tests: built by packaging/plugin/build.py once for the same sources, and kept in the cache."""

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


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `make dist` makes, and the tarball's folder.

    Attributes:
        tarball: the tarball.
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
    place = cache / f"delivered-{_digest()}-{platform.system().lower()}-{platform.machine()}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with binaries._build_lock(cache, progress):
            if not place.exists():
                _build(place, progress)
    os.utime(place)  # Those used last are kept.
    [tarball] = place.glob("*.tar.gz")
    [folder] = (path for path in place.iterdir() if path.is_dir())
    return Delivery(tarball, folder)


def _build(place: Path, progress: Progress) -> None:
    found = sorted(place.parent.glob("delivered-*"), key=lambda path: path.stat().st_mtime)
    for old in found[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    progress.say(f"building the plugin's file once for these sources, into {place}")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=place.parent) as work:
        new = Path(work) / "new"
        command = [sys.executable, str(ROOT / "packaging/plugin/build.py"), "--output", str(new)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode != 0:
            progress.say(done.stdout + done.stderr)
            done.check_returncode()
        [tarball] = new.iterdir()
        with tarfile.open(tarball) as archive:
            archive.extractall(new, filter="data")
        new.rename(place)


def _digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _inputs():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _inputs() -> Iterator[Path]:
    for name in _SOURCES:
        yield from sorted(path for path in (ROOT / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from (ROOT / name for name in _FILES)


if __name__ == "__main__":
    print(find(os.environ, Progress(sys.stderr)).program)
