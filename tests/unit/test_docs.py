"""The documents say what the code does, where that can be compared."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sagemaker_operator import controls, reasons, settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_every_reason_is_documented() -> None:
    """Scripts match reasons: each constant has its row in docs/status.md."""
    text = (DOCS / "status.md").read_text(encoding="utf-8")
    known = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}

    assert known - set(re.findall(r"`(\w+)`", text)) == set()


def test_every_control_is_documented() -> None:
    """Each annotation that the operator reads is explained in docs/lifecycle.md."""
    text = (DOCS / "lifecycle.md").read_text(encoding="utf-8")
    names = {controls.PAUSE, controls.RECONCILE_NOW, controls.DELETION_POLICY, controls.TIME_TO_LIVE, controls.SPAWN}

    assert {name for name in names if name not in text} == set()


def test_every_flag_of_the_operator_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's table has the flags that the program knows, and no others."""
    with pytest.raises(SystemExit):
        settings.parse(["--help"], {})
    known = set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    rows = re.findall(r"^\| (`--[^|]*) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert {flag for row in rows for flag in re.findall(r"--[a-z-]+", row)} == known - {"--help", "--version"}


def test_every_dependency_has_its_reason() -> None:
    """The README says of each dependency what it is there for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    told = {word for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for word in re.findall(r"[\w-]+", row)}

    assert {re.split(r"[><=,]", one)[0] for one in wanted} - told == set()
