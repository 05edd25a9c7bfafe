"""Where kube-apiserver, etcd, kubectl and helm come from; it must not start a control plane.

Order: the folder that KUBEBUILDER_ASSETS names (the convention of controller-runtime's envtest), kubectl and helm
also from PATH, then our cache folder, and last a build from Go modules into that folder.
"""

import contextlib
import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.errors import ClusterError
from tests.cluster.gobuild import HELM_MODULE, MODULE, SPACE_NEEDED, build, build_helm
from tests.cluster.progress import Progress
from tests.cluster.versions import OLDEST_HELM, OLDEST_KUBECTL, Version, parse_version, pinned_helm, pinned_versions

SERVERS: Final = ("kube-apiserver", "etcd")

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of a control plane, and the version of its API server."""

    kube_apiserver: Path
    etcd: Path
    kubectl: Path
    kubernetes: Version


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return this project's folder below the user's cache folder (XDG Base Directory Specification).

    Raises:
        ClusterError: the user has neither XDG_CACHE_HOME nor a home folder.
    """
    base = environ.get("XDG_CACHE_HOME", "")
    # "All paths must be absolute. If an implementation encounters a relative path it should ignore it."
    if not base.startswith("/"):
        if not environ.get("HOME"):
            raise ClusterError("there is no cache folder: set HOME, or XDG_CACHE_HOME to an absolute path")
        base = f"{environ['HOME']}/.cache"
    return Path(base) / "kubectl-smlogs"


def cached_path(cache: Path, component: str, version: Version, system: str, machine: str) -> Path:
    """Return where the cache keeps a component, named as Go names systems and machines."""
    folder = f"{component}-{version}-{system.lower()}-{_MACHINES.get(machine, machine)}"
    return cache / folder / component


def find(environ: Mapping[str, str], progress: Progress) -> Binaries:
    """Return the programs; build the missing ones once.

    Raises:
        ClusterError: KUBEBUILDER_ASSETS is wrong, or the build failed; the text says what to do.
    """
    found, version = _servers(environ)
    kubectl = usable_kubectl(environ)
    if kubectl is not None:
        found["kubectl"] = kubectl
    else:
        found.update(_cached(environ, ["kubectl"]))
    missing = [component for component, path in found.items() if not path.exists()]
    if missing:
        _build_missing(missing, environ, progress)
    return Binaries(found["kube-apiserver"], found["etcd"], found["kubectl"], version)


def helm(environ: Mapping[str, str], progress: Progress) -> Path:
    """Return the command helm: from PATH if it is new enough, else ours; built once.

    Raises:
        ClusterError: the build failed; the text says what to do.
    """
    on_path = shutil.which("helm", path=environ.get("PATH", os.defpath))
    if on_path is not None and (_version_of([on_path, "version", "--short"]) or (0, 0, 0)) >= OLDEST_HELM:
        return Path(on_path).absolute()
    version = pinned_helm((HELM_MODULE / "go.mod").read_text(encoding="utf-8"))
    program = cached_path(cache_folder(environ), "helm", version, platform.system(), platform.machine())
    if not program.exists():
        with _building(environ, progress) as cache:
            # Another process may have built it while this one waited.
            if not program.exists():
                _build_helm(program, version, cache, environ, progress)
    return program


def _build_helm(program: Path, version: Version, cache: Path, environ: Mapping[str, str], progress: Progress) -> None:
    progress.say(f"building helm once, into {program.parent}")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=cache) as folder:
        build_helm(Path(folder), version, cache=cache, environ=environ, progress=progress)
        program.parent.mkdir(exist_ok=True)
        (Path(folder) / program.name).rename(program)


def _servers(environ: Mapping[str, str]) -> tuple[dict[str, Path], Version]:
    assets = environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        return _cached(environ, SERVERS), _pinned()["kube-apiserver"]
    found = {component: Path(assets).absolute() / component for component in SERVERS}
    for path in found.values():
        if not os.access(path, os.X_OK):
            raise ClusterError(
                f"KUBEBUILDER_ASSETS is {assets}, but {path} is not an executable file: correct it, or unset it to "
                "have the programs built"
            )
    return found, _apiserver_version(found["kube-apiserver"])


