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

from sagemaker_operator.crds import writing  # noqa: E402
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
    writing.add_check(parser)
    check = parser.parse_args(arguments).check
    folders = [CHARTS / folder for folder in charts.FOLDERS]
    return writing.write(generated(), "python packaging/install/generate.py", check=check, folders=folders)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
