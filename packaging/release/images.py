"""The image of a release under its tags: skopeo's command lines, and their run.

One archive, built once for all machines, is copied to every region: the digest is the same everywhere. A tag that
never moves is looked at before, and is not written if it means another image.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regions import Publication, Region
    from tags import Tag

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]
_MISSING = ("manifest unknown", "not found", "does not exist")
"""How registries say that there is no such tag (ECR: "Requested image not found")."""


@dataclass(frozen=True, slots=True)
class Push:
    """The image under one tag of one region.

    Attributes:
        region: where.
        reference: its full reference there.
        tag: the tag.
        source: the image as skopeo names it, `oci-archive:image.tar` for instance.
    """

    region: Region
    reference: str
    tag: Tag
    source: str

    @property
    def command(self) -> tuple[str, ...]:
        """Copies it, for all machines and with its digest."""
        return ("skopeo", "copy", "--all", "--preserve-digests", self.source, f"docker://{self.reference}")


def pushes(publication: Publication, regions: Sequence[Region], tags: Sequence[Tag], source: str) -> list[Push]:
    """All of them, in the order of the uploads."""
    return [Push(region, publication.image(region, tag.name), tag, source) for region in regions for tag in tags]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def push(one: Push, *, force: bool, run_command: Run = run) -> str:
    """Copy the image to its place, unless it is there; what became of it.

    Raises:
        RuntimeError: skopeo failed; the text is what it said.
        FileNotFoundError: there is no skopeo.
    """
    wanted = _digest(one.source, run_command)
    there = _digest(f"docker://{one.reference}", run_command)
    if there and there == wanted:
        return "already there"
    if there and not one.tag.moves and not force:
        return "REFUSED: another image is there"
    done = run_command(one.command)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(one.command)}: {done.stderr.strip()}")
    return "replaced" if there else "pushed"


def _digest(place: str, run_command: Run) -> str:
    """Digest of the image at a place, empty if there is none."""
    command = ("skopeo", "inspect", "--no-tags", "--format", "{{.Digest}}", place)
    done = run_command(command)
    if done.returncode == 0:
        return done.stdout.strip()
    if place.startswith("docker://") and any(text in done.stderr for text in _MISSING):
        return ""
    raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
