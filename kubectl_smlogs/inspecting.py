"""`kubectl smlogs status` and `url`: finds the objects, prints what is known about them and where AWS shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubectl_smlogs import about, exits, failures
from kubectl_smlogs.finding import Cluster, find
from kubectl_smlogs.happenings import Happening, happened
from kubectl_smlogs.statusview import document, link_lines, shown, view
from kubectl_smlogs.target import Target
from smkube.errors import KubeError

if TYPE_CHECKING:
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.terminal import Terminal


def status(
    options: Options,
    cluster: Cluster,
    write: Callable[[str], None],
    notice: Callable[[str], None],
    *,
    terminal: Terminal,
    now: datetime,
) -> int:
    """Run `status`; the exit code.

    Args:
        options: the command line.
        cluster: where to look.
        write: standard output.
        notice: standard error.
        terminal: what standard output is connected to.
        now: the time, with a zone.

    Raises:
        Failure: there is none of the objects.
    """
    found = find(cluster, options.where, log=False)
    views = [view(target, options.reading, events(cluster, target)) for target in found.targets]
    if options.showing.output == "json":
        write(_json(options, [document(one) for one in views]))
    else:
        write("\n".join(shown(one, terminal, now) for one in views))
    return _reported(found.failures, notice)


def url(options: Options, cluster: Cluster, write: Callable[[str], None], notice: Callable[[str], None]) -> int:
    """Run `url`; the exit code. Arguments as `status` has them.

    Raises:
        Failure: there is none of the objects, or no link to any.
    """
    found = find(cluster, options.where, log=False)
    views = [view(target, options.reading) for target in found.targets]
    if not any(one.links.document() for one in views):
        raise _no_links(views[0].target)
    if options.showing.output == "json":
        write(_json(options, [{**_identity(one.target), **one.links.document()} for one in views]))
    else:
        write("".join(link_lines(one, named=len(views) > 1) for one in views))
    return _reported(found.failures, notice)


def events(cluster: Cluster, target: Target) -> tuple[Happening, ...] | None:
    """The object's last Events; None where they may not be read.

    Raises:
        KubeError: the API server cannot be reached.
    """
    path = f"/api/v1/namespaces/{target.namespace}/events"
    try:
        found = cluster.client.get(path, {"fieldSelector": f"involvedObject.uid={target.uid}", "limit": 500})
    except KubeError as error:
        if error.status != 403:
            raise
        return None
    return happened(found.get("items") or ())


def _reported(missing: Sequence[failures.Failure], notice: Callable[[str], None]) -> int:
    """Tell of the objects that were not found, after the others."""
    for failure in missing:
        notice(f"Error: {failure.text}")
    return failures.together(missing).code if missing else exits.OK


def _no_links(target: Target) -> failures.Failure:
    if not target.job:
        return failures.Failure(
            f"There is no page for {target.title}: it has no {target.resource.aws.noun} at SageMaker (yet), "
            f"{target.state()}.",
            exits.NOT_FOUND,
        )
    return failures.Failure(f'There is no console that shows {target.title} in region "{target.region}".')


def _identity(target: Target) -> dict[str, Any]:
    return {name: about.summary(target)[name] for name in ("apiVersion", "kind", "namespace", "name")}


def _json(options: Options, documents: list[dict[str, Any]]) -> str:
    """One object where one was named, else a list, as kubectl has it."""
    alone = len(options.where.names) == 1 and len(documents) == 1
    return json.dumps(documents[0] if alone else {"items": documents}, indent=2) + "\n"
