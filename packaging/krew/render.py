"""Writes krew's manifest of a release out of smlogs.yaml, with the checksums of the files that were built.

    python packaging/krew/render.py --version v0.1.0 --checksums SHA256SUMS --url-base URL --homepage URL >smlogs.yaml

It reads and prints, and asks nobody.
"""

from __future__ import annotations

import argparse
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

TEMPLATE = Path(__file__).resolve().with_name("smlogs.yaml")
_PLATFORMS = "  platforms:\n"
_FILE = re.compile(r"([0-9a-f]{64}) [ *](\w+)\.(\w+)\.tar\.gz")


def render(template: str, *, version: str, url_base: str, homepage: str, checksums: str) -> str:
    """The manifest, with a platform for each tarball that the checksums name.

    Raises:
        ValueError: something would not be taken by krew.
    """
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version):
        raise ValueError(f"{version!r} is no version with a v")
    for url in (url_base, homepage):
        if not url.startswith("https://"):
            raise ValueError(f"{url!r} is no https address")
    systems = list(_systems(checksums))
    if not systems:
        raise ValueError("the checksums name no tarball <os>.<arch>.tar.gz")
    # What stands above the template's keys is for whoever edits it.
    head, marker, platform = template[template.index("apiVersion:") :].partition(_PLATFORMS)
    values = {"version": version, "url_base": url_base.rstrip("/"), "homepage": homepage}
    platforms = [string.Template(platform).substitute(values, **system) for system in systems]
    return string.Template(head).substitute(values) + marker + "".join(platforms)


def _systems(checksums: str) -> Iterator[dict[str, str]]:
    for line in checksums.splitlines():
        if found := _FILE.fullmatch(line):
            yield {"sha256": found[1], "os": found[2], "arch": found[3]}


def main() -> int:
    """Print the manifest; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True, help="of the release, v0.1.0")
    parser.add_argument("--checksums", required=True, type=Path, help="SHA256SUMS of the files")
    parser.add_argument("--url-base", required=True, help="where the files are, without their names")
    parser.add_argument("--homepage", required=True, help="of the project")
    given = parser.parse_args()
    values = {"version": given.version, "url_base": given.url_base, "homepage": given.homepage}
    try:
        checksums = given.checksums.read_text(encoding="utf-8")
        print(render(TEMPLATE.read_text(encoding="utf-8"), **values, checksums=checksums), end="")
    except (ValueError, OSError) as error:
        print(f"krew: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
