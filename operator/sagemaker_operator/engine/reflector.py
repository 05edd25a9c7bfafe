"""Keeps a cache equal to one collection of the API server: list, watch, and begin again when that breaks.

One thread per collection. It tells a callback what changed and knows nothing of what the objects mean; it never
writes to the API server, and nothing the server sends ends it.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator

import msgspec

from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.cache import Cache, Change, ChangeType
from sagemaker_operator.engine.complaints import Complaints
from sagemaker_operator.engine.refusals import explain
from smkube.errors import ConfigError, KubeError
from smkube.kube import client as kube
from smkube.kube import envelope

__all__ = ["Cache", "ChangeType", "OnChange", "Reflector"]

log = logging.getLogger(__name__)

OnChange = Callable[[ChangeType, envelope.Object | None, envelope.Object | None], None]
"""Called with the type, the old and the new object, on the reflector's thread; is to return at once."""

RETRY_BASE = 0.2
"""Seconds before the first new attempt after a failure."""
RETRY_CAP = 30.0
"""Greatest delay between attempts, in seconds."""
MISSING_KIND_DELAY = 2.0
"""Least delay after a 404: a CustomResourceDefinition is not installed many times a second."""
LONGEST_OBEDIENCE = 300.0
"""Greatest Retry-After, in seconds, that is honoured."""
STEADY = 5.0
"""A watch that lasted this many seconds, or brought anything, was a success."""
DISTRUST_AFTER = 3
"""Watches refused in a row, for whatever reason, after which the collection is listed anew."""
SLACK = 30.0
"""Seconds that connecting and answering may take on top of what a request is told to take."""
LIST_PATIENCE = 90.0
"""Seconds that a page of a list may take, renewed credentials and a second connection included."""


class _RawPage(msgspec.Struct, frozen=True):
    """A page whose objects are decoded one by one."""

    metadata: envelope.ListMeta = envelope.ListMeta()
    items: list[msgspec.Raw] = []


_RAW_PAGE = msgspec.json.Decoder(_RawPage)


