"""Writes logs into a folder: a file for each stream, and a manifest that says what is in them.

    DIR/manifest.json
    DIR/<job>/<host>-<epoch>.log

Lines are saved as they were sent, for no terminal reads them here. The manifest is written first as incomplete and
replaced at the end: a folder that somebody finds tells whether it can be relied on.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_smlogs import manifest, moments, safe
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.filenames import Names
from kubectl_smlogs.moments import Moments
from kubectl_smlogs.output import OutputFailed

if TYPE_CHECKING:
    from kubectl_smlogs.origin import Origin
    from smkube.logs.model import Event

_OPEN_FILES = 64
"""Files kept open; a tuning job may have hundreds."""


class Saver:
    """Saves events as they come.

    Args:
        folder: where; made if it is not there.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._jobs: dict[Origin, _Job] = {}
        self._names = Names()
        self._files = _OpenFiles()
        self._begun = False

    def begin(self, origins: Iterable[Origin]) -> None:
        """Get the folder ready, before anything is read.

        Raises:
            BadValue: it cannot be made, or holds something else already.
        """
        if self._begun:
            return
        self._begun = True
        wanted = list(dict.fromkeys(origins))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            known = manifest.read(self._folder)
            manifest.check_same(self._folder, known, wanted)
            for origin in wanted:
                self._job(origin, emptied=known)
            self._write_manifest(complete=False)
        except OSError as error:
            raise BadValue(f"--save {self._folder}: the folder cannot be used: {error.strerror or error}.") from error

    def write(self, origin: Origin, events: Sequence[Event]) -> None:
        """Save some events.

        Raises:
            OutputFailed: the disk is full, or fails otherwise.
            BadValue: see `begin`.
        """
        self.begin([origin])
        by_stream: dict[str, list[Event]] = {}
        for event in events:
            by_stream.setdefault(event[1], []).append(event)
        try:
            job = self._job(origin, emptied={})
            for stream, own in by_stream.items():
                job.file(stream).write(own, self._files)
        except OSError as error:
            raise self._failed(error) from error

    def close(self, *, complete: bool) -> None:
        """Close the files and write the manifest.

        Args:
            complete: whether everything that was asked for is in them.

        Raises:
            OutputFailed: the disk is full, or fails otherwise.
        """
        try:
            self._files.close()
            if self._begun:
                self._write_manifest(complete=complete)
        except OSError as error:
            raise self._failed(error) from error

    def summary(self) -> str:
        """What was saved, for a line to the user."""
        files = [file for job in self._jobs.values() for file in job.files.values()]
        lines, count = sum(file.lines for file in files), len(files)
        nouns = "line" if lines == 1 else "lines", "file" if count == 1 else "files"
        return f"Saved {lines:,} {nouns[0]} in {count:,} {nouns[1]} below {self._folder}."

    def _job(self, origin: Origin, *, emptied: dict[str, str]) -> _Job:
        job = self._jobs.get(origin)
        if job is None:
            name = self._names.of(origin.job)
            folder = self._folder / name
            _make_empty(folder, ours=emptied.get(manifest.identity(manifest.described(origin))) == name)
            job = self._jobs[origin] = _Job(origin, folder)
        return job

    def _write_manifest(self, *, complete: bool) -> None:
        manifest.write(self._folder, [job.described() for job in self._jobs.values()], complete=complete)

    def _failed(self, error: OSError) -> OutputFailed:
        return OutputFailed(
            f"The log cannot be saved in {self._folder}: {error.strerror or error}. What is there is incomplete."
        )


class _Job:
    """The files of one job."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        self._origin = origin
        self._folder = folder
        self._names = Names()
        self.files: dict[str, _File] = {}

    def file(self, stream: str) -> _File:
        """The file of a stream."""
        known = self.files.get(stream)
        if known is None:
            name = self._names.of(stream.removeprefix(f"{self._origin.job}/"))
            known = self.files[stream] = _File(self._folder / f"{name}.log")
        return known

    def described(self) -> dict[str, Any]:
        """Its part of the manifest."""
        streams = [
            {"stream": stream, "file": f"{self._folder.name}/{file.path.name}", **file.described()}
            for stream, file in sorted(self.files.items())
        ]
        return {**manifest.described(self._origin), "folder": self._folder.name, "streams": streams}


class _File:
    """What was written of one stream."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self._bytes = 0
        self._first: int | None = None
        self._last: int | None = None
        self._hash = hashlib.sha256()

    def write(self, events: Sequence[Event], files: _OpenFiles) -> None:
        """Append some events."""
        encoded = safe.encode("".join([_line(event[2]) for event in events]))
        _write_all(files.get(self.path, new=not self.lines), encoded)
        times = [event[0] for event in events]
        self.lines += len(events)
        self._bytes += len(encoded)
        first, last = min(times), max(times)
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)
        self._hash.update(encoded)

    def described(self) -> dict[str, Any]:
        """Its figures."""
        text = Moments(moments.utc, moments.as_rfc3339).text
        return {
            "lines": self.lines,
            "bytes": self._bytes,
            "first": None if self._first is None else text(self._first),
            "last": None if self._last is None else text(self._last),
            "sha256": self._hash.hexdigest(),
        }


class _OpenFiles:
    """Keeps the files open that were used last."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, FileIO] = OrderedDict()

    def get(self, path: Path, *, new: bool) -> FileIO:
        """The open file.

        Args:
            path: which.
            new: it was never written to, and must not exist.
        """
        stream = self._open.get(path)
        if stream is None:
            while len(self._open) >= _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            # Unbuffered: what a full disk did not take must not be tried again when the file is closed.
            stream = self._open[path] = path.open("xb" if new else "ab", buffering=0)
        else:
            self._open.move_to_end(path)
        return stream

    def close(self) -> None:
        """Close all."""
        while self._open:
            self._open.popitem()[1].close()


def _write_all(stream: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


def _line(message: str) -> str:
    return message if message.endswith("\n") else f"{message}\n"


def _make_empty(folder: Path, *, ours: bool) -> None:
    """Make a job's folder, without the files of an earlier run.

    Raises:
        BadValue: it holds something that was not saved by us.
    """
    folder.mkdir(exist_ok=True)
    entries = list(folder.iterdir())
    if entries and not ours:
        raise BadValue(f"--save {folder.parent}: {folder} exists and was not saved by kubectl smlogs. Choose another.")
    for entry in entries:
        if entry.suffix == ".log":
            entry.unlink()
