"""Other objects of the namespace: what a pass finds, and what it has written itself."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.neighbours import Neighbours
from sagemaker_operator.steps import CreateObject, DeleteObject, Find, PatchObject
from smkube import kinds
from smkube.errors import KubeError
from tests.unit.histories.world import Cluster, encoded

KIND = kinds.TRAINING_JOB.name


class Server:
    """The API server in memory, as the client sees it."""

    def __init__(self) -> None:
        self.cluster = Cluster(random.Random(1), lambda: 1_795_500_000.0)

    def request(self, method: str, path: str, *, body: Mapping[str, Any], content_type: str = "") -> bytes:
        """A request of the operator."""
        assert (content_type == "application/merge-patch+json") == (method == "PATCH")
        return self.cluster.request(method, path, body)


@pytest.fixture
def server() -> Server:
    """A server with three objects, one of them in another namespace."""
    made = Server()
    for name, namespace, more in (
        ("a", "ns", {"labels": {"color": "red"}}),
        ("b", "ns", {"ownerReferences": [_owner("u1")], "finalizers": ["x"]}),
        ("a", "elsewhere", {"labels": {"color": "red"}}),
    ):
        made.cluster.create(KIND, {"metadata": {"name": name, **more}, "spec": {"n": 1}}, namespace)
    return made


@pytest.fixture
def neighbours(server: Server) -> Neighbours:
    """The neighbours of an object in `ns`, whose cache has seen all so far."""
    cache = Cache()
    for stored in server.cluster.of(KIND):
        list(cache.apply(encoded(stored), deleted=False))
    return Neighbours(server, {KIND: cache}, "ns")  # type: ignore[arg-type]


def _owner(uid: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "HostingDeployment", "name": "h", "uid": uid, "controller": True}


def names(neighbours: Neighbours, **how: Any) -> list[str]:
    """Names of the objects that a search finds."""
    return [found.name for found in neighbours.find(Find("key", KIND, **how))]


def test_only_the_own_namespace_is_seen(neighbours: Neighbours) -> None:
    """All of it, by name."""
    assert names(neighbours) == ["a", "b"]


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"names": frozenset({"a", "missing"})}, ["a"]),
        ({"names": frozenset()}, []),
        ({"labels": {"color": "red"}}, ["a"]),
        ({"labels": {"color": "blue"}}, []),
        ({"owner": "u1"}, ["b"]),
        ({"owner": "u1", "labels": {"color": "red"}}, []),
    ],
)
def test_all_conditions_must_hold(neighbours: Neighbours, how: dict[str, Any], found: list[str]) -> None:
    """Names, labels and owner."""
    assert names(neighbours, **how) == found


def test_a_kind_without_a_cache_has_no_objects(neighbours: Neighbours) -> None:
    """A kind that this process does not watch is not there."""
    assert neighbours.find(Find("key", kinds.BATCH_TRANSFORM_JOB.name)) == ()


def test_a_created_object_is_found_before_the_cache_has_it(neighbours: Neighbours) -> None:
    """Otherwise the pass would create it again."""
    neighbours.create(CreateObject(KIND, {"name": "c", "labels": {"color": "red"}}, {"n": 2}))

    assert names(neighbours) == ["a", "b", "c"]
    assert names(neighbours, labels={"color": "red"}) == ["a", "c"]
    (found,) = neighbours.find(Find("key", KIND, names=frozenset({"c"})))
    assert (found.spec, found.generation, bool(found.uid)) == ({"n": 2}, 1, True)


def test_an_object_is_created_in_the_own_namespace(server: Server, neighbours: Neighbours) -> None:
    """Whatever the metadata say."""
    neighbours.create(CreateObject(KIND, {"name": "c", "namespace": "elsewhere"}, {}))

    assert server.cluster.get(KIND, "c", "ns") is not None
    assert server.cluster.get(KIND, "c", "elsewhere") is None


def test_a_name_that_is_taken_is_a_conflict(neighbours: Neighbours) -> None:
    """The pass ends and is done again when the cache knows more."""
    with pytest.raises(KubeError) as caught:
        neighbours.create(CreateObject(KIND, {"name": "a"}, {}))

    assert caught.value.conflict


def test_a_patch_is_bound_to_what_was_found(server: Server, neighbours: Neighbours) -> None:
    """A patch counts at once, also where it changes who finds the object; one on an old version is a conflict."""
    (found,) = neighbours.find(Find("key", KIND, names=frozenset({"a"})))

    neighbours.patch(PatchObject(found, {"metadata": {"labels": {"color": "blue"}}, "spec": {"n": 5}}))

    assert names(neighbours, labels={"color": "red"}) == []
    assert names(neighbours, labels={"color": "blue"}) == ["a"]
    stored = server.cluster.get(KIND, "a", "ns")
    assert stored is not None
    assert stored["spec"] == {"n": 5}
    with pytest.raises(KubeError) as caught:
        neighbours.patch(PatchObject(found, {"spec": {"n": 6}}))
    assert caught.value.conflict


def test_a_deletion_counts_at_once(server: Server, neighbours: Neighbours) -> None:
    """An object that nothing holds is gone; one with a finalizer is seen on its way."""
    free, held = neighbours.find(Find("key", KIND))

    neighbours.delete(DeleteObject(free))
    neighbours.delete(DeleteObject(held))

    assert [(found.name, found.deleting) for found in neighbours.find(Find("key", KIND))] == [("b", True)]
    assert server.cluster.get(KIND, "a", "elsewhere") is not None


def test_another_object_of_the_name_is_not_deleted(server: Server, neighbours: Neighbours) -> None:
    """The UID that was found is what is asked to go."""
    (found, _) = neighbours.find(Find("key", KIND))
    server.cluster.delete((KIND, "ns", "a"))
    server.cluster.create(KIND, {"metadata": {"name": "a"}, "spec": {}}, "ns")

    with pytest.raises(KubeError) as caught:
        neighbours.delete(DeleteObject(found))

    assert caught.value.conflict
    assert server.cluster.get(KIND, "a", "ns") is not None


def test_the_caches_are_not_written(server: Server, neighbours: Neighbours) -> None:
    """The watch event is to wake the other object's own controller, so it has to be news there."""
    neighbours.create(CreateObject(KIND, {"name": "c"}, {}))

    fresh = Neighbours(server, neighbours._caches, "ns")  # type: ignore[arg-type]
    assert names(fresh) == ["a", "b"]
    assert server.cluster.get(KIND, "c", "ns") is not None
