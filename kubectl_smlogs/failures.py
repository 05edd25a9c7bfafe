"""What went wrong, in one sentence that names the object, the cause and what to do, with its exit code.

This module speaks of Kubernetes; `awsfailures` of AWS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_smlogs import exits
from kubectl_smlogs.resources import AUTOSCALING_POLICY, JOB, Resource
from kubectl_smlogs.target import Target, read
from smkube.errors import KubeError, SmkubeError

if TYPE_CHECKING:
    from smkube.kube.client import Client

_NAMES_LOOKED_AT = 500
_NAMESPACES_TOLD = 3


class Failure(Exception):  # noqa: N818 - an outcome to report, not a slip in the program
    """The command ends here.

    Args:
        text: one line for the user, without `Error: `.
        code: exit code.
        also: further failures, to be told after this one.
    """

    def __init__(self, text: str, code: int = exits.ERROR, *, also: Sequence[Failure] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.also = tuple(also)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object was looked for. Without a name, objects were; without a namespace, in all of them."""

    resource: Resource
    namespace: str
    name: str
    context: str

    @property
    def what(self) -> str:
        """`TrainingJob "x"`, or `TrainingJobs`."""
        return f'{self.resource.label} "{self.name}"' if self.name else f"The {self.resource.full}"

    @property
    def where(self) -> str:
        """`in namespace "x"` and, where there is one, the context."""
        namespace = f'in namespace "{self.namespace}"' if self.namespace else "in all namespaces"
        return f"{namespace}{self.of_context}"

    @property
    def of_context(self) -> str:
        """` of context "x"`, or nothing."""
        return f' of context "{self.context}"' if self.context else ""


def together(failures: Sequence[Failure]) -> Failure:
    """Several failures as one, with the exit code of the first that is more than "not found", if any."""
    first, *rest = failures
    code = next((one.code for one in failures if one.code != exits.NOT_FOUND), exits.NOT_FOUND)
    return Failure(first.text, code, also=rest) if rest else first


def is_absent(error: KubeError, resource: Resource) -> bool:
    """The cluster knows the kind, and has no such object."""
    return error.not_found and error.message.startswith(resource.full)


def is_unserved(error: KubeError, resource: Resource) -> bool:
    """The cluster does not know the kind."""
    return error.not_found and not error.message.startswith(resource.full)


def of_get(error: KubeError, place: Place, client: Client) -> Failure:
    """The object could not be read."""
    resource = place.resource
    if is_absent(error, resource):
        return Failure(f"{error.message} {place.where}. {_next_step(place, client)}", exits.NOT_FOUND)
    return _of_request(error, place, client, "get")


def of_list(error: KubeError, place: Place, client: Client) -> Failure:
    """Objects could not be listed."""
    if error.status == 400:
        return Failure(f"The API server does not understand the selector: {error.message}.")
    return _of_request(error, place, client, "list")


def nothing_matches(place: Place, selector: str) -> Failure:
    """A selector, or a whole namespace, gave nothing."""
    with_label = f' with label selector "{selector}"' if selector else ""
    return Failure(
        f"No resources found: there is no {place.resource.label}{with_label} {place.where}. "
        f"Use `kubectl smlogs list{' -A' if not place.namespace else f' -n {place.namespace}'}` to see what there is.",
        exits.NOT_FOUND,
    )


def without_log(resource: Resource) -> Failure:
    """Something was asked for its log that writes none."""
    if resource is AUTOSCALING_POLICY:
        text = "Its effect shows in the log of the endpoint that it scales"
    else:
        text = "See the log of the endpoint that uses it"
    return Failure(
        f"A {resource.kind} has no log. {text}: `kubectl smlogs HostingDeployment NAME`; "
        f"`kubectl smlogs status {resource.kind} NAME` shows what is known about it."
    )


def without_job(target: Target) -> Failure:
    """The object has nothing at SageMaker yet, so there is no log. The original's texts come first."""
    return Failure(
        f"{_lacks(target, 'name')}: {target.title} has no SageMaker {_noun(target)} (yet), {target.state()}. Use -f to "
        f"wait for it; `kubectl smlogs status {target.words}` shows more."
    )


