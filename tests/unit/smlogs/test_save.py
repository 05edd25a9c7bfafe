"""Logs saved in files."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import filenames
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.limit import LimitReached
from kubectl_smlogs.options import Showing
from kubectl_smlogs.output import OutputFailed
from kubectl_smlogs.save import Saver
from tests.unit.smlogs.samples import ORIGIN, Shown, event


def _manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def test_a_file_for_each_stream(tmp_path: Path) -> None:
    """Lines are saved as they were sent, in a file for each stream, and not shown."""
    shown = Shown(Showing(save=str(tmp_path / "new" / "logs")))
    shown.presenter.begin([ORIGIN])
    assert not _manifest(tmp_path / "new" / "logs")["complete"]
    shown.show(event("a\n"), event("grün \x1b\r\nb", 1, "algo-2"), event("c", 2))
    shown.show(event("d", 3)._replace(stream="job/i-1-7/data-log"))
    shown.presenter.close(complete=True)
    folder = tmp_path / "new" / "logs"
    assert _files(folder) == {
        "job/algo-1-1574811611.log": "a\nc\n",
        "job/algo-2-1574811611.log": "grün \x1b\r\nb\n",
        "job/i-1-7_data-log.log": "d\n",
    }
    assert shown.out == ""
    assert shown.error == f"Saved 4 lines in 3 files below {folder}.\n"


def test_manifest(tmp_path: Path) -> None:
    """The manifest says whose logs these are, how much of each, and whether it is all."""
    shown = Shown(Showing(save=str(tmp_path)))
    shown.show(event("a", 5), event("ü", 1))
    shown.presenter.close(complete=True)
    content = "a\nü\n".encode()
    assert _manifest(tmp_path) == {
        "version": 1,
        "complete": True,
        "jobs": [
            {
                "kind": "TrainingJob",
                "namespace": "ns",
                "name": "train",
                "job": "job",
                "region": "us-west-2",
                "logGroup": "/aws/sagemaker/TrainingJobs",
                "folder": "job",
                "streams": [
                    {
                        "stream": "job/algo-1-1574811611",
                        "file": "job/algo-1-1574811611.log",
                        "lines": 2,
                        "bytes": len(content),
                        "first": "2019-11-26T23:41:13.450Z",
                        "last": "2019-11-26T23:41:13.454Z",
                        "sha256": hashlib.sha256(content).hexdigest(),
                    }
                ],
            }
        ],
    }
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["manifest.json"]


def test_incomplete(tmp_path: Path) -> None:
    """What was interrupted says so."""
    shown = Shown(Showing(save=str(tmp_path)))
    shown.show(event("a"))
    shown.presenter.close(complete=False)
    assert _manifest(tmp_path)["complete"] is False


def test_saved_and_shown(tmp_path: Path) -> None:
    """With a format the lines are shown as well."""
    shown = Shown(Showing(save=str(tmp_path), output="raw"))
    assert shown.show(event("a")) == "a\n"
    shown.presenter.close(complete=True)
    assert _files(tmp_path) == {"job/algo-1-1574811611.log": "a\n"}


def test_limit_of_saved_bytes(tmp_path: Path) -> None:
    """The limit counts what is saved where nothing is shown."""
    shown = Shown(Showing(save=str(tmp_path)), limit_bytes=5)
    with pytest.raises(LimitReached):
        shown.show(event("aa"), event("b\n"), event("c"))
    shown.presenter.close(complete=True)
    assert _files(tmp_path) == {"job/algo-1-1574811611.log": "aa\nb\n"}


def test_the_same_job_is_saved_anew(tmp_path: Path) -> None:
    """A second run replaces the first one's files, also those of streams that are gone, and nothing else's."""
    (tmp_path / "mine.txt").write_text("stays")
    for lines in (["old", "older"], ["new"]):
        shown = Shown(Showing(save=str(tmp_path)))
        shown.show(*[event(line, 0, f"algo-{number}") for number, line in enumerate(lines)])
        shown.presenter.close(complete=True)
    assert _files(tmp_path) == {"job/algo-0-1574811611.log": "new\n", "mine.txt": "stays"}


def test_another_job_is_not_overwritten(tmp_path: Path) -> None:
    """A folder with another job's log is left alone."""
    Saver(str(tmp_path)).begin([ORIGIN])
    with pytest.raises(BadValue, match="it holds the log of job"):
        Saver(str(tmp_path)).begin([replace(ORIGIN, job="job-2")])
    with pytest.raises(BadValue, match="it holds the log of job"):
        Saver(str(tmp_path)).begin([replace(ORIGIN, region="eu-west-1")])
    Saver(str(tmp_path)).begin([replace(ORIGIN, job="job-2"), ORIGIN])
    assert [job["job"] for job in _manifest(tmp_path)["jobs"]] == ["job-2", "job"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"jobs": [1]}', '{"jobs": [{"job": "job"}]}', '{"jobs": 7}'])
