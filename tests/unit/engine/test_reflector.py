"""The reflector against a scripted server: everything a real one does only now and then."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_operator.engine.cache import Cache, ChangeType
from sagemaker_operator.engine.reflector import Reflector
from tests.unit.engine.scripted import (
    HOLD,
    Answer,
    Script,
    error_event,
    event,
    eventually,
    listed,
    refused,
    serving,
    thing,
)

if TYPE_CHECKING:
    from smkube.kube.client import Client
    from smkube.kube.envelope import Object

PATH = "/apis/example.com/v1/things"
OPEN = Answer(lines=[HOLD])


class Seen:
    """Collects what a reflector tells."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []

    def __call__(self, type_: ChangeType, old: Object | None, new: Object | None) -> None:
        """Note a change."""
        obj = new or old
        assert obj is not None
        self.changes.append((type_.value, obj.metadata.name))


@contextmanager
def reflecting(client: Client, **options: Any) -> Iterator[tuple[Reflector, Cache, Seen]]:
    """Run a reflector; it is stopped at the end, and must end at once."""
    cache, seen = Cache(), Seen()
    settings: dict[str, Any] = {"on_change": seen, "name": "things", "stop": threading.Event(), **options}
    reflector = Reflector(client, PATH, cache, settings.pop("on_change"), **settings)
    reflector.start()
    try:
        yield reflector, cache, seen
    finally:
        reflector.stop()
        assert reflector.join(5)


def test_pages_are_followed_and_the_watch_starts_at_the_list() -> None:
    """All pages land in the cache, and the watch goes on where the list ended, with bookmarks."""
    script = Script()
    script.lists = [listed(50, thing("a", 1), thing("b", 2), more="next"), listed(50, thing("c", 3))]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client, page_limit=2) as (reflector, cache, seen):
        assert reflector.synced.wait(5)
        assert sorted(cache.keys()) == ["ns/a", "ns/b", "ns/c"]
        assert seen.changes == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c")]
        queries = [script.requests.get(timeout=5)[1] for _ in range(3)]
    assert queries[0] == {"limit": "2"}
    assert queries[1] == {"limit": "2", "continue": "next"}
    assert queries[2]["resourceVersion"] == "50"
    assert queries[2]["allowWatchBookmarks"] == "true"
    assert 240 <= int(queries[2]["timeoutSeconds"]) <= 300


def test_events_change_the_cache_and_are_told() -> None:
    """Additions, changes and deletions reach the cache and the callback, in order."""
    script = Script()
    script.lists = [listed(50, thing("a", 1))]
    changes = [
        event("ADDED", thing("b", 51)),
        event("MODIFIED", thing("a", 52)),
        event("DELETED", thing("b", 53)),
        HOLD,
    ]
    script.watches = [Answer(lines=changes)]
    with serving(script) as client, reflecting(client) as (_, cache, seen):
        assert eventually(lambda: len(seen.changes) == 4)
        assert seen.changes[1:] == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
        assert cache.keys() == ["ns/a"]


def test_next_watch_goes_on_from_the_last_bookmark() -> None:
    """After an ended watch the next one starts at the last version seen, without a new list."""
    script = Script()
    script.lists = [listed(50)]
    script.watches = [Answer(lines=[event("BOOKMARK", {"metadata": {"resourceVersion": "77"}})]), OPEN]
    with serving(script) as client, reflecting(client) as (_, cache, _):
        queries = [script.requests.get(timeout=5)[1] for _ in range(3)]
        assert cache.position == "77"
    assert [query.get("resourceVersion") for query in queries] == [None, "50", "77"]


@pytest.mark.parametrize(
    "expired",
    [
        Answer(lines=[error_event(410, "Expired")]),
        Answer(lines=[error_event(410, "Gone")]),
        refused(410, "Expired", "too old resource version"),
    ],
)
def test_expired_version_is_listed_anew_with_deletions(expired: Answer) -> None:
    """Whether 410 comes as an event or as a status: a new list, and what vanished meanwhile is told."""
    script = Script()
    script.lists = [listed(50, thing("a", 1), thing("b", 2)), listed(90, thing("b", 80))]
    script.watches = [expired, OPEN]
    with serving(script) as client, reflecting(client) as (_, cache, seen):
        assert eventually(lambda: len(seen.changes) == 4)
        assert seen.changes[2:] == [("MODIFIED", "b"), ("DELETED", "a")]
        assert cache.keys() == ["ns/b"]


def test_list_that_expires_between_pages_is_asked_for_in_one() -> None:
    """A continue token that has expired leads to a list without pages; nothing is taken for deleted meanwhile."""
    script = Script()
    script.lists = [
        listed(50, thing("a", 1), more="next"),
        refused(410, "Expired", "the continue token is too old"),
        listed(60, thing("a", 1), thing("b", 55)),
    ]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client, page_limit=1) as (reflector, cache, seen):
        assert reflector.synced.wait(5)
        assert sorted(cache.keys()) == ["ns/a", "ns/b"]
        queries = [script.requests.get(timeout=5)[1] for _ in range(3)]
        assert seen.changes == [("ADDED", "a"), ("ADDED", "b")]
    assert queries[2] == {"limit": "0"}


def test_retry_after_is_honoured() -> None:
    """A 429 with Retry-After keeps us away for so long, whether it refuses the list or ends the watch."""
    script = Script()
    script.lists = [refused(429, "TooManyRequests", "slow down", Retry_After="1"), listed(50)]
    script.watches = [Answer(lines=[error_event(429, "TooManyRequests", retryAfterSeconds=1)]), OPEN]
    with serving(script) as client, reflecting(client):
        times = [script.requests.get(timeout=10)[0] for _ in range(4)]
    assert times[1] - times[0] >= 1
    assert times[3] - times[2] >= 1


