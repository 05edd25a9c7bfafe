"""Builds the operator's image from its Dockerfile where no registry of images can be reached.

The builder is Debian's buildah, unpacked into the user's cache folder, and the two base images are made of Debian's
packages: the same release, Python and places as in the images that the Dockerfile names. Nothing of the system changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import smkube
from tests.cluster import binaries
from tests.cluster.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "packaging" / "image" / "Dockerfile"
NAME = "localhost/sagemaker-operator"
_RELEASE = 'VERSION_ID="12"'
"""Of the distroless base; packages of another release have another Python."""
_PYTHON = ["libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-minimal"]
_BASE = [
    *("base-files", "ca-certificates", "libbz2-1.0", "libc6", "libcrypt1", "libexpat1", "libffi8", "libgcc-s1"),
    *("liblzma5", "libsqlite3-0", "libssl3", "libuuid1", "media-types", "netbase", "tzdata", "zlib1g", *_PYTHON),
]  # fmt: skip
"""What Google's python3-debian12 is made of, as far as the operator's Python asks for it."""
_SHELL = ["dash"]
"""What the stage that builds has besides; pip is that of the tests' environment."""
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Missing(Exception):  # noqa: N818 - nothing is wrong, it cannot be done here
    """What building an image takes and this machine has not."""


@dataclass(frozen=True, slots=True)
class Image:
    """A built image.

    Attributes:
        config: its configuration, as the OCI image specification has it.
        root: its files, in a place that may be written to.
    """

    config: Mapping[str, Any]
    root: Path


def build(environ: Mapping[str, str], progress: Progress, root: Path) -> Image:
    """Build the image of the sources as they are, and unpack it.

    Args:
        environ: the environment.
        progress: told of what takes long.
        root: folder to make, with the image's files.

    Raises:
        Missing: this machine cannot build images.
        subprocess.CalledProcessError: the build failed.
    """
    if os.geteuid() != 0:
        raise Missing("only root may build an image here")
    if not shutil.which("apt-get") or _RELEASE not in Path("/etc/os-release").read_text(encoding="utf-8"):
        raise Missing("the packages of the base image are those of Debian 12, and this is another system")
    cache = binaries.cache_folder(environ) / f"image-{_digest()}"
    with binaries._build_lock(binaries.cache_folder(environ), progress):
        if not (cache / "done").exists():
            progress.say(f"building the tools for the operator's image once, into {cache}")
            shutil.rmtree(cache, ignore_errors=True)
            _Debian(cache).unpack_all()
            (cache / "done").touch()
        builder = _Buildah(cache)
        builder.image("base", cache / "base")
        builder.image("build", cache / "build")
        builder.build()
        return Image(builder.config(), builder.unpack(root))


