"""Makes the file that users download: the plugin as one program that needs no Python, in the guide's tarball.

PyInstaller makes a folder of the plugin and its Python; `launcher.sh` and that folder as a compressed archive become
one file, `kubectl-smlogs`; it, the program for completion, licenses and bill of materials go into the tarball:

    dist/kubectl-smlogs-plugin/<os>.<arch>.tar.gz     names as in the guide, to be copied into a bucket as they are
                               <os>.<arch>.cdx.json   the bill of materials once more
                               SHA256SUMS

What a build holds depends on the sources, the environment and the system only, not on the time or place.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import checksums
import contents
import licenses
import sbom

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""Go's names of machines, which the guide uses, for those of uname."""
LARGEST = 25_000_000
"""Bytes; nobody wants to wait for a tool that prints logs."""
EPOCH = 315_532_800
"""The first moment of 1980, from which on every archive format can express times."""


@dataclass(frozen=True, slots=True)
class System:
    """What a build is for, in Go's words (`linux`, `amd64`), and in those of `uname -sm`."""

    os: str
    arch: str
    uname: str

    @property
    def name(self) -> str:
        """As in the guide's file names."""
        return f"{self.os}.{self.arch}"


def main() -> int:
    """Build, and say what was made; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where the folder of the files goes")
    parser.add_argument("--glibc", type=glibc, help="fail if it needs a newer C library than this, 2.28 for instance")
    arguments = parser.parse_args()
    began = time.monotonic()
    system = this_system()
    with tempfile.TemporaryDirectory(prefix="kubectl-smlogs-build-") as work:
        folder = freeze(Path(work))
        held = contents.read(folder, contents.read_places(Path(work) / "work" / "plugin" / "places.json"))
        (folder / "LICENSES.txt").write_text(licenses.collect(held), encoding="utf-8")
        program = pack(folder, version(), system)
        try_out(program, Path(work))
        bill = bill_of_materials(held, program, folder, system)
        tarball = write_files(
            arguments.output.absolute(), program, (folder / "LICENSES.txt").read_bytes(), bill, system
        )
        report(folder, program, tarball)
        problems = list(too_much(folder, program, arguments.glibc))
    print(f"dist: {time.monotonic() - began:.0f} s")
    for problem in problems:
        print(f"dist: {problem}", file=sys.stderr)
    return 1 if problems else 0


def glibc(text: str) -> tuple[int, int]:
    """A version of the C library, from the command line."""
    major, minor = text.split(".")
    return int(major), int(minor)


def too_much(folder: Path, program: bytes, oldest: tuple[int, int] | None) -> Iterator[str]:
    """What makes a build unfit to be given to users."""
    if len(program) > LARGEST:
        yield f"kubectl-smlogs has {len(program)} bytes, and {LARGEST} are the limit"
    newest = newest_glibc(folder)
    if oldest and newest and newest > oldest:
        yield f"it needs glibc {newest[0]}.{newest[1]}, and {oldest[0]}.{oldest[1]} is the limit"


def this_system() -> System:
    """The system this Python runs on; a build for another one has to be made there."""
    machine = platform.machine()
    return System(platform.system().lower(), MACHINES.get(machine, machine), f"{platform.system()} {machine}")


def version() -> str:
    """The version in the sources."""
    text = (ROOT / "operator/smkube/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("dist: operator/smkube/__init__.py holds no __version__")
    return found[1]


def freeze(work: Path) -> Path:
    """The plugin with its Python as a folder, made by PyInstaller below `work`."""
    print("dist: collecting the plugin and its Python ...", flush=True)
    environ = {
        **os.environ,
        "PYTHONHASHSEED": "0",  # The order of sets decides about the order in archives.
        "SOURCE_DATE_EPOCH": str(source_date()),
        "PYINSTALLER_CONFIG_DIR": str(work / "cache"),
    }
    # It would decide about what is compiled, and where modules come from.
    for name in ("PYTHONOPTIMIZE", "PYTHONPATH"):
        environ.pop(name, None)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=ERROR"]
    folders = [f"--distpath={work / 'frozen'}", f"--workpath={work / 'work'}"]
    command += [*folders, str(HERE / "plugin.spec")]
    done = subprocess.run(command, env=environ, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"dist: PyInstaller failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return work / "frozen" / "kubectl-smlogs"


def source_date() -> int:
    """Time stamp of all files, seconds since 1970 (reproducible-builds.org: SOURCE_DATE_EPOCH)."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH))


