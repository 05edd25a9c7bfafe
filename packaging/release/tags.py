"""Under which tags a release is found, and which of them move; pure.

As in the original: the commit, `vX.Y.Z`, `vX.Y`, `vX` and `latest`. The first two are written once and mean the same
bytes for ever. The others follow the newest release, so a fix of an old line must not move them back, and a
pre-release moves none (semver.org, 2.0.0, rules 9 to 11).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

LATEST = "latest"
_NUMBER = r"(0|[1-9][0-9]*)"
_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
# No build metadata ("+..."): neither image tags nor file names of all systems may hold it.
_VERSION = re.compile(rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PART}(?:\.{_PART})*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a release.

    Attributes:
        name: as in keys and image references.
        moves: whether a later release may take it over.
    """

    name: str
    moves: bool


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version, in the order of precedence."""

    major: int
    minor: int
    patch: int
    pre: str = ""

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[object, ...]:
        parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.pre.split("."))
        return (self.major, self.minor, self.patch, not self.pre, parts if self.pre else ())


def parse(text: str) -> Version:
    """A version as git tags spell it.

    Raises:
        ValueError: it is none, or has build metadata.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no version: it must look like v1.2.3 or v1.2.3-rc.1")
    major, minor, patch, pre = found.groups()
    return Version(int(major), int(minor), int(patch), pre or "")


def known(names: Iterable[str]) -> list[Version]:
    """The versions among git's tags; others are something else."""
    return [parse(name) for name in names if _VERSION.fullmatch(name)]


def of_release(
    version: Version | None, *, commit: str = "", released: Iterable[Version] = (), latest: bool = False
) -> list[Tag]:
    """The tags that a release gets, those that never move first.

    Args:
        version: of the release, or None for a commit that is none.
        commit: full name of the commit, or nothing.
        released: versions that have been released; this one may be among them.
        latest: whether `latest` is asked for.

    Raises:
        ValueError: there would be no tag at all, or `latest` is asked for a pre-release, or the commit is no name.
    """
    if commit and not _COMMIT.fullmatch(commit):
        raise ValueError(f"{commit!r} is no full name of a commit (40 digits)")
    if latest and version is not None and version.pre:
        raise ValueError(f"{version} is a pre-release: it cannot be {LATEST}")
    found = [Tag(commit, moves=False)] if commit else []
    if version is not None:
        found += [Tag(str(version), moves=False), *_lines(version, list(released))]
    if latest and (version is None or _leads(version, released)):
        found.append(Tag(LATEST, moves=True))
    if not found:
        raise ValueError("neither a version nor a commit is given")
    return found


def _lines(version: Version, released: list[Version]) -> list[Tag]:
    """`vX.Y` and `vX`, where this version is the newest of the line."""
    if version.pre:
        return []
    major = [other for other in released if other.major == version.major]
    minor = [other for other in major if other.minor == version.minor]
    lines = ((f"v{version.major}.{version.minor}", minor), (f"v{version.major}", major))
    return [Tag(name, moves=True) for name, others in lines if _leads(version, others)]


def _leads(version: Version, others: Iterable[Version]) -> bool:
    return all(version >= other for other in others if not other.pre)
