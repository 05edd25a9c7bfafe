"""The Event recorder against a small HTTP server: repetitions, refusals, slowness and stopping."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.engine import events
from sagemaker_operator.engine.events import Recorder, fit
from smkube import kinds
from smkube.kube.envelope import Metadata, Object
from tests.unit.engine.scripted import client_for, eventually

if TYPE_CHECKING:
    from smkube.kube.client import Client

OBJ = Object(metadata=Metadata(name="job", namespace="ns", uid="uid-1", resource_version="5"))


class EventApi:
    """The part of the Events API that matters: it stores, refuses doubles, patches, and can be told to misbehave."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.refuse: Callable[[int], int] = lambda _number: 0
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer."""
        self.requests.append((method, path))
        self.gate.wait(20)
        status = self.refuse(len(self.requests))
        name = body["metadata"]["name"] if method == "POST" else path.rpartition("/")[2]
        if status:
            return status, {"kind": "Status", "code": status, "message": "scripted"}
        if method == "POST" and name in self.stored:
            return 409, {"kind": "Status", "code": 409, "reason": "AlreadyExists"}
        if method != "POST" and name not in self.stored:
            return 404, {"kind": "Status", "code": 404, "reason": "NotFound"}
        self.stored[name] = {**self.stored.get(name, {}), **body}
        return 200, self.stored[name]

    def methods(self) -> list[str]:
        """The methods of all requests, in order."""
        return [method for method, _ in self.requests]


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[EventApi]

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        status, answer = self.api.answer(self.command, self.path, body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Stay silent."""


@pytest.fixture
def api() -> EventApi:
    """What the server does."""
    return EventApi()


@pytest.fixture
def client(api: EventApi) -> Iterator[Client]:
    """A real client for the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    made = client_for(f"http://127.0.0.1:{server.server_address[1]}")
    yield made
    api.gate.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
    made.close()


@contextmanager
def recording(client: Client, **options: Any) -> Iterator[Recorder]:
    """Run a recorder and stop it."""
    recorder = Recorder(client, instance="pod-1", **options)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop(5)


def tell(recorder: Recorder, note: str = "It happened.", reason: str = "Happened") -> None:
    """Record something about OBJ."""
    recorder.event(OBJ, kinds.TRAINING_JOB, "Normal", reason, note, "Watch")


def test_first_occurrence_is_posted_whole(client: Client, api: EventApi) -> None:
    """The Event carries everything that events.k8s.io/v1 requires, and points at the object."""
    with recording(client) as recorder:
        tell(recorder)
        assert eventually(lambda: bool(api.stored))
    (name, stored), *_ = api.stored.items()
    assert name.startswith("job.")
    assert stored["regarding"]["uid"] == "uid-1"
    assert stored["regarding"]["apiVersion"] == "sagemaker.aws.amazon.com/v1"
    assert stored["reportingInstance"] == "pod-1"
    assert stored["type"] == "Normal"
    assert stored["eventTime"].endswith("Z")


def test_repetitions_are_counted_in_few_requests(client: Client, api: EventApi) -> None:
    """A thousand repetitions cost one POST and two PATCHes, and at the end the count is right."""
    with recording(client) as recorder:
        for _ in range(1000):
            tell(recorder)
            if recorder._queue.qsize() > 500:
                eventually(lambda: recorder._queue.qsize() < 100)
    assert api.methods() == ["POST", "PATCH", "PATCH"]
    (stored,) = api.stored.values()
    assert stored["series"]["count"] == 1000


def test_series_is_patched_again_after_its_period(client: Client, api: EventApi) -> None:
    """Within five minutes of a patch repetitions wait; then one patch tells them all."""
    moment = [0.0]
    with recording(client, clock=lambda: moment[0]) as recorder:
        tell(recorder)
        tell(recorder)
        assert eventually(lambda: api.methods() == ["POST", "PATCH"])
        tell(recorder)
        tell(recorder)
        assert eventually(recorder._queue.empty)
        moment[0] += events.SERIES_PERIOD - 1
        tell(recorder, note="another")
        assert eventually(lambda: api.methods() == ["POST", "PATCH", "POST"])
        moment[0] += 2
        tell(recorder, note="a third")
        assert eventually(lambda: api.methods() == ["POST", "PATCH", "POST", "POST", "PATCH"])
    assert {(stored.get("series") or {}).get("count", 1) for stored in api.stored.values()} == {4, 1}


def test_restart_goes_on_with_the_stored_event(client: Client, api: EventApi) -> None:
    """A new process finds the Event of the one before and counts on instead of making a second."""
    for _ in range(3):
        with recording(client) as recorder:
            tell(recorder)
    (stored,) = api.stored.values()
    assert stored["series"]["count"] == 3


def test_event_that_the_server_has_forgotten_is_made_again(client: Client, api: EventApi) -> None:
    """When the patch of a series finds no Event, it is posted anew."""
    with recording(client) as recorder:
        tell(recorder)
        assert eventually(lambda: bool(api.stored))
        api.stored.clear()
        tell(recorder)
        assert eventually(lambda: bool(api.stored))
    assert api.methods() == ["POST", "PATCH", "POST"]


def test_refused_events_are_dropped_and_said_once(
    client: Client, api: EventApi, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that refuses costs one request an Event and one log line a minute, which names the missing right."""
    api.refuse = lambda _number: 403
    drops: list[None] = []
    with recording(client, on_drop=lambda: drops.append(None)) as recorder:
        for number in range(5):
            tell(recorder, note=f"note {number}")
        assert eventually(lambda: recorder.dropped == 5)
    assert len(api.requests) == 5
    assert len(drops) == 5
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert '"create", "get" and "patch" on resource "events"' in warnings[0]


