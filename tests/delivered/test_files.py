"""The files that users download: names, checksums, licenses, bill of materials, and that a build can be repeated."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from smkube import __version__
from tests.delivered import scripts
from tests.delivered.building import Delivery

build = scripts.load("plugin/build")
PURL = re.compile(r"pkg:(pypi|deb/[a-z]+|rpm/[a-z]+|generic)/[A-Za-z0-9._+%-]+@[A-Za-z0-9._~%:-]+(\?[a-z]+=\S+)?")


@pytest.fixture(scope="module")
def bill(delivery: Delivery) -> dict[str, Any]:
    """The bill of materials."""
    read: dict[str, Any] = json.loads((delivery.folder / "kubectl-smlogs.cdx.json").read_text(encoding="utf-8"))
    return read


def test_the_tarball(delivery: Delivery) -> None:
    """The tarball has the guide's name and folder: the program, its helper for completion, licenses and contents."""
    assert re.fullmatch(r"(linux|darwin)\.(amd64|arm64)\.tar\.gz", delivery.tarball.name)
    assert delivery.folder.name == f"kubectl-smlogs.{delivery.tarball.name.removesuffix('.tar.gz')}"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in delivery.folder.iterdir()}
    texts = ("LICENSE", "LICENSES.txt", "kubectl-smlogs.cdx.json")
    programs = ("kubectl-smlogs", "kubectl_complete-smlogs")
    assert modes == {**dict.fromkeys(texts, 0o644), **dict.fromkeys(programs, 0o755)}
    assert delivery.program.stat().st_size <= 25_000_000


