"""The steps a decision can ask for; the controller carries them out one at a time and asks again. Only data.

What a step learns is in the facts of the next question: `Ask` and `Find` leave an answer under their key, a write
leaves the object as the API server returned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_operator.facts import Related, Target
from sagemaker_operator.notes import Note


@dataclass(frozen=True, slots=True)
class Claim:
    """Put our finalizer on the object and, where it has none, the name into its spec (one patch)."""

    name: str | None


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Bring the object's status to `status` (written only if it differs) and tell `notes` as Events."""

    status: dict[str, Any]
    notes: tuple[Note, ...] = ()
    intent: bool = False
    """Whether this write is the one that announces a Create, or another call of which the same holds."""
    before: str = ""
    """The operation so announced, where it is not the kind's Create: it is announced when its turn has come."""


@dataclass(frozen=True, slots=True)
class Describe:
    """Ask AWS for the job."""

    target: Target


@dataclass(frozen=True, slots=True)
class CheckOwner:
    """Read the tags of the job just found."""

    target: Target
    arn: str


@dataclass(frozen=True, slots=True)
class Create:
    """Create the job from a spec, in which names of Kubernetes objects are SageMaker's by now."""

    target: Target
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the job."""

    target: Target


@dataclass(frozen=True, slots=True)
class Ask:
    """Call an AWS operation; `Facts.answers[key]` has what came of it: Found, Absent or a Refusal.

    Args:
        key: name of the answer; one that is there already is replaced.
        target: region, endpoint and name of what is asked about.
        operation: the API's own name for it.
        parameters: the request.
        service: the API.
        creates: the operation makes something, so its fate must be known before "no such thing" is believed
            (`Facts.attempted`, `Facts.clean`).
        forgets: answers that are out of date once this call was made.
    """

    key: str
    target: Target
    operation: str
    parameters: Mapping[str, Any]
    service: str = "sagemaker"
    creates: bool = False
    forgets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Find:
    """Look for objects of the namespace in the cache; `Facts.related[key]` has them, sorted by name.

    All given conditions must hold.

    Args:
        key: name of the answer.
        kind: the objects' kind.
        names: names to look for; None for any.
        labels: labels they must carry.
        owner: UID of the object that controls them (owner reference with `controller`); empty for any.
    """

    key: str
    kind: str
    names: frozenset[str] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""


@dataclass(frozen=True, slots=True)
class CreateObject:
    """Create an object in the namespace; `metadata` without a namespace.

    Answers of `Find` for the kind are forgotten. Where one of that name exists already the pass ends and is done
    again shortly.

    Args:
        kind: the object's kind.
        metadata: its metadata.
        spec: its spec.
        tolerant: a refusal of the API server (invalid, forbidden) is noted in `Facts.refused_objects` and the pass
            goes on, instead of being tried again as a whole.
    """

    kind: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class PatchObject:
    """A merge patch of an object as it was found; fails harmlessly when it has changed since."""

    related: Related
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Ask for an object to go, if it is still the one that was found."""

    related: Related


@dataclass(frozen=True, slots=True)
class DeleteSelf:
    """Ask for the object itself to go (time to live)."""


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizers off the object."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to do now.

    Args:
        after: seconds until the next pass that comes without a change; None for never.
        retry: instead of `after`, the reason whose back-off (`reasons.RETRY`) gives the time.
        look: whether that pass is to describe the job whatever the feed says.
    """

    after: float | None = None
    retry: str | None = None
    look: bool = False


Step = (
    Claim
    | WriteStatus
    | Describe
    | CheckOwner
    | Create
    | Stop
    | Ask
    | Find
    | CreateObject
    | PatchObject
    | DeleteObject
    | DeleteSelf
    | Release
    | Done
)
