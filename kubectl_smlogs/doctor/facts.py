"""The answers that the checks go by, as plain values. Objects are what the API server sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_smlogs.doctor.findings import Answer

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount of an operator's pods."""

    name: str
    found: Answer[Object]


@dataclass(frozen=True, slots=True)
class Install:
    """One Deployment of an operator, and what belongs to it.

    Attributes:
        deployment: the object.
        account: of its pods.
        pods: those with the operator's labels in the Deployment's namespace.
        lease: that of the leader election.
        events: warnings about its pods; empty while all is well with them.
    """

    deployment: Object
    account: Account
    pods: Answer[tuple[Object, ...]]
    lease: Answer[Object]
    events: Answer[tuple[Object, ...]] = ()


@dataclass(frozen=True, slots=True)
class Installs:
    """The operators that were found.

    Attributes:
        found: one for each Deployment.
        namespaces: where was looked; empty for everywhere.
        refusal: why it could not be looked everywhere, or anywhere.
    """

    found: tuple[Install, ...] = ()
    namespaces: tuple[str, ...] = ()
    refusal: Answer[None] = None


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What the API server said.

    Attributes:
        host: its URL.
        context: the kubeconfig's, may be empty.
        namespace: the one to look into; of the object, where one was named.
        chosen: the user named that namespace.
        version: such as `v1.36.1`.
        user: who we are there.
        served: kinds of our API group as the server lists them, by plural.
        definitions: CustomResourceDefinitions by plural.
        ack: names of ACK's kinds that the server knows.
        rights: by plural and verb.
        installs: the operators.
        objects: some objects of our kinds in that namespace, the newest last.
        issuer: who issues the tokens of service accounts (an OIDC issuer's URL).
    """

    host: str
    context: str
    namespace: str
    chosen: bool
    version: Answer[str]
    user: Answer[str]
    served: Answer[Mapping[str, Object]]
    definitions: Mapping[str, Answer[Object]]
    ack: Answer[tuple[str, ...]]
    rights: Mapping[tuple[str, str], Answer[bool]]
    installs: Installs
    objects: Answer[tuple[Object, ...]]
    issuer: Answer[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who we are at AWS (STS: GetCallerIdentity)."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Region:
    """A region, and who says so."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class AwsFacts:
    """What there is to know without having asked the cluster.

    Attributes:
        configured: the region of the environment or the profile; None for none.
    """

    caller: Answer[Caller]
    configured: Answer[Region | None]


@dataclass(frozen=True, slots=True)
class GroupTrial:
    """How the plugin's own calls about one log group went.

    Attributes:
        calls: by operation, None where it is allowed.
        exists: whether there is the group; None where it could not be found out.
        lines: whether something was found in it.
    """

    region: str
    group: str
    calls: Mapping[str, Answer[None]]
    exists: bool | None = None
    lines: bool = False
