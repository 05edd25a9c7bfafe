"""Fixtures for the tests of the delivered file."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.progress import Progress
from tests.delivered import building
from tests.delivered.building import Delivery
from tests.delivered.running import installed, make_user


@pytest.fixture(scope="session")
def delivery() -> Delivery:
    """The tarball and its folder, built from the sources as they are."""
    return building.find(os.environ, Progress(sys.__stderr__ or sys.stderr))


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that every user can reach, unlike pytest's own; its name has blanks in it."""
    made = Path(tempfile.mkdtemp(prefix="a place "))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def alone(delivery: Delivery, place: Path) -> Path:
    """The one file, copied out of the tarball's folder into a folder of its own."""
    folder = place / "bin"
    folder.mkdir()
    return Path(shutil.copy2(delivery.program, folder))


@pytest.fixture(scope="module")
def folder(delivery: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked program's folder."""
    user = make_user(tmp_path_factory.mktemp("program"), "home")
    assert user.run(delivery.program, "version").returncode == 0
    [made] = installed(user.cache)
    return made
