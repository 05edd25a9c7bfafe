"""What a release puts where: files to keys of buckets, and with which headers; it reads the files and sends nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regions import PREFIX, Region

if TYPE_CHECKING:
    from tags import Tag

SUMS = "SHA256SUMS"
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=300, must-revalidate"
"""Caches may be five minutes behind when a tag moves."""
_KINDS = {
    ".tar.gz": "application/gzip",
    ".cdx.json": "application/vnd.cyclonedx+json",
    SUMS: "text/plain; charset=utf-8",
}
"""Content types by the end of a file's name. Others are no part of a release."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the release.

    Attributes:
        path: where it is.
        content_type: for browsers and caches.
        checksum: SHA-256 as S3 spells it, in base64.
    """

    path: Path
    content_type: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One file under one tag of one region."""

    region: Region
    tag: Tag
    file: File

    @property
    def key(self) -> str:
        """Name of the object in the bucket."""
        return f"{PREFIX}/{self.tag.name}/{self.file.path.name}"

    @property
    def url(self) -> str:
        """Its address."""
        return self.region.url(self.key)

    @property
    def cache_control(self) -> str:
        """How long caches may keep it."""
        return _FOR_NOW if self.tag.moves else _FOR_EVER


def files(folder: Path) -> list[File]:
    """The files of a release that lie in a folder; the checksums last, as they tell of the others.

    Raises:
        ValueError: none is there, or they are not those that SHA256SUMS tells of.
    """
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and _kind(path)] if folder.is_dir() else []
    others = [path for path in found if path.name != SUMS]
    if not others:
        raise ValueError(f"{folder} holds no file of a release; `make dist` puts them there")
    _compare(folder / SUMS, others)
    return [File(path, _kind(path), _checksum(path)) for path in (*others, folder / SUMS)]


def uploads(regions: Sequence[Region], tags: Sequence[Tag], wanted: Sequence[File]) -> Iterator[Upload]:
    """All of them, a region after the other, and in it the tags that never move first."""
    for region in regions:
        for tag in tags:
            yield from (Upload(region, tag, file) for file in wanted)


def _kind(path: Path) -> str:
    return next((kind for end, kind in _KINDS.items() if path.name.endswith(end)), "")


def _checksum(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _compare(sums: Path, others: Sequence[Path]) -> None:
    """Nothing goes out that the checksums do not know, and nothing that they know is left behind."""
    if not sums.exists():
        raise ValueError(f"{sums} is missing")
    lines = sums.read_text(encoding="utf-8").splitlines()
    told = {name.lstrip(" *"): digest for digest, _, name in (line.partition(" ") for line in lines)}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in others}
    wrong = sorted(name for name in told.keys() | there.keys() if told.get(name) != there.get(name))
    if wrong:
        raise ValueError(f"{sums} does not fit the files beside it: {', '.join(wrong)}")
