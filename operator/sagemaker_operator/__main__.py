"""Entry point of the operator: `sagemaker-operator`, or `python -m sagemaker_operator`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence

from sagemaker_operator import settings
from sagemaker_operator.engine import logging_setup
from sagemaker_operator.manager import Manager
from smkube.errors import SmkubeError
from smkube.kube import connection, kubeconfig
from smkube.leaving import leave_with

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the operator; returns the exit code: 0 after a signal, 1 when it cannot run.

    Raises:
        SystemExit: with 2 for wrong flags, with 0 once help or version are shown.
    """
    wanted = settings.parse(sys.argv[1:] if arguments is None else arguments, os.environ)
    logging_setup.configure(wanted.log_format, level=getattr(logging, wanted.log_level.upper()))
    try:
        return Manager(wanted, connect(wanted, os.environ), os.environ).run()
    except SmkubeError as error:
        log.error("%s", error)  # noqa: TRY400 - the text is for a user; there is no bug to trace
        return 1


def connect(wanted: settings.Settings, environ: Mapping[str, str]) -> connection.Connection:
    """The connection to Kubernetes in the original operator's order: flag, KUBECONFIG, pod, ~/.kube/config.

    Raises:
        ConfigError: none of them is usable.
    """
    overrides = kubeconfig.Overrides(kubeconfig=wanted.kubeconfig, server=wanted.master)
    in_pod = "KUBERNETES_SERVICE_HOST" in environ
    if in_pod and not wanted.kubeconfig and not environ.get("KUBECONFIG"):
        return connection.in_cluster(overrides, environ)
    return connection.connect(overrides, environ)


def program() -> int:
    """Run the operator as the whole of this process; as `main` besides."""
    return leave_with(main)


if __name__ == "__main__":
    sys.exit(program())
