"""`python -m tests.stack demo|up|down|status`: what `make demo`, `make up` and `make down` run."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress
from tests.stack import demo
from tests.stack.clusters import Cluster, Current, Local, frozen
from tests.stack.errors import StackError
from tests.stack.narrator import Narrator
from tests.stack.stack import ROOT, Stack

RUN = ROOT / ".run"

_DESCRIPTION = """\
A Kubernetes API server, an AWS stand-in and the operator on this machine: as a story (demo), or left running in the
background (up, down). With --cluster current, the user's own kubeconfig context takes the API server's place; the
AWS stand-in and the operator still run here."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 a step went wrong, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    # A stopping signal takes the same way out as Ctrl-C, so that everything started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    tell = Narrator(sys.stdout, colour=colour)
    commands = {"demo": _demo, "up": _up, "down": _down}
    try:
        return commands[options.command](options, tell)
    except (StackError, ClusterError, OSError) as error:
        tell.failure(str(error))
        return 1
    except KeyboardInterrupt:
        tell.failure("interrupted; everything that was started is stopped")
        return 130


def _demo(options: argparse.Namespace, tell: Narrator) -> int:
    with tempfile.TemporaryDirectory(prefix="smlogs-demo-") as folder:
        stack = Stack(Path(folder), _cluster(options, Path(folder), detach=False), standin_flags=demo.STANDIN_FLAGS)
        try:
            demo.play(stack, tell)
        except BaseException:
            sys.stdout.write(f"the operator's log ends with:\n{stack.processes.tail('operator', 20)}\n")
            _stop_quietly(stack, tell)
            raise
        stack.stop()
    tell.step("all stopped; nothing is left behind")
    return 0


def _up(options: argparse.Namespace, tell: Narrator) -> int:
    stack = Stack(RUN, _cluster(options, RUN, detach=True), detach=True, standin_flags=demo.STANDIN_FLAGS)
    if stack.processes.identity("operator") is not None:
        raise StackError("it is up already; stop it with: make down")
    stack.stop()
    # The stand-in remembers nothing, so a cluster that did would only confuse.
    shutil.rmtree(RUN)
    stack = Stack(RUN, _cluster(options, RUN, detach=True), detach=True, standin_flags=demo.STANDIN_FLAGS)
    try:
        for start in (stack.cluster.start, stack.start_standin, stack.install, stack.start_operator):
            tell.step(start())
    except BaseException:
        _stop_quietly(stack, tell)
        raise
    where = stack.write_environment()
    tell.step(f"now: source {where.relative_to(ROOT)}; kubectl apply -f tests/stack/manifests")
    return 0


def _stop_quietly(stack: Stack, tell: Narrator) -> None:
    """Stop after a failure, which stays the one that is told last."""
    try:
        stack.stop()
    except (StackError, ClusterError, OSError) as error:
        tell.failure(f"and stopping failed too: {error}")


def _down(_options: argparse.Namespace, tell: Narrator) -> int:
    if not RUN.exists():
        tell.step("nothing was up")
        return 0
    users = RUN / "user.kubeconfig"
    stack = Stack(
        RUN, frozen(RUN, os.environ) if users.exists() else Local(RUN, Progress(sys.stderr), detach=True), detach=True
    )
    stopped = stack.stop()
    tell.step(f"stopped: {', '.join(stopped)} and the cluster they used" if stopped else "nothing was up")
    return 0


def _cluster(options: argparse.Namespace, folder: Path, *, detach: bool) -> Cluster:
    if options.cluster == "current":
        return Current(folder, os.environ)
    return Local(folder, Progress(sys.stderr), detach=detach)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.stack", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("demo", "play the story and stop everything"),
        ("up", "leave everything running in the background, with .run/env to source"),
        ("down", "stop what up started"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--cluster", choices=("local", "current"), default="local",
                             help="a control plane of our own, or your kubeconfig's current context")  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
