"""Makes `.venv`: exactly the packages of requirements.lock, and this project in editable form.

Runs with any Python from 3.11 on and nothing but its standard library. A second run with unchanged files does
nothing. Downloads are kept by pip in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MARK = VENV / ".made-from"
INPUTS = ("requirements.lock", "pyproject.toml", "packaging/setup.py")
NEEDED = (3, 11)
BASE = str(getattr(sys, "_base_executable", sys.executable))
"""The Python outside of any environment: `.venv` is made anew while this runs, maybe from `.venv` itself."""


def main() -> int:
    """Make the environment if its inputs changed; returns the exit code."""
    if sys.version_info < NEEDED:
        return _fail(f"Python {NEEDED[0]}.{NEEDED[1]} or newer is needed; this is {sys.version.split()[0]}.")
    wanted = _digest()
    if MARK.exists() and MARK.read_text(encoding="utf-8") == wanted:
        return 0
    began = time.monotonic()
    shutil.rmtree(VENV, ignore_errors=True)
    if not _make_environment():
        return 1
    pip = [*_pip(), "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    locked = [*pip, "--require-hashes", "--requirement", str(ROOT / "requirements.lock")]
    project = [*pip, "--no-build-isolation", "--editable", str(ROOT)]
    if not _run("installing the packages of requirements.lock", locked) or not _run("installing the project", project):
        return 1
    if not _run("compiling", [str(VENV / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")]):
        return 1
    MARK.write_text(wanted, encoding="utf-8")
    print(f"setup: .venv is ready ({time.monotonic() - began:.0f} s)")
    return 0


def _make_environment() -> bool:
    """A virtual environment; where ensurepip is missing (Debian splits it off), the system's pip fills it."""
    if _run("making .venv", [BASE, "-m", "venv", str(VENV)], quiet=True):
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    has_pip = subprocess.run([BASE, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    if has_pip and _run("making .venv with the system's pip", [BASE, "-m", "venv", "--without-pip", str(VENV)]):
        return True
    _fail("this Python cannot make a virtual environment; on Debian: apt-get install python3-venv")
    return False


def _pip() -> list[str]:
    own = VENV / "bin" / "pip"
    python = str(VENV / "bin" / "python")
    return [python, "-m", "pip"] if own.exists() else [BASE, "-m", "pip", "--python", python]


def _run(what: str, command: list[str], *, quiet: bool = False) -> bool:
    """Run a command, with a line at its start and one every ten seconds."""
    print(f"setup: {what} ...", flush=True)
    began, over = time.monotonic(), threading.Event()

    def tell() -> None:
        while not over.wait(10):
            print(f"setup: {what}, {time.monotonic() - began:.0f} s", flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    # An active environment or a user's pip settings must not move packages out of the project's folder.
    environ = {key: value for key, value in os.environ.items() if key not in {"PIP_TARGET", "PIP_USER", "PYTHONHOME"}}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    over.set()
    teller.join()
    if done.returncode != 0 and not quiet:
        _fail(f"{what} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.returncode == 0


def _digest() -> str:
    parts = [sys.version, *(hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in INPUTS)]
    return "\n".join(parts)


def _fail(text: str) -> int:
    print(f"setup: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
