"""What completion has to look up: names in the cluster, in kubeconfig files, in AWS's files, and time zones.

One request to the API server at most, with a deadline; whatever goes wrong ends in LookupFailed, because a shell that
waits for candidates is no place for anything else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_smlogs import environment, resources
from kubectl_smlogs.reach import overrides
from kubectl_smlogs.values import Given, UsageError, Values
from smkube.errors import SmkubeError

if TYPE_CHECKING:
    from kubectl_smlogs.completing import Asked, Candidate
    from smkube.kube.client import Client

DEADLINE = 2.5
"""Seconds for all that has to do with the cluster."""
_MOST = 500
"""Objects looked at."""
_ZONES = Path("/usr/share/zoneinfo/zone1970.tab")
"""Names of time zones, in the third column (source: the tz database)."""


class LookupFailed(Exception):  # noqa: N818 - an outcome to report, like Failure
    """The candidates could not be found out; the text says why."""


def find(what: str, asked: Asked, environ: Mapping[str, str]) -> list[Candidate]:
    """Candidates of one sort.

    Args:
        what: one of the names in `_FINDERS`.
        asked: the command line.
        environ: the environment.

    Raises:
        LookupFailed: they could not be found out.
    """
    values = _values(asked, environ)
    try:
        return [one for one in _FINDERS[what](asked, values, environ) if one[0]]
    except (SmkubeError, UsageError, OSError, ValueError) as error:
        raise LookupFailed(" ".join(str(error).split())) from error


def _values(asked: Asked, environ: Mapping[str, str]) -> Values:
    flags = {flag.name: flag for flag in asked.flags}
    given = {name: Given(flags[name], texts) for name, texts in asked.scanned.texts().items() if name in flags}
    outside = environment.values(asked.flags, environ, given.keys())
    return Values({**{name: Given(flags[name], texts, variable=True) for name, texts in outside.items()}, **given})


# --- files ---------------------------------------------------------------------------------------------------------


def _of_kubeconfig(section: str) -> _Finder:
    def find(_: Asked, values: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
        from smkube.kube import kubeconfig

        explicit = values.text("kubeconfig")
        document = kubeconfig.load(kubeconfig.paths(explicit, environ), explicit=bool(explicit)) or {}
        for entry in document.get(section) or ():
            yield str(entry["name"]), _about(entry)

    return find


def _about(entry: Mapping[str, Any]) -> str:
    if "context" in entry:
        parts = [str(entry["context"].get(key) or "") for key in ("cluster", "namespace")]
        return " ".join(part for part in parts if part)
    return str(entry["cluster"].get("server") or "") if "cluster" in entry else ""


def _profiles(_: Asked, __: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
    """Profiles of AWS's two shared files (source: AWS SDKs reference guide, shared config and credentials files)."""
    home = Path(environ.get("HOME") or "~").expanduser() / ".aws"
    names: dict[str, None] = {}
    for variable, usual in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        path = Path(environ.get(variable) or home / usual).expanduser()
        if path.is_file():
            headings = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
            sections = (line[1:-1].strip() for line in headings if line.startswith("[") and line.endswith("]"))
            names |= dict.fromkeys(_profile(section, in_config=usual == "config") for section in sections)
    return ((name, "") for name in names)


def _profile(section: str, *, in_config: bool) -> str:
    """Name of the profile of a section; empty for sections about something else."""
    first, _, name = section.partition(" ")
    if first == "profile" and name:
        return name.strip().strip("\"'")
    return section if section == "default" or not in_config else ""


