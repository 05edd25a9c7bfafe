"""The environment of the tools we compare with: apart from the project's, from its own lock file, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cluster.binaries import cache_folder

LOCK = Path(__file__).parent / "peers.lock"
"""awscli (version 1), awslogs and boto3. Made by:

uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url
"""


def environment(environ: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """Folder of the peers' programs; made when it is not there yet.

    Raises:
        ClusterError: there is no cache folder.
        subprocess.CalledProcessError: pip failed.
    """
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache_folder(environ) / f"bench-peers-{digest}"
    if not folder.exists():
        tell("installing awslogs, boto3 and the AWS CLI from PyPI")
        _install(folder)
    return folder / "bin"


def _install(folder: Path) -> None:
    """Made in its place, since an environment cannot be moved; taken away again if that fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "--requirement", str(LOCK)], check=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def second_version(command: str) -> str:
    """Path of an AWS CLI of version 2, which PyPI does not have; empty where the command is none."""
    path = shutil.which(command)
    if path is None:
        return ""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, env=dict(os.environ), check=False)
    return path if said.stdout.startswith("aws-cli/2.") else ""


def versions(folder: Path, second: str) -> dict[str, str]:
    """The versions of what is compared, by name."""
    names = ("awslogs", "boto3", "awscli")
    code = f"from importlib.metadata import version\nfor name in {names!r}: print(version(name))"
    said = subprocess.run([str(folder / "python"), "-c", code], capture_output=True, text=True, check=True).stdout
    found = dict(zip(names, said.split(), strict=True))
    if second:
        text = subprocess.run([second, "--version"], capture_output=True, text=True, check=True).stdout
        found["aws"] = text.partition(" ")[0].removeprefix("aws-cli/")
    return found