def test_foreign_manifest(tmp_path: Path, content: str) -> None:
    """A manifest of something else is not overwritten."""
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BadValue, match="was not written by kubectl smlogs"):
        Saver(str(tmp_path)).begin([ORIGIN])


def test_foreign_folder(tmp_path: Path) -> None:
    """A folder of the job's name that was not saved by us is not emptied."""
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "x.log").write_text("precious")
    with pytest.raises(BadValue, match="was not saved by kubectl smlogs"):
        Saver(str(tmp_path)).begin([ORIGIN])
    assert (tmp_path / "job" / "x.log").read_text() == "precious"


def test_folder_that_cannot_be_one(tmp_path: Path) -> None:
    """A file in the folder's place is an error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadValue, match=r"--save .*file: the folder cannot be used: File exists"):
        Saver(str(tmp_path / "file")).begin([ORIGIN])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk(tmp_path: Path) -> None:
    """A full disk ends the command with what is wrong and where."""
    saver = Saver(str(tmp_path))
    saver.begin([ORIGIN])
    saver.write(ORIGIN, [event("a")])
    file = tmp_path / "job" / "algo-1-1574811611.log"
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), _number_of_open(file))
    with pytest.raises(OutputFailed, match=rf"cannot be saved in {tmp_path}: No space left on device"):
        saver.write(ORIGIN, [event("b")])
    saver.close(complete=False)
    assert _manifest(tmp_path)["complete"] is False


def _number_of_open(path: Path) -> int:
    """The number under which this process has a file open."""
    for entry in Path("/proc/self/fd").iterdir():
        if entry.exists() and entry.samefile(path):
            return int(entry.name)
    raise AssertionError(path)


def test_many_streams(tmp_path: Path) -> None:
    """Hundreds of streams need few open files, and each gets its lines."""
    shown = Shown(Showing(save=str(tmp_path)))
    for word in ("one", "two"):
        shown.show(*[event(word, number, f"algo-{number}") for number in range(200)])
    assert sum("/job/" in str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()) <= 64
    shown.presenter.close(complete=True)
    assert set(_files(tmp_path).values()) == {"one\ntwo\n"}
    assert len(_files(tmp_path)) == 200


@given(st.text(st.one_of(st.characters(), st.sampled_from("./-\\ \0")), max_size=300))
def test_file_names_lead_nowhere(name: str) -> None:
    """Whatever a stream is called, its file name is one harmless component of a path."""
    made = filenames.file_name(name)
    assert made == Path(made).name
    assert not made.startswith((".", "-"))
    assert made.isascii()
    assert made.isprintable()
    assert len(made) < 200


def test_names_that_would_be_the_same(tmp_path: Path) -> None:
    """Streams whose file names would be the same, also where case does not count, have files of their own."""
    saver = Saver(str(tmp_path))
    streams = ["job/a_b", "job/a/b", "job/A/b", "job/a b"]
    saver.write(ORIGIN, [event(stream)._replace(stream=stream) for stream in streams])
    saver.close(complete=True)
    (job,) = _manifest(tmp_path)["jobs"]
    files = {entry["stream"]: entry["file"] for entry in job["streams"]}
    assert len({file.casefold() for file in files.values()}) == 4
    for stream, file in files.items():
        assert (tmp_path / file).read_text() == f"{stream}\n"
