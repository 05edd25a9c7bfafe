"""Tags can be edited after creation: which calls bring a resource's tags to those of the spec. Pure.

The operator changes what the spec says and takes away only what an earlier spec said: its own marks, and tags that
others put on the resource, stay. What was sent is noted in the status as a digest and as the list of keys, so that an
unchanged list costs no call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sagemaker_operator.facts import Facts, Found, Refusal, Target
from sagemaker_operator.steps import Ask, WriteStatus

LISTED, ADDED, REMOVED = "tags", "tagsAdded", "tagsRemoved"
"""Keys of the answers."""


def of_spec(f: Facts) -> dict[str, str]:
    """The tags that the spec asks for; of several with one key the last counts."""
    return {str(tag.get("key", "")): str(tag.get("value", "")) for tag in f.spec.get("tags") or ()}


def note(f: Facts) -> dict[str, Any]:
    """What `operatorState` keeps of tags that AWS has: sent with a Create, or brought up to date by calls."""
    tags = of_spec(f)
    return {"tagHash": digest(tags), "tagKeys": sorted(tags)} if tags else {}


def digest(tags: Mapping[str, str]) -> str:
    """A short text that differs when the tags do."""
    return hashlib.sha256(json.dumps(sorted(tags.items())).encode()).hexdigest()[:16]


def step(f: Facts, target: Target, arn: str) -> Ask | WriteStatus | None:
    """The next step on the way to the spec's tags; None when there is none to make (any more).

    Before anything is changed the notes say that AWS may have other tags than noted, and which may be taken away
    again: the process may end, and the spec change, in the middle of it.
    """
    if not needed(f):
        return None
    listed = f.answers.get(LISTED)
    if listed is None:
        return Ask(LISTED, target, "ListTags", {"ResourceArn": arn})
    call = _change(f, target, arn)
    noted = {**f.state, **unknown(f)}
    return call if call is None or noted == f.state else WriteStatus({**f.status, "operatorState": noted})


def unsure(f: Facts) -> bool:
    """It is noted that AWS may have other tags than it should: somebody has to look, whatever else is settled."""
    return f.confirmed and f.state.get("tagHash") == ""


def unknown(f: Facts) -> dict[str, Any]:
    """What `operatorState` keeps where AWS may have the spec's tags, earlier ones, or none: they are looked at."""
    keys = sorted({*(f.state.get("tagKeys") or ()), *of_spec(f)})
    return {"tagHash": "", "tagKeys": keys} if keys else {}


def _change(f: Facts, target: Target, arn: str) -> Ask | None:
    add, remove = _changes(f)
    if add and ADDED not in f.answers:
        return Ask(ADDED, target, "AddTags", {"ResourceArn": arn, "Tags": add})
    if remove and REMOVED not in f.answers:
        return Ask(REMOVED, target, "DeleteTags", {"ResourceArn": arn, "TagKeys": remove})
    return None


def refusal(f: Facts) -> Refusal | None:
    """The first of the calls that AWS refused in this pass, if any."""
    answers = (f.answers.get(key) for key in (LISTED, ADDED, REMOVED))
    return next((answer for answer in answers if isinstance(answer, Refusal)), None)


def state(f: Facts, before: Mapping[str, Any]) -> dict[str, Any]:
    """`operatorState` with what this pass did about tags."""
    if not (needed(f) and _all_done(f)):
        return dict(before)
    return {**{key: value for key, value in before.items() if key not in ("tagHash", "tagKeys")}, **note(f)}


def needed(f: Facts) -> bool:
    """The spec's tags are not the ones that AWS was last given.

    A resource without such a note never had any from us, or was taken over: its tags are looked at when the spec
    changes.
    """
    noted, tags = f.state.get("tagHash"), of_spec(f)
    if noted is None:
        return bool(tags) and f.confirmed and f.status.get("observedGeneration") != f.generation
    return bool(noted != digest(tags))


def _changes(f: Facts) -> tuple[list[dict[str, str]], list[str]]:
    listed = f.answers.get(LISTED)
    if not isinstance(listed, Found):
        return [], []
    have = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in listed.description.get("Tags") or ()}
    want = of_spec(f)
    add = [{"Key": key, "Value": value} for key, value in want.items() if have.get(key) != value]
    noted = f.state.get("tagKeys") or ()
    return add, [str(key) for key in noted if key in have and key not in want]


def _all_done(f: Facts) -> bool:
    add, remove = _changes(f)
    wanted = [LISTED, *([ADDED] if add else []), *([REMOVED] if remove else [])]
    return all(isinstance(f.answers.get(key), Found) for key in wanted)
