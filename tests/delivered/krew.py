"""Krew's rules for a plugin's manifest, and its installation of one, as krew and krew-index apply them.

Source of the rules: the packages `internal/index/validation`, `internal/installation` and `cmd/validate-krew-manifest`
of kubernetes-sigs/krew, and krew's guides "Writing Krew plugin manifests", "Submitting plugins" and "Naming guide".
"""

from __future__ import annotations

import glob
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SYSTEMS = [
    *(("windows", machine) for machine in ("386", "amd64", "arm64")),
    *(("linux", machine) for machine in ("386", "amd64", "arm", "arm64", "ppc64le")),
    *(("darwin", machine) for machine in ("386", "amd64", "arm64")),
]
"""Where krew runs."""
_LICENSES = {f"{name}{end}" for name in ("license", "licenses") for end in ("", ".txt", ".md")}
_VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
Manifest = Mapping[str, Any]


def problems(file: str, manifest: Manifest) -> list[str]:
    """What krew would refuse in a manifest, read from a file of this name."""
    found = [
        *_head(file, manifest),
        *_texts(manifest["spec"]),
        *(f"{one['uri']}: {problem}" for one in manifest["spec"]["platforms"] for problem in _platform(one)),
    ]
    for system in SYSTEMS:
        fitting = [one for one in manifest["spec"]["platforms"] if _selects(one, system)]
        if len(fitting) > 1:
            found.append(f"several platforms select {system}")
    return found


def _head(file: str, manifest: Manifest) -> Iterator[str]:
    if manifest["apiVersion"] != "krew.googlecontainertools.github.com/v1alpha2" or manifest["kind"] != "Plugin":
        yield "it is no manifest of this version of krew"
    name = manifest["metadata"]["name"]
    if file != f"{name}.yaml":
        yield f"the file of {name} must have its name"
    # Lower case with '-' between words, without "kube" (naming guide); no name that Windows reserves.
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or name in _WINDOWS or "kube" in name:
        yield f"a plugin cannot be named {name}"


def _texts(spec: Manifest) -> Iterator[str]:
    if not _VERSION.fullmatch(spec["version"]):
        yield f"{spec['version']} is no semantic version with a v"
    short = spec["shortDescription"]
    if not 0 < len(short) <= 50 or short.endswith(".") or "\n" in short:
        yield "the short description must be one line of 50 characters at most, without a dot at its end"
    if not spec["homepage"].startswith("https://"):
        yield "the home page has no https address"
    if max(len(line) for text in (spec["description"], spec["caveats"]) for line in text.splitlines()) > 120:
        yield "lines of texts are too long for terminals"


def _platform(one: Manifest) -> Iterator[str]:
    if not one["uri"].startswith("https://"):
        yield "no https address"
    if not re.fullmatch(r"[a-f0-9]{64}", one["sha256"]):
        yield "no checksum"
    if not one["bin"]:
        yield "no program"
    selector = one["selector"]
    if set(selector) != {"matchLabels"} or not set(selector["matchLabels"]) <= {"os", "arch"}:
        yield f"selector {selector}"
    if not any(_selects(one, system) for system in SYSTEMS):
        yield "selects no system that krew knows"
    for operation in one.get("files", [{}]):
        if not operation.get("from") or not operation.get("to"):
            yield f"files {operation}"
        elif operation["to"] != os.path.normpath(operation["to"]):
            yield f"the path is not clean: {operation['to']}"


def _selects(one: Manifest, system: tuple[str, str]) -> bool:
    labels = dict(zip(("os", "arch"), system, strict=True))
    return all(labels.get(key) == value for key, value in one["selector"]["matchLabels"].items())


def install(manifest: Manifest, system: tuple[str, str], tarball: Path, root: Path) -> Path:
    """Install a plugin from its archive as krew does; the link that goes onto PATH.

    Raises:
        AssertionError: krew would refuse.
    """
    [platform] = [one for one in manifest["spec"]["platforms"] if _selects(one, system)]
    unpacked, store = root / "unpacked", root / "store" / manifest["metadata"]["name"] / manifest["spec"]["version"]
    with tarfile.open(tarball) as archive:
        for member in archive:
            assert member.isreg() or member.isdir(), member.name
            assert ".." not in member.name, member.name
            assert not member.name.startswith("/"), member.name
        archive.extractall(unpacked, filter="tar")
    for operation in platform["files"]:
        found = glob.glob(str(unpacked / operation["from"]))  # noqa: PTH207 - the pattern may be a plain path
        assert found, f"nothing in the archive is {operation['from']}"
        target = store / operation["to"]
        target.mkdir(parents=True, exist_ok=True)
        for path in found:
            Path(path).rename(target / Path(path).name)
    program = store / platform["bin"]
    assert program.is_file()
    assert os.access(program, os.X_OK)
    assert {path.name.lower() for path in store.iterdir()} & _LICENSES, "the license must be installed as well"
    link = root / "bin" / f"kubectl-{manifest['metadata']['name'].replace('-', '_')}"
    link.parent.mkdir()
    link.symlink_to(program)
    return link
