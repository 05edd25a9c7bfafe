"""What went wrong, in one sentence that names the object, the cause and what to do, with its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_smlogs import exits
from smkube.aws import errors as aws_errors
from smkube.aws.errors import Cause
from smkube.aws.logs import ACTION
from smkube.errors import AwsError, KubeError, SmkubeError
from smkube.kinds import Kind, resource_path
from smkube.kube.client import Client
from smkube.logs.model import SourceError

_NAMES_LOOKED_AT = 500
_SIGN_IN = "Set AWS_PROFILE to a profile that works, sign in again (`aws sso login`), or refresh the credentials"


class Failure(Exception):  # noqa: N818 - an outcome to report, not a slip in the program
    """The command ends here.

    Args:
        text: one line for the user, without `Error: `.
        code: exit code.
    """

    def __init__(self, text: str, code: int = exits.ERROR) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object was looked for."""

    kind: Kind
    namespace: str
    name: str
    context: str

    @property
    def where(self) -> str:
        """`in namespace "x"` and, where there is one, the context."""
        context = f' of context "{self.context}"' if self.context else ""
        return f'in namespace "{self.namespace}"{context}'


def of_get(error: KubeError, place: Place, client: Client) -> Failure:
    """The object could not be read."""
    kind = place.kind
    if error.not_found and error.message.startswith(kind.resource):
        return Failure(f"{error.message} {place.where}. {_next_step(place, client)}", exits.NOT_FOUND)
    if error.not_found:
        return Failure(
            f'The API server{_of(place)} does not know {kind.resource}, so {kind.name} "{place.name}" cannot be there: '
            f"{error.message}. Install the operator's CRDs in this cluster, or choose another one with --context.",
            exits.NOT_FOUND,
        )
    if error.status == 401:
        return Failure(
            f'{kind.name} "{place.name}" cannot be read: the API server at {client.connection.host} does not accept '
            f"the credentials{_of(place)} ({error.message}). Sign in to the cluster again.",
            exits.NO_PERMISSION,
        )
    if error.status == 403:
        return Failure(
            f'{error.message}. Ask for the right "get" on {kind.resource} {place.where}.', exits.NO_PERMISSION
        )
    if error.unreachable:
        return Failure(
            f'{kind.name} "{place.name}" cannot be read: {error.message}. Check the network, --server and --context.'
        )
    return Failure(f'{kind.name} "{place.name}" cannot be read {place.where}: {error.message}')


def of_log(error: SourceError, *, group: str, region: str, begun: bool) -> Failure:
    """The log could not be read, or not to its end.

    Args:
        error: what the source said.
        group: the log group.
        region: its region.
        begun: lines were shown already.
    """
    aws = error.__cause__ if isinstance(error.__cause__, AwsError) else None
    if aws is None:
        return Failure(error.text, exits.INCOMPLETE if begun else exits.ERROR)
    failure = of_aws(aws, group=group, region=region)
    if not begun:
        return failure
    return Failure(f"{failure.text} The output is incomplete.", exits.INCOMPLETE)


def of_aws(error: AwsError, *, group: str, region: str) -> Failure:
    """AWS refused, or could not be reached."""
    said = f"{error.code}: {error.message.rstrip('.')}"
    if error.status and error.request_id:
        said = f"{said} (status code: {error.status}, request id: {error.request_id})"
    where = f'log group "{group}" in region "{region}"'
    match aws_errors.cause(error):
        case Cause.DENIED:
            return Failure(f"{said}. Allow the action {ACTION} on {where}.", exits.NO_PERMISSION)
        case Cause.CREDENTIALS:
            return Failure(f"{said}. {_SIGN_IN}; they are needed to read {where}.", exits.NO_PERMISSION)
        case Cause.NOT_FOUND:
            return Failure(
                f"{said}. There is no {where}: no job has written a line there yet. Use -f to wait for it.",
                exits.NOT_FOUND,
            )
        case Cause.NO_ANSWER:
            return Failure(f"{said}. CloudWatch Logs cannot be reached; check the network and the region of {where}.")
        case Cause.THROTTLED | Cause.SERVICE:
            return Failure(f"{said}. Reading {where} failed after several tries; try again later.")
        case _:
            return Failure(f"{said}. Reading {where} failed.")


def of_core(error: SmkubeError) -> Failure:
    """A failure of the configuration; its text says all."""
    return Failure(str(error))


def _of(place: Place) -> str:
    return f' of context "{place.context}"' if place.context else ""


def _next_step(place: Place, client: Client) -> str:
    """The nearest names, or that the namespace does not exist, or how to list what there is."""
    names = _names(place, client)
    if names:
        import difflib

        close = difflib.get_close_matches(place.name, names, n=3)
        if close:
            return f"Did you mean {' or '.join(close)}?"
    elif names is not None and _namespace_missing(place, client):
        return f'There is no namespace "{place.namespace}"; choose one with -n.'
    return (
        f"Use `kubectl get {place.kind.name} -n {place.namespace}` to list resource names, or -n for another namespace."
    )


def _names(place: Place, client: Client) -> list[str] | None:
    """Names of the objects in the namespace; None if we may not list them."""
    try:
        found = client.get(resource_path(place.kind, place.namespace), {"limit": _NAMES_LOOKED_AT})
    except KubeError:
        return None
    items: list[dict[str, Any]] = found.get("items") or []
    return [str(item.get("metadata", {}).get("name", "")) for item in items]


def _namespace_missing(place: Place, client: Client) -> bool:
    try:
        client.get(f"/api/v1/namespaces/{place.namespace}")
    except KubeError as error:
        return error.not_found
    return False
