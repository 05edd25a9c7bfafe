"""The API server's audit log, counted as it grows: the requests of one user by verb and resource.

Why the log and not the server's metrics: these tell neither the operator's requests from the loader's nor the lease
from the rest. Reading it is cheap, as only four fields of a record are decoded, and nothing is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec


class _User(msgspec.Struct):
    username: str


class _Reference(msgspec.Struct):
    resource: str = ""
    subresource: str = ""


class _Record(msgspec.Struct):
    stage: str
    verb: str
    user: _User
    requestURI: str  # noqa: N815 - the API's name
    objectRef: _Reference | None = None  # noqa: N815 - the API's name


class AuditLog:
    """Counts what is new in a control plane's audit log at each look.

    Args:
        folder: where `audit.log` is; the server moves it aside when it is full, as `audit-<time>.log`.
        user: whose requests are counted.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self._folder = folder
        self._user = user
        self._read: dict[int, int] = {}
        """Bytes that were read, by inode: a log that is moved aside keeps it."""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._decoder = msgspec.json.Decoder(_Record)

    def counts(self) -> Counter[tuple[str, str]]:
        """Requests so far by verb and resource; a watch counts as it starts."""
        for line in self._new_lines():
            record = self._decoder.decode(line)
            begins = record.stage == "ResponseStarted"
            if record.user.username == self._user and begins == (record.verb == "watch"):
                self._counts[record.verb, _what(record)] += 1
        return Counter(self._counts)

    def _new_lines(self) -> Iterator[bytes]:
        for path in (*sorted(self._folder.glob("audit-*.log")), self._folder / "audit.log"):
            with path.open("rb") as log:
                inode = path.stat().st_ino
                log.seek(self._read.get(inode, 0))
                for line in log:
                    # The server may be writing the last one.
                    if line.endswith(b"\n"):
                        self._read[inode] = self._read.get(inode, 0) + len(line)
                        yield line


def _what(record: _Record) -> str:
    reference = record.objectRef
    if reference is None:
        return record.requestURI
    return "/".join(part for part in (reference.resource, reference.subresource) if part)
