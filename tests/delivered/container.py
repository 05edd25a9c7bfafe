"""A root file system as small as a container's, made of files of this system: a shell, a few tools, no Python.

Of libraries it has those of glibc and what the tools are linked with, not even zlib. Programs run in it with a /proc
and a /dev/null of their own, and with this machine's network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.delivered.running import PATIENCE

_TOOLS = ("bash", "cat", "cp", "env", "find", "gzip", "head", "id", "ls", "mkdir", "mv", "rm", "tail", "tar", "uname")
_GLIBC = ("libc", "libdl", "libm", "libnss_dns", "libnss_files", "libpthread", "libresolv", "librt", "libutil")
"""The libraries of Debian's package libc6 that programs are linked with; every image with glibc has them."""
_ENTER = """
mount -t proc none "$1/proc" && mount --bind /dev/null "$1/dev/null" && exec chroot "$@"
"""


@dataclass(frozen=True, slots=True)
class Container:
    """A root file system.

    Attributes:
        root: where it is.
    """

    root: Path

    @property
    def home(self) -> Path:
        """The user's home, seen from outside."""
        return self.root / "root"

    def run(self, script: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run commands in it as its user would type them into bash, line by line until one fails."""
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", _ENTER, "sh", str(self.root), "/bin/bash", "-euc", f"cd ~\n{script}"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def make(root: Path, *programs: Path) -> Container:
    """Make one at a path where nothing is, with these programs on its PATH besides the tools."""
    for name in ("bin", "dev", "etc/ssl/certs", "proc", "root"):
        (root / name).mkdir(parents=True)
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)
    (root / "dev" / "null").touch()
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n", encoding="utf-8")
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")
    if authorities.exists():
        shutil.copy2(authorities, root / "etc" / "ssl" / "certs")
    shell = shutil.which("dash", path="/usr/bin:/bin") or "/bin/sh"
    _add(root, Path(shell), "sh")
    for tool in [Path(found) for name in _TOOLS if (found := shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"))]:
        _add(root, tool, tool.name)
    for program in programs:
        _add(root, program, program.name)
    [folder] = {path.parent for path in root.rglob("libc.so.6")}
    for library in (path for name in _GLIBC for path in (Path("/") / folder.relative_to(root)).glob(f"{name}.so.*")):
        shutil.copy2(library, folder)
    return Container(root)


def _add(root: Path, program: Path, name: str) -> None:
    """Copy a program with the libraries it is linked with, which stay where the program looks for them."""
    shutil.copy2(program.resolve(), root / "bin" / name)
    listed = subprocess.run(["ldd", str(program.resolve())], capture_output=True, text=True, check=False)
    for library in re.findall(r"(/\S+) \(0x", listed.stdout):
        place = root / library.lstrip("/")
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library, place)
