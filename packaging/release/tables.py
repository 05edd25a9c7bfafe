"""Tables of where a release is, for documents and terminals; pure, but for printing.

python packaging/release/tables.py [TAG]    # Markdown: image and downloads in each region
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from regions import PREFIX, SYSTEMS, Publication, read


def markdown(publication: Publication, tag: str) -> str:
    """The table "Images and SMLogs in each Region" of the guide, for one tag."""
    rows = [("Region", "Controller image", "SMLogs")]
    rows.append(("---", "---", "---"))
    for region in publication.regions:
        names = [f"{system}.{machine}" for system, machine in SYSTEMS]
        links = [f"[{name}]({region.url(f'{PREFIX}/{tag}/{name}.tar.gz')})" for name in names]
        rows.append((region.name, f"`{publication.image(region, tag)}`", ", ".join(links)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line with one another, as kubectl prints them."""
    lines = [heads, *rows]
    widths = [max(len(line[number]) for line in lines) for number in range(len(heads))]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


if __name__ == "__main__":
    found = read()
    print(markdown(found, sys.argv[1] if len(sys.argv) > 1 else found.tag), end="")
