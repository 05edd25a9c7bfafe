"""The caches of several namespaces, seen as one."""

from __future__ import annotations

from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.gathered import Gathered
from smkube.kube import envelope


def obj(namespace: str, name: str, version: str = "1") -> envelope.Object:
    """An object of that version."""
    metadata = envelope.Metadata(namespace=namespace, name=name, uid=name, resource_version=version)
    return envelope.Object(metadata=metadata)


def test_objects_of_all_namespaces() -> None:
    """Each is found under its key, also where the first namespace's cache is empty."""
    empty, full = Cache(), Cache()
    full.apply(obj("b", "one"))
    gathered = Gathered({"a": empty, "b": full})

    assert gathered.get("b/one") == obj("b", "one")
    assert gathered.get("a/one") is None
    assert [key for key, _ in gathered.items()] == ["b/one"]


def test_an_own_write_goes_to_its_namespace() -> None:
    """It is in the cache of its namespace and in no other; one of a namespace that is not watched is in none."""
    first, second = Cache(), Cache()
    gathered = Gathered({"a": first, "b": second})

    assert gathered.put_newer(obj("a", "one", "7"))
    assert not gathered.put_newer(obj("a", "one", "6"))
    assert not gathered.put_newer(obj("c", "one"))
    assert (first.keys(), second.keys()) == (["a/one"], [])
