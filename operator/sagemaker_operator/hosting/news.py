"""Whether there is a reason to ask AWS about an endpoint, and what else the facts tell beside it. Pure."""

from __future__ import annotations

from sagemaker_operator import facts, reasons, tagging, targets
from sagemaker_operator.facts import Facts, Target
from sagemaker_operator.hosting import statuses, updates
from sagemaker_operator.hosting.plan import Trouble
from sagemaker_operator.hosting.view import AT_REST, View
from smkube import conditions


def asks_for_look(f: Facts) -> bool:
    """The status may not be true any more: somebody asks, the spec was edited, or a list shows something else."""
    edited = f.status.get("observedGeneration") != f.generation
    # An update was announced, and nothing tells whether it was sent.
    open_update = bool(updates.wanted(f)) and f.word in AT_REST
    asked = f.look or f.missing or tagging.unsure(f) or statuses.speaks_of_a_refused_look(f)
    return asked or edited or open_update or _listed_otherwise(f)


def in_conflict(f: Facts) -> bool:
    """The status says that the endpoint's name belongs to somebody else."""
    stalled = conditions.find(f.status.get("conditions") or (), "Stalled") or {}
    return stalled.get("status") == "True" and stalled.get("reason") == reasons.NAME_CONFLICT


def lags(f: Facts, seen: View) -> bool:
    """A description is older than what a List answer has shown. The feed tells of a change only once."""
    if f.listed is None or not seen.fresh or seen.modified is None:
        return False
    return seen.modified.timestamp() < f.listed.modified


def spec_changed(f: Facts, job: Target) -> Trouble:
    """The spec asks for another endpoint than the one that was made."""
    wanted = targets.wanted(f)
    pairs = (
        (f.kind.spec_name, wanted.name, job.name),
        ("region", wanted.region, job.region),
        ("sageMakerEndpoint", wanted.endpoint, job.endpoint),
    )
    told = [
        f"{field} (the object says {says or 'nothing'}, the endpoint has {has or 'none'})"
        for field, says, has in pairs
        if says != has
    ]
    text = (
        f"The spec was changed in what cannot be changed of an endpoint that exists: {', '.join(told)}. The endpoint "
        "is left as it is, and not updated, until the edit is reverted; create another object for another endpoint."
    )
    return Trouble(reasons.SPEC_CHANGED, text, stalled=True)


def _listed_otherwise(f: Facts) -> bool:
    """A List answer shows something newer than the status."""
    listed = f.listed
    if listed is None or listed.modified < f.seen_modified or updates.began_before(f, listed.modified):
        return False
    shown = facts.parse_rfc3339(str(f.status.get("lastModifiedTime") or ""))
    # The status has whole seconds.
    newer = shown is not None and int(listed.modified) > shown.timestamp()
    return newer or listed.status != f.word
