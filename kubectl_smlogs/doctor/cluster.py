"""Checks of the cluster: whether it answers, what it knows of our kinds, and what we may do there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kubectl_smlogs.doctor import names
from kubectl_smlogs.doctor.facts import ClusterFacts, Object
from kubectl_smlogs.doctor.findings import (
    ABSENT,
    DENIED,
    FAIL,
    OK,
    WARN,
    Finding,
    Refusal,
    skipped,
    unknown,
)
from kubectl_smlogs.resources import ACK_GROUP, GROUP, OURS
from kubectl_smlogs.target import mapping, text

VERBS = ("get", "list", "watch")
"""What the plugin does with objects: reads one, lists and completes, follows."""

OTHER = "or choose another context: kubectl config get-contexts"
"""What may be done instead where a cluster does not answer."""

OUR, ORIGINAL, STRANGE = "ours", "original", "strange"


def reached(facts: ClusterFacts) -> Finding:
    """The API server answers; which it is, and who we are there."""
    where = f"at {facts.host}{_context(facts)}"
    if not isinstance(facts.version, Refusal):
        user = "" if isinstance(facts.user, Refusal) else f', as "{facts.user}"'
        return Finding("cluster", OK, f"Kubernetes {facts.version} answers {where}{user}")
    if facts.version.why == DENIED:
        return Finding(
            "cluster", FAIL, f"the API server {where} does not accept the credentials: {facts.version.text}",
            f"sign in to the cluster again, {OTHER}",
        )  # fmt: skip
    way = "check the network"
    if "certificate" in facts.version.text.lower():
        way = "check --certificate-authority, --server and HTTPS_PROXY"
    return Finding("cluster", FAIL, facts.version.text, f"{way}, {OTHER}")


def _context(facts: ClusterFacts) -> str:
    return f' (context "{facts.context}")' if facts.context else ""


# --- custom resource definitions -----------------------------------------------------------------------------------


def maker(definition: Object) -> tuple[str, str]:
    """Whose definition it is (OUR, ORIGINAL, STRANGE), and its version as far as it says one."""
    metadata = mapping(definition, "metadata")
    annotations, labels = mapping(metadata, "annotations"), mapping(metadata, "labels")
    version = text(annotations, names.CRD_VERSION)
    if not version and labels.get(names.NAME_LABEL) == names.APPLICATION:
        version = text(labels, names.VERSION_LABEL)
    if version or names.CATEGORY in (mapping(mapping(definition, "spec"), "names").get("categories") or ()):
        return OUR, version
    generator = text(annotations, names.GENERATOR)
    return (ORIGINAL, generator) if generator else (STRANGE, "")


def definitions(facts: ClusterFacts, operators: Iterable[str] = ()) -> Iterator[Finding]:
    """The kinds are there, established, of this operator and of one version.

    Args:
        facts: what the API server said.
        operators: versions of this operator that run in the cluster.
    """
    absent = [one.full for one in OURS if _is_absent(facts, one.plural)]
    if len(absent) == len(OURS):
        found = f"none of the {len(OURS)} kinds of {GROUP} is there"
        yield Finding("crds", FAIL, found, names.APPLY_ALL)
        return
    if absent:
        yield Finding("crds", FAIL, f"{_some(absent)} not there: {', '.join(absent)}", names.APPLY_DEFINITIONS)
    read = {plural: one for plural, one in facts.definitions.items() if not isinstance(one, Refusal)}
    waiting = [f"{plural} ({why})" for plural, one in read.items() if (why := _unsettled(one))]
    if waiting:
        yield Finding(
            "crds",
            FAIL,
            f"not established: {', '.join(waiting)}",
            f"kubectl describe crd {waiting[0].split()[0]}.{GROUP}",
        )
    if read:
        yield _versions(read, list(operators), complete=not absent and not waiting)
    else:
        yield _by_discovery(facts, complete=not absent)


def _is_absent(facts: ClusterFacts, plural: str) -> bool:
    """Not defined, or where we may not read definitions, not among what the server serves."""
    found = facts.definitions.get(plural)
    if isinstance(found, Refusal) and found.why != ABSENT:
        if isinstance(facts.served, Refusal):
            return facts.served.why == ABSENT
        return plural not in facts.served
    return isinstance(found, Refusal) or found is None


def _unsettled(definition: Object) -> str:
    """Why the server does not serve the kind yet; empty when it does."""
    conditions = {text(one, "type"): one for one in mapping(definition, "status").get("conditions") or ()}
    established = conditions.get("Established", {})
    if text(established, "status") == "True":
        return ""
    accepted = conditions.get("NamesAccepted", {})
    blamed = accepted if text(accepted, "status") == "False" else established
    return text(blamed, "message") or "the API server has not looked at it yet"


def _versions(read: Mapping[str, Object], operators: list[str], *, complete: bool) -> Finding:
    makers = {plural: maker(one) for plural, one in read.items()}
    number = f"{len(read)} of {len(OURS)} kinds"
    originals = sorted(plural for plural, (who, _) in makers.items() if who == ORIGINAL)
    if originals:
        whose = "all" if len(originals) == len(read) else ", ".join(originals)
        found = f"{number}; of the original operator: {whose}"
        if operators:
            return Finding("crds", FAIL, f"{found}; this operator needs its own", names.APPLY_DEFINITIONS)
        return Finding("crds", WARN, found, f"to move to this operator see {names.MIGRATION}")
    strange = sorted(plural for plural, (who, _) in makers.items() if who == STRANGE)
    if strange:
        found = f"{number}; neither of this operator nor of the original one: {', '.join(strange)}"
        return Finding("crds", WARN, found, names.APPLY_DEFINITIONS)
    versions = sorted({version for _, version in makers.values()})
    if len(versions) > 1:
        said = ", ".join(version or "one without a version" for version in versions)
        return Finding("crds", WARN, f"{number}, of different versions: {said}", names.APPLY_DEFINITIONS)
    other = [one for one in operators if versions[0] and one and one != versions[0]]
    if other:
        found = f"{number}, of version {versions[0]}, but the operator is {', '.join(other)}"
        return Finding(
            "crds", WARN, found, f"apply the definitions of the operator's version: {names.APPLY_DEFINITIONS}"
        )
    version = f", version {versions[0]}" if versions[0] else ""
    settled = ", established" if complete else ""
    return Finding("crds", OK, f"{number} of {GROUP}{settled}{version}, of this operator")


def _by_discovery(facts: ClusterFacts, *, complete: bool) -> Finding:
    """What can be told without the right to read definitions."""
    if isinstance(facts.served, Refusal):
        return unknown("crds", facts.served)
    ours = [one.plural for one in OURS if names.CATEGORY in (facts.served.get(one.plural, {}).get("categories") or ())]
    served = f"{sum(one.plural in facts.served for one in OURS)} of {len(OURS)} kinds served"
    needs = "their versions cannot be checked without the right to get customresourcedefinitions"
    if len(ours) == len(OURS) or (ours and not complete):
        return Finding("crds", OK, f"{served}, of this operator; {needs}")
    fix = f"to move to this operator see {names.MIGRATION}"
    return Finding("crds", WARN, f"{served}, of the original operator by their looks; {needs}", fix)


def ack(facts: ClusterFacts) -> Iterator[Finding]:
    """AWS Controllers for Kubernetes beside us is only worth a note: it has a group of its own."""
    if not isinstance(facts.ack, Refusal) and facts.ack:
        yield Finding(
            "ack", OK, f"ACK's kinds are there too ({len(facts.ack)} of {ACK_GROUP}): a group of their own, no conflict"
        )


# --- our own rights ------------------------------------------------------------------------------------------------


def rights(facts: ClusterFacts) -> Finding:
    """What we may do with the kinds in the namespace; without `get` there is no log."""
    place = f'in namespace "{facts.namespace}"'
    refusal = next((one for one in facts.rights.values() if isinstance(one, Refusal)), None)
    if refusal is not None:
        return unknown("rights", refusal)
    missing = {verb: [one.plural for one in OURS if not facts.rights.get((one.plural, verb))] for verb in VERBS}
    if not any(missing.values()):
        return Finding("rights", OK, f"you may {', '.join(VERBS)} all {len(OURS)} kinds {place}")
    said = "; ".join(f"{verb}: {_all_or(plurals)}" for verb, plurals in missing.items() if plurals)
    return Finding("rights", FAIL if missing["get"] else WARN, f"not allowed {place}: {said}", _grant(facts))


def _all_or(plurals: list[str]) -> str:
    return "none of the kinds" if len(plurals) == len(OURS) else ", ".join(plurals)


def _grant(facts: ClusterFacts) -> str:
    user = "YOU" if isinstance(facts.user, Refusal) else facts.user
    return f"kubectl create rolebinding smlogs-view -n {facts.namespace} --clusterrole=view --user={user}"


def of_nothing(because: str) -> Iterator[Finding]:
    """The checks that a cluster without an answer leaves undone."""
    for check in ("crds", "rights", "operator", "role", "pod-role", "leader", "other-operators"):
        yield skipped(check, because)


def _some(absent: list[str]) -> str:
    return f"{len(absent)} of {len(OURS)} kinds" + (" is" if len(absent) == 1 else " are")
