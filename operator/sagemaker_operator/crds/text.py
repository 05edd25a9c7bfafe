"""Turns the HTML of AWS's documentation into the plain text that `kubectl explain` shows.

Pure. The text keeps whole sentences and stays short: a definition has some two hundred of them, and kubectl
stores the definition once more in an annotation of at most 256 KiB.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

LIMIT = 600
"""Greatest length of a description, in characters."""

_BLOCKS = frozenset({"p", "li", "ul", "ol", "note", "important", "dl", "dt", "dd", "title", "para", "fullname"})
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_SPACE = re.compile(r"\s+")


class _Blocks(HTMLParser):
    """Collects the text of a fragment block by block; list items start with a dash."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "li":
            self.blocks.append("- ")
        elif tag in _BLOCKS and self.blocks[-1].strip() != "-":
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        self.blocks[-1] += data


def blocks(html: str) -> list[str]:
    """The paragraphs and list items of a fragment, without markup, each on one line."""
    parser = _Blocks()
    parser.feed(html)
    parser.close()
    found = (_SPACE.sub(" ", block).strip().replace("Amazon Web Services", "AWS") for block in parser.blocks)
    return [re.sub(r" ([.,;:])(?= |$)", r"\1", block) for block in found if block not in {"", "-"}]


def sentences(text: str, limit: int) -> str:
    """As many whole sentences of the text as fit the limit; at least the first, cut if it must be."""
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        longer = f"{kept} {sentence}".strip()
        if len(longer) > limit:
            break
        kept = longer
    return kept or f"{text[: limit - 4].rsplit(' ', 1)[0]} ..."


def plain(html: str, limit: int = LIMIT) -> str:
    """Plain text of at most `limit` characters; empty when the fragment has no text.

    Blocks stand on lines of their own. A text is cut between sentences, and never behind a colon.
    """
    kept: list[str] = []
    room = limit
    cut = False
    for block in blocks(html):
        if len(block) > room:
            cut = True
            if not kept:
                kept.append(sentences(block, room))
            break
        kept.append(block)
        room -= len(block) + 1
    while cut and len(kept) > 1 and kept[-1].endswith(":"):
        kept.pop()
    return "\n".join(kept)
