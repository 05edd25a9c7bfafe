"""What a control plane says before it was started; started ones are in tests/conformance/test_cluster.py."""

from pathlib import Path

import pytest

from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ClusterError
from tests.cluster.versions import Version

PROGRAM = Path("/bin/false")


def _plane(data: Path) -> ControlPlane:
    return ControlPlane(data, Binaries(PROGRAM, PROGRAM, PROGRAM, Version(1, 37, 2)))


def test_not_started_is_explained(tmp_path: Path) -> None:
    """Address, requests and restarts of a control plane that was not started are errors that say so."""
    plane = _plane(tmp_path)
    with pytest.raises(ClusterError, match="was not started"):
        _ = plane.url
    with pytest.raises(ClusterError, match="was not started"):
        _ = plane.admin
    with pytest.raises(ClusterError, match="does not run"):
        plane.start_apiserver()


def test_stopping_what_was_not_started_leaves_the_folder_alone(tmp_path: Path) -> None:
    """Stopping a control plane that was not started does not touch the record of another one in its folder."""
    (tmp_path / "state.json").touch()
    _plane(tmp_path).stop()
    assert (tmp_path / "state.json").exists()


def test_audit_log_must_be_asked_for(tmp_path: Path) -> None:
    """Asking for audit records that are not kept is an error, not an empty list."""
    with pytest.raises(ClusterError, match="audit=True"):
        next(_plane(tmp_path).audit_records())


def test_failing_program_is_reported(tmp_path: Path) -> None:
    """A program that ends at once is an error that names it and its exit code, and nothing is recorded to run."""
    plane = _plane(tmp_path)
    with pytest.raises(ClusterError, match="ended with 1 while the control plane started"):
        plane.start()
    assert not (tmp_path / "state.json").exists()
    assert plane.died() is None