def without_region(target: Target) -> Failure:
    """The object does not say where its log is. The original's texts come first."""
    field = (
        f"set spec.region of {target.title}" if target.resource.ours else f"wait until ACK says that of {target.title}"
    )
    return Failure(f"{_lacks(target, 'region')}: {field}, or name the region with --region.")


def _lacks(target: Target, field: str) -> str:
    original = {"TrainingJob": "training", "BatchTransformJob": "BatchTransform"}.get(target.resource.label)
    what = f"SageMaker {original} job's" if original else f"{target.resource.label}'s"
    return f"{what} spec does not have {field}"


def _noun(target: Target) -> str:
    return "job" if target.resource.sort == JOB else target.resource.aws.noun


def of_core(error: SmkubeError) -> Failure:
    """A failure of the configuration; its text says all."""
    return Failure(str(error))


def _of_request(error: KubeError, place: Place, client: Client, verb: str) -> Failure:
    full = place.resource.full
    if is_unserved(error, place.resource):
        return Failure(
            f"The API server{place.of_context} does not know {full}, so {_subject(place)} cannot be there: "
            f"{error.message}. Install the operator's CRDs in this cluster, or choose another one with --context.",
            exits.NOT_FOUND,
        )
    if error.status == 401:
        return Failure(
            f"{place.what} cannot be read: the API server at {client.connection.host} does not accept the "
            f"credentials{place.of_context} ({error.message}). Sign in to the cluster again.",
            exits.NO_PERMISSION,
        )
    if error.status == 403:
        return Failure(
            f'{error.message.rstrip(".")}. Ask for the right "{verb}" on {full} {place.where}.', exits.NO_PERMISSION
        )
    if error.unreachable:
        return Failure(f"{place.what} cannot be read: {error.message}. {_way_out(error)}")
    if error.status == 429 or error.status >= 500:
        return Failure(f"{place.what} cannot be read {place.where}: {error.message}. Try again in a moment.")
    return Failure(f"{place.what} cannot be read {place.where}: {error.message}")


def _subject(place: Place) -> str:
    return place.what if place.name else f"a {place.resource.label}"


def _way_out(error: KubeError) -> str:
    message = error.message.lower()
    if "certificate" in message:
        return "Check --certificate-authority and --tls-server-name, or whether this is the right --server."
    if "timed out" in message:
        return "Check the network, --server and --context, or allow more time with --request-timeout."
    return "Check the network, --server and --context."


def _next_step(place: Place, client: Client) -> str:
    """The nearest names, or where else there is such an object, or how to list what there is."""
    neighbours = _neighbours(place, client)
    for one in neighbours or ():
        if one.job == place.name:
            return f"It is the name of a job at SageMaker; the {place.resource.label} is called {one.name}."
    elsewhere = _namespaces_with(place, client)
    if elsewhere:
        return f"There is one in namespace {' and in namespace '.join(elsewhere)}; choose it with -n."
    if neighbours:
        close = _close(place.name, [one.name for one in neighbours])
        if close:
            return f"Did you mean {' or '.join(close)}?"
    elif neighbours is not None and _namespace_missing(place, client):
        return f'There is no namespace "{place.namespace}"; choose one with -n.'
    return (
        f"Use `kubectl get {place.resource.label} -n {place.namespace}` to list resource names, "
        "or -n for another namespace."
    )


def _close(name: str, names: list[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, names, n=3)


def _neighbours(place: Place, client: Client) -> list[Target] | None:
    """Objects in the namespace; None if we may not list them."""
    try:
        found = client.get(place.resource.path(place.namespace), {"limit": _NAMES_LOOKED_AT})
    except KubeError:
        return None
    return [read(place.resource, obj) for obj in found.get("items") or ()]


def _namespaces_with(place: Place, client: Client) -> list[str]:
    """Other namespaces that have an object of that name, if we may look there; the first few."""
    selector = f"metadata.name={place.name}"
    try:
        found = client.get(place.resource.path(), {"fieldSelector": selector, "limit": _NAMESPACES_TOLD})
    except KubeError:
        return []
    return [read(place.resource, obj).namespace for obj in found.get("items") or ()]


def _namespace_missing(place: Place, client: Client) -> bool:
    from urllib.parse import quote

    try:
        client.get(f"/api/v1/namespaces/{quote(place.namespace, safe='')}")
    except KubeError as error:
        return error.not_found
    return False
