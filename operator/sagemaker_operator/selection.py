"""Which kinds a process works on, and which it has to watch for that. Pure.

Several processes may share the kinds of a cluster between them. What one needs to know about another's kinds it
watches without working on them.
"""

from __future__ import annotations

from collections.abc import Iterable

from smkube import kinds

LEASE = "sagemaker-k8s-operator"
"""Name of the leader election Lease of a process that works on every kind."""

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


def lease_name(chosen: Iterable[kinds.Kind], namespace: str, lease_namespace: str) -> str:
    """Name of the Lease for which processes compete that do the same work.

    Another set of kinds, or another namespace than the Lease's own, is other work: it is not to wait for this.
    Processes whose sets of kinds overlap do not exclude each other, so the sets of a cluster must be apart.

    Args:
        chosen: the kinds worked on.
        namespace: the one namespace that is watched; empty for all.
        lease_namespace: where the Lease is.
    """
    own = tuple(chosen)
    parts = [LEASE, *(kind.short_names[0] for kind in own if own != kinds.ALL)]
    return "-".join([*parts, *([namespace] if namespace not in ("", lease_namespace) else [])])
