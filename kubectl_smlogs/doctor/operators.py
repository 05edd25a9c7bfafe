"""Reads an operator's Deployment: whose it is, of which version, and what it works on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import Object
from kubectl_smlogs.doctor.findings import FAIL, OK, Finding, Refusal
from kubectl_smlogs.resources import GROUP, OURS
from kubectl_smlogs.target import mapping, text

_ONLY_OURS = ("health-addr", "enable-leader-election", "lease-name", "lease-namespace", "kinds", "cluster-name")
"""Flags of this operator with which its installers start it; the original's installers use none of them."""
_TAG = re.compile(r":([\w][\w.-]*)$")
_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+\S*)$")


@dataclass(frozen=True, slots=True)
class Operator:
    """One Deployment, read.

    Attributes:
        ours: this project's, and not the original one.
        image: of the container that does the work.
        version: as far as labels or the image's tag tell, else empty.
        arguments: its flags by name, without dashes.
        environment: the Deployment's own variables of that container that have a value.
        account: of its pods.
        wanted: replicas asked for.
        ready: replicas that are ready.
    """

    namespace: str
    name: str
    ours: bool
    image: str
    version: str
    arguments: Mapping[str, str]
    environment: Mapping[str, str]
    account: str
    wanted: int
    ready: int

    @property
    def title(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def scope(self) -> tuple[str, ...]:
        """The namespaces that it works on, by name; none for all."""
        words = {word.strip() for word in self.arguments.get("namespace", "").split(",")}
        return tuple(sorted(words - {""}))

    @property
    def elects(self) -> bool:
        """Whether several replicas choose one that acts."""
        return self.arguments.get("enable-leader-election", "false").lower() in ("true", "t", "1")

    def serves(self, namespace: str) -> bool:
        """Whether it works on the objects of a namespace."""
        return not self.scope or namespace in self.scope

    def where(self) -> str:
        """Its namespaces in words; empty for all."""
        return f"namespace{'s' if len(self.scope) > 1 else ''} {', '.join(self.scope)} only" if self.scope else ""

    def kinds(self) -> frozenset[str]:
        """The kinds it works on, by their plural."""
        words = [word.strip().lower() for word in self.arguments.get("kinds", "").split(",") if word.strip()]
        heads = [word.partition(".")[0] for word in words]
        return frozenset(one.plural for one in OURS if not heads or any(head in one.words() for head in heads))


def read(deployment: Object) -> Operator:
    """Read a Deployment; whatever is missing in it counts as empty."""
    metadata, spec = mapping(deployment, "metadata"), mapping(deployment, "spec")
    status, template = mapping(deployment, "status"), mapping(spec, "template")
    pod = mapping(template, "spec")
    container = manager(pod)
    labels = {**mapping(mapping(template, "metadata"), "labels"), **mapping(metadata, "labels")}
    arguments = _arguments(container)
    image = text(container, "image")
    replicas = spec.get("replicas")
    return Operator(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        ours=labels.get(names.NAME_LABEL) == names.APPLICATION or any(one in arguments for one in _ONLY_OURS),
        image=image,
        version=str(labels.get(names.VERSION_LABEL) or _version(image)),
        arguments=arguments,
        environment=environment(container),
        account=text(pod, "serviceAccountName") or "default",
        wanted=replicas if isinstance(replicas, int) else 1,
        ready=_number(status, "readyReplicas"),
    )


def manager(pod: Object) -> Object:
    """The container that does the work, of a pod's spec."""
    found = pod.get("containers")
    containers = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return next((one for one in containers if one.get("name") == names.CONTAINER), containers[0] if containers else {})


def environment(container: Object) -> dict[str, str]:
    """Variables of a container; one whose value comes from elsewhere has an empty text."""
    found = container.get("env")
    return {text(one, "name"): text(one, "value") for one in found} if isinstance(found, list) else {}


def _arguments(container: Object) -> dict[str, str]:
    """Flags by name; a flag without a value is a switch that is on."""
    words = [str(word) for word in container.get("args") or () if str(word).startswith("-")]
    pairs = (word.lstrip("-").partition("=") for word in words)
    return {name: value if equals else "true" for name, equals, value in pairs}


def _version(image: str) -> str:
    """The version that a tag says, without its v; empty for a tag that may be moved, or a digest."""
    tag = _TAG.search(image.partition("@")[0])
    release = _RELEASE.match(tag[1]) if tag else None
    return release[1] if release else ""


def _number(found: Mapping[str, Any], key: str) -> int:
    value = found.get(key)
    return value if isinstance(value, int) else 0


# --- others --------------------------------------------------------------------------------------------------------


def others(operators: Sequence[Operator], refusal: Refusal | None) -> Iterator[Finding]:
    """Two that work on the same objects make everything twice, and undo each other's work."""
    running = [one for one in operators if one.wanted]
    clashes = [
        (one, other)
        for place, one in enumerate(running)
        for other in running[place + 1 :]
        if _overlap(one, other) and one.kinds() & other.kinds()
    ]
    for one, other in clashes:
        leaves = _leaves(one, other)
        found = f"{_called(one)} and {_called(other)} both work on {_shared(one, other)}"
        yield Finding(
            "other-operators", FAIL, found, f"kubectl scale -n {leaves.namespace} deployment {leaves.name} --replicas=0"
        )
    if not clashes and running:
        limits = "" if refusal is None else " where you may look"
        yield Finding("other-operators", OK, f"no second operator works on the same objects of {GROUP}{limits}")


def _overlap(one: Operator, other: Operator) -> bool:
    return not one.scope or not other.scope or bool(set(one.scope) & set(other.scope))


def _shared(one: Operator, other: Operator) -> str:
    both = sorted(set(one.scope or other.scope) & set(other.scope or one.scope))
    named = ", ".join(f'"{name}"' for name in both)
    return (
        f"the objects in namespace{'s' if len(both) > 1 else ''} {named}" if both else "the objects of all namespaces"
    )


def _leaves(one: Operator, other: Operator) -> Operator:
    """Which of two is to go: the original, else the one that is not ready, else the second."""
    if one.ours != other.ours:
        return other if one.ours else one
    return one if other.ready and not one.ready else other


def _called(one: Operator) -> str:
    return f"{'this operator' if one.ours else 'the original operator'} ({one.title}, {one.image.rpartition('/')[2]})"
