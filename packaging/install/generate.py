"""Writes the installers, the rights alone and the operator's charts, or checks that the files are current.

    python packaging/install/generate.py [--check]

The charts' own sources are in the folder chart/ beside this file: what Helm's templates, values and notes say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PACKAGING = FOLDER.parent
sys.path[:0] = [str(FOLDER), str(PACKAGING / "release"), str(PACKAGING.parent / "operator")]

import charts  # noqa: E402 - found by the line above, also without an installation
import installers  # noqa: E402
import regions  # noqa: E402

from smkube import __version__  # noqa: E402

INSTALLERS = PACKAGING / "release" / "rolebased"
CHARTS = PACKAGING / "charts"


def generated() -> dict[Path, str]:
    """Every file with its text."""
    publication = regions.read()
    found = {INSTALLERS / name: text for name, text in installers.files(publication, __version__).items()}
    found[PACKAGING / "rbac" / "operator.yaml"] = installers.outside(__version__)
    found |= {CHARTS / name: text for name, text in charts.files(publication, __version__).items()}
    return found


def main(arguments: Sequence[str]) -> int:
    """Write what is not current, or with `--check` only tell; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the installers and the operator's charts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")
    check = parser.parse_args(arguments).check
    wanted = generated()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    left = [path for folder in charts.FOLDERS for path in (CHARTS / folder).rglob("*") if path.is_file()]
    left = [path for path in left if path not in wanted]
    for path in [*stale, *left]:
        if check:
            sys.stderr.write(f"stale: {path}; run `python packaging/install/generate.py`\n")
        elif path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
        else:
            path.unlink()
            sys.stdout.write(f"removed {path}\n")
    return 1 if check and (stale or left) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
