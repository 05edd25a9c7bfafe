"""The documents: their links lead somewhere, and the files that they name are there."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packaging/**/*.md")})
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PATH = re.compile(r"`((?:docs|kubectl_smlogs|operator|packaging|sagemaker_operator|smkube|tests)/[\w.*/-]*)`")
_PROGRAM = re.compile(r"`([\w*-]+\.py)`")
_MODULES = re.compile(r"\(((?:`[a-z_]+`, )+`[a-z_]+`)\)")
_SOURCES = ("kubectl_smlogs", "operator", "packaging", "tests")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links(document: Path) -> None:
    """Each link within the project leads to a file that is there, and to a heading of it."""
    text = document.read_text(encoding="utf-8")
    broken = []
    for link in _LINK.findall(text):
        place, _, anchor = link.partition("#")
        if re.match(r"\w+:", link):
            continue
        target = document.parent / place if place else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_paths(document: Path) -> None:
    """Each file and folder that a document names is there; programs may be named without their folder."""
    text = document.read_text(encoding="utf-8")
    missing = [path for path in _PATH.findall(text) if not _is_there(path)]
    missing += [name for name in _PROGRAM.findall(text) if not any(_sources(name))]
    assert missing == []


def test_the_map_names_modules_that_are_there() -> None:
    """Modules that the architecture page only names, several in brackets, are in the sources."""
    lists = _MODULES.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    named = [name for names in lists for name in re.findall(r"\w+", names)]
    assert "follow" in named
    assert [name for name in named if not any(_sources(f"{name}.py"))] == []


def test_paths_that_are_not_there_are_found() -> None:
    """A file that was moved, and a program that is nowhere, do not pass."""
    assert _is_there("smkube/logs")
    assert _is_there("tests/conformance/test_adoption_*.py")
    assert not _is_there("smkube/nowhere.py")
    assert any(_sources("follow.py"))
    assert not any(_sources("nowhere.py"))


def _is_there(path: str) -> bool:
    """Whether a path leads somewhere from the project's folder, or from that of the operator."""
    return any(any(base.glob(path.rstrip("/"))) for base in (ROOT, ROOT / "operator"))


def _sources(name: str) -> itertools.chain[Path]:
    """The programs and modules of a name."""
    return itertools.chain.from_iterable((ROOT / folder).rglob(name) for folder in _SOURCES)


def _anchors(document: Path) -> set[str]:
    """Names of headings as GitHub makes them."""
    headings = _HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
