"""Finds the objects that a command line speaks of, in the API server.

A kind without a group means ours, and ACK's where the cluster does not know ours or has no such object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_smlogs import failures
from kubectl_smlogs.failures import Failure, Place
from kubectl_smlogs.options import Where
from kubectl_smlogs.resources import Resource
from kubectl_smlogs.target import Target, read
from kubectl_smlogs.wanted import Wanted, wanted
from smkube.errors import KubeError
from smkube.kube.client import Client
from smkube.kube.connection import connect

if TYPE_CHECKING:
    from kubectl_smlogs.awaiting import Patience

_LISTINGS = 3
"""How often a list is begun that expires while it is read."""

Look = Callable[[Resource], list[Target]]


@dataclass(frozen=True, slots=True)
class Cluster:
    """One API server as the command line chose it.

    Attributes:
        namespace: the one to look into; empty for all.
        context: the kubeconfig's, may be empty.
    """

    client: Client
    namespace: str
    context: str

    @classmethod
    def of(cls, where: Where, *, user_agent: str, pool_size: int = 2) -> Cluster:
        """Connect as kubectl would; nothing is sent yet.

        Raises:
            ConfigError: there is no usable configuration.
        """
        found = connect(where.connection)
        client = Client(found, user_agent=user_agent, pool_size=pool_size)
        return cls(client, "" if where.all_namespaces else found.namespace, found.context)

    def place(self, resource: Resource, name: str = "") -> Place:
        """Where something is looked for."""
        return Place(resource, self.namespace, name, self.context)


@dataclass(frozen=True, slots=True)
class Found:
    """The objects that were found, and what went wrong with the others."""

    targets: tuple[Target, ...]
    failures: tuple[Failure, ...] = ()


def find(cluster: Cluster, where: Where, *, log: bool = True, patience: Patience | None = None) -> Found:
    """The objects asked for, in the order of the command line, each once.

    Args:
        cluster: where to look.
        where: what for.
        log: their logs are wanted: a kind without one is refused.
        patience: how long to wait for what is not there yet; by default not at all.

    Raises:
        Failure: there is not a single one, or the command line makes no sense.
    """
    targets: dict[str, Target] = {}
    missing: list[Failure] = []
    for one in wanted(where, log=log):
        try:
            found = _search(cluster, one, where.selector, patience)
        except Failure as failure:
            missing.append(failure)
        else:
            for target in found:
                targets.setdefault(target.uid, target)
    if not targets:
        raise failures.together(missing)
    return Found(tuple(targets.values()), tuple(missing))


def get(client: Client, resource: Resource, namespace: str, name: str) -> Target:
    """One object.

    Raises:
        KubeError: it is not there, or cannot be read.
    """
    return read(resource, client.get(resource.path(namespace, name)))


def listed(client: Client, resource: Resource, namespace: str, selector: str = "") -> list[Target]:
    """All objects of one kind, in one namespace or in all.

    Raises:
        KubeError: they cannot be listed.
    """
    query = {"labelSelector": selector} if selector else {}
    for attempt in range(1, _LISTINGS + 1):
        try:
            pages = client.pages(resource.path(namespace), query)
            return [read(resource, obj) for page in pages for obj in json.loads(page).get("items") or ()]
        except KubeError as error:
            if not error.expired or attempt == _LISTINGS:
                raise
    return []


@dataclass(frozen=True, slots=True)
class _Miss:
    """Nothing was found.

    Attributes:
        resource: the candidate to speak of.
        error: what the API server said of it; None where it just had none.
        served: the candidates that the cluster knows.
        closed: what was said of a candidate that we may not read.
    """

    resource: Resource
    error: KubeError | None
    served: tuple[Resource, ...]
    closed: KubeError | None


def _search(cluster: Cluster, one: Wanted, selector: str, patience: Patience | None) -> list[Target]:
    client, namespace = cluster.client, cluster.namespace

    def look(resource: Resource) -> list[Target]:
        if one.name:
            return [get(client, resource, namespace, one.name)]
        return listed(client, resource, namespace, selector)

    while True:
        found = _look(cluster, one, look, patience)
        if isinstance(found, list):
            return found
        if found is not None and not _wait(cluster, one, selector, found, patience):
            raise _failure(cluster, one, selector, found)


def _look(cluster: Cluster, one: Wanted, look: Look, patience: Patience | None) -> list[Target] | _Miss | None:
    """What is there now; None where it could not be told this time, and there is patience for another."""
    misses: list[tuple[Resource, KubeError | None]] = []
    for resource in one.candidates:
        try:
            found = look(resource)
        except KubeError as error:
            if not (error.not_found or error.status == 403):
                if patience is not None and patience.waiting and patience.bears(error):
                    return None
                raise _of(error, cluster.place(resource, one.name), cluster.client) from error
            misses.append((resource, error))
        else:
            if found:
                return found
            misses.append((resource, None))
    return _miss(misses)


def _miss(misses: list[tuple[Resource, KubeError | None]]) -> _Miss:
    """Which of the candidates to speak of: one that the cluster knows, else one we may not read, else the first."""
    served = [(resource, error) for resource, error in misses if error is None or failures.is_absent(error, resource)]
    closed = [(resource, error) for resource, error in misses if error is not None and error.status == 403]
    resource, error = (served or closed or misses)[0]
    return _Miss(resource, error, tuple(resource for resource, _ in served), closed[0][1] if closed else None)


def _wait(cluster: Cluster, one: Wanted, selector: str, miss: _Miss, patience: Patience | None) -> bool:
    if patience is None or (miss.error is not None and miss.error.status == 403):
        return False
    query = {"fieldSelector": f"metadata.name={one.name}"} if one.name else {"labelSelector": selector}
    place = cluster.place(miss.resource, one.name)
    what = place.what if one.name else f'a {miss.resource.label} with label selector "{selector}"'
    paths = [resource.path(cluster.namespace) for resource in miss.served]
    return patience.wait(cluster.client, paths, query, f"{what} {place.where}")


def _failure(cluster: Cluster, one: Wanted, selector: str, miss: _Miss) -> Failure:
    place = cluster.place(miss.resource, one.name)
    if miss.error is None:
        failure = failures.nothing_matches(place, selector)
    else:
        failure = _of(miss.error, place, cluster.client)
    if miss.closed is None or miss.closed is miss.error:
        return failure
    return Failure(f"{failure.text} Elsewhere we may not look: {miss.closed.message}", failure.code)


def _of(error: KubeError, place: Place, client: Client) -> Failure:
    return failures.of_get(error, place, client) if place.name else failures.of_list(error, place, client)
