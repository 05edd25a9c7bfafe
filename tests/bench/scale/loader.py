"""Creates many TrainingJobs at once, over a few connections. It must not use the operator's Kubernetes code."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.bench import load
from tests.cluster.certs import Pki
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError

CONNECTIONS = 4
PATH = "/apis/sagemaker.aws.amazon.com/v1"
Key = tuple[str, str]
"""Namespace and name of an object."""


def path(namespace: str, name: str = "") -> str:
    """URL path of a TrainingJob, or of all in a namespace."""
    return f"{PATH}/namespaces/{namespace}/trainingjobs/{name}".rstrip("/")


def apply(plane: ControlPlane, keys: Sequence[Key]) -> float:
    """Create TrainingJobs as fast as a few connections can, roughly in their order; returns the seconds it took.

    Raises:
        ApiError: the API server refused one.
    """
    # Made before the clock starts: what is measured is the API server and the operator, not json.
    bodies = [(path(namespace), json.dumps(load.training_job(name)).encode()) for namespace, name in keys]
    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = [pool.submit(_create, plane, bodies[first::CONNECTIONS]) for first in range(CONNECTIONS)]
        for share in shares:
            share.result()
    return time.monotonic() - began


def _create(plane: ControlPlane, bodies: Sequence[tuple[str, bytes]]) -> None:
    connection = _connection(plane)
    try:
        for where, body in bodies:
            connection.request("POST", where, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.CREATED:
                raise ApiError(answer.status, text.decode(errors="replace"))
    finally:
        connection.close()


def _connection(plane: ControlPlane) -> http.client.HTTPSConnection:
    pki = Pki(plane.data / "pki")
    context = ssl.create_default_context(cafile=str(pki.ca))
    context.load_cert_chain(pki.admin_cert, pki.admin_key)
    address = urlsplit(plane.url)
    return http.client.HTTPSConnection(str(address.hostname), address.port, context=context, timeout=60)
