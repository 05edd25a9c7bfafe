"""What the scale benchmark reads: the audit log as it grows, and the watch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.bench.scale.audit import AuditLog
from tests.bench.scale.watching import Watcher
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError

USER = "system:serviceaccount:ns:operator"


def record(verb: str, resource: str, *, user: str = USER, stage: str = "ResponseComplete", sub: str = "") -> str:
    """A line of an audit log."""
    reference = {"resource": resource, "subresource": sub, "namespace": "default"}
    body = {"stage": stage, "verb": verb, "user": {"username": user}, "requestURI": "/x", "objectRef": reference}
    return json.dumps(body) + "\n"


def test_nothing_is_lost_or_counted_twice_when_the_log_is_moved_aside(tmp_path: Path) -> None:
    """The server moves a full log aside between two looks; a half-written line waits for its end."""
    log, whole = tmp_path / "audit.log", record("patch", "trainingjobs", sub="status")
    audit = AuditLog(tmp_path, USER)
    log.write_text(whole + whole[:20], encoding="utf-8")
    assert audit.counts() == {("patch", "trainingjobs/status"): 1}

    log.write_text(whole + whole, encoding="utf-8")
    log.rename(tmp_path / "audit-2026-11-24T20-00-00.000.log")
    log.write_text(record("create", "events"), encoding="utf-8")

    assert audit.counts() == {("patch", "trainingjobs/status"): 2, ("create", "events"): 1}
    assert audit.counts() == {("patch", "trainingjobs/status"): 2, ("create", "events"): 1}


def test_a_watch_counts_as_it_starts_and_others_do_not_count(tmp_path: Path) -> None:
    """A watch has two records; requests of the loader are not the operator's."""
    lines = [
        record("watch", "trainingjobs", stage="ResponseStarted"),
        record("watch", "trainingjobs"),
        record("create", "trainingjobs", user="admin"),
    ]
    (tmp_path / "audit.log").write_text("".join(lines), encoding="utf-8")

    assert AuditLog(tmp_path, USER).counts() == {("watch", "trainingjobs"): 1}


class _Admin:
    """Answers a list, and watches with prepared lines; the second watch is refused, which ends it."""

    def __init__(self, lines: list[bytes]) -> None:
        self._watches = [lines]
        self.paths: list[str] = []

    def request(self, _method: str, _path: str) -> dict[str, Any]:
        return {"metadata": {"resourceVersion": "5"}}

    def lines(self, path: str, *, timeout: float) -> Iterator[bytes]:
        assert timeout > 0
        self.paths.append(path)
        if not self._watches:
            raise ApiError(403, "the end")
        yield from self._watches.pop()


class _Plane:
    def __init__(self, admin: _Admin) -> None:
        self.admin = admin


def event(kind: str, version: int, word: str, job: str = "", **status: Any) -> bytes:
    """A line of a watch."""
    metadata = {"name": "a", "namespace": "n", "resourceVersion": str(version)}
    shown = {"trainingJobStatus": word, "sageMakerTrainingJobName": job or None, **status}
    return json.dumps({"type": kind, "object": {"metadata": metadata, "status": shown}}).encode()


def test_the_watch_counts_what_runs_and_goes_on_where_it_ended() -> None:
    """An object runs once it is InProgress with its job's name, and no more when it has gone."""
    lines = [
        event("ADDED", 6, "InProgress"),
        event("MODIFIED", 7, "InProgress", "a-job", secondaryStatus="Training", observedGeneration=2),
        event("DELETED", 8, "Stopped", "a-job"),
    ]
    admin = _Admin(lines)
    watcher = Watcher(cast("ControlPlane", _Plane(admin)))
    runs = watcher.expect(("n", "a"), lambda shown: shown.runs)
    observed = watcher.expect(("n", "a"), lambda shown: shown.observed >= 3)
    gone = watcher.expect(("n", "a"), lambda shown: shown.gone)
    watcher.start()

    with pytest.raises(OSError, match="the end"):
        watcher.wait(lambda: False, 5)

    assert (runs.seconds is not None, observed.seconds, gone.seconds is not None) == (True, None, True)
    assert (watcher.running["n"], watcher.training) == (0, 0)
    assert watcher.shown["n", "a"].gone
    assert "resourceVersion=5" in admin.paths[0]
    assert "resourceVersion=8" in admin.paths[1]
