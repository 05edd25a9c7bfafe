"""Asks the API server for everything that the checks want to know; the only part of it that speaks to Kubernetes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.cluster import VERBS
from kubectl_smlogs.doctor.crew import Deadline, side_by_side
from kubectl_smlogs.doctor.facts import Account, ClusterFacts, Install, Installs, Object
from kubectl_smlogs.doctor.findings import ABSENT, DENIED, FAILED, SILENT, Answer, Refusal
from kubectl_smlogs.doctor.leader import lease_name, lease_namespace
from kubectl_smlogs.doctor.operators import Operator, read
from kubectl_smlogs.resources import ACK, ACK_GROUP, GROUP, OURS
from kubectl_smlogs.target import mapping, text
from smkube.errors import ConfigError, KubeError
from smkube.kube.client import Client

_WHOM = "the API server"
_OBJECTS = 100
"""Objects of a kind that are looked at for their regions and accounts."""
_EVENTS = 100
_DEPLOYMENTS = f"fieldSelector=metadata.name={names.DEPLOYMENT}"

_Value = TypeVar("_Value")


class Asking:
    """One API server, for many threads.

    Args:
        client: to it.
        context: the kubeconfig's, may be empty.
        namespace: the one to look into.
        chosen: the user named that namespace.
        deadline: when to be back.
    """

    def __init__(self, client: Client, context: str, namespace: str, *, chosen: bool, deadline: Deadline) -> None:
        self._client = client
        self._context = context
        self._namespace = namespace
        self._chosen = chosen
        self._deadline = deadline

    def facts(self) -> ClusterFacts:
        """Everything. What the server does not tell is a refusal in its place.

        Raises:
            ConfigError: the settings of the connection cannot be used.
        """
        version = self._version()
        if isinstance(version, Refusal):
            return self._nothing(version)
        asks: dict[str, Callable[[], Answer[Any]]] = {
            "user": self._user,
            "served": self._served,
            "ack": self._ack,
            "installs": self._installs,
            "issuer": self._issuer,
            **{f"crd {one.plural}": self._definition(one.plural) for one in OURS},
            **{f"may {one.plural} {verb}": self._right(one.plural, verb) for one in OURS for verb in VERBS},
            **{f"objects {one.plural}": self._objects(one.path(self._namespace), one.kind, one.plural) for one in OURS},
        }
        told = side_by_side(asks, _WHOM, self._deadline)
        installs = told["installs"]
        return ClusterFacts(
            host=self._client.connection.host,
            context=self._context,
            namespace=self._namespace,
            chosen=self._chosen,
            version=version,
            user=told["user"],
            served=told["served"],
            definitions={one.plural: told[f"crd {one.plural}"] for one in OURS},
            ack=told["ack"],
            rights={(one.plural, verb): told[f"may {one.plural} {verb}"] for one in OURS for verb in VERBS},
            installs=Installs(refusal=installs) if isinstance(installs, Refusal) else installs,
            objects=_together([told[f"objects {one.plural}"] for one in OURS]),
            issuer=told["issuer"],
        )

    def _nothing(self, version: Refusal) -> ClusterFacts:
        """Who does not say its version says nothing else."""
        return ClusterFacts(
            host=self._client.connection.host,
            context=self._context,
            namespace=self._namespace,
            chosen=self._chosen,
            version=version,
            user=version,
            served=version,
            definitions={},
            ack=version,
            rights={},
            installs=Installs(refusal=version),
            objects=version,
            issuer=version,
        )

    def _version(self) -> Answer[str]:
        return _asked(
            lambda: text(self._client.get("/version"), "gitVersion") or "of an unknown version", "get /version"
        )

    def _user(self) -> Answer[str]:
        path, body = "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "SelfSubjectReview",
        }  # fmt: skip

        def ask() -> str:
            return text(mapping(mapping(self._client.post(path, body), "status"), "userInfo"), "username")

        return _asked(ask, "create selfsubjectreviews.authentication.k8s.io")

    def _served(self) -> Answer[Mapping[str, Object]]:
        def ask() -> Mapping[str, Object]:
            listed = self._client.get(f"/apis/{GROUP}/v1").get("resources") or ()
            return {text(one, "name"): one for one in listed if "/" not in text(one, "name")}

        return _asked(ask, f"get /apis/{GROUP}/v1")

    def _ack(self) -> Answer[tuple[str, ...]]:
        def ask() -> tuple[str, ...]:
            listed = self._client.get(f"/apis/{ACK[0].api_version}").get("resources") or ()
            return tuple(text(one, "kind") for one in listed if "/" not in text(one, "name"))

        return _asked(ask, f"get /apis/{ACK_GROUP}")

    def _issuer(self) -> Answer[str]:
        """Who issues tokens (OpenID Connect Discovery; Kubernetes: service account issuer discovery)."""
        path = "/.well-known/openid-configuration"
        return _asked(lambda: text(self._client.get(path), "issuer"), f"get {path}")

    def _definition(self, plural: str) -> Callable[[], Answer[Object]]:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{GROUP}"
        return self._getter(path, "get customresourcedefinitions.apiextensions.k8s.io")

    def _right(self, plural: str, verb: str) -> Callable[[], Answer[bool]]:
        asked = {"group": GROUP, "resource": plural, "verb": verb, "namespace": self._namespace}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked},
        }

        def ask() -> bool:
            made = self._client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
            return mapping(made, "status").get("allowed") is True

        return lambda: _asked(ask, "create selfsubjectaccessreviews.authorization.k8s.io")

    def _objects(self, path: str, kind: str, plural: str) -> Callable[[], Answer[tuple[Object, ...]]]:
        def ask() -> tuple[Object, ...]:
            found = self._client.get(path, {"limit": _OBJECTS}).get("items") or ()
            # Objects in a list do not say their kind.
            return tuple({**one, "kind": kind} for one in found)

        return lambda: _asked(ask, f'list {plural}.{GROUP} in namespace "{self._namespace}"')

    def _getter(self, path: str, needs: str) -> Callable[[], Answer[Object]]:
        return lambda: _asked(lambda: self._client.get(path), needs)

    # --- operators -------------------------------------------------------------------------------------------------

    def _installs(self) -> Answer[Installs]:
        deployments, namespaces, refusal = self._deployments()
        if isinstance(deployments, Refusal):
            return deployments
        return Installs(tuple(self._install(one) for one in deployments), namespaces, refusal)

    def _deployments(self) -> tuple[Answer[list[Object]], tuple[str, ...], Answer[None]]:
        """In all namespaces; where that is not allowed, in those where it is likely to be."""
        needs = "list deployments.apps in all namespaces"
        everywhere = _asked(lambda: self._listed(f"/apis/apps/v1/deployments?{_DEPLOYMENTS}"), needs)
        if not isinstance(everywhere, Refusal):
            return list(everywhere), (), None
        if everywhere.why != DENIED:
            return everywhere, (), everywhere
        found: list[Object] = []
        looked: list[str] = []
        for namespace in dict.fromkeys((names.NAMESPACE, self._namespace)):
            path = f"/apis/apps/v1/namespaces/{_quoted(namespace)}/deployments/{names.DEPLOYMENT}"
            one = self._getter(path, f'get deployments.apps in namespace "{namespace}"')()
            if not isinstance(one, Refusal):
                found.append(one)
            if not isinstance(one, Refusal) or one.why == ABSENT:
                looked.append(namespace)
        return found, tuple(looked), everywhere

    def _install(self, deployment: Object) -> Install:
        operator = read(deployment)
        place = f"namespaces/{_quoted(operator.namespace)}"
        within = f'in namespace "{operator.namespace}"'
        account = self._getter(
            f"/api/v1/{place}/serviceaccounts/{_quoted(operator.account)}", f"get serviceaccounts {within}"
        )()
        pods = _asked(
            lambda: self._listed(f"/api/v1/{place}/pods?labelSelector={quote(names.SELECTOR, safe='')}"),
            f"list pods {within}",
        )
        lease = self._lease(operator)
        events: Answer[tuple[Object, ...]] = ()
        if operator.ready < operator.wanted:
            selector = quote("involvedObject.kind=Pod,type=Warning", safe="")
            events = _asked(
                lambda: self._listed(f"/api/v1/{place}/events?limit={_EVENTS}&fieldSelector={selector}"),
                f"list events {within}",
            )
        return Install(deployment, Account(operator.account, account), pods, lease, events)

    def _lease(self, operator: Operator) -> Answer[Object]:
        namespace = lease_namespace(operator)
        path = f"/apis/coordination.k8s.io/v1/namespaces/{_quoted(namespace)}/leases/{_quoted(lease_name(operator))}"
        return self._getter(path, f'get leases.coordination.k8s.io in namespace "{namespace}"')()

    def _listed(self, path: str) -> tuple[Object, ...]:
        return tuple(self._client.get(path).get("items") or ())


def _together(answers: list[Answer[tuple[Object, ...]]]) -> Answer[tuple[Object, ...]]:
    """Objects of all kinds that may be listed, by age; refused only if none may."""
    told = [one for one in answers if not isinstance(one, Refusal)]
    if not told:
        return next(one for one in answers if isinstance(one, Refusal))
    found = [obj for one in told for obj in one]
    return tuple(sorted(found, key=lambda obj: text(mapping(obj, "metadata"), "creationTimestamp")))


def _asked(ask: Callable[[], _Value], needs: str) -> Answer[_Value]:
    try:
        return ask()
    except KubeError as error:
        return refusal(error, needs)
    except ValueError:
        return Refusal(FAILED, "something answered that is no API server: its answer is no JSON")


def refusal(error: KubeError, needs: str) -> Refusal:
    """An error of the API server in place of an answer.

    Args:
        error: what it said.
        needs: the right that was made use of.
    """
    if error.status in (401, 403):
        return Refusal(DENIED, error.message, needs)
    if error.not_found:
        return Refusal(ABSENT, error.message)
    return Refusal(SILENT if error.unreachable else FAILED, error.message)


def configuration(error: ConfigError) -> Refusal:
    """What cannot be used of the configuration."""
    return Refusal(FAILED, str(error))


def _quoted(name: str) -> str:
    return quote(name, safe="")