class _Debian:
    """Packages, downloaded and unpacked by Debian's own tools without installing anything.

    Args:
        cache: folder for all of it.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._lists, self._archives = cache / "apt" / "lists", cache / "apt" / "archives"

    def unpack_all(self) -> None:
        """Make the builder and the two base images."""
        for folder in (self._lists, self._archives):
            (folder / "partial").mkdir(parents=True)
        self._apt("update")
        if not shutil.which("buildah"):
            self._apt("install", "--yes", "--download-only", "--no-install-recommends", "buildah")
            self._unpack(self._cache / "buildah")
        for name, packages in (("base", _BASE), ("build", [*_BASE, *_SHELL])):
            self._apt("download", *packages)
            self._unpack(self._cache / name)
            _finish(self._cache / name)
        pip = Path(sys.executable).parents[1] / "lib" / "python3.11" / "site-packages" / "pip"
        shutil.copytree(pip, self._cache / "build" / "usr" / "lib" / "python3" / "dist-packages" / "pip")
        shutil.rmtree(self._cache / "apt")

    def _apt(self, *words: str) -> None:
        settings = {
            "Dir::State::lists": self._lists,
            "Dir::Cache::archives": self._archives,
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "root",
        }
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        subprocess.run(
            ["apt-get", "-qq", *options, *words], cwd=self._archives, check=True, stdout=subprocess.DEVNULL, timeout=180
        )

    def _unpack(self, target: Path) -> None:
        for package in sorted(self._archives.glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", str(package), str(target)], check=True)
            package.unlink()


def _finish(root: Path) -> None:
    """Do what the packages' scripts would have done: a link for Python, and certificates in one file."""
    (root / "usr" / "bin" / "python3").symlink_to("python3.11")
    certificates = sorted((root / "usr" / "share" / "ca-certificates").rglob("*.crt"))
    bundle = root / _CERTIFICATES.lstrip("/")
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text("".join(one.read_text(encoding="utf-8") for one in certificates), encoding="utf-8")
    for name in ("tmp", "var/tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name).chmod(0o1777)


class _Buildah:
    """The builder with a storage of its own, where layers are kept from run to run.

    Args:
        cache: what `_Debian` has unpacked.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        unpacked = cache / "buildah" / "usr"
        self._program = shutil.which("buildah") or str(unpacked / "bin" / "buildah")
        libraries = cache / "libraries.conf"
        libraries.write_text("".join(f"{path}\n" for path in (unpacked / "lib").glob("*-linux-gnu")))
        subprocess.run(["ldconfig", "-X", "-f", str(libraries), "-C", str(cache / "libraries")], check=True)
        self._policy = cache / "policy.json"
        self._policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        self._environ = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "HOME": str(cache), "TMPDIR": str(cache)}
        # Without overlay each of the twenty layers is a whole copy; a container's own file system may not allow it.
        self._driver = "overlay"
        if self._start('exec "$0" "$@"', "info").returncode != 0:
            self._driver = "vfs"

    def run(self, *words: str, script: str = 'exec "$0" "$@"') -> str:
        """Run a command; what it prints on standard output.

        Args:
            words: the command.
            script: what a shell does with it; mounts of the command are seen there and nowhere else.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        done = self._start(script, *words)
        if done.returncode != 0:
            sys.stderr.write(done.stdout + done.stderr)
            done.check_returncode()
        return done.stdout

    def _start(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        driver = self._driver
        storage = (f"--storage-driver={driver}", f"--root={self._cache}/storage-{driver}",
                   f"--runroot={self._cache}/run-{driver}")  # fmt: skip
        # It starts itself again without our environment, so where its libraries are stands in the loader's own list:
        # in that of its own mount namespace.
        script = f"set -e\nmount --bind {self._cache}/libraries /etc/ld.so.cache\n{script}"
        command = ["unshare", "--mount", "sh", "-c", script, self._program, *storage, *words]
        return subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False)

    def image(self, name: str, root: Path) -> None:
        """Make an image of a folder, if it is not there."""
        if not json.loads(self.run("images", "--json", "--filter", f"reference=localhost/{name}")):
            container = self.run("from", "scratch").strip()
            self.run("add", "--quiet", container, str(root), "/")
            self.run("commit", "--quiet", f"--signature-policy={self._policy}", "--rm", container, f"localhost/{name}")

    def build(self) -> None:
        """Build the operator's image with the Dockerfile, as a release does it."""
        machine = platform.machine()
        arguments = {
            "BUILD_IMAGE": "localhost/build",
            "BASE_IMAGE": "localhost/base",
            # Newer builders know it by themselves.
            "TARGETARCH": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
            "VERSION": smkube.__version__,
            "REVISION": "unknown",
            "CREATED": "1980-01-01T00:00:00Z",
            "SOURCE": "unknown",
            "SOURCE_DATE_EPOCH": "315532800",
        }
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "pip.conf"
            settings.write_text(_pip_settings(), encoding="utf-8")
            self.run(
                *("build", "--layers", "--isolation=chroot", "--network=host", "--pull-never", "--format=oci"),
                *(f"--signature-policy={self._policy}", f"--secret=id=pip,src={settings}"),
                f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro",
                *(f"--build-arg={name}={value}" for name, value in arguments.items()),
                *(f"--file={DOCKERFILE}", f"--tag={NAME}", str(ROOT)),
            )

    def config(self) -> Mapping[str, Any]:
        """Configuration of the operator's image."""
        return dict(json.loads(self.run("inspect", "--type=image", NAME))["OCIv1"])

    def unpack(self, root: Path) -> Path:
        """Write the operator's image's files into a new folder."""
        container = self.run("from", "--pull-never", NAME).strip()
        try:
            self.run("mount", container, script=f'cp --archive --reflink=auto "$("$0" "$@")" {shlex.quote(str(root))}')
        finally:
            self.run("rm", container)
        return root


def _pip_settings() -> str:
    """This machine's settings of pip, as a file: the stage that builds has to find the same package index."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True, timeout=60
    )
    settings = {"cert": _CERTIFICATES}
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in ("index-url", "extra-index-url", "trusted-host"):
            settings[name] = value.strip("'")
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def _digest() -> str:
    """Tells apart tools and bases made by other versions of this file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
