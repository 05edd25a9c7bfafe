"""The layout's traps: two folders share their names with packages, and generated files must be current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("folder", ["operator", "packaging"])
def test_no_package_shadows_another(folder: str) -> None:
    """`operator/` and `packaging/` hold things and are no packages: they would hide the real ones."""
    assert (ROOT / folder).is_dir()
    assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("module", ["operator", "packaging"])
def test_the_real_modules_load_from_the_project_root(module: str) -> None:
    """Even with the project root first on the path, Python finds its own `operator` and PyPI's `packaging`."""
    code = f"import {module}; print({module}.__file__)"

    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()

    assert not Path(found).is_relative_to(ROOT / module)


def test_generated_files_are_current() -> None:
    """The CRDs and the field map in the repository are what the generator makes of today's service model."""
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_operator.crds", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_core_is_free_of_both_programs() -> None:
    """Importing the core's parts that the plugin uses loads nothing of the operator."""
    code = (
        "import sys, smkube.kinds, smkube.errors, smkube.kube.connection, smkube.aws.session; "
        "print([name for name in sys.modules if name.partition('.')[0] in "
        "{'sagemaker_operator', 'kubectl_smlogs', 'boto3', 'botocore', 'kubernetes', 'click', 'rich'}])"
    )

    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert found.strip() == "[]"
