"""Where the programs are looked for."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.binaries import cache_folder, cached_path, find, try_lock
from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress
from tests.cluster.versions import Version


def _program(path: Path, output: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)
    return path


def _progress() -> Progress:
    return Progress(io.StringIO())


def test_cache_folder_follows_the_specification() -> None:
    """XDG_CACHE_HOME counts if absolute; a relative or empty one is ignored, as the specification says."""
    assert cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/kubectl-smlogs")
    assert cache_folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/kubectl-smlogs")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/kubectl-smlogs")


def test_no_home_is_explained() -> None:
    """Without a home folder the message says which variable to set."""
    with pytest.raises(ClusterError, match="XDG_CACHE_HOME"):
        cache_folder({})


def test_cached_path_tells_version_and_machine() -> None:
    """Another version, system or processor is another path."""
    path = cached_path(Path("/c"), "etcd", Version(3, 7, 3), "Linux", "x86_64")
    assert path == Path("/c/etcd-v3.7.3-linux-amd64/etcd")


def test_assets_folder_comes_first(tmp_path: Path) -> None:
    """KUBEBUILDER_ASSETS gives all three programs, and the version of its API server."""
    assets = tmp_path / "assets"
    _program(assets / "kube-apiserver", "Kubernetes v1.33.1")
    _program(assets / "etcd", "etcd Version: 3.5.0")
    _program(assets / "kubectl", "Client Version: v1.33.1")
    _program(tmp_path / "bin" / "kubectl", "Client Version: v1.36.0")
    found = find({"KUBEBUILDER_ASSETS": str(assets), "PATH": str(tmp_path / "bin")}, _progress())
    assert {found.kube_apiserver.parent, found.etcd.parent, found.kubectl.parent} == {assets}
    assert found.kubernetes == (1, 33, 1)


def test_assets_folder_without_etcd_is_explained(tmp_path: Path) -> None:
    """A KUBEBUILDER_ASSETS that lacks a program is an error that names the file, not a silent build."""
    _program(tmp_path / "kube-apiserver", "Kubernetes v1.33.1")
    with pytest.raises(ClusterError, match=rf"{tmp_path}/etcd is not an executable file"):
        find({"KUBEBUILDER_ASSETS": str(tmp_path), "HOME": str(tmp_path)}, _progress())


@pytest.mark.parametrize("on_path", ["Client Version: v1.17.0", "not a version", None])
def test_unusable_kubectl_is_passed_over(tmp_path: Path, on_path: str | None) -> None:
    """An old, a broken and a missing kubectl all give way to the one in the cache."""
    assets = tmp_path / "assets"
    _program(assets / "kube-apiserver", "Kubernetes v1.33.1")
    _program(assets / "etcd", "etcd Version: 3.5.0")
    if on_path is not None:
        _program(tmp_path / "bin" / "kubectl", on_path)
    environ = {"KUBEBUILDER_ASSETS": str(assets), "PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.cluster.binaries.build", _fake_build)
        found = find(environ, _progress())
    assert found.kubectl.is_relative_to(tmp_path / ".cache" / "kubectl-smlogs")
    assert os.access(found.kubectl, os.X_OK)


def test_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    """After a build that broke off there is neither a program nor a temporary folder, and the lock is free."""

    def broken(components: list[str], target: Path, **_: object) -> None:
        _program(target / components[0], "half a program")
        raise ClusterError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.cluster.binaries.build", broken)
        with pytest.raises(ClusterError, match="the disk is full"):
            find({"HOME": str(tmp_path), "PATH": ""}, _progress())
    assert [path.name for path in (tmp_path / ".cache" / "kubectl-smlogs").iterdir()] == [".lock"]
    with (tmp_path / ".cache" / "kubectl-smlogs" / ".lock").open("w") as lock:
        assert try_lock(lock.fileno())


def test_two_at_a_time_build_once(tmp_path: Path) -> None:
    """Who comes while another builds waits, says so, and uses what the other has built."""
    building, go_on, builds = threading.Event(), threading.Event(), []

    def slow(components: list[str], target: Path, **_: object) -> None:
        builds.append(components)
        building.set()
        assert go_on.wait(30)
        _fake_build(components, target)

    class Waiting(io.StringIO):
        def write(self, text: str) -> int:
            if "waiting for another process" in text:
                go_on.set()
            return super().write(text)

    environ = {"HOME": str(tmp_path), "PATH": ""}
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as threads:
        patch.setattr("tests.cluster.binaries.build", slow)
        first = threads.submit(find, environ, _progress())
        assert building.wait(30)
        second = threads.submit(find, environ, Progress(Waiting()))
        assert first.result(30) == second.result(30)
    assert builds == [["kube-apiserver", "etcd", "kubectl"]]


def test_abandoned_build_is_cleared_away(tmp_path: Path) -> None:
    """What a killed build left is removed by the next one."""
    abandoned = tmp_path / ".cache" / "kubectl-smlogs" / ".build-killed"
    _program(abandoned / "etcd", "half a program")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.cluster.binaries.build", _fake_build)
        find({"HOME": str(tmp_path), "PATH": ""}, _progress())
    assert not abandoned.exists()


def test_unwritable_cache_is_explained(tmp_path: Path) -> None:
    """A cache folder that cannot be made is an error that names it and the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match="set XDG_CACHE_HOME to another folder"):
        find({"XDG_CACHE_HOME": str(tmp_path / "file"), "PATH": ""}, _progress())


def test_lock_is_exclusive(tmp_path: Path) -> None:
    """The lock has one owner, and closing the file gives it back."""
    with (tmp_path / "lock").open("w") as first, (tmp_path / "lock").open("w") as second:
        assert try_lock(first.fileno())
        assert not try_lock(second.fileno())
        first.close()
        assert try_lock(second.fileno())


def _fake_build(components: list[str], target: Path, **_: object) -> None:
    for component in components:
        _program(target / component, "Client Version: v1.37.2")
