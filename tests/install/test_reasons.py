"""The pages about reasons say what the code does, as far as the two can be compared."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sagemaker_operator import controls, identity, reasons
from smkube import kinds
from tests.stack.stack import ROOT

PROGRAM = ROOT / "packaging" / "docs" / "reasons.py"
FOLDER = ROOT / "docs" / "reasons"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
EACH_PAGE = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
CONDITIONS = {"Succeeded", "Ready", "Reconciling", "Stalled", "Paused", "InvalidAnnotation"}
SECTIONS = ["How it looks", "What the operator does", "What you do"]
BEHIND = "COMPLETED"
"""A reason that the source takes from SageMaker's status word."""

_CONDITION = re.compile(r"^    (\w+)=(True|False|Unknown) (\w+):", re.MULTILINE)
_ANNOTATION = re.compile(rf"{re.escape(kinds.GROUP)}/[a-z-]*[a-z]")
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


def known() -> dict[str, str]:
    """The reasons of the operator's list, by the names of their constants."""
    return {name: value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}


def given() -> set[str]:
    """Those that the source makes use of."""
    folder = ROOT / "operator" / "sagemaker_operator"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    return {value for name, value in known().items() if name == BEHIND or re.search(rf"reasons\.{name}\b", source)}


def generator() -> ModuleType:
    """The program that puts the figures in, as a module; the folder is no package."""
    spec = importlib.util.spec_from_file_location("docs_reasons", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_reason_has_a_page_and_none_is_left_over() -> None:
    """Whoever meets a reason finds its page by its name."""
    assert {path.stem for path in PAGES} == given() | {identity.ROLE_NOT_SET}


def test_the_figures_are_those_of_the_code() -> None:
    """Pages and index are what the generator makes of today's table of retries."""
    done = subprocess.run([sys.executable, PROGRAM, "--check"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_figures_stand_where_there_are_some() -> None:
    """Each reason that is waited out says after how long, and no other does."""
    told = {path.stem for path in PAGES if "<!-- generated: retry -->" in path.read_text(encoding="utf-8")}

    assert told == set(reasons.RETRY)
    sentence = " ".join(generator().retry(reasons.INVALID_SPEC).split())
    assert sentence.startswith(
        "Tried again after 5 minutes at most, then after twice as long each time, up to 16 minutes;"
    )
    assert "`Stalled` is `True` meanwhile" in sentence


def test_every_page_is_in_the_index() -> None:
    """A page whose group is misspelt would be lost."""
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert {path.name for path in PAGES} - set(_LINK.findall(index)) == set()


@EACH_PAGE
def test_a_page_is_whole(path: Path) -> None:
    """A page has a title, a first sentence and its sections, and what it shows is about its reason."""
    text = path.read_text(encoding="utf-8")
    looks = text.partition("## How it looks")[2].partition("\n## ")[0]

    assert text.startswith(f"# {path.stem}\n\n")
    assert [name for name in SECTIONS if f"\n## {name}\n" not in text] == []
    assert path.stem in looks or "\n    The operator does nothing" in looks


@EACH_PAGE
def test_what_a_page_shows_and_names_exists(path: Path) -> None:
    """Conditions, reasons, annotations and links are those that there are."""
    text = path.read_text(encoding="utf-8")
    annotations = {
        controls.PAUSE,
        controls.RECONCILE_NOW,
        controls.DELETION_POLICY,
        controls.TIME_TO_LIVE,
        controls.SPAWN,
    }

    shown = _CONDITION.findall(text)
    assert {type_ for type_, _, _ in shown} <= CONDITIONS
    assert {reason for _, _, reason in shown} <= given()
    assert set(_ANNOTATION.findall(text)) <= annotations
    assert [link for link in _LINK.findall(text) if not (path.parent / link).exists()] == []
