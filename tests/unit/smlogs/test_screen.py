"""The presenter on a real terminal: what a person sees in the end."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.unit.smlogs.samples import BEGAN

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
from kubectl_smlogs import terminal
from kubectl_smlogs.options import Showing
from kubectl_smlogs.output import Messages, Output
from kubectl_smlogs.present import Presenter
from smkube.logs.receipt import Receipt
from tests.unit.smlogs.samples import ORIGIN, Status, event

where = terminal.here()
messages = Messages(live=where.stderr)
presenter = Presenter(Showing(timezone="UTC"), where, Output.standard(), messages, many=False, limit_bytes=None)
presenter.waiting(ORIGIN, "Waiting for the job.")
presenter.change(ORIGIN, Status("InProgress", "Downloading"), Status("InProgress", "Training"), 0.0)
for percent in range(0, 100, 10):
    presenter.events(ORIGIN, [event(f"#015 {percent}%|" + "=" * 100, percent)])
    if percent == 50:
        presenter.events(ORIGIN, [event("in between \\x1b[2J\\x1b]0;evil\\x07", 55, "algo-2")])
        messages.notice("A notice.")
presenter.events(ORIGIN, [event("#015 100%|#", 100), event("end", 101)])
presenter.progress(0.5, 10)
presenter.events(ORIGIN, [event("#015 7%", 107, "algo-2")])
presenter.finish()
presenter.receipt(Receipt(13, 2))
presenter.close(complete=True)
"""


def _on_a_terminal(environment: dict[str, str]) -> str:
    """What the program writes to a terminal that is both its outputs."""
    leader, follower = pty.openpty()
    settings = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{_ROOT}:{_ROOT / 'operator'}", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=follower, stdout=follower, stderr=follower, env=settings, cwd=_ROOT
    )
    os.close(follower)
    written = bytearray()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and select.select([leader], [], [], 30)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    os.close(leader)
    assert process.wait(timeout=30) == 0, written
    return written.decode()


def _seen(written: str) -> list[str]:
    """The lines on the screen: a carriage return goes back, `ESC [ K` erases, colours are left out."""
    lines = []
    for line in written.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in re.sub("\x1b\\[[0-9;]*m", "", line).split("\r"):
            shown = part.removeprefix("\x1b[K") if part.startswith("\x1b[K") else part + shown[len(part) :]
        lines.append(shown)
    return lines


def test_a_terminal_in_the_end() -> None:
    """Hints and bars are gone or in their last state; nothing else is lost; no sequence of the log gets through."""
    written = _on_a_terminal({"TERM": "xterm-256color"})
    assert BEGAN == 1574811673449
    assert _seen(written) == [
        "-- Downloading -> Training --",
        "algo-2 23:41:13.504 in between \\x1b[2J\\x1b]0;evil\\a",
        "A notice.",
        "algo-1 23:41:13.549 100%|#",
        "algo-1 23:41:13.550 end",
        "algo-2 23:41:13.556 7%",
        "13 lines of 2 hosts, none late, no gaps",
        "",
    ]
    assert "Waiting for the job." in written
    assert written.count("50%|") >= 2
    assert "\x1b[38;5;75malgo-1\x1b[0m" in written
    assert set(re.findall("\x1b[^mK]*[mK]?", written)) <= {
        "\x1b[K", "\x1b[0m", "\x1b[2m", "\x1b[38;5;75m", "\x1b[38;5;213m",
    }  # fmt: skip


def test_terminals_that_want_no_colour() -> None:
    """NO_COLOR takes the colours away and nothing else; a dumb terminal gets whole lines only."""
    plain = _on_a_terminal({"TERM": "xterm-256color", "NO_COLOR": "1"})
    assert "\x1b[38" not in plain
    assert "\x1b[K" in plain
    dumb = _on_a_terminal({"TERM": "dumb"})
    assert "\x1b" not in dumb
    assert "\r" not in dumb.replace("\r\n", "\n")
    assert "algo-1 23:41:13.549 100%|#\n" in dumb.replace("\r\n", "\n")
