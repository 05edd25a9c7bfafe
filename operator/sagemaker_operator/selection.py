"""Which kinds and namespaces a process works on, and which kinds it has to watch for that. Pure.

Several processes may share the kinds, or the namespaces, of a cluster between them. What one needs to know about
another's kinds it watches without working on them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from smkube import kinds

LEASE = "sagemaker-k8s-operator"
"""Name of the leader election Lease of a process that works on every kind."""

LEASE_LIMIT = 253
"""Greatest length of an object's name (Kubernetes: DNS subdomain names)."""
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""Kubernetes: names of namespaces are DNS labels (RFC 1123)."""

READS: dict[str, tuple[kinds.Kind, ...]] = {
    kinds.TRAINING_JOB.name: (),
    kinds.PROCESSING_JOB.name: (),
    # Its training jobs are shown as objects.
    kinds.TUNING_JOB.name: (kinds.TRAINING_JOB,),
    # `modelName` may be the name of a Model object.
    kinds.BATCH_TRANSFORM_JOB.name: (kinds.MODEL,),
    # What a deployment has made goes after the deployment's endpoint.
    kinds.MODEL.name: (kinds.HOSTING_DEPLOYMENT,),
    kinds.ENDPOINT_CONFIG.name: (kinds.HOSTING_DEPLOYMENT,),
    kinds.HOSTING_DEPLOYMENT.name: (kinds.MODEL, kinds.ENDPOINT_CONFIG),
    # An endpoint that comes into service wakes its policies.
    kinds.AUTOSCALING_POLICY.name: (kinds.HOSTING_DEPLOYMENT,),
}
"""By kind the other kinds whose objects its decisions look for."""

_SPELLINGS = {
    word.lower(): kind
    for kind in kinds.ALL
    for word in (kind.name, kind.plural, kind.resource, f"{kind.singular}.{kinds.GROUP}", *kind.short_names)
}


def parse(text: str) -> tuple[kinds.Kind, ...]:
    """The kinds of a comma separated list, in the order of the table; an empty text means all.

    Each may be written in any of kubectl's ways: `TrainingJob`, `trainingjobs`, `tj`,
    `trainingjobs.sagemaker.aws.amazon.com`.

    Raises:
        ValueError: a word is the name of none; the message says which words are.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word.lower() not in _SPELLINGS]
    if unknown:
        known = ", ".join(f"{kind.plural} ({kind.short_names[0]})" for kind in kinds.ALL)
        raise ValueError(f"{', '.join(map(repr, unknown))} is none of the kinds: {known}")
    named = {_SPELLINGS[word.lower()] for word in words}
    return tuple(kind for kind in kinds.ALL if kind in named or not words)


def watched(chosen: Iterable[kinds.Kind]) -> tuple[kinds.Kind, ...]:
    """The kinds to watch in order to work on these, in the order of the table; these come first."""
    own = tuple(chosen)
    read = {other for kind in own for other in READS[kind.name]}
    return (*own, *(kind for kind in kinds.ALL if kind in read and kind not in own))


def namespaces(text: str) -> tuple[str, ...]:
    """The namespaces of a comma separated list, each once, by name; an empty text means all, and is no namespace.

    Raises:
        ValueError: a word cannot be the name of a namespace; the message says which.
    """
    words = {word.strip() for word in text.split(",") if word.strip()}
    wrong = sorted(word for word in words if not _NAMESPACE.fullmatch(word))
    if wrong:
        raise ValueError(f"{', '.join(map(repr, wrong))} cannot be the name of a namespace")
    return tuple(sorted(words))


def lease_name(chosen: Iterable[kinds.Kind], watched_namespaces: Sequence[str], lease_namespace: str) -> str:
    """Name of the Lease for which processes compete that do the same work.

    Another set of kinds, or other namespaces than the Lease's own, is other work: it is not to wait for this.
    Processes whose sets overlap do not exclude each other, so the sets of a cluster must be apart.

    Args:
        chosen: the kinds worked on.
        watched_namespaces: the namespaces that are watched, in the order of `namespaces`; none for all.
        lease_namespace: where the Lease is.
    """
    own = tuple(chosen)
    parts = [LEASE, *(kind.short_names[0] for kind in own if own != kinds.ALL)]
    # A dot is in no namespace's name, so that two lists never make the same name.
    scope = ".".join(watched_namespaces)
    name = "-".join([*parts, *([scope] if scope not in ("", lease_namespace) else [])])
    if len(name) <= LEASE_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LEASE_LIMIT - 11].rstrip('-.')}-{digest}"
