"""The environment and the errors of a build; the build itself is what every other test of the cluster needs."""

import io
import os
import shutil
from pathlib import Path

import pytest

from tests.cluster.binaries import cache_folder
from tests.cluster.errors import ClusterError
from tests.cluster.gobuild import build, explain, find_go, go_environment
from tests.cluster.progress import Progress
from tests.cluster.versions import Version

CACHE = Path("/c")


def test_everything_goes_into_the_cache() -> None:
    """Modules, build cache and even Go's counters go below the cache folder, nothing into the home folder."""
    settings = go_environment({"HOME": "/h", "PATH": "/bin"}, CACHE)
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE", "XDG_CONFIG_HOME"):
        assert settings[name].startswith("/c/go"), name
    assert settings["PATH"] == "/bin"


def test_the_users_go_settings_hold() -> None:
    """A proxy, a module cache and the file of `go env -w` that the user has stay in use."""
    own = {"HOME": "/h", "GOPROXY": "http://proxy", "GOMODCACHE": "/m", "GOCACHE": "/b", "GOGC": "50"}
    settings = go_environment(own, CACHE)
    assert {name: settings[name] for name in own} == own
    assert settings["GOENV"] == "/h/.config/go/env"
    assert go_environment(own | {"XDG_CONFIG_HOME": "/x"}, CACHE)["GOENV"] == "/x/go/env"


def test_settings_that_change_the_result_are_dropped() -> None:
    """Flags, a workspace or another Go root of the user's do not leak into the build."""
    settings = go_environment({"GOFLAGS": "-mod=vendor", "GOWORK": "/w/go.work", "GOROOT": "/old"}, CACHE)
    assert settings["GOFLAGS"] == ""
    assert settings["GOWORK"] == "off"
    assert "GOROOT" not in settings


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("dial tcp: lookup proxy on 10.0.0.1:53: no such host", "check the network"),
        ("module lookup disabled by GOPROXY=off", "check the network"),
        ("write /tmp/x: no space left on device", "the disk is full"),
        ("compile: signal: killed", "out of memory"),
        ("verifying k8s.io/api: checksum mismatch", "not the pinned file"),
        ("something new", "the output above"),
    ],
)
def test_causes_are_recognised(line: str, advice: str) -> None:
    """The usual ways in which a build fails each get an advice; an unknown one points at the output."""
    assert advice in explain(["go: downloading x", line])


def test_build_without_network_is_explained(tmp_path: Path) -> None:
    """With no module proxy in reach the error has Go's own words and says what to check."""
    cache = cache_folder(os.environ)
    if shutil.which("go") is None and not any(cache.glob("go-toolchain-*")):
        pytest.skip("no go on PATH or in the cache: the programs were not built here")
    go = find_go(os.environ, cache, Progress(io.StringIO()))
    with pytest.raises(ClusterError, match=r"(?s)GOPROXY=off.*check the network"):
        build(
            ["etcd"],
            tmp_path,
            kubernetes=Version(1, 37, 2),
            cache=tmp_path,
            environ={"PATH": str(go.parent), "HOME": str(tmp_path), "GOPROXY": "off"},
            progress=Progress(io.StringIO()),
        )


def test_old_go_is_not_used(tmp_path: Path) -> None:
    """A go on PATH that is too old is passed over for the pinned toolchain in the cache."""
    old = tmp_path / "bin" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.19.8\n")
    old.chmod(0o755)
    pinned = tmp_path / "go-toolchain-v1.26.6" / "go" / "bin" / "go"
    pinned.parent.mkdir(parents=True)
    pinned.touch()
    assert find_go({"PATH": str(old.parent)}, tmp_path, Progress(io.StringIO())) == pinned
