"""The Python package, as pipx and uv install it: a wheel, into an environment of its own."""

from __future__ import annotations

import site
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


def test_installed(wheel: Path, place: Path) -> None:
    """In a fresh environment, its commands are the plugin and the operator."""
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], timeout=60, check=True)
    # Where the environment has no pip of its own, that of the Python outside has filled it.
    python = sys.executable if find_spec("pip") else str(getattr(sys, "_base_executable", sys.executable))
    pip = [python, "-m", "pip", "--python", str(environment / "bin" / "python")]
    flags = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([*pip, "install", *flags, str(wheel)], timeout=60, check=True)
    # The requirements are those of the environment of the tests, which is made from the same lock file.
    [packages] = (environment / "lib").glob("python*/site-packages")
    ours = [path for path in site.getsitepackages() if path.startswith(sys.prefix)]
    (packages / "requirements.pth").write_text("\n".join(ours), encoding="utf-8")
    user = make_user(place, "home")
    for arguments in (["--help"], ["version"], ["logs", "--help"], ["trainingjob", "x"]):
        installed = user.run(environment / "bin" / "kubectl-smlogs", *arguments)
        plugin = user.run(*PLUGIN, *arguments, cwd=ROOT)
        assert (installed.stdout, installed.stderr) == (plugin.stdout, plugin.stderr)
        assert installed.returncode == plugin.returncode
    place_of = "import kubectl_smlogs, smkube; print(kubectl_smlogs.__file__, smkube.__file__)"
    found = user.run(environment / "bin" / "python", "-c", place_of).stdout.split(f" {packages}")
    assert found[0].startswith(str(packages))
    assert len(found) == 2
    helper = user.run(environment / "bin" / "kubectl_complete-smlogs", "Tr")
    assert "TrainingJob" in helper.stdout
    operator = user.run(environment / "bin" / "sagemaker-operator", "--help")
    assert operator.returncode == 0, operator.stderr
