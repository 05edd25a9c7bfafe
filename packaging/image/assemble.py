"""Puts together what the image adds to its base: packages, the operator, its launcher; compiled and made equal.

The same inputs give the same files: owners, modes and times are set here, and nothing of this machine goes in.
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import re
import shutil
import sys
from pathlib import Path

import packages

OPERATOR = "opt/operator"
"""Where packages and project lie; the launcher names it too."""
PYTHON = (3, 11)
"""The base's Python: what is compiled by another one would be compiled anew at each start."""


def main() -> int:
    """Make the files; returns the exit code."""
    wanted = _parser().parse_args()
    version = _version(wanted.project)
    if wanted.version not in ("", version):
        print(f"VERSION is {wanted.version}, but this is the source of {version}", file=sys.stderr)
        return 1
    if sys.version_info[:2] != PYTHON:
        print(f"the base has Python {PYTHON[0]}.{PYTHON[1]}; this is {sys.version}", file=sys.stderr)
        return 1
    root: Path = wanted.output
    packages.copy_packages(wanted.packages, root / OPERATOR)
    packages.copy_project(wanted.project, root / OPERATOR)
    shutil.copy(wanted.launcher, root / "manager")
    shutil.copy(wanted.license, root / OPERATOR / "LICENSE")
    # What is compiled is never compared with its source, which cannot change.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(
        root / OPERATOR, maxlevels=20, quiet=1, stripdir=str(root), prependdir="/", invalidation_mode=mode
    ):
        return 1
    _make_equal(root, wanted.epoch)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="what install.py has installed")
    parser.add_argument("--project", type=Path, required=True, help="folder of the project's packages")
    parser.add_argument("--launcher", type=Path, required=True)
    parser.add_argument("--license", type=Path, required=True)
    parser.add_argument("--version", default="", help="must be the sources' version, if given")
    parser.add_argument("--epoch", type=int, required=True, help="time of every file, in seconds")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    return parser


def _version(project: Path) -> str:
    text = (project / "smkube" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if not found:
        raise ValueError("smkube/__init__.py names no version")
    return found[1]


def _make_equal(root: Path, epoch: int) -> None:
    """Give all to root, writable by nobody else, with one time; files that somebody may run stay so."""
    for path in (root, *sorted(root.rglob("*"), reverse=True)):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)
        os.chown(path, 0, 0)
        os.utime(path, (epoch, epoch))
    os.utime(root, (epoch, epoch))


if __name__ == "__main__":
    sys.exit(main())
