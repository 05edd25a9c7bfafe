"""The fast stand-in's process, from start to stop, and its controls."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[3]


class StandIn:
    """`python -m tests.bench.logs.serve` with some flags.

    Attributes:
        port: where it listens, once it is entered.
        now: its clock when it started, in milliseconds since 1970.
    """

    port: int
    now: int

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.bench.logs.serve", *self._flags]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise RuntimeError("the stand-in did not start; its reason is on standard error")
        started = json.loads(line)
        self.port, self.now = started["port"], started["now"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def configure(self, *, delay: float, quotas: Mapping[str, float]) -> None:
        """Answer after `delay` seconds and no more often than `quotas` allow; count anew."""
        self._control("PUT", {"delay": delay, "quotas": dict(quotas)})

    def counts(self) -> dict[str, int]:
        """Answers by operation, refused ones with their code, since it was last configured."""
        return self._control("GET", {})

    def _control(self, method: str, body: Mapping[str, object]) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, "/bench/settings", json.dumps(body))
            counts: dict[str, int] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return counts
