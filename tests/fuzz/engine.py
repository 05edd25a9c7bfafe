"""The operator's engine between a cluster and an AWS that send anything, and what must hold whatever they send.

Reflector, caches, controllers, feeds, the Events' recorder, the AWS calls through botocore and the log are the real
ones; time is simulated, and the two networks end in `cluster` and `aws`.
"""

from __future__ import annotations

import json
import logging
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from sagemaker_operator import reasons
from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine import feed, logging_setup, wakes
from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.census import Census
from sagemaker_operator.engine.cloud import Cloud
from sagemaker_operator.engine.controller import Controller
from sagemaker_operator.engine.events import NOTE_LIMIT, WORD_LIMIT, Recorder
from sagemaker_operator.engine.ledger import Ledger
from sagemaker_operator.engine.reflector import Reflector
from sagemaker_operator.engine.workqueue import WorkQueue
from smkube import conditions, kinds
from smkube.errors import KubeError
from tests.fuzz import mutations, objects
from tests.fuzz.aws import Aws
from tests.fuzz.cluster import MESSAGE_LIMIT, Cluster, Object

START = datetime(2026, 6, 1, tzinfo=UTC)
SLOWEST = 3.0
"""Seconds of the processor that one pass may take, on a machine that is busy."""
HEALTHY = "healthy"

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