def _timezones(_: Asked, __: Values, ___: Mapping[str, str]) -> Iterable[Candidate]:
    if not _ZONES.is_file():
        return []
    rows = (line.split("\t") for line in _ZONES.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [(name, "") for name in sorted(row[2] for row in rows if len(row) > 2)]


# --- the cluster ---------------------------------------------------------------------------------------------------


def _in_time(work: Callable[[], list[Candidate]]) -> list[Candidate]:
    """What some work with the cluster finds, unless it takes too long: credential plugins may wait for people."""
    outcome: list[list[Candidate] | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits, and raised there
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    if not outcome:
        raise LookupFailed(f"The cluster did not answer within {DEADLINE} s.")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _client(values: Values, environ: Mapping[str, str]) -> Client:
    from dataclasses import replace

    from kubectl_smlogs.agent import USER_AGENT
    from smkube.kube.client import Client
    from smkube.kube.connection import connect

    flags = overrides(values)
    connection = connect(replace(flags, request_timeout=min(flags.request_timeout or DEADLINE, DEADLINE)), environ)
    return Client(connection, user_agent=USER_AGENT, pool_size=1)


def _namespaces(_: Asked, values: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
    def work() -> list[Candidate]:
        items = _items(_client(values, environ), "/api/v1/namespaces")
        return [(_text(one, "metadata", "name"), _text(one, "status", "phase")) for one in items]

    return _in_time(work)


def _objects(asked: Asked, values: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
    """Objects of the kind, ours and ACK's, with their status words."""

    def work() -> list[Candidate]:
        client = _client(values, environ)
        return [
            (_text(one, "metadata", "name"), _text(one, "status", resource.fields.word))
            for resource in resources.candidates(asked.kind)
            for one in _items(client, resource.path(client.connection.namespace))
        ]

    return _in_time(work)


def _hosts(asked: Asked, values: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
    """`algo-1` and so on, as many as the job has instances; a running instance cannot be told without asking AWS."""
    return [(f"algo-{number + 1}", "") for number in range(_instances(_object(asked, values, environ)))]


def _instances(obj: Mapping[str, Any]) -> int:
    spec = _part(obj, "spec")
    definition = _part(spec, "trainingJobDefinition") or spec
    config = _part(definition, "resourceConfig") or _part(_part(spec, "processingResources"), "clusterConfig")
    groups = config.get("instanceGroups")
    parts = [config, *(one for one in groups if isinstance(one, dict))] if isinstance(groups, list) else [config]
    counts = [part.get("instanceCount") for part in parts]
    return min(sum(count for count in counts if isinstance(count, int)), _MOST)


def _variants(asked: Asked, values: Values, environ: Mapping[str, str]) -> Iterable[Candidate]:
    """What the spec asks for and what the status has; ACK's objects have them in the status alone."""
    obj = _object(asked, values, environ)
    listed = [_part(obj, part).get("productionVariants") for part in ("spec", "status")]
    variants = [one for some in listed if isinstance(some, list) for one in some if isinstance(one, dict)]
    names = dict.fromkeys(str(one.get("variantName") or "") for one in variants)
    return [(name, "") for name in names]


def _object(asked: Asked, values: Values, environ: Mapping[str, str]) -> Mapping[str, Any]:
    """The first object that the command line names; empty if it names none."""
    kind, _, name = asked.operands[0].rpartition("/") if asked.operands else ("", "", "")
    found: list[dict[str, Any]] = []

    def work() -> list[Candidate]:
        client = _client(values, environ)
        for resource in resources.candidates(kind or asked.kind):
            answer = _get(client, resource.path(client.connection.namespace, name))
            if answer:
                found.append(answer)
                break
        return []

    if name:
        _in_time(work)
    return found[0] if found else {}


def _items(client: Client, path: str) -> list[Mapping[str, Any]]:
    items = _get(client, path, {"limit": _MOST}).get("items")
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _get(client: Client, path: str, query: Mapping[str, str | int | bool] | None = None) -> dict[str, Any]:
    """One object or list; empty where the cluster has no such thing."""
    from smkube.errors import KubeError

    try:
        return client.get(path, query)
    except KubeError as error:
        if error.status == 404:
            return {}
        raise


def _part(obj: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = obj.get(key)
    return value if isinstance(value, dict) else {}


def _text(obj: Mapping[str, Any], part: str, key: str) -> str:
    value = _part(obj, part).get(key)
    return value if isinstance(value, str) else ""


_Finder = Callable[["Asked", Values, Mapping[str, str]], "Iterable[Candidate]"]

_FINDERS: Mapping[str, _Finder] = {
    "contexts": _of_kubeconfig("contexts"),
    "clusters": _of_kubeconfig("clusters"),
    "users": _of_kubeconfig("users"),
    "profiles": _profiles,
    "timezones": _timezones,
    "namespaces": _namespaces,
    "objects": _objects,
    "hosts": _hosts,
    "variants": _variants,
}
