"""The cache never goes back, and a list's differences are found."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.engine.cache import Cache, Change, ChangeType
from smkube.kube.envelope import Metadata, Object


def thing(version: int | str, *, name: str = "a", uid: str = "u1") -> Object:
    """An object in namespace ns."""
    return Object(metadata=Metadata(name=name, namespace="ns", uid=uid, resource_version=str(version)))


def listed(cache: Cache, version: int, *objects: Object) -> list[Change]:
    """Give the cache a whole list; returns all changes."""
    cache.begin_list(str(version))
    changes = [change for obj in objects for change in cache.apply_listed(obj)]
    return changes + cache.finish_list(str(version), {obj.key for obj in objects})


def version_of(cache: Cache, key: str = "ns/a") -> str:
    """The version the cache holds."""
    obj = cache.get(key)
    assert obj is not None
    return obj.metadata.resource_version


def kinds(changes: list[Change]) -> list[ChangeType]:
    """Only the types."""
    return [change.type for change in changes]


def test_own_write_hides_older_events() -> None:
    """After an own write, events of older versions and of the write itself change nothing; newer ones do."""
    cache = Cache()
    listed(cache, 10, thing(9))
    assert cache.put_newer(thing(12))
    assert cache.apply(thing(11)) == []
    assert cache.apply(thing(12)) == []
    assert version_of(cache) == "12"
    assert kinds(cache.apply(thing(13))) == [ChangeType.MODIFIED]


def test_own_write_that_comes_after_its_event_is_not_newer() -> None:
    """A write's answer that the watch has overtaken does not turn the cache back."""
    cache = Cache()
    listed(cache, 10, thing(9))
    cache.apply(thing(14))
    assert not cache.put_newer(thing(12))
    assert version_of(cache) == "14"


def test_deleted_object_does_not_come_back_by_an_own_write() -> None:
    """The answer of a write to an object whose deletion was already seen is not put in."""
    cache = Cache()
    listed(cache, 10, thing(9))
    assert kinds(cache.apply(thing(15), deleted=True)) == [ChangeType.DELETED]
    assert not cache.put_newer(thing(14))
    assert cache.get("ns/a") is None


def test_own_creation_is_held_before_its_event() -> None:
    """An object we created is in the cache at once, and its event then tells nothing new."""
    cache = Cache()
    listed(cache, 10)
    assert cache.put_newer(thing(11))
    assert cache.apply(thing(11)) == []


def test_list_reports_what_was_missed() -> None:
    """A new list yields additions, changes and deletions, and nothing for what is the same."""
    cache = Cache()
    listed(cache, 10, thing(1), thing(2, name="b"), thing(3, name="c"))
    changes = listed(cache, 20, thing(1), thing(12, name="b"), thing(13, name="d"))
    assert [(change.type, (change.new or change.old or thing(0)).key) for change in changes] == [
        (ChangeType.MODIFIED, "ns/b"),
        (ChangeType.ADDED, "ns/d"),
        (ChangeType.DELETED, "ns/c"),
    ]


def test_another_object_of_the_same_name_is_a_deletion_and_an_addition() -> None:
    """A new UID under a known name is told as the end of one object and the start of another."""
    cache = Cache()
    listed(cache, 10, thing(1))
    assert kinds(listed(cache, 20, thing(15, uid="u2"))) == [ChangeType.DELETED, ChangeType.ADDED]


def test_list_does_not_undo_later_own_writes() -> None:
    """Objects written after the list was taken are neither turned back nor dropped."""
    cache = Cache()
    listed(cache, 10, thing(1))
    cache.put_newer(thing(25))
    cache.put_newer(thing(26, name="mine"))
    assert listed(cache, 20, thing(1)) == []
    assert version_of(cache) == "25"
    assert version_of(cache, "ns/mine") == "26"


def test_restored_server_wins() -> None:
    """After the server's storage was put back, the list counts although its versions are smaller."""
    cache = Cache()
    listed(cache, 1000, thing(900), thing(901, name="b"))
    assert kinds(listed(cache, 500, thing(400))) == [ChangeType.MODIFIED, ChangeType.DELETED]
    assert version_of(cache) == "400"


def test_versions_that_are_no_numbers_count_as_they_come() -> None:
    """With opaque versions events are taken in their order and own writes are left to the watch."""
    cache = Cache()
    cache.begin_list("x1")
    cache.apply_listed(thing("x0"))
    cache.finish_list("x1", {"ns/a"})
    assert not cache.put_newer(thing("x3"))
    assert kinds(cache.apply(thing("x2"))) == [ChangeType.MODIFIED]
    assert cache.apply(thing("x2")) == []


@given(data=st.data())
def test_any_order_of_answers_and_events_ends_at_the_newest(data: st.DataObject) -> None:
    """Events in order, answers of own writes at any time: the version never falls and ends at the last one."""
    last = data.draw(st.integers(2, 12))
    events: list[Any] = [("event", version) for version in range(2, last + 1)]
    answers = data.draw(st.lists(st.integers(2, last)))
    for version in answers:
        events.insert(data.draw(st.integers(0, len(events))), ("answer", version))
    cache = Cache()
    listed(cache, 1, thing(1))
    seen = 1
    for source, version in events:
        if source == "event":
            cache.apply(thing(version))
        else:
            cache.put_newer(thing(version))
        assert int(version_of(cache)) >= seen
        seen = int(version_of(cache))
    assert seen == last
