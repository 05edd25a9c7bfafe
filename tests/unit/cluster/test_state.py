"""The record of a data folder."""

import os
from pathlib import Path

import pytest

from tests.cluster.errors import ClusterError
from tests.cluster.process import Identity, identify
from tests.cluster.state import claim, forget_state, read_state, stop_running, write_private, write_state


def test_record_reads_back(tmp_path: Path) -> None:
    """What was recorded is read back, with living and dead processes told apart."""
    us = identify(os.getpid())
    assert us is not None
    gone = Identity(us.pid, us.started - 1, us.boot)
    write_state(tmp_path, "https://127.0.0.1:1", tmp_path / "kc", {"etcd": us, "kube-apiserver": gone})
    state = read_state(tmp_path)
    assert state is not None
    assert state.alive == {"etcd": us}
    assert state.dead == ("kube-apiserver",)
    assert (state.url, state.kubeconfig) == ("https://127.0.0.1:1", tmp_path / "kc")


def test_nothing_recorded(tmp_path: Path) -> None:
    """A folder without a record has nothing to stop, and forgetting it twice is no error."""
    assert read_state(tmp_path) is None
    assert stop_running(tmp_path, 1) == []
    forget_state(tmp_path)
    forget_state(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": "", "kubeconfig": "", "processes": {"etcd": {"pid": 1}}}'])
def test_damaged_record_is_explained(tmp_path: Path, text: str) -> None:
    """A record that cannot be understood is an error that names the file; no process is touched."""
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(ClusterError, match=r"state\.json is damaged"):
        stop_running(tmp_path, 1)


def test_stopping_spares_a_recycled_id(tmp_path: Path) -> None:
    """If the recorded id is now ours, but with another start, we survive and nothing is said to be stopped."""
    us = identify(os.getpid())
    assert us is not None
    write_state(tmp_path, "u", tmp_path, {"etcd": Identity(us.pid, us.started + 1, us.boot)})
    assert stop_running(tmp_path, 0) == []
    assert read_state(tmp_path) is None


def test_folder_is_claimed_once(tmp_path: Path) -> None:
    """A second claim is refused with the command that ends the first."""
    with claim(tmp_path), pytest.raises(ClusterError, match=f"tests.cluster down --data {tmp_path}"):
        claim(tmp_path)
    claim(tmp_path).close()


def test_private_file_is_private(tmp_path: Path) -> None:
    """Files with secrets are readable by their owner only, also when they replace another file."""
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
