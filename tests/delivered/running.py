"""How tests run the delivered file: with an environment that holds nothing else, as this or as another user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds after which a program that runs counts as hanging."""
PLUGIN: list[str | Path] = [sys.executable, "-m", "kubectl_smlogs"]
"""Runs the plugin from the sources, in the project's folder."""
STRANGER = 65534
"""User and group id of nobody."""

is_root = os.geteuid() == 0
needs_root = pytest.mark.skipif(not is_root, reason="only root can act for another user")


@dataclass
class User:
    """Somebody who runs the file.

    Attributes:
        home: HOME; it need not be there.
        id: user and group id, None for those of the tests.
        environment: more variables.
        umask: of the program.
    """

    home: Path
    id: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    umask: int = 0o022

    @property
    def cache(self) -> Path:
        """Where the program is unpacked to, if nothing stands against it."""
        return self.home / ".cache" / "kubectl-smlogs"

    def run(self, *command: str | Path, cwd: Path = Path("/")) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with self.start(*command, cwd=cwd) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, *command: str | Path, cwd: Path = Path("/")) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            [str(word) for word in command],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8", **self.environment},
            cwd=cwd,
            user=self.id,
            group=self.id,
            extra_groups=None if self.id is None else [],
            umask=self.umask,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )


def make_user(place: Path, name: str, identity: int | None = None) -> User:
    """A user with an empty home in `place`."""
    home = place / name
    home.mkdir(mode=0o700)
    temporary = place / f"tmp of {name}"
    temporary.mkdir(mode=0o700)
    if identity is not None:
        os.chown(home, identity, identity)
        os.chown(temporary, identity, identity)
    return User(home, identity, {"TMPDIR": str(temporary)})


def installed(cache: Path) -> list[Path]:
    """The folders of versions in a cache folder."""
    return sorted(
        path for path in cache.iterdir() if not path.name.startswith(".") and (path / "kubectl-smlogs").exists()
    )


def leftovers(cache: Path) -> list[Path]:
    """What unfinished first starts left in a cache folder."""
    return sorted(path for path in cache.iterdir() if path.name.startswith("."))


def one_error(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a run that failed with one line and nothing else."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: kubectl-smlogs cannot unpack itself: ")
    return line


def in_mount(options: str, folder: Path, command: Sequence[object]) -> list[str]:
    """The command in a mount namespace of its own, with an empty file system of these options at `folder`."""
    script = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh", options, str(folder), *map(str, command)]


def can_mount() -> bool:
    """Whether this process may make mount namespaces."""
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return done.returncode == 0


needs_mounts = pytest.mark.skipif(not can_mount(), reason="no file system may be mounted here")
