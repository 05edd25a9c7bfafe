"""A release is published where the guide says: tags, keys, regions, and the upload itself against a stand-in for S3."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.version import Version

from smkube import __version__
from tests.delivered import buckets, scripts
from tests.delivered.buckets import Storage
from tests.delivered.building import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OWNER, BUCKET = "957583890962", "amazon-sagemaker-operator-for-k8s-us-east-1"
CHINA = "amazon-sagemaker-operator-for-k8s-cn-northwest-1"
UPLOAD = ROOT / "packaging" / "release" / "upload.py"

upload = scripts.load("release/upload")
regions, tags, tables = upload.regions, upload.tags, scripts.load("release/tables")

# --- tags ----------------------------------------------------------------------------------------------------------


def names(version: str | None, *released: str, commit: str = "", latest: bool = False) -> list[str]:
    """The tags of a release, those that move in brackets."""
    parsed = tags.parse(version) if version else None
    found = tags.of_release(parsed, commit=commit, released=tags.known(released), latest=latest)
    return [f"({tag.name})" if tag.moves else tag.name for tag in found]


def test_tags_of_a_release() -> None:
    """A release has its commit, its number and its lines; `latest` follows if that is asked for."""
    assert names("v1.2.3", commit=COMMIT) == [COMMIT, "v1.2.3", "(v1.2)", "(v1)"]
    assert names("v1.2.3", "v1.2.2", "v1.2.3", latest=True) == ["v1.2.3", "(v1.2)", "(v1)", "(latest)"]


def test_tags_of_main() -> None:
    """A commit that is no release has its own name, and `latest` if that is asked for."""
    assert names(None, "v1.0.0", commit=COMMIT) == [COMMIT]
    assert names(None, "v1.0.0", commit=COMMIT, latest=True) == [COMMIT, "(latest)"]


def test_prerelease_moves_nothing() -> None:
    """Who asks for v1 gets no release candidate."""
    assert names("v1.3.0-rc.1", "v1.2.3", commit=COMMIT) == [COMMIT, "v1.3.0-rc.1"]
    with pytest.raises(ValueError, match="cannot be latest"):
        names("v1.3.0-rc.1", latest=True)


def test_old_line_moves_nothing_back() -> None:
    """A fix of an old line moves that line only; a pre-release of a newer one does not count as newer."""
    assert names("v1.1.5", "v1.1.4", "v1.2.0", latest=True) == ["v1.1.5", "(v1.1)"]
    assert names("v1.1.5", "v2.0.0", latest=True) == ["v1.1.5", "(v1.1)", "(v1)"]
    assert names("v1.1.3", "v1.1.4") == ["v1.1.3"]
    assert names("v1.1.5", "v1.2.0-rc.1", "v2.0.0-alpha", latest=True) == ["v1.1.5", "(v1.1)", "(v1)", "(latest)"]


def test_order_of_versions() -> None:
    """Versions are in the order of semver.org's own example (rule 11)."""
    told = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "1.0.1", "1.0.10", "1.1.0", "2.0.0", "10.0.0"]  # fmt: skip
    versions = [tags.parse(f"v{text}") for text in told]
    assert all(first < second for first, second in itertools.pairwise(versions))
    assert [f"v{text}" for text in told] == [str(version) for version in sorted(versions)]


@pytest.mark.parametrize("text", ["1.2.3", "v1.2", "v1.2.3.4", "v01.2.3", "v1.2.3-01", "v1.2.3+build", "v1.2.3-", ""])
def test_what_is_no_version(text: str) -> None:
    """What semver.org does not allow, or what cannot be a tag of an image, is no version."""
    with pytest.raises(ValueError, match="is no version"):
        tags.parse(text)
    assert tags.known([text]) == []


def test_nothing_to_publish() -> None:
    """Without a version and a commit there is nothing to publish, and half a commit is none."""
    with pytest.raises(ValueError, match="neither"):
        names(None)
    with pytest.raises(ValueError, match="no full name"):
        names("v1.2.3", commit=COMMIT[:12])


# --- regions -------------------------------------------------------------------------------------------------------


