"""A stand-in in a process of its own, started and stopped by a test or a demonstration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.standin.control import Control

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 10.0


class StandInProcess:
    """`python -m tests.standin` with some flags, from `start` to `stop`.

    Attributes:
        url: the endpoint URL, once it has started.
        control: its control functions, once it has started.
    """

    url: str
    control: Control

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait until it listens. RuntimeError if it ends instead (its reason is on standard error)."""
        command = [sys.executable, "-m", "tests.standin", *self._flags]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the stand-in did not start, exit code {self.stop()}")
        self.control = Control(self.url)
        return self

    @property
    def pid(self) -> int:
        """The process id. RuntimeError if it was not started."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    def stop(self) -> int:
        """End it by SIGTERM, by SIGKILL if that takes too long; returns the exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