def test_checksums(delivery: Delivery, tmp_path: Path) -> None:
    """`sha256sum -c` finds the files whole, and finds out if one is not."""
    folder = tmp_path / "files"
    shutil.copytree(delivery.tarball.parent, folder)
    checker = ["sha256sum", "-c"] if shutil.which("sha256sum") else ["shasum", "-a", "256", "-c"]
    done = subprocess.run([*checker, "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True)
    name = delivery.tarball.name.removesuffix(".tar.gz")
    assert sorted(done.stdout.splitlines()) == [f"{name}.cdx.json: OK", f"{name}.tar.gz: OK"]
    with (folder / delivery.tarball.name).open("ab") as tarball:
        tarball.write(b"\0")
    assert subprocess.run([*checker, "SHA256SUMS"], cwd=folder, capture_output=True, check=False).returncode == 1


def test_checksums_of_gathered_files(tmp_path: Path) -> None:
    """The files of several systems in one folder have one list of checksums."""
    for name in ("linux.amd64.tar.gz", "darwin.arm64.tar.gz", "darwin.arm64.cdx.json", "image.tar"):
        (tmp_path / name).write_bytes(name.encode())
    told = build.checksums.write(tmp_path).read_text(encoding="utf-8").splitlines()
    assert [line.split("  ")[1] for line in told] == [
        "darwin.arm64.cdx.json",
        "darwin.arm64.tar.gz",
        "linux.amd64.tar.gz",
    ]
    assert told[2].startswith(hashlib.sha256(b"linux.amd64.tar.gz").hexdigest())


# --- bill of materials ---------------------------------------------------------------------------------------------


def test_bill_of_materials(bill: dict[str, Any], delivery: Delivery) -> None:
    """It is a document of CycloneDX 1.6 about this program, with what that format asks for."""
    assert {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}.items() <= bill.items()
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    subject = bill["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("kubectl-smlogs", __version__)
    assert subject["hashes"] == [{"alg": "SHA-256", "content": sha256(delivery.program)}]
    refs = ["kubectl-smlogs", *(part["bom-ref"] for part in bill["components"])]
    assert len(refs) == len(set(refs))
    assert {one["ref"] for one in bill["dependencies"]} <= set(refs)
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} == set(refs) - {"kubectl-smlogs"}
    beside = delivery.tarball.with_name(delivery.tarball.name.replace(".tar.gz", ".cdx.json"))
    assert json.loads(beside.read_text(encoding="utf-8")) == bill


def test_parts_can_be_looked_up(bill: dict[str, Any]) -> None:
    """Every part has what scanners for vulnerabilities and lawyers look for."""
    for part in bill["components"]:
        assert PURL.fullmatch(part["purl"]), part["purl"]
        assert part["name"]
        assert part["version"]
        assert part["licenses"], part["name"]
        assert all(set(one) in ({"expression"}, {"license"}) for one in part["licenses"])
        distributions = [one["hashes"] for one in part.get("externalReferences", [])]
        hashes = [one for found in (part.get("hashes", []), *distributions) for one in found]
        assert all(re.fullmatch(r"[0-9a-f]{64}", one["content"]) for one in hashes)
        assert hashes or part["name"] == "CPython", part["name"]
    [python] = [part for part in bill["components"] if part["name"] == "CPython"]
    assert python["cpe"].startswith("cpe:2.3:a:python:python:3.11.")


def test_every_package_is_listed(bill: dict[str, Any], folder: Path) -> None:
    """Each module in the program is of Python, of this project, or of a package of the list."""
    # It ships no types.
    readers = importlib.import_module("PyInstaller.archive.readers")
    archive = readers.CArchiveReader(str(folder / "kubectl-smlogs")).open_embedded_archive("PYZ.pyz")
    ours = {"kubectl_smlogs", "smkube", *sys.stdlib_module_names}
    top = {name.partition(".")[0] for name in archive.toc if not name.startswith("_sysconfigdata_")}
    foreign = top - ours
    owners = importlib.metadata.packages_distributions()
    listed = {part["name"] for part in bill["components"]}
    assert {"botocore", "urllib3", "yaml"} <= foreign
    assert sorted(name for name in foreign if not set(owners.get(name, ())) & listed) == []


def test_every_library_is_listed(bill: dict[str, Any], folder: Path) -> None:
    """Each library of the system in the program's folder is on the list, with its checksum."""
    inside = folder / "_internal"
    modules = ("libpython", "Python")
    found = {
        path.name: sha256(path)
        for path in inside.iterdir()
        if re.search(r"\.(so|dylib)(\.|$)", path.name) and not path.name.startswith(modules)
    }
    listed = {part["bom-ref"]: part["hashes"][0]["content"] for part in bill["components"] if part.get("hashes")}
    assert listed == found


def test_licenses(bill: dict[str, Any], delivery: Delivery) -> None:
    """The license of every part is passed on."""
    text = (delivery.folder / "LICENSES.txt").read_text(encoding="utf-8")
    chapters = {title: len(title) for title in re.findall(r"^(.+)\n=+\n\n", text, re.MULTILINE)}
    for part in bill["components"]:
        title = "Python" if part["name"] == "CPython" else f"{part['name']} {part['version']}"
        assert any(chapter == title or chapter.startswith(f"{title} (") for chapter in chapters), title
    assert text.count("Apache License") >= 3


def sha256(path: Path) -> str:
    """Digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- a build can be repeated ---------------------------------------------------------------------------------------


def test_same_contents_same_bytes(tmp_path: Path) -> None:
    """Tarball and checksums depend on what they hold, not on when, where and under which umask they were made."""
    digests = []
    for name, mask in (("one", 0o022), ("two", 0o077)):
        before = os.umask(mask)
        try:
            frozen = tmp_path / name / "frozen"
            (frozen / "_internal").mkdir(parents=True)
            (frozen / "kubectl-smlogs").write_bytes(b"program")
            (frozen / "kubectl-smlogs").chmod(0o755)
            (frozen / "_internal" / "data").write_bytes(b"data")
            os.utime(frozen / "_internal" / "data", (1e9, 1e9) if name == "one" else None)
            program = build.pack(frozen, "1.2.3", build.System("linux", "amd64", "Linux x86_64"))
            system = build.System("linux", "amd64", "Linux x86_64")
            tarball = build.write_files(tmp_path / name, program, b"licenses", b"{}", system)
        finally:
            os.umask(before)
        digests.append(sorted((path.name, sha256(path)) for path in tarball.parent.iterdir()))
    assert digests[0] == digests[1]
    with tarfile.open(tarball) as archive:
        members = archive.getmembers()
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(build.EPOCH, 0, "")}
    assert [member.name for member in members] == sorted(member.name for member in members)


def test_same_parts_same_bill() -> None:
    """The bill of materials tells no time and no chance: the same parts have the same document and number."""
    held = build.contents.Contents((importlib.metadata.distribution("pyinstaller"),), ())
    about = {"version": "1.2.3", "system": "linux/amd64", "needs": "any", "lock": {}}
    first = build.sbom.document(held, program=b"one", **about)
    assert first == build.sbom.document(held, program=b"one", **about)
    assert (
        json.loads(first)["serialNumber"]
        != json.loads(build.sbom.document(held, program=b"two", **about))["serialNumber"]
    )


def test_too_new_a_library(tmp_path: Path) -> None:
    """A build that needs a newer C library than the limit is refused: users of older systems could not run it."""
    (tmp_path / "x.so").write_bytes(b"\x7fELF...\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.17\0")
    assert list(build.too_much(tmp_path, b"", (2, 34))) == []
    assert list(build.too_much(tmp_path, b"", (2, 28))) == ["it needs glibc 2.34, and 2.28 is the limit"]
    assert list(build.too_much(tmp_path, bytes(25_000_001), None)) == [
        "kubectl-smlogs has 25000001 bytes, and 25000000 are the limit"
    ]


def test_locked_digests() -> None:
    """The digests of requirements.lock are found by name and version, whatever stands between."""
    first, second, third = (f" \\\n    --hash=sha256:{number:064x}" for number in (1, 2, 3))
    text = f"A.b==1.0 ; python_version < '4'{first}{second}\nc==2{third}\n"
    assert build.sbom.read_lock(text) == {"a-b==1.0": [f"{1:064x}", f"{2:064x}"], "c==2": [f"{3:064x}"]}