def test_regions() -> None:
    """Regions, accounts and buckets are the original's; installers run this version."""
    found = regions.read()
    # Python's spelling of versions differs for pre-releases only: 1.0.0rc1 is v1.0.0-rc.1.
    assert Version(found.tag.removeprefix("v")) == Version(__version__)
    assert str(tags.parse(found.tag)) == found.tag
    assert {one.name: one.account for one in found.regions} == {
        "us-east-1": "957583890962",
        "us-east-2": "922499468684",
        "us-west-2": "640106867763",
        "eu-west-1": "613661167059",
        "cn-northwest-1": "099223943020",
    }
    assert all(one.bucket == f"amazon-sagemaker-operator-for-k8s-{one.name}" for one in found.regions)
    first, china = found.regions[0], found.regions[-1]
    repository = f"{OWNER}.dkr.ecr.us-east-1.amazonaws.com/amazon-sagemaker-operator-for-k8s"
    assert found.image(first, "latest") == f"{repository}:latest"
    assert china.registry == "099223943020.dkr.ecr.cn-northwest-1.amazonaws.com.cn"
    assert china.url("x") == f"https://{CHINA}.s3.cn-northwest-1.amazonaws.com.cn/x"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"957583890962"', '"95758389096"', "no AWS account"),
        (f'"{BUCKET}"', '"My_bucket"', "cannot be named"),
        ('"amazonaws.com"', '"amazonaws.com.cn"', "another partition"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A publisher's mistake is told before anything goes to somebody else's bucket."""
    text = regions.REGIONS.read_text(encoding="utf-8")
    changed = tmp_path / "regions.toml"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        regions.read(changed)


def test_table_for_documents() -> None:
    """The guide's table has a row for each region, with the image and a link for each system."""
    lines = tables.markdown(regions.read(), "latest").splitlines()
    assert len(lines) == 2 + 5
    assert all(line.count("|") == 4 for line in lines)
    assert f"https://{BUCKET}.s3.amazonaws.com/kubectl-smlogs-plugin/latest/linux.amd64.tar.gz" in lines[2]
    assert all(f"/latest/{system}.{machine}.tar.gz" in lines[6] for system, machine in regions.SYSTEMS)


def test_matrix_for_workflows() -> None:
    """A workflow learns each region's role and audience from the file."""
    found = regions.matrix(regions.read(), "release")
    assert found[0]["role"] == f"arn:aws:iam::{OWNER}:role/release"
    assert found[-1]["role"] == "arn:aws-cn:iam::099223943020:role/release"
    assert found[-1]["audience"] == "sts.amazonaws.com.cn"
    assert len(json.dumps(found).splitlines()) == 1


# --- the upload ----------------------------------------------------------------------------------------------------


def write_sums(folder: Path) -> None:
    """SHA256SUMS, as the build writes it."""
    others = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in others]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as `make dist` leaves them on two systems."""
    made = tmp_path / "kubectl-smlogs-plugin"
    made.mkdir()
    for system in ("linux.amd64", "darwin.arm64"):
        (made / f"{system}.tar.gz").write_bytes(f"plugin for {system}".encode())
        (made / f"{system}.cdx.json").write_bytes(b"{}")
    write_sums(made)
    return made


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """S3 with the buckets of two regions, and credentials for it."""
    with buckets.serve() as made:
        made.owners |= {BUCKET: OWNER, CHINA: "099223943020"}
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", made.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        yield made


Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs upload.py for a version; its exit code and output."""

    def run_it(*arguments: str, version: str = "v1.2.3") -> SimpleNamespace:
        command = ["upload.py", "--folder", str(folder), "--version", version, "--released", "v1.2.2"]
        monkeypatch.setattr(sys, "argv", [*command, *arguments])
        code = upload.main()
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err, rows=[line.split("   ") for line in out.splitlines()[1:]])

    return run_it


ONE = ("--region", "us-east-1", "--yes")


def keys(*wanted: str, version: str = "v1.2.3") -> list[str]:
    """Paths of all files under tags."""
    files = ("darwin.arm64.cdx.json", "darwin.arm64.tar.gz", "linux.amd64.cdx.json", "linux.amd64.tar.gz", "SHA256SUMS")
    return [f"{BUCKET}/kubectl-smlogs-plugin/{tag}/{file}" for tag in wanted or (version,) for file in files]


