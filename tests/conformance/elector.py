"""A candidate for a Lease as a process of its own, to be killed and frozen by the tests.

Usage: ``python -m tests.conformance.elector KUBECONFIG NAMESPACE NAME IDENTITY LEASE-SECONDS``. Prints `started` when
it becomes the leader and `stopped` when it loses; while it leads, an `acting` line each 50 ms. SIGTERM gives the lease
back.
"""

from __future__ import annotations

import signal
import sys
import threading
import time

from sagemaker_operator.engine.lease import Elector
from smkube.kube.client import Client
from smkube.kube.connection import connect
from smkube.kube.kubeconfig import Overrides


def say(word: str) -> None:
    """Print a word with the time that all processes of the machine share."""
    print(word, time.monotonic(), flush=True)


def main(kubeconfig: str, namespace: str, name: str, identity: str, seconds: str) -> None:
    """Stand for election until told to stop or until leadership is lost."""
    end = threading.Event()
    lost = threading.Event()

    def stopped() -> None:
        say("stopped")
        lost.set()
        end.set()

    signal.signal(signal.SIGTERM, lambda *_: end.set())
    elector = Elector(
        Client(connect(Overrides(kubeconfig=kubeconfig)), user_agent="elector"),
        namespace,
        name,
        identity,
        on_started=lambda: say("started"),
        on_stopped=stopped,
        lease_duration=float(seconds),
        renew_deadline=0.6 * float(seconds),
        retry_period=0.3,
    )
    elector.start()
    while not end.wait(0.05):
        if elector.is_leader():
            say("acting")
    if not lost.is_set():
        elector.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
