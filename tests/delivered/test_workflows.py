"""The workflows of `.github`: what can be checked of them without GitHub."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.delivered import scripts
from tests.delivered.building import ROOT

SYSTEMS = set(scripts.load("release/regions").SYSTEMS)
FILES = sorted((ROOT / ".github" / "workflows").iterdir())
RUNNERS = {
    "ubuntu-24.04": ("linux", "amd64"),
    "ubuntu-24.04-arm": ("linux", "arm64"),
    "macos-15-intel": ("darwin", "amd64"),
    "macos-15": ("darwin", "arm64"),
}
RIGHTS = {
    "ci.yml": {"test": {"contents": "read"}},
    "release.yml": {
        "plan": {"contents": "read"},
        "plugin": {"contents": "read"},
        "test-plugin": {"contents": "read"},
        "image": {"contents": "read"},
        "attest-plugin": {"attestations": "write", "id-token": "write"},
        "attest-image": {"attestations": "write", "id-token": "write"},
        "publish": {"contents": "read", "id-token": "write"},
        "github-release": {"contents": "write"},
    },
}
"""All that each job may do with the repository. Jobs that build or test can only read it."""

Workflow = dict[Any, Any]
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def read(path: Path) -> Workflow:
    """A workflow; its `on` is True to YAML 1.1."""
    found: Workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def steps(workflow: Workflow) -> Iterator[dict[str, Any]]:
    """All steps of all jobs."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


def commands(path: Path) -> list[str]:
    """The scripts of all steps."""
    return [step["run"] for step in steps(read(path)) if "run" in step]


def test_there_are_two() -> None:
    """One for changes, one for releases; each job's rights are those listed here."""
    assert {path.name for path in FILES} == set(RIGHTS)


@each
def test_rights_are_the_least(path: Path) -> None:
    """Each job has the rights it needs and no others, and no step is given a secret."""
    workflow = read(path)
    ofall = workflow["permissions"]
    assert {name: job.get("permissions", ofall) for name, job in workflow["jobs"].items()} == RIGHTS[path.name]
    assert ofall in ({}, {"contents": "read"})
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "aws-access-key-id" not in text
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@each
def test_jobs_fit_together(path: Path) -> None:
    """Jobs need only jobs that stand before them, end by themselves, and use outputs that exist."""
    jobs = read(path)["jobs"]
    before: list[str] = []
    for name, job in jobs.items():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(before), name
        assert job["timeout-minutes"] <= 60
        before.append(name)
    for job, output in re.findall(r"needs\.([\w-]+)\.outputs\.(\w+)", path.read_text(encoding="utf-8")):
        assert output in jobs[job]["outputs"]


@each
def test_actions_are_pinned(path: Path) -> None:
    """Every action is a commit, with the version it was; a tag could be moved by somebody else."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    pinned = re.compile(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    versions: dict[str, set[str]] = {}
    for line in lines:
        name, _, rest = line.partition("@")
        versions.setdefault(name.split()[-1], set()).add(rest)
    assert [name for name, found in versions.items() if len(found) > 1] == []


@each
def test_scripts_are_valid(path: Path) -> None:
    """Every script is one for bash, and gets values of the workflow by its environment: never as code."""
    for script in commands(path):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert "${{" not in script


@each
def test_what_scripts_name_is_there(path: Path) -> None:
    """Files and make's targets that a script names exist, and programs of this project know the flags they get."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for script in commands(path):
        for name, value in re.findall(r"^(\w+)=([\w./-]+)$", script, re.MULTILINE):
            script = script.replace(f"${name}/", f"{value}/")  # noqa: PLW2901 - as the shell sees it
        for name in re.findall(r"(?<![\w./-])((?:packaging|tests|\.ci)/[\w./-]+)", script):
            assert (ROOT / name).exists(), name
        for line in script.splitlines():
            if line.strip().startswith("make "):
                assert {word for word in line.split()[1:] if "=" not in word} <= targets
        for program, rest in re.findall(r"python3? (packaging/[\w/]+\.py)((?:[^\n\\]|\\\n)*)", script):
            check_flags(program, re.findall(r"(?<!\S)--[\w-]+", rest))


def check_flags(program: str, flags: list[str]) -> None:
    """Each flag stands in the program's help."""
    if not flags:
        return
    done = subprocess.run([sys.executable, ROOT / program, "--help"], capture_output=True, text=True, check=True)
    assert set(flags) <= set(re.findall(r"--[\w-]+", done.stdout))


def test_commands_by_hand() -> None:
    """The commands of docs/releasing.md name programs that are there, and flags that they know."""
    text = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"^ +(?:\.venv/bin/)?python (packaging/\S+\.py)(.*)$", text, re.MULTILINE)
    assert {program for program, _ in found} >= {"packaging/release/upload.py", "packaging/krew/render.py"}
    for program, rest in found:
        check_flags(program, re.findall(r"(?<!\S)--[\w-]+", rest))


@pytest.mark.parametrize("name", ["plugin", "test-plugin", "attest-plugin"])
def test_every_system(name: str) -> None:
    """The plugin is built, tried out and attested on each of the four systems, built and tried on itself."""
    rows = read(ROOT / ".github/workflows/release.yml")["jobs"][name]["strategy"]["matrix"]["include"]
    assert {(row["os"], row["arch"]) for row in rows} == SYSTEMS
    assert len(rows) == len(SYSTEMS)
    assert all(RUNNERS[row["runner"]] == (row["os"], row["arch"]) for row in rows if "runner" in row)


def test_nothing_goes_out_untested() -> None:
    """Whatever is published has been tried out and attested before, and a tag that names another version stops all."""
    jobs = read(ROOT / ".github/workflows/release.yml")["jobs"]
    assert {"test-plugin", "attest-plugin", "attest-image", "image", "plan"} == set(jobs["publish"]["needs"])
    assert jobs["attest-plugin"]["needs"] == "test-plugin"
    assert {"publish", "attest-plugin", "attest-image"} == set(jobs["github-release"]["needs"])
    regions = ROOT / "packaging/release/regions.py"
    wrong = subprocess.run([sys.executable, regions, "v99.0.0"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "v99.0.0" not in wrong.stdout


def test_ci_runs_what_everybody_runs() -> None:
    """CI is the README's test command."""
    assert commands(ROOT / ".github/workflows/ci.yml") == [".ci/run"]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
