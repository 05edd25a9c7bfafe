"""What a release left behind, as a folder: what was applied, the objects, and what had happened at AWS.

Two compressed files: `manifests.yaml.xz` (definitions, rights, everything that was applied) and `left.json.xz`. Nothing
here knows a control plane.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
NAMESPACE, REGION = "default", "eu-frozen-1"
_MANIFESTS, _LEFT = "manifests.yaml.xz", "left.json.xz"
_OF_ANOTHER_CLUSTER = ("managedFields", "resourceVersion")
"""Metadata that mean nothing elsewhere."""

Object = dict[str, Any]


@dataclass(frozen=True)
class Left:
    """What a release left.

    Attributes:
        version: of the release.
        until: AWS's time then, in seconds since the epoch.
        objects: all objects of all kinds, as the API server stored them.
        history: what had happened at AWS; see `history`.
    """

    version: str
    until: float
    objects: list[Object]
    history: list[dict[str, Any]]

    def of(self, kind: str) -> Iterator[Object]:
        """The objects of a kind."""
        return (obj for obj in self.objects if obj["kind"] == kind)


def versions() -> list[str]:
    """The releases of which there is a folder, oldest first."""
    found = [path.parent.name for path in FOLDER.glob(f"*/{_LEFT}")]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


@cache
def read(version: str) -> Left:
    """What a release left."""
    return Left(**json.loads(lzma.decompress((FOLDER / version / _LEFT).read_bytes())))


def manifests(version: str) -> str:
    """What was applied to install a release."""
    return lzma.decompress((FOLDER / version / _MANIFESTS).read_bytes()).decode()


def write(left: Left, applied: str) -> Path:
    """Write a release's folder; returns it."""
    folder = FOLDER / left.version
    folder.mkdir(exist_ok=True)
    for name, text in ((_LEFT, json.dumps(asdict(left), sort_keys=True)), (_MANIFESTS, applied)):
        (folder / name).write_bytes(lzma.compress(text.encode(), preset=lzma.PRESET_EXTREME))
    return folder


def stored(obj: Mapping[str, Any]) -> Object:
    """An object as it is stored, without what belongs to the cluster that it comes from."""
    metadata = {name: value for name, value in obj["metadata"].items() if name not in _OF_ANOTHER_CLUSTER}
    return {**obj, "metadata": metadata}
