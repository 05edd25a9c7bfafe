"""The operator's flags and environment, parsed and checked into one frozen value.

The flags of the original operator keep their names; like all flags here they may be written the Go way, with one
dash or two, and with `=` or a blank before the value.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_operator import pushes, selection
from smkube import __version__, kinds

ENDPOINT_VARIABLE = "AWS_DEFAULT_SAGEMAKER_ENDPOINT"
"""Environment variable that gives the SageMaker URL for objects without `sageMakerEndpoint` (the original's)."""

_DESCRIPTION = """\
Runs Amazon SageMaker jobs for the custom resources of group sagemaker.aws.amazon.com in a Kubernetes cluster.

Credentials for AWS come from the default chain (environment, shared files, web identity, container, instance
profile). The connection to Kubernetes is --kubeconfig, else KUBECONFIG, else the pod's service account, else
~/.kube/config."""

_EPILOG = """\
environment:
  AWS_DEFAULT_SAGEMAKER_ENDPOINT   SageMaker URL for objects that name none (spec.sageMakerEndpoint)
  AWS_ENDPOINT_URL                 URL for all AWS calls (for tests), as in every AWS tool

examples:
  sagemaker-operator                                  all namespaces, with the kubeconfig kubectl uses
  sagemaker-operator --namespace=team-a               one namespace only
  sagemaker-operator --namespace=team-a,team-b        these namespaces, as one of several operators that share a cluster
  sagemaker-operator --enable-leader-election         one of several replicas acts
  sagemaker-operator --kinds=trainingjobs,htj         training and tuning jobs only"""

_ADDRESS = re.compile(r"^(\[[0-9a-fA-F:]+\]|[^:\s]*):(\d{1,5})$")
_BOOLEAN = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the operator is to run; see the flags for the meaning of each field."""

    metrics_addr: str
    health_addr: str
    enable_leader_election: bool
    namespaces: tuple[str, ...]
    """By name; none for all."""
    kubeconfig: str
    master: str
    workers: int
    cluster_name: str
    spawn_limit: int
    consistency_window: float
    lease_namespace: str
    lease_name: str
    kinds: tuple[kinds.Kind, ...]
    events_queues: tuple[pushes.Queue, ...]
    shutdown_timeout: float
    log_format: Literal["text", "json"]
    log_level: str
    default_endpoint: str


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read the command line; prints help or an error and leaves (SystemExit) as argparse does."""
    known = vars(_parser().parse_args([_double_dash(argument) for argument in arguments]))
    queues = dict.fromkeys(queue for given in known.pop("events_queues") for queue in given)
    return Settings(default_endpoint=environ.get(ENDPOINT_VARIABLE, ""), events_queues=tuple(queues), **known)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sagemaker-operator",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--metrics-addr", type=_address, default=":8080", metavar="HOST:PORT",
        help="where to serve /metrics, /healthz and /readyz; 0 serves nothing (default :8080)")  # fmt: skip
    add("--health-addr", type=_address, default="0", metavar="HOST:PORT",
        help="where to serve /healthz and /readyz besides, without /metrics; 0: nowhere (default 0)")  # fmt: skip
    add("--enable-leader-election", type=_boolean, nargs="?", const=True, default=False, metavar="BOOL",
        help="act only while holding the lease, so that several replicas can run (default false)")  # fmt: skip
    add("--namespace", type=_namespaces, default=(), dest="namespaces", metavar="NAMESPACE,...",
        help="watch these namespaces only, each with connections of its own. Operators of a cluster may share the "
             "namespaces between them, each namespace belonging to one (default: all namespaces)")  # fmt: skip
    add("--kubeconfig", default="", metavar="FILE", help="kubeconfig file (default: as kubectl)")
    add("--master", default="", metavar="URL", help="API server, over the kubeconfig's (deprecated)")
    add("--workers", type=_positive, default=8, metavar="N", help="objects of a kind worked on at once (default 8)")
    add("--cluster-name", default="", metavar="NAME",
        help="name of this cluster, put into a tag on every job that is created")  # fmt: skip
    add("--consistency-window", type=_seconds, default=30.0, metavar="SECONDS",
        help="how long AWS may deny a job it has just created; a deletion waits that long (default 30)")  # fmt: skip
    add("--spawn-limit", type=_count, default=100, metavar="N",
        help="training jobs of a tuning job that are shown as TrainingJob objects at most (default 100)")  # fmt: skip
    add("--lease-namespace", default="", metavar="NAMESPACE",
        help="namespace of the leader election lease (default: the pod's, else the first --namespace, else "
             "default)")  # fmt: skip
    add("--lease-name", default="", metavar="NAME",
        help=f"name of that lease (default {selection.LEASE}, with the short names of --kinds and a --namespace "
             "other than the lease's own appended)")  # fmt: skip
    add("--kinds", type=_kinds, default=kinds.ALL, metavar="KIND,...",
        help="work on these kinds only, as trainingjobs or tj; what they need to know of others is watched. Operators "
             "of a cluster may share the kinds between them, each kind belonging to one (default: all)")  # fmt: skip
    add("--events-queue", type=_queues, action="append", default=[], dest="events_queues", metavar="QUEUE,...",
        help="URL or ARN of an SQS queue that gets SageMaker's events from EventBridge: what they are about is "
             "looked at within a second or so. May be repeated; each deployment has its own "
             "(default: none)")  # fmt: skip
    add("--shutdown-timeout", type=_seconds, default=8.0, metavar="SECONDS",
        help="how long work may take at the end; less than the pod's grace period (default 8)")  # fmt: skip
    add("--log-format", choices=("text", "json"), default="text", help="form of the log on stderr (default text)")
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info", help="(default info)")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def _double_dash(argument: str) -> str:
    """Go's flag package takes `-flag` for `--flag`; argparse would read a cluster of short flags."""
    return f"-{argument}" if re.match(r"^-[a-z][a-z-]+(=|$)", argument) else argument


def _address(text: str) -> str:
    found = _ADDRESS.match(text)
    if text != "0" and (not found or int(found[2]) > 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, :PORT or 0")
    return text


def _kinds(text: str) -> tuple[kinds.Kind, ...]:
    try:
        return selection.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _namespaces(text: str) -> tuple[str, ...]:
    try:
        return selection.namespaces(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _queues(text: str) -> tuple[pushes.Queue, ...]:
    try:
        return tuple(pushes.queue(word.strip()) for word in text.split(",") if word.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEAN:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return _BOOLEAN[text.lower()]


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 10000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 10000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 3600")
    return seconds
