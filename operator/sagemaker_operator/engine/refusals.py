"""What a refused list or watch means for the person who runs the operator. Pure: text only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smkube.errors import KubeError


def explain(verb: str, path: str, error: KubeError) -> str:
    """Why a list or watch of a collection failed, and what a person can do about it."""
    resource, group, namespace = parts(path)
    place = f"in namespace {namespace}" if namespace else "in all namespaces"
    what = f"{resource}.{group}" if group else resource
    if error.status == 403:
        return (
            f'not allowed to {verb} {what} {place}; give the operator\'s ServiceAccount the verbs "list" and "watch" '
            f'on resource "{resource}" of API group "{group}": {error.message}'
        )
    if error.status == 401:
        return f"the API server does not accept our credentials to {verb} {what}: {error.message}"
    if error.not_found:
        return f"{what} is not known to the API server; install its CustomResourceDefinition: {error.message}"
    return f"cannot {verb} {what} {place}: {error.message}"


def parts(path: str) -> tuple[str, str, str]:
    """Resource, API group and namespace of a collection's URL path; the core group and all namespaces are empty."""
    words = path.strip("/").split("/")
    group = words[1] if words[0] == "apis" else ""
    rest = words[3:] if group else words[2:]
    namespace = rest[1] if rest[0] == "namespaces" and len(rest) > 2 else ""
    return rest[-1], group, namespace