def test_passing_trouble_is_tried_again(client: Client, api: EventApi) -> None:
    """A 503 does not lose the Event."""
    api.refuse = lambda number: 503 if number == 1 else 0
    with recording(client) as recorder:
        tell(recorder)
        assert eventually(lambda: bool(api.stored))
        assert recorder.dropped == 0


def test_slow_server_never_holds_up_the_caller(client: Client, api: EventApi) -> None:
    """While the server hangs, recording returns at once and drops what the queue does not hold."""
    api.gate.clear()
    with recording(client) as recorder:
        start = time.monotonic()
        for number in range(events.QUEUE_LIMIT + 100):
            tell(recorder, note=f"note {number}")
        assert time.monotonic() - start < 2
        assert recorder.dropped >= 99
        begun = time.monotonic()
        recorder.stop(0.2)
        assert time.monotonic() - begun < 2
        api.gate.set()


def test_stop_sends_what_is_waiting(client: Client, api: EventApi) -> None:
    """Events recorded right before the stop arrive, with the counts of repetitions."""
    with recording(client) as recorder:
        for number in range(20):
            tell(recorder, note=f"note {number % 10}")
    assert len(api.stored) == 10
    assert {stored["series"]["count"] for stored in api.stored.values()} == {2}


def test_long_object_names_make_valid_event_names(client: Client, api: EventApi) -> None:
    """The Event's name stays within 253 characters and is a DNS subdomain."""
    long = Object(metadata=Metadata(name="a" * 199 + "." + "b" * 53, namespace="ns", uid="u"))
    with recording(client) as recorder:
        recorder.event(long, kinds.TRAINING_JOB, "Warning", "R", "n", "A")
        assert eventually(lambda: bool(api.stored))
    (name,) = api.stored
    assert len(name) <= 253
    assert ".." not in name
    assert "-." not in name


@given(text=st.text(max_size=3000), limit=st.integers(10, 1024))
def test_fitted_texts_are_short_and_clean(text: str, limit: int) -> None:
    """Whatever the text, the result is one printable line within the limit in bytes."""
    fitted = fit(text, limit)
    assert len(fitted.encode()) <= limit
    assert fitted.isprintable()
