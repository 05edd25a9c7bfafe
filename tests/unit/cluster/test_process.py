"""Recognising and ending processes."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.process import end, gone_within, identify, is_alive, spawn, start_time

# Prints a line once the handler is in place, then ignores SIGTERM.
_STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(60)\n"
)


@pytest.fixture
def sleeper() -> "Iterator[subprocess.Popen[bytes]]":
    """A process that does nothing for a minute."""
    child = spawn(["/bin/sleep", "60"], cwd=Path("/"), output=subprocess.PIPE)
    yield child
    child.kill()
    child.communicate()


@given(name=st.text(min_size=1, max_size=15), started=st.integers(0, 2**60))
def test_start_time_is_read_whatever_the_name(name: str, started: int) -> None:
    """A program's name may hold blanks and parentheses without moving the field."""
    before = " ".join(str(number) for number in range(18))
    assert start_time(f"42 ({name}) S {before} {started} 7 8 9") == started


def test_zombie_has_no_start_time() -> None:
    """A process that has ended but was not waited for counts as gone."""
    assert start_time(f"42 (x) Z {' '.join('0' * 30)}") is None


def test_own_process_is_recognised() -> None:
    """Our own process is alive, and the same each time one looks."""
    who = identify(os.getpid())
    assert who is not None
    assert is_alive(who)
    assert identify(os.getpid()) == who


def test_ended_process_is_gone(sleeper: "subprocess.Popen[bytes]") -> None:
    """SIGTERM is enough for an ordinary process, and it is gone afterwards."""
    who = identify(sleeper.pid)
    assert who is not None
    assert end(who, 10)
    assert not is_alive(who)
    assert sleeper.wait() == -signal.SIGTERM


def test_recycled_id_is_left_alone(sleeper: "subprocess.Popen[bytes]") -> None:
    """A process that has the id of a recorded one, but another start or boot, is not signalled."""
    who = identify(sleeper.pid)
    assert who is not None
    assert end(dataclasses.replace(who, started=who.started - 1), 0)
    assert end(dataclasses.replace(who, boot="another"), 0)
    assert is_alive(who)


def test_stubborn_process_is_killed() -> None:
    """A process that ignores SIGTERM is killed when the patience is over."""
    child = subprocess.Popen([sys.executable, "-c", _STUBBORN], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        who = identify(child.pid)
        assert who is not None
        assert not end(who, 0.2)
    assert child.returncode == -signal.SIGKILL


def test_child_dies_with_a_killed_parent() -> None:
    """When the parent is killed with SIGKILL its child is killed by the kernel."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.cluster.process import spawn\n"
        "child = spawn(['/bin/sleep', '60'], cwd=Path('/'), output=sys.stdout.fileno())\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = identify(int(parent.stdout.readline()))
        parent.kill()
    assert child is not None
    assert gone_within(child, 10)
