"""`python -m tests.install.upgrade.freeze VERSION`: keep what this release leaves behind, for the releases to come.

Runs the operator of this checkout against a control plane and an AWS stand-in of their own until there are objects of
all kinds in all states, and writes the folder `tests/install/upgrade/VERSION`. To be run once, when a release is made;
its folder is never changed afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import smkube
from smkube import kinds
from tests.cluster import binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import Progress
from tests.conformance.operator_scene import Scene
from tests.install.upgrade import frozen, states
from tests.install.upgrade.history import Recorder, history
from tests.install.upgrade.installing import INSTALLER
from tests.stack.clusters import Shared
from tests.stack.stack import ACCOUNT, NAMESPACE, OPERATOR, Stack


class RecordedStack(Stack):
    """A stack whose stand-in's control endpoint takes down what is asked of it."""

    @cached_property
    def control(self) -> Recorder:
        """The stand-in's control endpoint."""
        return Recorder(self.url)


def main(arguments: Sequence[str]) -> int:
    """Freeze a release; returns the exit code: 0 done, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    if options.version != smkube.__version__:
        sys.stderr.write(f"error: this checkout is {smkube.__version__}, not {options.version}\n")
        return 2
    applied = "\n---\n".join(path.read_text(encoding="utf-8").strip() for path in _files(options.manifests)) + "\n"
    programs = binaries.find(os.environ, Progress(sys.stderr))
    with (
        tempfile.TemporaryDirectory(prefix="freeze-") as folder,
        ControlPlane(Path(folder, "plane"), programs) as plane,
    ):
        stack = RecordedStack(Path(folder, "stack"), Shared(plane, programs.kubectl),
                              operator_flags=["--consistency-window=1"])  # fmt: skip
        try:
            left = _leave(stack, plane, applied, options.version)
        finally:
            stack.stop()
    print(f"{len(left.objects)} objects, {len(left.history)} events at AWS: {frozen.write(left, applied)}")
    return 0


def _leave(stack: Stack, plane: ControlPlane, applied: str, version: str) -> frozen.Left:
    stack.start_standin()
    stack.kubectl("apply", "-f", "-", stdin=applied)
    stack.cluster.service_account_kubeconfig(stack.folder / "operator.kubeconfig", NAMESPACE, ACCOUNT)
    stack.run_operator(stack.folder / "operator.kubeconfig")
    scene = Scene(stack, plane, frozen.NAMESPACE, frozen.REGION)
    states.leave(scene, lambda: stack.processes.stop(OPERATOR))
    objects = [frozen.stored(obj) for kind in kinds.ALL for obj in scene.all(kind)]
    recorder = stack.control
    assert isinstance(recorder, Recorder)
    return frozen.Left(version, recorder.now(), objects, history(recorder, frozen.REGION))


def _files(paths: Iterable[Path]) -> list[Path]:
    """Manifests by name: files as they are, folders with all that is in them."""
    return [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.install.upgrade.freeze", description=__doc__)
    parser.add_argument("version", help="the release; must be that of this checkout")
    parser.add_argument(
        "--manifests",
        nargs="+",
        type=Path,
        default=[INSTALLER],
        metavar="PATH",
        help="what its users apply: files, or folders of them (default: the cluster-scoped installer)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
