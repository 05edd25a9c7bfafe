"""Writes generated files, or tells which are not current: what every generator of the project does at the end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path


def add_check(parser: argparse.ArgumentParser) -> None:
    """Give a command the flag `--check`."""
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")


def write(files: Mapping[Path, str], command: str, *, check: bool, folders: Iterable[Path] = ()) -> int:
    """Write what is not current, or with `check` only tell; the exit code.

    Args:
        files: texts by path.
        command: how the files are written anew, for the hint.
        check: write nothing.
        folders: hold generated files only, so that what is left over there goes.
    """
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    left = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path not in files]
    for path in [*stale, *left]:
        if check:
            sys.stderr.write(f"stale: {path}; run `{command}`\n")
        elif path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
        else:
            path.unlink()
            sys.stdout.write(f"removed {path}\n")
    return 1 if check and (stale or left) else 0
