"""Light imports: placeholders leave no trace, and what was imported beside them is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smkube.placeholders import placeholders


def _python(code: str, path: Path | None = None) -> str:
    """Run a program that has imported nothing yet; what it prints."""
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    """A package whose `__init__` and one of whose modules must not be imported."""
    package = tmp_path / "heavy"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('the package was imported')\n", encoding="utf-8")
    (package / "wanted.py").write_text(
        "from heavy.unwanted import thing\nimport absent\nvalue = thing\n", encoding="utf-8"
    )
    (package / "unwanted.py").write_text("raise RuntimeError('the module was imported')\n", encoding="utf-8")
    return tmp_path


def test_one_module_of_a_package(heavy: Path) -> None:
    """It is imported without its package and its neighbours, and afterwards nothing of that is left."""
    code = """
import sys
from smkube.placeholders import placeholders
before = set(sys.modules)
with placeholders({"heavy.unwanted": {"thing": 7}, "absent": {}}, packages=["heavy"], forget=["heavy"]) as packages:
    import importlib
    wanted = importlib.import_module("heavy.wanted")
    assert packages["heavy"].wanted is wanted
print(wanted.value, sorted(name for name in set(sys.modules) - before if "heavy" in name or "absent" in name))
try:
    import heavy
except RuntimeError as error:
    print(error)
"""
    assert _python(code, heavy).splitlines() == ["7 []", "the package was imported"]


def test_a_failure_leaves_nothing_either(heavy: Path) -> None:
    """A name that the placeholder lacks is an ImportError; so is a package that is not installed."""
    code = """
import sys
from smkube.placeholders import placeholders
for arguments in ({"packages": ["heavy"]}, {"packages": ["nothing"]}):
    try:
        with placeholders({"heavy.unwanted": {}}, forget=["heavy"], **arguments):
            import heavy.wanted
    except ImportError as error:
        print(error)
print([name for name in sys.modules if "heavy" in name or "nothing" in name])
"""
    first, second, left = _python(code, heavy).splitlines()
    assert "thing" in first
    assert second == "nothing"
    assert left == "[]"


def test_what_is_imported_already_stays() -> None:
    """A module in use is not replaced, and not forgotten."""
    import json

    with placeholders({"json": {}}, missing=["os"], forget=["json"]):
        assert sys.modules["json"] is json
        assert sys.modules["os"] is os
    assert sys.modules["json"] is json