def test_watch_that_ends_at_once_is_backed_off() -> None:
    """A server that ends every watch at once is asked ever more slowly."""
    script = Script()
    script.lists = [listed(50)]
    script.watches = [Answer(lines=[])]
    with serving(script) as client, reflecting(client):
        times = [script.requests.get(timeout=10)[0] for _ in range(6)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
    assert gaps[-1] > 0.75
    assert sum(gaps) > 1.4


def test_endless_410_is_backed_off() -> None:
    """A server whose every list is too old by the time of the watch is not listed in a hot loop."""
    script = Script()
    script.lists = [listed(50)]
    script.watches = [Answer(lines=[error_event(410, "Expired")])]
    with serving(script) as client, reflecting(client):
        times = [script.requests.get(timeout=10)[0] for _ in range(8)]
    assert times[-2] - times[0] > 0.6


def test_unreadable_objects_are_left_out_and_kept_in_the_cache(caplog: pytest.LogCaptureFixture) -> None:
    """One object that cannot be read hides no other, is logged, and is not taken for deleted."""
    script = Script()
    bad = thing("a", 60, finalizers="not a list")
    script.lists = [listed(50, thing("a", 1)), listed(70, bad, thing("b", 61), thing("c", 2))]
    first = [event("MODIFIED", bad), event("ADDED", {"metadata": 7}), event("ADDED", thing("c", 2))]
    script.watches = [Answer(lines=[*first, error_event(410)]), OPEN]
    with serving(script) as client, reflecting(client) as (_, cache, _):
        assert eventually(lambda: sorted(cache.keys()) == ["ns/a", "ns/b", "ns/c"])
        kept = cache.get("ns/a")
        assert kept is not None
        assert kept.metadata.resource_version == "1"
    assert "ns/a" in caplog.text


def test_broken_line_does_not_end_it() -> None:
    """A watch that sends something that is no JSON is opened again."""
    script = Script()
    script.lists = [listed(50)]
    script.watches = [Answer(lines=[b"{broken"]), Answer(lines=[event("ADDED", thing("a", 51)), HOLD])]
    with serving(script) as client, reflecting(client) as (_, cache, _):
        assert eventually(lambda: cache.keys() == ["ns/a"])


def test_callback_that_fails_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    """An exception in the callback is logged, and the next change is told."""
    told = []

    def fail_once(_type: ChangeType, _old: Object | None, new: Object | None) -> None:
        told.append(new)
        if len(told) == 1:
            raise RuntimeError("callback trouble")

    script = Script()
    script.lists = [listed(50, thing("a", 1), thing("b", 2))]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client, on_change=fail_once) as (reflector, _, _):
        assert reflector.synced.wait(5)
        assert len(told) == 2
    assert "callback trouble" in caplog.text


def test_missing_kind_is_said_clearly_and_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Without the CustomResourceDefinition the log says what is missing; the list comes when it is there."""
    caplog.set_level(logging.INFO)
    script = Script()
    script.lists = [refused(404, "NotFound", "could not find the requested resource"), listed(50, thing("a", 1))]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client) as (reflector, _, _):
        assert reflector.synced.wait(10)
        times = [script.requests.get(timeout=5)[0] for _ in range(2)]
        assert eventually(lambda: "following" in caplog.text)
    assert times[1] - times[0] >= 2
    assert "things.example.com is not known to the API server; install its CustomResourceDefinition" in caplog.text


def test_stop_ends_a_silent_watch_at_once() -> None:
    """Stopping does not wait for the watch to end by itself."""
    script = Script()
    script.lists = [listed(50)]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client) as (reflector, _, _):
        assert reflector.synced.wait(5)
        script.requests.get(timeout=5)
        script.requests.get(timeout=5)
        start = time.monotonic()
        reflector.stop()
        assert reflector.join(5)
        assert time.monotonic() - start < 1


def test_stop_without_start_is_harmless() -> None:
    """A reflector that never started can be stopped and joined."""
    script = Script()
    with serving(script) as client:
        reflector = Reflector(client, PATH, Cache(), Seen(), name="things", stop=threading.Event())
        reflector.stop()
        assert reflector.join(1)


def test_staleness_grows_while_the_server_is_away() -> None:
    """Staleness is small while events come and grows by the clock when nothing does."""
    moment = [100.0]
    script = Script()
    script.lists = [listed(50)]
    script.watches = [Answer(lines=[event("ADDED", thing("a", 51)), HOLD])]
    with serving(script) as client, reflecting(client, clock=lambda: moment[0]) as (reflector, cache, _):
        assert eventually(lambda: cache.keys() == ["ns/a"])
        assert reflector.staleness() == 0
        moment[0] += 90
        assert reflector.staleness() == 90
        assert reflector.last_activity() == 100


def test_liveness_is_promised_for_as_long_as_the_watch_may_be_silent() -> None:
    """Each beat says within how many seconds the next is due; for an open watch that covers its whole time."""
    beats: list[float] = []
    script = Script()
    script.lists = [listed(50)]
    script.watches = [OPEN]
    with serving(script) as client, reflecting(client, beat=beats.append, watch_seconds=lambda: 250):
        assert eventually(lambda: bool(beats) and beats[-1] > 250)
        assert beats[-1] < 400
