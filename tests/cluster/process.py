"""Starting, recognising and ending processes (Linux); it must not know what they are for.

A process is known by its id, its start time and the boot it belongs to, so that an id which the kernel has
given to somebody else since is never signalled.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LAUNCHER = Path(__file__).with_name("launch.py")

# The kernel sends the signal "parent died" when the *thread* that started the child ends. This thread
# lives as long as the process, so that any thread may ask for a child, including one that ends soon.
_SPAWNER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cluster-spawner")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be confused with another.

    Attributes:
        pid: the process id.
        started: its start in clock ticks since boot (proc(5), field 22 of ``/proc/<pid>/stat``).
        boot: the kernel's random id of this boot.
    """

    pid: int
    started: int
    boot: str


def start_time(stat: str) -> int | None:
    """Return the start time in the text of ``/proc/<pid>/stat``; None for a process that is dead already.

    The name of the program, in parentheses, may hold blanks and parentheses itself.
    """
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def identify(pid: int) -> Identity | None:
    """Return who has the process id now; None if nobody does."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    started = start_time(stat)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return None if started is None else Identity(pid, started, boot)


def is_alive(who: Identity) -> bool:
    """Whether that very process still runs."""
    return identify(who.pid) == who


def end(who: Identity, patience: float) -> bool:
    """End the process: SIGTERM, and SIGKILL after `patience` seconds.

    Does nothing to a process that only has the same id.

    Returns:
        Whether it went by itself or on SIGTERM; False if it had to be killed.
    """
    try:
        handle = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return True
    try:
        # The handle stays with the process it was opened for, so after this look nothing can be confused.
        if not is_alive(who):
            return True
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, None)):
            if seconds == 0:
                continue
            try:
                signal.pidfd_send_signal(handle, number)
            except ProcessLookupError:
                return True
            if _ended_within(handle, seconds):
                return number == signal.SIGTERM
    finally:
        os.close(handle)
    return False


def gone_within(who: Identity, seconds: float) -> bool:
    """Wait until the process has ended, by whatever cause; return False if it still runs after `seconds`."""
    try:
        handle = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return True
    try:
        return not is_alive(who) or _ended_within(handle, seconds)
    finally:
        os.close(handle)


def _ended_within(handle: int, seconds: float | None) -> bool:
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return bool(waiting.poll(None if seconds is None else seconds * 1000))


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    output: int,
    environ: Mapping[str, str] | None = None,
    detach: bool = False,
    keep_open: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start `command` (its first word is the absolute path of the program) in a session of its own.

    Args:
        command: the words of the command line.
        cwd: the folder it runs in.
        output: file descriptor for standard output and standard error, or `subprocess.PIPE`.
        environ: its environment; None for our own.
        detach: let it live on when this process dies; otherwise the kernel kills it then.
        keep_open: file descriptors that it inherits.

    Raises:
        OSError: the program cannot be started.
    """
    launcher = () if detach else (sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()))

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*launcher, *command],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(keep_open),
            # A Ctrl-C at the terminal reaches this process only, which then ends its children in order.
            start_new_session=True,
        )

    return _SPAWNER.submit(start).result()