def pack(folder: Path, number: str, system: System) -> bytes:
    """The one file: the launcher, and behind it the folder."""
    print("dist: packing it into one file ...", flush=True)
    payload = compressed(archive(files(folder)))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    values = {
        "VERSION": number,
        "SYSTEM": f"{system.os}/{system.arch}",
        "MACHINE": system.uname,
        "ID": f"{number}-{hashlib.sha256(payload).hexdigest()[:12]}",
        # Whole files are written in blocks, and the old version is still there.
        "SPACE": str(-(-size * 5 // 4 // 10_000_000) * 10),
    }
    return launcher(values) + payload


def launcher(values: dict[str, str]) -> bytes:
    """The launcher with its places filled, among them the one of the first byte behind it (counted from 1)."""
    text = (HERE / "launcher.sh").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    length = len(text)
    while len(filled := text.replace("@SKIP@", str(length + 1)).encode()) != length:
        length = len(filled)
    return filled


def files(folder: Path) -> Iterator[tuple[str, bytes, int]]:
    """Name, content and permissions of each file of a folder, in order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            yield path.relative_to(folder).as_posix(), path.read_bytes(), mode


def archive(members: Iterable[tuple[str, bytes, int]]) -> bytes:
    """A tar archive in the oldest format that all programs read, the same for the same members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content, mode in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, source_date()
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def compressed(content: bytes) -> bytes:
    """In gzip's format: whatever system has `tar`, has gzip."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def try_out(program: bytes, work: Path) -> None:
    """Run the file as users do."""
    path = work / "kubectl-smlogs"
    path.write_bytes(program)
    path.chmod(0o755)
    environ = {**os.environ, "KUBECTL_SMLOGS_CACHE": str(work / "trial")}
    done = subprocess.run([str(path), "version"], env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0 or version() not in done.stdout:
        raise SystemExit(f"dist: the new program does not run: {done.stdout}{done.stderr}")


def bill_of_materials(held: contents.Contents, program: bytes, folder: Path, system: System) -> bytes:
    """What the program is made of, in CycloneDX."""
    lock = sbom.read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    about = {"version": version(), "system": f"{system.os}/{system.arch}", "needs": needs(folder)}
    return sbom.document(held, **about, program=program, lock=lock).encode()


def write_files(output: Path, program: bytes, others: bytes, bill: bytes, system: System) -> Path:
    """Write what is uploaded, and return the tarball, which holds the guide's folder.

    Args:
        output: gets the folder, named as the first part of the keys.
        program: the one file.
        others: the licenses of what it holds.
        bill: its bill of materials.
        system: that it is made for.
    """
    name = f"kubectl-smlogs.{system.name}"
    members = [
        (f"{name}/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
        (f"{name}/LICENSES.txt", others, 0o644),
        (f"{name}/kubectl-smlogs", program, 0o755),
        (f"{name}/kubectl-smlogs.cdx.json", bill, 0o644),
        (f"{name}/kubectl_complete-smlogs", (HERE / "completion.sh").read_bytes(), 0o755),
    ]
    folder = output / "kubectl-smlogs-plugin"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{system.name}.cdx.json", bill)
    tarball = write_whole(folder / f"{system.name}.tar.gz", compressed(archive(members)))
    checksums.write(folder)
    return tarball


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that nobody ever sees a part of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
    return path


def report(folder: Path, program: bytes, tarball: Path) -> None:
    """Say what was made, and what it needs."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    count = sum(path.is_file() for path in folder.rglob("*"))
    print(f"dist: {tarball}: {megabytes(tarball.stat().st_size)}")
    print(f"dist: kubectl-smlogs in it: {megabytes(len(program))}; unpacked {megabytes(size)} in {count} files")
    print(f"dist: with Python {platform.python_version()}; needs {needs(folder)}")
    if shutil.which("strip") is None and sys.platform.startswith("linux"):
        print("dist: `strip` is not installed (package binutils): the libraries keep their symbols")


def needs(folder: Path) -> str:
    """What the system must have."""
    newest = newest_glibc(folder)
    return f"glibc {newest[0]}.{newest[1]} or newer" if newest else f"{platform.system()} as here or newer"


def newest_glibc(folder: Path) -> tuple[int, int] | None:
    """The newest version of the C library that any file asks for; None where there is another one."""
    found = {
        (int(major), int(minor))
        for _, content, _ in files(folder)
        if content.startswith(b"\x7fELF")
        for major, minor in re.findall(rb"\0GLIBC_(\d+)\.(\d+)", content)
    }
    return max(found, default=None)


def megabytes(size: int) -> str:
    """A size for people, in millions of bytes."""
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