def _cached(environ: Mapping[str, str], components: Sequence[str]) -> dict[str, Path]:
    cache, versions = cache_folder(environ), _pinned()
    return {
        name: cached_path(cache, name, versions[name], platform.system(), platform.machine()) for name in components
    }


def _pinned() -> dict[str, Version]:
    return pinned_versions((MODULE / "go.mod").read_text(encoding="utf-8"))


def usable_kubectl(environ: Mapping[str, str]) -> Path | None:
    """Return kubectl from KUBEBUILDER_ASSETS or PATH, if it runs and is not too old."""
    assets = environ.get("KUBEBUILDER_ASSETS")
    path = os.pathsep.join([*([assets] if assets else []), environ.get("PATH", os.defpath)])
    kubectl = shutil.which("kubectl", path=path)
    if kubectl is None:
        return None
    version = _version_of([kubectl, "version", "--client"])
    return None if version is None or version < OLDEST_KUBECTL else Path(kubectl).absolute()


def _apiserver_version(program: Path) -> Version:
    version = _version_of([str(program), "--version"])
    if version is None:
        raise ClusterError(f"{program} --version does not tell a version: is it built for this machine?")
    return version


def _version_of(command: Sequence[str]) -> Version | None:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return parse_version(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _build_missing(missing: Sequence[str], environ: Mapping[str, str], progress: Progress) -> None:
    with _building(environ, progress) as cache:
        # Another process may have built them while this one waited.
        wanted = {name: path for name, path in _cached(environ, missing).items() if not path.exists()}
        if wanted:
            _build_into(wanted, cache, environ, progress)


@contextlib.contextmanager
def _building(environ: Mapping[str, str], progress: Progress) -> Iterator[Path]:
    """Make the cache folder and let nobody else build in it.

    Raises:
        ClusterError: the folder cannot be written to.
    """
    cache = cache_folder(environ)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _build_lock(cache, progress):
            yield cache
    except OSError as error:
        raise ClusterError(
            f"cannot write to the cache folder {cache}: {error.strerror}; set XDG_CACHE_HOME to another folder"
        ) from error


def _build_into(wanted: Mapping[str, Path], cache: Path, environ: Mapping[str, str], progress: Progress) -> None:
    free = shutil.disk_usage(cache).free
    if free < SPACE_NEEDED:
        raise ClusterError(
            f"{cache} has {free / 1e9:.1f} GB free and the build needs {SPACE_NEEDED / 1e9:.0f}: make room, or set "
            "XDG_CACHE_HOME to a folder on a larger disk"
        )
    for abandoned in cache.glob(".build-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    progress.say(f"building {', '.join(wanted)} once, into {cache}; on two processors this takes some minutes")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".build-", dir=cache) as folder:
        kubernetes = _pinned()["kube-apiserver"]
        build(list(wanted), Path(folder), kubernetes=kubernetes, cache=cache, environ=environ, progress=progress)
        for name, path in wanted.items():
            path.parent.mkdir(exist_ok=True)
            (Path(folder) / name).rename(path)
    progress.say(
        f"built in {time.monotonic() - started:.0f} s; Go's caches, kept in {cache / 'go'} for the next build "
        f"({_size(cache / 'go') / 1e9:.1f} GB), may be deleted"
    )


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


@contextlib.contextmanager
def _build_lock(cache: Path, progress: Progress) -> Iterator[None]:
    """Let one process build at a time; the kernel takes the lock from a process that dies."""
    with (cache / ".lock").open("w") as lock:
        started = time.monotonic()
        while not try_lock(lock.fileno()):
            progress.update(f"waiting for another process that builds, {time.monotonic() - started:.0f} s")
            time.sleep(0.2)
        yield


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file if nobody has it; closing the file gives it back."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
