"""The Lease of the leader election: who holds it, and whether it is still renewed. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime

from kubectl_smlogs import about
from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import Install, Object
from kubectl_smlogs.doctor.findings import ABSENT, FAIL, OK, WARN, Finding, Refusal, skipped, unknown
from kubectl_smlogs.doctor.health import of_deployment
from kubectl_smlogs.doctor.operators import Operator
from kubectl_smlogs.target import mapping, moment, text
from smkube import kinds

_SLACK = 30.0
"""Seconds by which this machine's clock may differ from the cluster's."""
_LONGEST = 253
"""Greatest length of an object's name."""
_USUAL = 15
"""Seconds for which a Lease holds where it does not say so."""


def leads(operator: Operator, install: Install, now: datetime) -> Finding:
    """One of the replicas acts.

    Args:
        operator: what was read from the Deployment.
        install: all that belongs to it.
        now: the time.
    """
    if not operator.ours:
        return skipped("leader", "the original operator has no Lease")
    if not operator.elects:
        return _without_election(operator)
    if not isinstance(install.lease, Refusal):
        return _judged(operator, install, install.lease, now)
    if install.lease.why == ABSENT:
        return _without_lease(operator)
    return unknown("leader", install.lease)


def lease_namespace(operator: Operator) -> str:
    """Where its Lease is."""
    return operator.arguments.get("lease-namespace") or operator.namespace


def lease_name(operator: Operator) -> str:
    """Name of its Lease, which says what work it is about: the kinds, and the namespaces if they are others."""
    chosen, place = operator.kinds(), lease_namespace(operator)
    parts = [names.LEASE]
    if len(chosen) < len(kinds.ALL):
        parts += [kind.short_names[0] for kind in kinds.ALL if kind.plural in chosen]
    if operator.scope not in ((), (place,)):
        parts.append(".".join(operator.scope))
    return operator.arguments.get("lease-name") or _short("-".join(parts))


def _short(name: str) -> str:
    """A name as the operator shortens it where Kubernetes would not take it."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 11].rstrip('-.')}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def _without_election(operator: Operator) -> Finding:
    if operator.wanted < 2:
        return Finding("leader", OK, "one replica, without leader election")
    return Finding(
        "leader", FAIL, f"{operator.wanted} replicas of {operator.title} act at the same time: no leader is elected",
        f"kubectl edit -n {operator.namespace} deployment {operator.name}  # args: --enable-leader-election",
    )  # fmt: skip


def _without_lease(operator: Operator) -> Finding:
    if not operator.ready:
        return skipped("leader", "the operator is not ready")
    fix = f"kubectl logs -n {operator.namespace} deployment/{operator.name} -c {names.CONTAINER}"
    return Finding("leader", WARN, f"there is no Lease {_title(operator)}: no replica acts yet", fix)


def _title(operator: Operator) -> str:
    return f"{lease_namespace(operator)}/{lease_name(operator)}"


def _judged(operator: Operator, install: Install, lease: Object, now: datetime) -> Finding:
    spec = mapping(lease, "spec")
    holder = text(spec, "holderIdentity")
    renewed = moment(text(spec, "renewTime"))
    if not holder or renewed is None:
        return Finding("leader", WARN, f"nobody holds Lease {_title(operator)}: no replica acts right now")
    seconds = (now - renewed).total_seconds()
    held = spec.get("leaseDurationSeconds")
    fresh = seconds <= (held if isinstance(held, int) else _USUAL) + _SLACK
    pod = holder.partition("_")[0]
    said = f"{pod} holds Lease {_title(operator)}, renewed {about.span(seconds)} ago"
    if not fresh:
        fix = names.restart(operator.namespace)
        return Finding("leader", FAIL if operator.ready else WARN, f"{said}: nobody acts any more", fix)
    if _is_foreign(operator, install, pod):
        found = f"{said}, and is none of the pods of {operator.title}: an operator elsewhere acts in its place"
        return Finding(
            "leader", WARN, found, f"kubectl get lease -n {lease_namespace(operator)} {lease_name(operator)} -o yaml"
        )
    return Finding("leader", OK, said)


def _is_foreign(operator: Operator, install: Install, holder: str) -> bool:
    """Whether the holder is none of the operator's pods, as far as they can be read."""
    pods = () if isinstance(install.pods, Refusal) else of_deployment(operator, install.pods)
    return bool(pods) and holder not in {text(mapping(pod, "metadata"), "name") for pod in pods}
