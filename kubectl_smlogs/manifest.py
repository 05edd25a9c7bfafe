"""The file that says what else is in a folder of saved logs, and that keeps other jobs' logs from being overwritten."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_smlogs.badvalue import BadValue

if TYPE_CHECKING:
    from kubectl_smlogs.origin import Origin

NAME = "manifest.json"
_VERSION = 1


def write(folder: Path, jobs: Sequence[Mapping[str, Any]], *, complete: bool) -> None:
    """Put a manifest in the place of the one before, at once.

    Args:
        folder: where.
        jobs: what was saved of each job.
        complete: everything that was asked for is there.

    Raises:
        OSError: it could not be written; the one before is still there.
    """
    content = {"version": _VERSION, "complete": complete, "jobs": jobs}
    new = folder / f".{NAME}.{os.getpid()}"
    try:
        with new.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(folder / NAME)
    finally:
        new.unlink(missing_ok=True)


def described(origin: Origin) -> dict[str, Any]:
    """What a manifest says about whose log it is."""
    members = asdict(origin)
    members["logGroup"] = members.pop("group")
    return members


def identity(job: dict[str, Any]) -> str:
    """What makes two entries of manifests the same job."""
    return "\n".join(str(job.get(member, "")) for member in ("job", "region", "logGroup"))


def read(folder: Path) -> dict[str, str]:
    """The folders of the jobs that were saved here before, by identity.

    Raises:
        BadValue: there is a manifest of something else.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {identity(job): str(job["folder"]) for job in content["jobs"]}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadValue(
            f"--save {folder}: {NAME} in it was not written by kubectl smlogs. Choose another folder."
        ) from None


def check_same(folder: Path, known: dict[str, str], wanted: Sequence[Origin]) -> None:
    """See to it that only the logs of the same jobs are overwritten.

    Raises:
        BadValue: there is another job's.
    """
    others = known.keys() - {identity(described(origin)) for origin in wanted}
    if others:
        jobs = ", ".join(sorted(identity.partition("\n")[0] for identity in others))
        raise BadValue(f"--save {folder}: it holds the log of {jobs}. Choose another folder, or remove this one.")
