"""Who runs in a data folder: its lock and its record; it must not start anything.

The lock file is locked as long as a process of the control plane lives, because they inherit it; the record
(``state.json``) tells who they are, so that another command can end them.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.cluster.binaries import try_lock
from tests.cluster.errors import ClusterError
from tests.cluster.process import Identity, end, is_alive

ETCD: Final = "etcd"
APISERVER: Final = "kube-apiserver"


@dataclass(frozen=True, slots=True)
class Running:
    """What ``state.json`` says about a control plane and which of its processes live.

    Attributes:
        url: address of the API server.
        kubeconfig: path of the administrator's kubeconfig.
        alive: the living processes by name.
        dead: names of those that are recorded but gone.
    """

    url: str
    kubeconfig: Path
    alive: dict[str, Identity]
    dead: tuple[str, ...]


def read_state(data: Path) -> Running | None:
    """Return what runs in the data folder; None if nothing was recorded there.

    Raises:
        ClusterError: the record cannot be read.
    """
    path = data / "state.json"
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        known = {name: Identity(**who) for name, who in state["processes"].items()}
        running = {name: who for name, who in known.items() if is_alive(who)}
        return Running(state["url"], Path(state["kubeconfig"]), running, tuple(known.keys() - running.keys()))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClusterError(f"{path} is damaged ({error}): end the processes by hand and delete it") from error


def stop_running(data: Path, patience: float) -> list[str]:
    """End the processes that run in a data folder, whoever started them; return their names.

    A process whose id now belongs to somebody else is left alone.

    Raises:
        ClusterError: the record of the folder cannot be read.
    """
    running = read_state(data)
    if running is None:
        return []
    # The API server first: without etcd it takes long to end.
    names = sorted(running.alive, key=[APISERVER, ETCD].index)
    for name in names:
        end(running.alive[name], patience)
    forget_state(data)
    return names


def write_state(data: Path, url: str, kubeconfig: Path, processes: Mapping[str, Identity]) -> None:
    """Record who runs in a data folder."""
    known = {name: dataclasses.asdict(who) for name, who in processes.items()}
    state = {"url": url, "kubeconfig": str(kubeconfig), "processes": known}
    write_private(data / "state.json", json.dumps(state, indent=2) + "\n")


def forget_state(data: Path) -> None:
    """Record that nothing runs in a data folder."""
    (data / "state.json").unlink(missing_ok=True)


def claim(data: Path) -> IO[str]:
    """Return the locked lock file of a data folder.

    Raises:
        ClusterError: a control plane runs there.
    """
    lock = (data / ".lock").open("w", encoding="ascii")
    if try_lock(lock.fileno()):
        return lock
    lock.close()
    who = ""
    with contextlib.suppress(ClusterError):
        running = read_state(data)
        if running is not None:
            who = f" at {running.url} (" + ", ".join(f"{n} {i.pid}" for n, i in running.alive.items()) + ")"
    raise ClusterError(
        f"a control plane runs in {data} already{who}: use it, end it with "
        f"`python -m tests.cluster down --data {data}`, or choose another folder"
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step: a reader finds the old or the new content.

    Its folder is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