class Reflector:
    """Mirrors a collection into a cache.

    Args:
        client: requests to the API server; one connection is held by the watch.
        path: URL path of the collection.
        cache: what is kept equal; nobody else removes objects from it.
        on_change: told of each change after the cache has it.
        name: for log lines and the thread.
        stop: ends the loop when set, at the latest with the open watch; `stop` does it at once.
        clock: monotonic seconds.
        rng: source of jitter.
        query: further parameters for list and watch, such as a label selector.
        page_limit: objects on a page of a list.
        watch_seconds: for how long to keep each watch open.
        beat: told, at each step, within how many seconds the next step is due (liveness).
    """

    def __init__(  # noqa: PLR0913 - the edges (clock, jitter, stop) are arguments so that tests can hold them
        self,
        client: kube.Client,
        path: str,
        cache: Cache,
        on_change: OnChange,
        *,
        name: str,
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        query: kube.Query | None = None,
        page_limit: int = 500,
        watch_seconds: Callable[[], int] = kube.watch_seconds,
        beat: Callable[[float], None] | None = None,
    ) -> None:
        self.synced = threading.Event()
        """Set once the first list is in the cache and its changes are told."""
        self._client = client
        self._path = path
        self._cache = cache
        self._on_change = on_change
        self._name = name
        self._stop = stop
        self._clock = clock
        self._backoff = Backoff(RETRY_BASE, RETRY_CAP, rng)
        self._query = dict(query or {})
        self._page_limit = page_limit
        self._watch_seconds = watch_seconds
        self._beat = beat
        self._complaints = Complaints(log, clock)
        self._stream_lock = threading.Lock()
        self._stream: kube.Stream | None = None
        self._thread = threading.Thread(target=self._run, name=f"reflector-{name}", daemon=True)
        self._last_activity = clock()
        self._fresh_at = clock()
        self._failures = 0
        self._must_list = True
        self._list_in_one = False
        self._position = ""

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def stop(self) -> None:
        """End the loop: sets the stop event and closes the open watch. Returns at once; join waits."""
        self._stop.set()
        with self._stream_lock:
            if self._stream is not None:
                self._stream.close()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread to end; False when it still runs after `timeout` seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def last_activity(self) -> float:
        """When, by the clock, the thread last did anything; an idle watch is silent for up to `watch_seconds`."""
        return self._last_activity

    def staleness(self) -> float:
        """Seconds since the API server last showed that the cache is as new as the server.

        An idle watch shows it with a bookmark about once a minute.
        """
        return max(0.0, self._clock() - self._fresh_at)

    def _run(self) -> None:
        while not self._stop.is_set():
            delay = self._step()
            self._tick(delay)
            self._stop.wait(delay)

    def _step(self) -> float:
        """List if needed, watch once; returns the seconds to wait before the next step."""
        verb = "list" if self._must_list else "watch"
        try:
            if self._must_list:
                self._list()
                verb = "watch"
            self._watch()
        except (KubeError, ConfigError, msgspec.MsgspecError) as error:
            return 0.0 if self._stop.is_set() else self._failed(verb, error)
        except Exception as error:
            # Whatever it is, a cache that silently stops following the cluster would be worse than trying again.
            log.exception("%s: unexpected error", self._name)
            return self._failed(verb, error)
        return self._backoff.delay(0)

    def _failed(self, verb: str, error: Exception) -> float:
        delay = self._backoff.delay(self._failures)
        self._failures += 1
        answered = not (isinstance(error, KubeError) and error.unreachable)
        self._must_list = self._must_list or (answered and self._failures >= DISTRUST_AFTER)
        if not isinstance(error, KubeError):
            self._complaints.complain(f"{self._name}: cannot {verb} {self._path}: {error}")
            return delay
        if error.expired:
            self._list_in_one = self._list_in_one or verb == "list"
            self._must_list = True
            log.info("%s: the resource version is too old (%s); listing anew", self._name, error.message)
            return delay
        self._must_list = self._must_list or error.not_found
        self._complaints.complain(f"{self._name}: {explain(verb, self._path, error)}")
        if error.not_found:
            return max(delay, MISSING_KIND_DELAY)
        return delay + min(error.retry_after or 0.0, LONGEST_OBEDIENCE)

    def _list(self) -> None:
        present: set[str] = set()
        version = ""
        self._tick(LIST_PATIENCE)
        # A list that expired between two pages is asked for in one piece, as client-go does.
        limit = 0 if self._list_in_one else self._page_limit
        for data in self._client.pages(self._path, self._query, limit=limit):
            if self._stop.is_set():
                return
            page, unreadable = self._decode_page(data)
            if not version:
                version = page.metadata.resource_version
                self._cache.begin_list(version)
            present |= unreadable
            present.update(obj.key for obj in page.items)
            for obj in page.items:
                self._tell(self._cache.apply_listed(obj))
            self._tick(LIST_PATIENCE)
        self._tell(self._cache.finish_list(version, present))
        self._position = version
        self._must_list = self._list_in_one = False
        self._fresh_at = self._clock()
        log.info("%s: %d objects listed", self._name, len(present))
        self.synced.set()

    def _decode_page(self, data: bytes) -> tuple[envelope.Page, set[str]]:
        try:
            return envelope.page(data), set()
        except msgspec.ValidationError:
            # One object is not as the API conventions have it: the others count all the same.
            raw = _RAW_PAGE.decode(data)
        readable, unreadable = [], set()
        for item in raw.items:
            obj = self._decode(item)
            if obj is None:
                unreadable.add(_loose_key(item))
            else:
                readable.append(obj)
        return envelope.Page(metadata=raw.metadata, items=readable), unreadable

    def _watch(self) -> None:
        if self._stop.is_set():
            return
        opened_at, proven = self._clock(), False
        try:
            with self._open(self._watch_seconds()) as lines:
                for line in lines:
                    self._handle(line)
                    self._fresh_at = self._clock()
                    proven = True
        finally:
            proven = proven or self._clock() - opened_at >= STEADY
            if proven:
                self._failures = 0
        if not proven:
            raise KubeError(0, "WatchEnded", "The API server ended the watch at once.")
        self._fresh_at = self._clock()

    @contextlib.contextmanager
    def _open(self, seconds: int) -> Iterator[Iterator[bytes]]:
        """The lines of a watch that `stop` can end from another thread."""
        query = {**self._query, "allowWatchBookmarks": True, "resourceVersion": self._position}
        self._tick(seconds + SLACK)
        stream = self._client.stream(self._path, query, seconds=seconds)
        self._complaints.resolved(f"{self._name}: following {self._path} again")
        with self._stream_lock:
            self._stream = stream
            if self._stop.is_set():
                stream.close()
        try:
            yield self._ticking(stream, seconds)
        finally:
            with self._stream_lock:
                self._stream = None
            stream.close()

    def _ticking(self, stream: kube.Stream, seconds: int) -> Iterator[bytes]:
        for line in stream:
            if self._stop.is_set():
                return
            self._tick(seconds + SLACK)
            yield line

    def _handle(self, line: bytes) -> None:
        event = envelope.event(line)
        if event.type == "ERROR":
            status = envelope.status(event.object)
            wait = status.details.get("retryAfterSeconds")
            raise KubeError(
                status.code,
                status.reason,
                status.message,
                retry_after=float(wait) if isinstance(wait, int | float) else None,
            )
        if event.type == "BOOKMARK":
            self._reached(envelope.bookmark_version(event.object))
            self._cache.advance(self._position)
            return
        obj = self._decode(event.object)
        if obj is not None:
            self._tell(self._cache.apply(obj, deleted=event.type == "DELETED"))
            self._reached(obj.metadata.resource_version)

    def _decode(self, raw: msgspec.Raw) -> envelope.Object | None:
        try:
            obj = envelope.obj(raw)
        except msgspec.MsgspecError as error:
            log.error("%s: the object %s cannot be read and is left out: %s", self._name, _loose_key(raw), error)  # noqa: TRY400 - the trace says nothing
            return None
        return obj

    def _reached(self, version: str) -> None:
        if version:
            self._position = version

    def _tell(self, changes: list[Change]) -> None:
        for change in changes:
            try:
                self._on_change(change.type, change.old, change.new)
            except Exception:
                # One object's trouble must not blind us for the others.
                log.exception("%s: a change could not be passed on", self._name)

    def _tick(self, next_within: float) -> None:
        self._last_activity = self._clock()
        if self._beat is not None:
            self._beat(next_within + SLACK)


def _loose_key(raw: msgspec.Raw) -> str:
    """`namespace/name` of an object that may be anything."""
    try:
        loaded = msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        return "without a name"
    metadata = loaded.get("metadata") if isinstance(loaded, dict) else None
    if not isinstance(metadata, dict):
        return "without a name"
    return f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
