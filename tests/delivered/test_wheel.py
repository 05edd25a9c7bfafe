"""The Python package, as pipx and uv install it: a wheel, into an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from smkube import __version__
from tests.delivered import wheelhouse
from tests.delivered.building import ROOT
from tests.delivered.running import PLUGIN, make_user

PACKAGES = {"kubectl_smlogs", "sagemaker_operator", "smkube"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sources as they are."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    [made] = folder.glob("*.whl")
    return made


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


def test_content(wheel: Path) -> None:
    """The wheel holds the three packages whole, and nothing of tests, packaging or other folders."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    roots = {"kubectl_smlogs": ROOT, "smkube": ROOT / "operator", "sagemaker_operator": ROOT / "operator"}
    wanted = {
        path.relative_to(root).as_posix()
        for package, root in roots.items()
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == wanted
    assert {name.partition("/")[0] for name in held} == PACKAGES


def test_requirements(wheel: Path) -> None:
    """Installing it brings what the sources import, with the versions that are known to work."""
    metadata = _metadata(wheel)
    assert metadata["Version"] == __version__
    names = {Requirement(line).name for line in metadata.get_all("Requires-Dist", [])}
    assert {"boto3", "click", "kubernetes", "msgspec", "rich"} <= names
    assert metadata["License-Expression"] == "Apache-2.0"


@pytest.fixture(scope="module")
def house(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels of all that it needs."""
    folder = tmp_path_factory.mktemp("wheels") / "house"
    wheelhouse.make(folder, _metadata(wheel).get_all("Requires-Dist", []))
    return folder


def works(programs: Path, place: Path) -> None:
    """Check that a folder's programs are the plugin, its helper and the operator, with nothing else around."""
    user = make_user(place, "home")
    for arguments in (["version"], ["trainingjob", "x"]):
        installed = user.run(programs / "kubectl-smlogs", *arguments)
        plugin = user.run(*PLUGIN, *arguments, cwd=ROOT)
        assert (installed.stdout, installed.stderr) == (plugin.stdout, plugin.stderr)
        assert installed.returncode == plugin.returncode
    helper = user.run(programs / "kubectl_complete-smlogs", "Tr")
    assert "TrainingJob" in helper.stdout
    operator = user.run(programs / "sagemaker-operator", "--help")
    assert operator.returncode == 0, operator.stderr


def test_installed_by_pip(wheel: Path, house: Path, place: Path) -> None:
    """In a fresh environment, as pipx makes it, pip finds the requirements met and the commands work."""
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], timeout=60, check=True)
    # Where the environment has no pip of its own, that of the Python outside has filled it.
    python = sys.executable if find_spec("pip") else str(getattr(sys, "_base_executable", sys.executable))
    pip = [python, "-m", "pip", "--python", str(environment / "bin" / "python")]
    flags = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-index", "--find-links", str(house)]
    subprocess.run([*pip, "install", *flags, str(wheel)], timeout=120, check=True)
    works(environment / "bin", place)
    where = "import kubectl_smlogs, smkube, boto3; print(kubectl_smlogs.__file__, smkube.__file__, boto3.__file__)"
    found = make_user(place, "other").run(environment / "bin" / "python", "-c", where).stdout
    assert found.count(str(environment)) == 3


def test_installed_by_uv(wheel: Path, house: Path, place: Path) -> None:
    """`uv tool install` puts all three commands where a user's PATH finds them."""
    uv = pytest.importorskip("uv", reason="uv is not in the environment of the tests")
    tools = {"UV_TOOL_DIR": place / "tools", "UV_TOOL_BIN_DIR": place / "programs", "UV_CACHE_DIR": place / "cache"}
    command = [
        uv.find_uv_bin(),
        "tool",
        "install",
        "--offline",
        "--no-config",
        "--no-index",
        "--find-links",
        str(house),
    ]
    subprocess.run(
        [*command, "--python", sys.executable, str(wheel)],
        env={
            "PATH": f"{place / 'programs'}:/usr/bin:/bin",
            "HOME": str(place),
            **{k: str(v) for k, v in tools.items()},
        },
        capture_output=True,
        timeout=120,
        check=True,
    )
    programs = {path.name for path in (place / "programs").iterdir()}
    assert programs == {"kubectl-smlogs", "kubectl_complete-smlogs", "sagemaker-operator"}
    works(place / "programs", place)
