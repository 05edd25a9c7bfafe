"""Writes SHA256SUMS for the plugin's files of a folder, for `sha256sum -c`.

    python packaging/plugin/checksums.py dist/kubectl-smlogs-plugin

A build does it for its own files; whoever gathers the files of several systems in one folder runs it again.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

NAME = "SHA256SUMS"
_ENDS = (".tar.gz", ".cdx.json")


def write(folder: Path) -> Path:
    """Write the file anew."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith(_ENDS) and not path.name.startswith("."))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in found]
    sums = folder / NAME
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


if __name__ == "__main__":
    print(write(Path(sys.argv[1])).read_text(encoding="utf-8"), end="")
