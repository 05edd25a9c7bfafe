"""`python -m tests.stack.picture`: draws the terminal picture of the README from a real run of the plugin.

A training job on two hosts fails with an exception. `kubectl smlogs -f` runs on a pseudo-terminal from before its first
line to its end; what its screen then shows becomes docs/smlogs.svg.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.cluster.progress import Progress
from tests.stack.clusters import Local
from tests.stack.demo import MANIFESTS, TRAINING
from tests.stack.stack import ROOT, Stack
from tests.stack.waiting import until
from tests.standin.clients import client

NAME, COLUMNS = "mnist", 112
PICTURE = ROOT / "docs" / "smlogs.svg"
_COMMAND = f"kubectl smlogs TrainingJob {NAME} -f"
_TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/opt/ml/code/train.py", line 87, in <module>',
    "    main(parse_args())",
    '  File "/opt/ml/code/train.py", line 61, in main',
    "    loss = step(batch.to(device))",
    "RuntimeError: CUDA out of memory. Tried to allocate 2.50 GiB",
)
_GROUP = "/aws/sagemaker/TrainingJobs"
_ERASE = "\r\x1b[K"
_FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""Without the web fonts of rich's own: a picture in a README loads nothing."""


def main() -> int:
    """Play, and draw; the exit code."""
    with tempfile.TemporaryDirectory(prefix="smlogs-picture-") as folder:
        cluster = Local(Path(folder), Progress(sys.stderr), detach=False)
        stack = Stack(Path(folder), cluster, standin_flags=("--log-rate", "1"))
        try:
            for start in (stack.cluster.start, stack.start_standin, stack.install, stack.start_operator):
                sys.stdout.write(f"{start()}\n")
            stack.write_environment()
            shown = _play(stack)
        finally:
            stack.stop()
    PICTURE.write_text(_drawn(shown), encoding="utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)} is drawn, {len(shown)} lines\n")
    return 0


def _play(stack: Stack) -> list[str]:
    """Let the job run and fail; the last lines of the screen."""
    stack.control.rule(
        f"{NAME}*",
        phases={"training": "6", "downloading": "2"},
        logs={"message": "epoch 1 step {n} loss=0.{n:04d}"},
        fail={"phase": "training", "reason": "AlgorithmError: ExecuteUserScriptError: ExitCode 1"},
    )
    manifest = (MANIFESTS / "training.yaml").read_text(encoding="utf-8").replace(TRAINING, NAME)
    stack.kubectl("apply", "-f", "-", stdin=manifest)
    job = until(lambda: _job(stack), "the object to have a SageMaker job")
    stdout, screen = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", _PTY, str(COLUMNS), str(stack.cluster.kubectl_path), *_COMMAND.split()[1:]],
        env={**stack.environ(), "TERM": "xterm-256color", "TZ": "UTC"},
        stdout=screen,
    )
    os.close(screen)
    until(lambda: _in_training(stack), "the job to train")
    logs = client(stack.control.url, "logs")
    streams = until(lambda: logs.describe_log_streams(**_of(job))["logStreams"], "the job to write")
    for number, stream in enumerate(streams):
        lines = [{"message": line, "offset": 4.0 + 0.3 * number, "readable_in": 4.5} for line in _TRACEBACK]
        stack.control.put_logs(_GROUP, stream["logStreamName"], lines)
    with os.fdopen(stdout, encoding="utf-8", newline="") as reader:
        text = reader.read()
    child.wait()
    return [line.rstrip("\r").rpartition(_ERASE)[2] for line in text.split("\n") if line.strip()]


_PTY = """
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if not pid:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
os.waitpid(pid, 0)
"""
"""Runs a command on a pseudo-terminal of so many columns."""


def _job(stack: Stack) -> str | None:
    name = (stack.get("trainingjob", NAME) or {}).get("status", {}).get("sageMakerTrainingJobName")
    return str(name) if name else None


def _of(job: str) -> dict[str, str]:
    return {"logGroupName": _GROUP, "logStreamNamePrefix": f"{job}/"}


def _in_training(stack: Stack) -> bool:
    return bool((stack.get("trainingjob", NAME) or {}).get("status", {}).get("secondaryStatus") == "Training")


def _drawn(lines: list[str]) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {_COMMAND}", style="bold"))
    for line in lines:
        console.print(Text.from_ansi(line))
    return console.export_svg(title="kubectl smlogs", theme=MONOKAI, code_format=_FORMAT, unique_id="smlogs")


if __name__ == "__main__":
    sys.exit(main())
