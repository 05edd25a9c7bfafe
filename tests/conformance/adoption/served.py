"""Waiting for an API server to serve definitions that were put into its etcd."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from smkube import kinds
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.stack.waiting import until


def until_served(plane: ControlPlane) -> None:
    """Wait until the API server serves all kinds."""

    def wait(kind: kinds.Kind) -> bool:
        return until(lambda: _served(plane, kind), f"{kind.plural} to be served")

    # The first request for each kind is put off by a second.
    with ThreadPoolExecutor(len(kinds.ALL)) as pool:
        assert all(pool.map(wait, kinds.ALL))


def _served(plane: ControlPlane, kind: kinds.Kind) -> bool:
    try:
        plane.admin.request("GET", kinds.resource_path(kind, "default"))
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True
