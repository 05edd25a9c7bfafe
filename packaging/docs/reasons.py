"""Puts the figures of `sagemaker_operator.reasons` into the pages of docs/reasons, and writes their index.

    python packaging/docs/reasons.py [--check]

A page is written by hand; between `<!-- generated: retry -->` and `<!-- end -->` stands what the code says of it.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reasons"
INDEX = FOLDER / "README.md"
sys.path.insert(0, str(ROOT / "operator"))

from sagemaker_operator import reasons  # noqa: E402 - found by the line above, also without an installation
from sagemaker_operator.crds import writing  # noqa: E402

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_GROUPS = ("Something is wrong", "It may pass by itself", "On the way", "As it should be, or over", "Events only")
"""What a page says of itself in its line `Group:`, in the order of the index."""


def pages() -> list[Path]:
    """The pages, without the index."""
    return sorted(path for path in FOLDER.glob("*.md") if path != INDEX)


def seconds(value: float) -> str:
    """A time as people say it."""
    whole = int(value)
    if whole < 120:
        return f"{whole} second{'s' * (whole != 1)}"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} minutes" + (f" {rest} seconds" if rest else "")


def retry(reason: str) -> str:
    """When the operator tries again, in a sentence; empty for a reason that it does not wait out."""
    policy = reasons.RETRY.get(reason)
    if policy is None:
        return ""
    stalled = "`Stalled` is `True`" if policy.stalled else "`Stalled` stays `False`, `Reconciling` is `True`"
    text = (
        f"Tried again after {seconds(policy.first)} at most, then after twice as long each time, up to "
        f"{seconds(policy.most)}; each wait is between half of that and all of it. "
        "An edit of the spec is tried at once. "
        f"{stalled} meanwhile."
    )
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False) + "\n"


def filled(path: Path) -> str:
    """A page with the figures of today."""
    text = path.read_text(encoding="utf-8")
    return _BLOCK.sub(lambda found: found[1] + retry(path.stem) + found[4], text)


def index() -> str:
    """The index with the table of all pages."""
    text = INDEX.read_text(encoding="utf-8")
    return _BLOCK.sub(lambda found: found[1] + "\n".join(_tables()) + found[4], text)


def _tables() -> Iterator[str]:
    read = {path.stem: path.read_text(encoding="utf-8") for path in pages()}
    for group in _GROUPS:
        yield f"\n## {group}\n\n| Reason | Means |\n|---|---|"
        for name, text in read.items():
            if f"\nGroup: {group}\n" in text:
                yield f"| [`{name}`]({name}.md) | {_meaning(text)} |"
    yield ""


def _meaning(text: str) -> str:
    """The first sentence of a page."""
    paragraph = " ".join(text.split("\n\n")[1].split())
    return paragraph.partition(". ")[0].rstrip(".")


def generated() -> Iterator[tuple[Path, str]]:
    """Every file with its text."""
    for path in pages():
        yield path, filled(path)
    yield INDEX, index()


def main(arguments: Sequence[str]) -> int:
    """Write what is not current, or with `--check` only tell; returns the exit code."""
    parser = argparse.ArgumentParser(description="Puts figures into the pages about reasons, and writes their index.")
    writing.add_check(parser)
    check = parser.parse_args(arguments).check
    return writing.write(dict(generated()), "python packaging/docs/reasons.py", check=check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
