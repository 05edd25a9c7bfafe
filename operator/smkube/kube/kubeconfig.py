"""Kubeconfig files as plain data: found, merged and overridden by flags the way kubectl does it.

Nothing here opens a connection. The `kubernetes` package has a merger too, but it lets the last file decide the
current context where kubectl lets the first, and it cannot take overrides; so the merge is done here and the
result, one context with absolute paths, is handed to that package for everything that is hard (exec plugins,
OIDC, certificates).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from smkube.errors import ConfigError

_FILE_KEYS = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
}
_TEXTS = {
    "clusters": ("server", "certificate-authority", "certificate-authority-data", "tls-server-name", "proxy-url"),
    "users": (
        "token",
        "tokenFile",
        "username",
        "password",
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "as",
        "as-uid",
    ),
    "contexts": ("cluster", "user", "namespace"),
}
"""Fields that are texts, where there are any (Kubernetes: kubeconfig v1)."""
_MAPPINGS = ("exec", "auth-provider", "as-user-extra")
_SINGULAR = {"clusters": "cluster", "users": "user", "contexts": "context"}
_OVERRIDDEN = "override"
_FREE_IN_HEADERS = "!#$&'*+-.^_`|~"
"""What may stand in a header's name beside letters and digits, without the percent sign, which begins an escape."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """kubectl's connection flags; an empty value means that the flag was not given.

    Source: `kubectl options`. `request_timeout` is in seconds, 0 for none.
    """

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    as_uid: str = ""
    as_user_extra: tuple[tuple[str, str], ...] = ()
    request_timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Resolved:
    """One cluster and one user, as the files and flags decide.

    `config` is a kubeconfig document with exactly one context, all paths in it absolute; `context` is the name
    the user knows it by.
    """

    config: dict[str, Any]
    context: str
    namespace: str
    impersonation: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def paths(explicit: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files kubectl would read, in order: `--kubeconfig`, else `KUBECONFIG` (a list), else `~/.kube/config`."""
    if explicit:
        return (Path(explicit).expanduser(),)
    listed = [part for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if listed:
        return tuple(Path(part).expanduser() for part in listed)
    return (Path(environ.get("HOME", "~")).expanduser() / ".kube" / "config",)


def load(files: Sequence[Path], *, explicit: bool) -> dict[str, Any] | None:
    """Read and merge kubeconfig files; the first file that names a thing decides it.

    Returns:
        The merged document, or None when none of the files exists.

    Raises:
        ConfigError: a file cannot be read or is not a kubeconfig; with `explicit`, also when it is missing.
    """
    documents = [(path, _read(path)) for path in files if explicit or path.exists()]
    return _merge(documents) if documents else None


def resolve(document: Mapping[str, Any], overrides: Overrides, source: str) -> Resolved:
    """Choose context, cluster and user, and lay the flags over them.

    Args:
        document: a merged kubeconfig.
        overrides: the flags.
        source: where the document came from, for error texts.

    Raises:
        ConfigError: a name that is asked for is not in the document.
    """
    context_name = overrides.context or str(document.get("current-context") or "")
    context = _named(document, "contexts", context_name, source) if context_name else {}
    cluster_name = overrides.cluster or context.get("cluster", "")
    user_name = overrides.user or context.get("user", "")
    if not cluster_name and not overrides.server:
        raise ConfigError(_no_cluster(document, context_name, source))
    cluster = _named(document, "clusters", cluster_name, source) if cluster_name else {}
    user = _named(document, "users", user_name, source) if user_name else {}
    cluster, user = _overridden_cluster(cluster, overrides), _overridden_user(user, overrides)
    token = user.get("token") or ""
    if not token.isascii():
        raise ConfigError("The token holds characters that no token has; it has to be copied as it was given.")
    _check_in_header("token", token)
    if not cluster.get("server"):
        raise ConfigError(f'Cluster "{cluster_name}" in {source} has no server address.')
    return Resolved(
        config={
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": _OVERRIDDEN,
            "contexts": [{"name": _OVERRIDDEN, "context": {"cluster": _OVERRIDDEN, "user": _OVERRIDDEN}}],
            "clusters": [{"name": _OVERRIDDEN, "cluster": cluster}],
            "users": [{"name": _OVERRIDDEN, "user": user}],
        },
        context=context_name,
        namespace=overrides.namespace or str(context.get("namespace") or "default"),
        impersonation=impersonation(user, overrides),
    )


def impersonation(user: Mapping[str, Any], overrides: Overrides) -> dict[str, str | Sequence[str]]:
    """Headers that make the API server treat the request as another user's (Kubernetes user impersonation)."""
    name = overrides.as_user or str(user.get("as") or "")
    groups = overrides.as_groups or tuple(user.get("as-groups") or ())
    uid = overrides.as_uid or str(user.get("as-uid") or "")
    extra = overrides.as_user_extra or _extra_of(user)
    if (groups or uid or extra) and not name:
        raise ConfigError(
            "--as-group, --as-uid and --as-user-extra need --as: the API server impersonates a user, not a group alone."
        )
    headers: dict[str, str | Sequence[str]] = {}
    if name:
        headers["Impersonate-User"] = _header_text(name)
    if groups:
        headers["Impersonate-Group"] = tuple(_header_text(group) for group in groups)
    if uid:
        headers["Impersonate-Uid"] = _header_text(uid)
    for key, _ in extra:
        texts = tuple(_header_text(value) for other, value in extra if other == key)
        headers[f"Impersonate-Extra-{_header_key(key)}"] = texts
    return headers


def _header_text(text: str) -> str:
    """A text that is sent as UTF-8, as kubectl sends it; Python's HTTP library would take it for Latin-1."""
    _check_in_header("user, group, UID or extra to impersonate", text)
    return text.encode().decode("latin-1")


def _check_in_header(what: str, text: str) -> None:
    """What goes into a header of HTTP must not end it; a token out of a file often has a line break at its end."""
    if not text.isprintable():
        raise ConfigError(f"The {what} holds a line break or another character that no header of HTTP may have.")


def _extra_of(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    listed = user.get("as-user-extra")
    return tuple((key, str(value)) for key, values in dict(listed or {}).items() for value in values or ())


def _header_key(key: str) -> str:
    """A key as part of a header's name: lower case, with %-escapes for what a name may not hold.

    Source: Kubernetes, "User impersonation"; which characters are free is said by RFC 7230.
    """
    return quote(key.lower(), safe=_FREE_IN_HEADERS)


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except OSError as error:
        raise ConfigError(f"Unable to read kubeconfig {path}: {error.strerror or error}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"Kubeconfig {path} is not valid YAML: {' '.join(str(error).split())}.") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError(f"Kubeconfig {path} is not a kubeconfig: its top level is not a mapping.")
    for section in _SINGULAR:
        _check_section(path, section, loaded.get(section) or [])
    return loaded


def _check_section(path: Path, section: str, entries: object) -> None:
    """Judge the shape of what follows will rely on.

    Raises:
        ConfigError: something is of another type than kubectl takes.
    """
    if not isinstance(entries, list):
        raise ConfigError(f"Kubeconfig {path} is not a kubeconfig: {section} is not a list.")
    for entry in entries:
        if not isinstance(entry, dict) or "name" not in entry:
            raise ConfigError(f"Kubeconfig {path} has an entry without a name under {section}.")
        value = entry.get(_SINGULAR[section]) or {}
        if not isinstance(entry["name"], str):
            raise ConfigError(f"Kubeconfig {path}: the name {entry['name']} under {section} is not a text; quote it.")
        wrong = "all of it" if not isinstance(value, dict) else _wrong_field(section, value)
        if wrong:
            raise ConfigError(f'Kubeconfig {path}: "{entry["name"]}" under {section} is not as it has to be: {wrong}.')


def _wrong_field(section: str, value: Mapping[str, Any]) -> str:
    """What is wrong with the first field that is of another type than it has to be; empty if none is."""
    for key in _TEXTS[section]:
        if not isinstance(value.get(key, ""), str | None):
            return f"{key} is not a text; put it into quotes"
    for key in _MAPPINGS:
        if not isinstance(value.get(key, {}), dict | None):
            return f"{key} is not a mapping"
    provider = value.get("auth-provider") or {}
    config = provider.get("config") or {}
    if not isinstance(config, dict) or not all(isinstance(each, str | None) for each in config.values()):
        return "all values under config of auth-provider are texts"
    lists = [value.get("as-groups"), *dict(value.get("as-user-extra") or {}).values()]
    if not all(
        each is None or (isinstance(each, list) and all(isinstance(one, str) for one in each)) for each in lists
    ):
        return "as-groups and each of as-user-extra are lists of texts"
    return ""


def _merge(documents: Sequence[tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    merged: dict[str, Any] = {"current-context": ""}
    for section, singular in _SINGULAR.items():
        entries: dict[str, Any] = {}
        for path, document in documents:
            for entry in document.get(section) or ():
                entries.setdefault(entry["name"], _absolute(section, dict(entry.get(singular) or {}), path))
        merged[section] = [{"name": name, singular: value} for name, value in entries.items()]
    for _, document in documents:
        merged["current-context"] = merged["current-context"] or document.get("current-context") or ""
    return merged


def _absolute(section: str, value: dict[str, Any], path: Path) -> dict[str, Any]:
    """Paths in a kubeconfig are relative to the file they stand in; so is an exec command with a slash."""
    folder = path.absolute().parent
    for key in _FILE_KEYS.get(section, ()):
        if value.get(key):
            value[key] = os.path.normpath(folder / value[key])
    plugin = value.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command", "")):
        value["exec"] = {**plugin, "command": os.path.normpath(folder / plugin["command"])}
    return value


def _named(document: Mapping[str, Any], section: str, name: str, source: str) -> dict[str, Any]:
    singular = _SINGULAR[section]
    known = [entry["name"] for entry in document.get(section) or ()]
    for entry in document.get(section) or ():
        if entry["name"] == name:
            return dict(entry[singular])
    have = ", ".join(sorted(known)) or "none"
    raise ConfigError(f'There is no {singular} "{name}" in {source} (it has: {have}).')


def _no_cluster(document: Mapping[str, Any], context_name: str, source: str) -> str:
    if context_name:
        return f'Context "{context_name}" in {source} names no cluster.'
    known = ", ".join(sorted(entry["name"] for entry in document.get("contexts") or ()))
    if not known:
        return f"There is no context in {source}; point --kubeconfig or KUBECONFIG at a cluster's configuration."
    return f"No current context is set in {source}; choose one with --context (it has: {known})."


def _overridden_cluster(cluster: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    if overrides.server:
        cluster = {**cluster, "server": overrides.server}
    if overrides.certificate_authority:
        cluster = _without(cluster, "certificate-authority-data", "insecure-skip-tls-verify")
        cluster["certificate-authority"] = str(Path(overrides.certificate_authority).absolute())
    if overrides.insecure_skip_tls_verify:
        cluster = _without(cluster, "certificate-authority-data", "certificate-authority")
        cluster["insecure-skip-tls-verify"] = True
    if overrides.tls_server_name:
        cluster = {**cluster, "tls-server-name": overrides.tls_server_name}
    return cluster


def _overridden_user(user: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    if overrides.token:
        user = _without(user, "tokenFile", "exec", "auth-provider", "username", "password")
        user["token"] = overrides.token
    if overrides.username or overrides.password:
        user = _without(user, "token", "tokenFile", "exec", "auth-provider")
        user["username"] = overrides.username or str(user.get("username") or "")
        user["password"] = overrides.password or str(user.get("password") or "")
    if overrides.client_certificate:
        user = _without(user, "client-certificate-data")
        user["client-certificate"] = str(Path(overrides.client_certificate).absolute())
    if overrides.client_key:
        user = _without(user, "client-key-data")
        user["client-key"] = str(Path(overrides.client_key).absolute())
    return user


def _without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}
