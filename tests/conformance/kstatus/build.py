"""The kstatus library (sigs.k8s.io/cli-utils) as a program, built once and kept beside the control plane's programs."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import binaries, gobuild
from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress

MODULE = Path(__file__).resolve().parent
_FILES = ("go.mod", "go.sum", "main.go")
_SECONDS = 600.0


def find(environ: Mapping[str, str], progress: Progress) -> Path:
    """The program; built if it is not there yet, which takes half a minute and the download of a few modules.

    Raises:
        ClusterError: it cannot be built; the text says why.
    """
    cache = binaries.cache_folder(environ)
    digest = hashlib.sha256(b"".join((MODULE / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    program = cache / f"kstatus-{digest}-{platform.system().lower()}-{platform.machine()}" / "kstatus"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with binaries._build_lock(cache, progress):
            if not program.exists():
                _build(program, cache, environ, progress)
    return program


def _build(program: Path, cache: Path, environ: Mapping[str, str], progress: Progress) -> None:
    go = gobuild.find_go(environ, cache, progress)
    progress.say(f"building kstatus once, into {program.parent}")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=cache) as folder:
        made = Path(folder) / "kstatus"
        # The flags of the control plane, whose compiled packages then serve here too.
        flags = [*gobuild._FLAGS, *gobuild._BUILD_FLAGS[:-1], "-ldflags=-s -w"]
        done = subprocess.run(
            [str(go), "build", *flags, "-o", str(made), "."],
            cwd=MODULE,
            env=gobuild.go_environment(environ, cache),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            output = done.stderr.splitlines()[-20:]
            raise ClusterError("\n".join([*output, f"go build failed: {gobuild.explain(output)}"]))
        program.parent.mkdir(exist_ok=True)
        made.rename(program)


def run(program: Path, objects: str) -> str:
    """Ask the program about objects; JSON in, JSON out.

    Raises:
        subprocess.CalledProcessError: it cannot read them.
    """
    done = subprocess.run(
        [str(program)], input=objects, capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )
    return done.stdout


if __name__ == "__main__":
    find(os.environ, Progress(sys.stderr))
