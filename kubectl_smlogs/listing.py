"""`kubectl smlogs list`: the jobs and endpoints of a namespace, or of all, with what the cluster says of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kubectl_smlogs import about, exits, failures, resources, safe
from kubectl_smlogs.finding import Cluster, listed
from kubectl_smlogs.target import Target
from kubectl_smlogs.wanted import kind
from smkube.errors import KubeError

if TYPE_CHECKING:
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.resources import Resource
    from kubectl_smlogs.terminal import Terminal

_AT_ONCE = 4
"""Lists that are read at the same time."""
_NONE = "<none>"
"""Stands for an empty cell where no table says where a column begins; kubectl's word."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found, and which resources could not be listed."""

    targets: tuple[Target, ...]
    refused: tuple[tuple[Resource, KubeError], ...]


def run(
    options: Options,
    cluster: Cluster,
    write: Callable[[str], None],
    notice: Callable[[str], None],
    *,
    terminal: Terminal,
    now: datetime,
) -> int:
    """Run the command; the exit code.

    Args:
        options: the command line.
        cluster: where to look.
        write: standard output.
        notice: standard error.
        terminal: what standard output is connected to.
        now: the time, with a zone.

    Raises:
        Failure: nothing can be listed.
    """
    asked = kind(options.where.kind) if options.where.kind else resources.ALL
    listing = gather(cluster, asked, options.where.selector)
    _report(cluster, asked, listing, notice)
    write(render(listing.targets, options.showing.output, options.where.all_namespaces, terminal, now))
    if not listing.targets and options.showing.output != "json":
        notice(f"No resources found{_where(cluster)}.")
    return exits.OK


def gather(cluster: Cluster, asked: Sequence[Resource], selector: str) -> Listing:
    """All objects of some resources, several lists at a time, in the order of the resources, then of names.

    Raises:
        Failure: the API server cannot be reached, or does not understand.
    """

    def one(resource: Resource) -> list[Target] | KubeError:
        try:
            return listed(cluster.client, resource, cluster.namespace, selector)
        except KubeError as error:
            return error

    with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as pool:
        answers = list(zip(asked, pool.map(one, asked), strict=True))
    refused = [(resource, answer) for resource, answer in answers if isinstance(answer, KubeError)]
    for resource, error in refused:
        if not error.not_found and error.status != 403:
            raise failures.of_list(error, cluster.place(resource), cluster.client) from error
    found = [target for _, answer in answers if not isinstance(answer, KubeError) for target in answer]
    ranks = {resource.full: rank for rank, resource in enumerate(asked)}
    found.sort(key=lambda target: (target.namespace, ranks[target.resource.full], target.name))
    return Listing(tuple(found), tuple(refused))


def _report(cluster: Cluster, asked: Sequence[Resource], listing: Listing, notice: Callable[[str], None]) -> None:
    """Say what may not be listed.

    Raises:
        Failure: nothing may.
    """
    closed = [(resource, error) for resource, error in listing.refused if error.status == 403]
    if len(listing.refused) == len(asked):
        resource, error = (closed or list(listing.refused))[0]
        raise failures.of_list(error, cluster.place(resource), cluster.client)
    # Whoever has no rights in a group is told so of ACK's even where ACK is not installed: that is no news.
    names = [resource.full for resource, _ in closed if resource.ours]
    if names:
        notice(f'Not listed, for want of the right "list"{_where(cluster)}: {", ".join(names)}.')


def _where(cluster: Cluster) -> str:
    return f" in {cluster.namespace} namespace" if cluster.namespace else ""


# --- output ------------------------------------------------------------------------------------------------------


def render(targets: Sequence[Target], output: str, with_namespace: bool, terminal: Terminal, now: datetime) -> str:
    """The list as text.

    Args:
        targets: what to show.
        output: `json`, `name`, `wide`, or empty.
        with_namespace: whether a column says which namespace each is in.
        terminal: what standard output is connected to.
        now: the time, with a zone.
    """
    if output == "json":
        document = {"items": [about.summary(target) for target in targets]}
        return json.dumps(document, indent=2) + "\n"
    if output == "name":
        return "".join(f"{_full_name(target)}\n" for target in targets)
    if not targets:
        return ""
    wide = output == "wide"
    heads = _heads(wide=wide, with_namespace=with_namespace)
    rows = [_cells(target, now, wide=wide, with_namespace=with_namespace) for target in targets]
    if terminal.stdout:
        from kubectl_smlogs.tables import table

        return table(heads, rows, terminal)
    return columns(heads, rows)


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Plain columns as kubectl has them, three blanks apart; empty cells have a word, so that scripts can count."""
    lines = [list(heads), *([cell or _NONE for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def _full_name(target: Target) -> str:
    return f"{target.resource.kind.lower()}.{target.resource.group}/{target.name}"


def _heads(*, wide: bool, with_namespace: bool) -> list[str]:
    heads = ["KIND", "NAME", "STATUS", "SECONDARY", "JOB", "REGION", "AGE"]
    return [*(["NAMESPACE"] if with_namespace else []), *heads, *(["ENDED", "REASON"] if wide else [])]


def _cells(target: Target, now: datetime, *, wide: bool, with_namespace: bool) -> list[str]:
    cells = [target.resource.label, target.name, target.status, target.secondary, target.job, target.region]
    cells.append(about.age(target.created, now))
    if with_namespace:
        cells.insert(0, target.namespace)
    if wide:
        cells += [about.age(target.ended, now), target.reason]
    return [safe.line(cell) for cell in cells]
