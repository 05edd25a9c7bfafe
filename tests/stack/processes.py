"""The stack's own processes: started, known by identity in a record, ended by it.

Starting and ending themselves are `tests.cluster.process`; this adds the record that lets another command find them.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.process import Identity, end, identify, is_alive, spawn

PATIENCE = 12.0
"""Seconds a process has to end by itself; the operator finishes the objects it has in work."""


class Processes:
    """The processes recorded in one folder.

    Args:
        folder: where the record and the logs are.
        detach: leave them running when this process ends.
    """

    def __init__(self, folder: Path, *, detach: bool) -> None:
        self._folder = folder
        self._record = folder / "processes.json"
        self._detach = detach
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        """Start a process; its output goes to `<name>.log`.

        Raises:
            OSError: the program cannot be started.
        """
        with (self._folder / f"{name}.log").open("ab") as log:
            child = spawn(command, cwd=cwd, output=log.fileno(), environ=environ, detach=self._detach)
        self._children[name] = child
        self._write({**self._read(), name: identify(child.pid)})

    def identity(self, name: str) -> Identity | None:
        """Who the process is, if it lives."""
        who = self._read().get(name)
        return who if who is not None and is_alive(who) else None

    def exit_code(self, name: str) -> int | None:
        """The exit code of a child of ours that has ended, else None."""
        child = self._children.get(name)
        return child.poll() if child is not None else None

    def log(self, name: str) -> Path:
        """The process's log."""
        return self._folder / f"{name}.log"

    def tail(self, name: str, lines: int = 12) -> str:
        """The end of the process's log."""
        path = self.log(name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, name: str, patience: float = PATIENCE) -> bool:
        """End one process, whoever started it; returns whether it was there."""
        who = self.identity(name)
        if who is not None:
            end(who, patience)
        child = self._children.pop(name, None)
        if child is not None:
            child.wait()
        self._write({other: one for other, one in self._read().items() if other != name})
        return who is not None

    def stop_all(self) -> list[str]:
        """End all of them, the last started first; returns their names."""
        return [name for name in reversed(self._read()) if self.stop(name)]

    def _read(self) -> dict[str, Identity | None]:
        if not self._record.exists():
            return {}
        known = json.loads(self._record.read_text(encoding="utf-8"))
        return {name: Identity(**who) if who else None for name, who in known.items()}

    def _write(self, known: Mapping[str, Identity | None]) -> None:
        shown = {name: dataclasses.asdict(who) if who else None for name, who in known.items()}
        self._record.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
