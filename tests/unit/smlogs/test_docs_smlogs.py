"""docs/smlogs.md says what the program does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_smlogs import commands
from kubectl_smlogs.dispatch import Answer, Run, decide
from kubectl_smlogs.parse import parse

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "smlogs.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^    kubectl smlogs (.*)$", TEXT, re.MULTILINE)


def test_tables_are_current() -> None:
    """The tables are what the generator makes of today's program."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_everything_is_in_the_tables() -> None:
    """Each command, flag and variable has its row."""
    for command in commands.ALL:
        assert f"| `{command.name}" in TEXT
        for flag in command.flags:
            assert flag.name == "help" or f"--{flag.name}" in TEXT
            assert flag.name == "help" or f"`{flag.variable}`" in TEXT


def test_there_are_examples() -> None:
    """The examples by task are found by the test below."""
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_good_commands(example: str) -> None:
    """Each command that is shown can be read as it stands."""
    words = shlex.split(example, comments=True)
    found = decide(words[: words.index("|")] if "|" in words else words)
    if isinstance(found, Answer):
        assert found.code == 0
    else:
        assert isinstance(found, Run)
        assert parse(found.command, found.arguments, kind=found.kind, environ={}).where
