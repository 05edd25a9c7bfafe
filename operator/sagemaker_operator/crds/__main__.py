"""Writes the CustomResourceDefinitions and the field map, or checks that the files are current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sagemaker_operator.crds import document, fieldmap, overlay, writing
from sagemaker_operator.mapping import fields

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent.parent
CRD_FOLDER = _CHECKOUT / "packaging" / "crds"
FIELD_MAP = _PACKAGE / "mapping" / fields.FILE_NAME


def generated(folder: Path, field_map: Path | None) -> dict[Path, str]:
    """Every file that the generator makes, with its text.

    Args:
        folder: where the definitions go.
        field_map: where the field map goes; None leaves it out.
    """
    files = {folder / each.file_name: document.to_yaml(document.build(each)) for each in overlay.ALL}
    if field_map is not None:
        files[field_map] = fieldmap.to_json(fieldmap.build(overlay.ALL))
    return files


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sagemaker_operator.crds",
        description="Generates the CustomResourceDefinitions and the operator's field map from AWS's service model.",
    )
    writing.add_check(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write the definitions into DIR, and no field map (default: packaging/crds of the checkout)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    if options.out is None and not CRD_FOLDER.is_dir():
        sys.stderr.write(f"error: {CRD_FOLDER} is not there: run this in a source checkout, or give --out DIR\n")
        return 2
    files = generated(options.out or CRD_FOLDER, None if options.out else FIELD_MAP)
    return writing.write(files, "python -m sagemaker_operator.crds", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