class Clock(threading.Event):
    """Simulated time; it is also the stop event, so that whoever waits makes it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0

    def wait(self, timeout: float | None = None) -> bool:
        """Time goes on."""
        self.seconds += min(timeout or 0.0, 3600.0)
        return False

    def now(self) -> datetime:
        """The time of day."""
        return START + timedelta(seconds=self.seconds)


class Lines(logging.Handler):
    """Everything that is logged, as it is written, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.wrong: list[str] = []
        self._formatters = (logging_setup.TextFormatter(), logging_setup.JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Judge a record."""
        if record.exc_info and record.exc_info[0] is not None:
            trace = self._formatters[0].formatException(record.exc_info)
            self.wrong.append(f"an exception nobody declared: {trace[-1500:]}")
        for formatter in self._formatters:
            text = formatter.format(record).replace("\n    ", "")
            found = _CONTROL.search(text)
            if found:
                self.wrong.append(
                    f"{found.group()!r} in the log: {text[max(0, found.start() - 80) : found.end() + 20]!r}"
                )


class EventClient:
    """The API server as the recorder knows it."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def post(self, _path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Judge an Event as the API server does, and more strictly."""
        note = body["note"]
        if len(note.encode()) > NOTE_LIMIT or _CONTROL.search(note):
            self.wrong.append(f"an Event's note: {len(note.encode())} bytes, {note[:80]!r}")
        if not _NAME.match(body["metadata"]["name"]) or len(body["metadata"]["name"]) > 253:
            self.wrong.append(f"an Event's name: {body['metadata']['name']!r}")
        for field in ("reason", "action"):
            if not body[field] or len(body[field].encode()) > WORD_LIMIT or _CONTROL.search(body[field]):
                self.wrong.append(f"an Event's {field}: {body[field]!r}")
        return {}

    def merge_patch(self, _path: str, _body: Mapping[str, Any]) -> dict[str, Any]:
        """Repetitions say nothing new."""
        return {}


class Engine:
    """One process of the operator over one cluster and one account.

    Args:
        seed: what everything follows from.
        sound: objects are as the API server takes them by the schemas.
    """

    def __init__(self, seed: int, *, sound: bool) -> None:
        self.rng = random.Random(seed)
        self.sound = sound
        self.clock = Clock()
        self.aws = Aws(self.rng, hostile=self.rng.choice((0.2, 0.5, 0.9)))
        self.cluster = Cluster(lambda kind, before, after: self.pending.append((kind, before, after)))
        self.pending: list[tuple[kinds.Kind, Object | None, Object | None]] = []
        self.lines = Lines()
        self.events = EventClient()
        self.wrong: list[str] = []
        self.recorder = Recorder(self.events, instance="fuzz")  # type: ignore[arg-type]
        self.caches = {kind.name: Cache() for kind in kinds.ALL}
        self.ledger = Ledger(lambda _ended: None, lambda: True)
        self.census = Census({kind: self.caches[kind.name] for kind in kinds.ALL}, lambda: True)
        budgets = Budgets(lambda: self.clock.seconds)
        self.cloud = Cloud(
            self.aws.clients(),
            budgets,
            default_endpoint="",
            observer=mock.Mock(spec=["aws_request"]),
            stop=self.clock,
            clock=lambda: self.clock.seconds,
        )
        self.feeds = feed.Feeds(self.cloud, self._on_news, stop=self.clock, clock=lambda: self.clock.seconds)
        self.controllers = {kind.name: self._controller(kind) for kind in kinds.ALL}
        self.reflectors = {kind.name: self._reflector(kind) for kind in kinds.ALL}

    def _controller(self, kind: kinds.Kind) -> Controller:
        return Controller(
            kind,
            client=self.cluster,  # type: ignore[arg-type]
            cloud=self.cloud,
            feeds=self.feeds,
            caches=self.caches,
            queue=WorkQueue(clock=lambda: self.clock.seconds, rng=self.rng),
            recorder=self.recorder,
            cluster="here",
            consistency_window=30.0,
            on_result=lambda *_told: None,
            on_write=lambda old, new: self._relay(kind, old, new),
            on_release=lambda obj, description: self.ledger.released(kind, obj, description),
            stop=self.clock,
            clock=lambda: self.clock.seconds,
            now=self.clock.now,
        )

    def _reflector(self, kind: kinds.Kind) -> Reflector:
        return Reflector(
            mock.MagicMock(),
            kinds.resource_path(kind, None),
            self.caches[kind.name],
            lambda _change, old, new: self._on_change(kind, old, new),
            name=kind.plural,
            stop=threading.Event(),
        )

    def _on_change(self, kind: kinds.Kind, old: Any, new: Any) -> None:
        self.controllers[kind.name].on_change(old, new)
        self._relay(kind, old, new)

    def _relay(self, kind: kinds.Kind, old: Any, new: Any) -> None:
        self.ledger.changed(kind, old, new)
        wakes.relay(self.controllers, self.caches, kind, old, new)

    def _on_news(self, kind: kinds.Kind, key: str, look: bool) -> None:
        self.controllers[kind.name].on_news(key, look)

    # --- what happens ------------------------------------------------------------------------------------------------

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Everything that is logged meanwhile is judged."""
        loggers = [logging.getLogger(name) for name in ("sagemaker_operator", "smkube")]
        before = [(logger.level, logger.propagate) for logger in loggers]
        for logger in loggers:
            logger.addHandler(self.lines)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        try:
            with mock.patch.object(feed.Stream, "start", return_value=None):
                yield
        finally:
            for logger, (level, propagate) in zip(loggers, before, strict=True):
                logger.removeHandler(self.lines)
                logger.setLevel(level)
                logger.propagate = propagate

    def deliver(self) -> None:
        """Watch lines of what was changed reach the caches; some are not what they should be."""
        changes, self.pending = self.pending, []
        for kind, before, after in changes:
            shown = after or before
            event = {"type": "DELETED" if after is None else "MODIFIED" if before else "ADDED", "object": shown}
            reflector = self.reflectors[kind.name]
            if self.rng.random() < 0.1:
                self._line(reflector, _broken(self.rng, event))
            self._line(reflector, json.dumps(event).encode())

    def _line(self, reflector: Reflector, line: bytes) -> None:
        """One line; a broken one ends the watch as KubeError or MsgspecError, and nothing else."""
        stream = mock.MagicMock()
        stream.__iter__.return_value = iter([line])
        with mock.patch.object(reflector._client, "stream", return_value=stream):
            reflector._must_list = False
            reflector._step()

    def relist(self, kind: kinds.Kind) -> None:
        """The collection is listed anew; before that comes a page that is not what it should be."""
        items = [obj for (plural, _ns, _name), obj in self.cluster.objects.items() if plural == kind.plural]
        version = max((int(obj["metadata"]["resourceVersion"]) for obj in items), default=1)
        page = {"kind": "List", "metadata": {"resourceVersion": str(version)}, "items": items}
        reflector = self.reflectors[kind.name]
        pages = [json.dumps(page).encode()]
        if self.rng.random() < 0.3:
            rubbish = mutations.mutated(self.rng, {**page, "items": items[:1]}, 2)
            with mock.patch.object(reflector._client, "pages", return_value=iter([json.dumps(rubbish).encode()])):
                reflector._must_list = True
                reflector._step()
        with mock.patch.object(reflector._client, "pages", return_value=iter(pages)):
            reflector._must_list = True
            reflector._step()

    def work(self, passes: int) -> None:
        """Passes over whatever is due, of every kind."""
        for kind in kinds.ALL:
            controller = self.controllers[kind.name]
            for _ in range(passes):
                key = controller.queue.get(timeout=0)
                if key is None:
                    break
                self.reconcile(kind, key)
                controller.queue.done(key)
                self.deliver()

    def reconcile(self, kind: kinds.Kind, key: str) -> None:
        """One pass, timed."""
        began = time.thread_time()
        self.controllers[kind.name].reconcile(key)
        took = time.thread_time() - began
        if took > SLOWEST:
            self.wrong.append(f"a pass over {kind.name} {key} took {took:.1f} s")

    def listen(self) -> None:
        """The change feed asks once in each of its streams, and somebody asks for the metrics."""
        for stream in list(self.feeds._streams.values()):
            stream._step()
        list(self.census.collect())

    def tell(self) -> None:
        """The Events that wait are sent."""
        while not self.recorder._queue.empty():
            occurrence = self.recorder._queue.get_nowait()
            if occurrence is not None:
                self.recorder._record(occurrence)

    # --- what must hold ----------------------------------------------------------------------------------------------

    def judge(self) -> list[str]:
        """What went wrong so far."""
        found = [*self.wrong, *self.cluster.wrong, *self.lines.wrong, *self.events.wrong]
        for (plural, _namespace, name), obj in self.cluster.objects.items():
            found += (f"{plural} {name}: {text}" for text in self._status(plural, obj))
        found += self._twice()
        return found

    def _status(self, plural: str, obj: Object) -> Iterator[str]:
        status = obj.get("status")
        kind = next(kind for kind in kinds.ALL if kind.plural == plural)
        if not isinstance(status, dict) or obj.get("theirs") == status:
            return
        told = [one for one in status.get("conditions") or () if isinstance(one, dict)]
        for one in told:
            if len(str(one.get("message"))) > MESSAGE_LIMIT:
                yield f"a message of {len(one['message'])} characters"
        found = conditions.find(told, "Succeeded") or {}
        if kind.family is kinds.Family.JOB and found.get("status") in ("True", "False"):
            known = {"Completed", "Failed", "Stopped", "DeletedExternally"}
            if obj["metadata"]["name"] not in self.theirs and found.get("reason") not in known:
                yield f"an outcome {found.get('reason')!r} of word {status.get(kind.status_word)!r}"

    def _twice(self) -> Iterator[str]:
        jobs = {kind.api.create for kind in kinds.JOBS}
        made: dict[str, list[str]] = {}
        for operation, name, uid in self.aws.effects:
            if operation in jobs and uid:
                made.setdefault(uid, []).append(name)
        for uid, names in made.items():
            if len(names) > 1 and uid not in self.edited:
                yield f"the object {uid} has made {names}"

    theirs: frozenset[str] = frozenset()
    """Names of objects whose outcome somebody else wrote."""
    edited: frozenset[str] = frozenset()
    """UIDs of objects whose spec or status was changed by somebody else."""


def _broken(rng: random.Random, event: Mapping[str, Any]) -> bytes:
    whole = json.dumps(event).encode()
    error = {"kind": "Status", "code": 410, "reason": "Expired", "message": "\x1b[31mtoo old", "details": {}}
    return rng.choice(
        (
            whole[: rng.randrange(len(whole))],
            b"{}",
            b"[]",
            b"\xff\xfe",
            json.dumps({"type": "ERROR", "object": mutations.mutated(rng, error)}).encode(),
            json.dumps(
                {"type": "BOOKMARK", "object": mutations.mutated(rng, {"metadata": {"resourceVersion": "7"}})}
            ).encode(),
            json.dumps(
                {"type": "WHATEVER", "object": {"kind": "Pod", "metadata": {"name": "x", "namespace": "ns"}}}
            ).encode(),
            json.dumps(mutations.mutated(rng, event)).encode(),
        )
    )


def run(seed: int, *, sound: bool) -> list[str]:
    """One world from its seed; returns what went wrong."""
    engine = Engine(seed, sound=sound)
    with engine.heard():
        _play(engine)
        return engine.judge()


def _play(engine: Engine) -> None:
    rng = engine.rng
    engine.cluster.put(kinds.TRAINING_JOB, objects.healthy(kinds.TRAINING_JOB, HEALTHY))
    engine.aws.spared = f"{HEALTHY}-{'1' * 32}"
    chosen = rng.sample(kinds.ALL, 3)
    for number, kind in enumerate(chosen):
        obj = objects.made(rng, kind, f"object-{number}", sound=engine.sound)
        engine.theirs |= {f"object-{number}"}
        engine.cluster.put(kind, obj)
    engine.pending.clear()
    for kind in kinds.ALL:
        engine.relist(kind)
    for _ in range(4):
        engine.work(6)
        engine.listen()
        engine.clock.wait(rng.choice((0.0, 1.0, 30.0, 600.0)))
        if rng.random() < 0.5:
            _edit(engine)
        engine.deliver()
    _rest(engine)
    engine.tell()


def _edit(engine: Engine) -> None:
    """Somebody changes an object."""
    rng = engine.rng
    others = [key for key in engine.cluster.objects if key[2] != HEALTHY]
    if not others:
        return
    plural, _namespace, _name = key = rng.choice(others)
    kind = next(kind for kind in kinds.ALL if kind.plural == plural)
    after = objects.edited(rng, kind, engine.cluster.objects[key], sound=engine.sound)
    engine.edited |= {str(after["metadata"].get("uid"))}
    engine.theirs |= {str(after["metadata"].get("name"))}
    engine.cluster.put(kind, after)


def _rest(engine: Engine) -> None:
    """Answers stay as they are from here on: whatever they are, all writing ends, and the good one is well."""
    engine.aws.frozen = True
    for _ in range(12):
        writes = engine.cluster.writes
        for kind in kinds.ALL:
            for key in engine.caches[kind.name].keys():  # noqa: SIM118 - a cache is no mapping
                engine.controllers[kind.name].on_news(key, look=True)
        engine.work(6)
        engine.clock.wait(700.0)
    if engine.cluster.writes != writes and not any(map(_is_retried, engine.cluster.objects.values())):
        engine.wrong.append(f"{engine.cluster.writes - writes} writes although nothing changes")
    found = engine.cluster.objects.get((kinds.TRAINING_JOB.plural, "ns", HEALTHY), {}).get("status", {})
    if found.get("trainingJobStatus") != "InProgress":
        engine.wrong.append(f"the healthy object is {found}")


def _is_retried(obj: Object) -> bool:
    """What AWS refuses is announced again with each try."""
    status = obj.get("status")
    told = status.get("conditions") if isinstance(status, dict) else None
    found = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return any(one.get("reason") in reasons.RETRY for one in found)


__all__ = ["Engine", "KubeError", "run"]