def test_dry_run(folder: Path, storage: Storage) -> None:
    """Without --yes, the program itself tells every key and command, and asks nobody."""
    command = [sys.executable, str(UPLOAD), "--folder", str(folder), "--version", "v1.2.3", "--commit", COMMIT,
               "--latest", "--released", "--image", "oci-archive:image.tar"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": ""}, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if "kubectl-smlogs-plugin/" in line]
    assert len(rows) == 5 * 5 * 5
    wanted = keys(COMMIT, "v1.2.3", "v1.2", "v1", "latest")
    assert [f"{row[1]}/{row[2]}" for row in rows if row[0] == "us-east-1"] == wanted
    source = "skopeo copy --all --preserve-digests oci-archive:image.tar docker://"
    repository = "099223943020.dkr.ecr.cn-northwest-1.amazonaws.com.cn/amazon-sagemaker-operator-for-k8s"
    assert f"{source}{repository}:v1.2\n" in done.stdout
    assert "125 files and 25 image tags are sent with --yes" in done.stdout
    assert storage.requests == []


def test_upload(run: Run, storage: Storage, folder: Path) -> None:
    """Every file goes under every tag, whole, with its type and how long it may be kept, and the URLs are told."""
    done = run("--commit", COMMIT, "--latest", *ONE)
    assert done.code == 0, done.err
    assert storage.puts() == keys(COMMIT, "v1.2.3", "v1.2", "v1", "latest")
    for path, stored in storage.objects.items():
        assert stored.body == (folder / Path(path).name).read_bytes()
        assert not any("acl" in name or "grant" in name for name in stored.headers)
    tarball = storage.objects[f"{BUCKET}/kubectl-smlogs-plugin/v1.2.3/linux.amd64.tar.gz"].headers
    assert tarball["content-type"] == "application/gzip"
    assert "immutable" in tarball["cache-control"]
    moving = storage.objects[f"{BUCKET}/kubectl-smlogs-plugin/v1/SHA256SUMS"].headers
    assert moving["content-type"].startswith("text/plain")
    assert moving["cache-control"] == "public, max-age=300, must-revalidate"
    assert done.rows[-1] == [
        "uploaded",
        f"https://{BUCKET}.s3.amazonaws.com/kubectl-smlogs-plugin/latest/SHA256SUMS",
    ]
    assert len(done.rows) == 25


def test_second_run_sends_nothing(run: Run, storage: Storage) -> None:
    """What is there with the same checksum is skipped."""
    run(*ONE)
    storage.requests.clear()
    done = run(*ONE)
    assert (done.code, storage.puts()) == (0, [])
    assert {row[0].strip() for row in done.rows} == {"already there"}


def test_interrupted_run_goes_on(run: Run, storage: Storage) -> None:
    """A run that AWS stops tells what it has done, and the next one does the rest; passing trouble is tried again."""
    stopped = keys()[3]
    storage.trouble = lambda method, path: (403, "AccessDenied") if (method, path) == ("PUT", stopped) else None
    first = run(*ONE)
    assert first.code == 1
    assert len(first.rows) == 3
    assert "AccessDenied" in first.err
    assert "12 not done; start it again" in first.err
    busy = iter([(503, "SlowDown")])
    storage.trouble = lambda method, _path: next(busy, None) if method == "PUT" else None
    second = run(*ONE)
    assert second.code == 0
    assert [row[0].strip() for row in second.rows] == ["already there"] * 3 + ["uploaded"] * 12
    assert sorted(storage.objects) == sorted(keys("v1.2.3", "v1.2", "v1"))


def test_version_never_changes(run: Run, storage: Storage, folder: Path) -> None:
    """Other bytes under a full version are refused, and then nothing that moves follows them; --force does it."""
    run(*ONE)
    before = {path: stored.body for path, stored in storage.objects.items()}
    (folder / "linux.amd64.tar.gz").write_bytes(b"other bytes")
    write_sums(folder)
    refused = run(*ONE)
    assert refused.code == 1
    assert "see --force" in refused.err
    assert {path: stored.body for path, stored in storage.objects.items()} == before
    assert "REFUSED: other bytes are there" in refused.out
    assert "REFUSED: its version was" in refused.out
    forced = run(*ONE, "--force")
    assert forced.code == 0
    assert storage.objects[keys()[3]].body == b"other bytes"
    assert {row[0].strip() for row in forced.rows} == {"already there", "replaced"}


def test_lines_follow_the_next_version(run: Run, storage: Storage, folder: Path) -> None:
    """The next version takes over the lines and leaves the old version as it is; without it, the lines go back."""
    good = (folder / "linux.amd64.tar.gz").read_bytes()
    run(*ONE)
    (folder / "linux.amd64.tar.gz").write_bytes(b"the next version")
    write_sums(folder)
    done = run(*ONE, version="v1.2.4")
    assert done.code == 0
    assert storage.objects[keys("v1.2")[3]].body == b"the next version"
    assert storage.objects[keys("v1.2.3")[3]].body == good
    (folder / "linux.amd64.tar.gz").write_bytes(good)
    write_sums(folder)
    assert run(*ONE).code == 0
    assert {storage.objects[keys(tag)[3]].body for tag in ("v1.2.3", "v1.2", "v1")} == {good}


def test_somebody_is_faster(run: Run, storage: Storage) -> None:
    """Where another run puts the version between the look and the write, S3 itself keeps the first."""

    def fill(method: str, path: str) -> None:
        if method == "PUT" and path == keys()[1]:
            storage.objects[path] = buckets.Object(b"faster", {})

    storage.trouble = fill
    done = run(*ONE)
    assert done.code == 1
    assert storage.objects[keys()[1]].body == b"faster"
    assert f"REFUSED: other bytes are there: https://{keys()[1].replace('/', '.s3.amazonaws.com/', 1)}" in done.err


def test_bucket_of_somebody_else(run: Run, storage: Storage) -> None:
    """A bucket that another account has made under the name gets nothing."""
    storage.owners[BUCKET] = "111111111111"
    done = run(*ONE)
    assert done.code == 1
    assert storage.puts() == []
    assert "403" in done.err


def test_china(run: Run, storage: Storage) -> None:
    """The files of China's region go into its own bucket."""
    done = run("--region", "cn-northwest-1", "--yes")
    assert done.code == 0, done.err
    assert {path.partition("/")[0] for path in storage.objects} == {CHINA}


def test_files_that_do_not_fit(run: Run, folder: Path, storage: Storage) -> None:
    """Files that the checksums do not know, or other ones, are not published."""
    (folder / "linux.arm64.tar.gz").write_bytes(b"new")
    (folder / "linux.amd64.tar.gz").write_bytes(b"changed")
    done = run(*ONE)
    assert done.code == 2
    assert done.err.rstrip().endswith("does not fit the files beside it: linux.amd64.tar.gz, linux.arm64.tar.gz")
    assert storage.requests == []


def test_mistakes_on_the_command_line(run: Run) -> None:
    """A region that is not in the file, or a version that is none, is told."""
    assert "no such region" in run("--region", "us-west-9").err
    assert run("--region", "us-west-9").code == 2
    assert "is no version" in run(version="1.2.3").err


# --- the image -----------------------------------------------------------------------------------------------------

_SKOPEO = """#!/bin/sh
# Registries are folders' names here: the digest of what is at a reference is the content of a file.
PATH=/usr/bin:/bin
name() { printf '%s' "$1" | tr '/:' '__'; }
echo "$@" >>"$REGISTRY/calls"
case $1 in
inspect)
    for place; do :; done
    cat "$REGISTRY/$(name "$place")" 2>/dev/null && exit
    echo 'reading manifest v1 in x: manifest unknown: Requested image not found' >&2
    exit 1 ;;
copy) cp "$REGISTRY/$(name "$4")" "$REGISTRY/$(name "$5")" ;;
esac
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A skopeo on PATH that keeps its registries in a folder; an archive with an image is there."""
    tools, made = tmp_path / "bin", tmp_path / "registry"
    tools.mkdir()
    made.mkdir()
    (tools / "skopeo").write_text(_SKOPEO, encoding="utf-8")
    (tools / "skopeo").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("REGISTRY", str(made))
    (made / "oci-archive_image.tar").write_text("sha256:one\n", encoding="utf-8")
    return made


def digests(registry: Path) -> dict[str, str]:
    """Digests by tag."""
    return {path.name.rpartition("_")[2]: path.read_text().strip() for path in registry.glob("docker*")}


def test_image(run: Run, storage: Storage, registry: Path) -> None:
    """The image gets the same tags; a version keeps its image, and then no line follows."""
    arguments = ("--image", "oci-archive:image.tar", *ONE)
    assert run(*arguments).code == 0
    assert digests(registry) == dict.fromkeys(("v1.2.3", "v1.2", "v1"), "sha256:one")
    (registry / "calls").unlink()
    assert "already there" in run(*arguments).rows[0][0]
    assert "copy" not in (registry / "calls").read_text()
    (registry / "oci-archive_image.tar").write_text("sha256:two\n", encoding="utf-8")
    refused = run(*arguments)
    assert refused.code == 1
    assert digests(registry) == dict.fromkeys(("v1.2.3", "v1.2", "v1"), "sha256:one")
    assert run(*arguments, version="v1.2.4").code == 0
    assert digests(registry) == {"v1.2.3": "sha256:one"} | dict.fromkeys(("v1.2.4", "v1.2", "v1"), "sha256:two")
    assert len(storage.objects) == 5 * 4


def test_registry_that_refuses(run: Run, storage: Storage, registry: Path) -> None:
    """What skopeo says when it fails is told, and no file is published without the image."""
    (registry.parent / "bin" / "skopeo").write_text("#!/bin/sh\necho 'no basic auth' >&2\nexit 1\n", encoding="utf-8")
    done = run("--image", "oci-archive:image.tar", *ONE)
    assert done.code == 1
    assert "no basic auth" in done.err
    assert storage.requests == []
