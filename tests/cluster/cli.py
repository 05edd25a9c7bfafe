"""The commands of ``python -m tests.cluster``; it must hold no logic of its own beyond words and exit codes."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.controlplane import ControlPlane, Options
from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress
from tests.cluster.state import read_state, stop_running

_DESCRIPTION = """\
A real Kubernetes control plane (kube-apiserver and etcd) on loopback, with its own certificates and with RBAC.
There are no nodes and no controller manager: custom resources, RBAC, tokens, leases and events work as in any
cluster; nothing is scheduled, deleted namespaces stay, and owners' children are not collected."""

_EXAMPLES = """\
examples:
  python -m tests.cluster build
      get the programs; the first time this builds them from Go modules, which takes some minutes
  python -m tests.cluster up --data .run/cluster
      run a control plane until Ctrl-C
  python -m tests.cluster up --data .run/cluster --detach --kubeconfig .run/kubeconfig
      leave one running in the background
  export KUBECONFIG=.run/kubeconfig; kubectl get namespaces
  python -m tests.cluster down --data .run/cluster
      stop it; the data stays and is there again at the next `up`; delete the folder to start afresh

where the programs come from:
  KUBEBUILDER_ASSETS  a folder with kube-apiserver and etcd (and kubectl, if it is there)
  PATH                for kubectl (1.28 or newer), for helm (4.0 or newer) and for go
  XDG_CACHE_HOME      else ~/.cache: its folder kubectl-smlogs keeps what was built
  GOPROXY, GOMODCACHE, GOCACHE and the other variables of Go hold for the build

exit codes: 0 done; 1 failed, with the reason; 2 wrong usage; status: 3 if nothing runs"""

_NOT_RUNNING = 3


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    # A stopping signal must pass through the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(options.run(options))
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}; is the folder writable?" if error.filename else f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _build(_options: argparse.Namespace) -> int:
    found = _find()
    helm = binaries.helm(os.environ, Progress(sys.stderr))
    print(f"kube-apiserver {found.kube_apiserver} ({found.kubernetes})")
    print(f"etcd           {found.etcd}")
    print(f"kubectl        {found.kubectl}")
    print(f"helm           {helm}")
    return 0


def _up(options: argparse.Namespace) -> int:
    plane = ControlPlane(
        options.data, _find(), Options(audit=options.audit, detach=options.detach, start_timeout=options.timeout)
    )
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(plane.stop)
        plane.start()
        if options.kubeconfig is not None:
            plane.write_kubeconfig(options.kubeconfig)
        if options.detach:
            at_the_end.pop_all()
            _announce(plane, options)
            print(f"Stop it with: python -m tests.cluster down --data {options.data}", flush=True)
            return 0
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            # An exception out of a handler could strike while a process is looked at, and leave its lock taken.
            signal.signal(number, lambda *_: stopping.set())
        _announce(plane, options)
        _attend(plane, stopping)
        print("stopping", flush=True)
    return 0


def _announce(plane: ControlPlane, options: argparse.Namespace) -> None:
    shown = options.kubeconfig or plane.kubeconfig
    print(f"The control plane runs at {plane.url}; use it with: export KUBECONFIG={shown}", flush=True)


def _attend(plane: ControlPlane, stopping: threading.Event) -> None:
    """Wait for Ctrl-C or SIGTERM, or for the death of a process, which is an error."""
    while (name := plane.died()) is None:
        if stopping.wait(0.5):
            return
    raise ClusterError(f"{name} ended by itself; its log ends with:\n{plane.log_tail(name)}")


def _down(options: argparse.Namespace) -> int:
    stopped = stop_running(options.data, options.timeout)
    print(f"stopped {' and '.join(stopped)}" if stopped else f"nothing runs in {options.data}")
    return 0


def _status(options: argparse.Namespace) -> int:
    state = read_state(options.data)
    if state is None or not state.alive:
        print(f"nothing runs in {options.data}")
        return _NOT_RUNNING
    print(f"{state.url}  KUBECONFIG={state.kubeconfig}")
    for name, who in state.alive.items():
        print(f"{name:15} runs, process {who.pid}, log {options.data / name}.log")
    for name in state.dead:
        print(f"{name:15} died, log {options.data / name}.log")
    return 1 if state.dead else 0


def _find() -> binaries.Binaries:
    return binaries.find(os.environ, Progress(sys.stderr))


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster", description=_DESCRIPTION, epilog=_EXAMPLES, formatter_class=raw
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="find the programs, or build them; prints where they are")
    build.set_defaults(run=_build)

    up = commands.add_parser("up", help="start a control plane and run it until Ctrl-C")
    _data_argument(up)
    up.add_argument("--kubeconfig", type=Path, metavar="FILE", help="also write the administrator's kubeconfig here")
    up.add_argument("--detach", action="store_true", help="return when it is ready, and leave it running")
    up.add_argument("--audit", action="store_true", help="log each request to DIR/audit.log")
    up.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds to become ready (default 60)")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="stop the control plane of a data folder")
    _data_argument(down)
    down.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds per process before SIGKILL (default 10)"
    )
    down.set_defaults(run=_down)

    status = commands.add_parser("status", help="tell what runs in a data folder")
    _data_argument(status)
    status.set_defaults(run=_status)
    return parser


def _data_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the control plane")
