"""Names, labels and owner reference of the Model and EndpointConfig objects of a HostingDeployment. Pure.

Name and labels are the original operator's, so that the objects it left behind are found; the owner reference is ours
and counts before the labels, of which two deployments with long names can have the same.
"""

from __future__ import annotations

import re
from typing import Any

from sagemaker_operator.facts import Facts
from smkube import kinds, names

NAME_LIMIT = 253
"""Greatest length of the name of a Kubernetes object (DNS subdomain), in characters."""
LABEL_LIMIT = 63
"""Greatest length of the value of a label (Kubernetes: Labels and Selectors), in characters."""
OWNER_NAMESPACE, OWNER_NAME = "owner_HostingDeployment_namespace", "owner_HostingDeployment_name"

_TOGETHER = re.compile(r"[-.]{2,}")
_REFUSED = re.compile(r"[^a-z0-9.-]+")


def first_choice(f: Facts, part: str) -> str:
    """The name that the original operator gives to a child made at this generation.

    Args:
        f: the facts.
        part: the model's name in the spec, or the deployment's own name for the endpoint configuration.
    """
    return _fitted(f, part, str(f.generation))


def other_choice(f: Facts, part: str, digest: str) -> str:
    """A name for when the first choice is taken by a child of other content."""
    return _fitted(f, part, f"{f.generation}-{digest}")


def made_for(f: Facts, part: str, child: str) -> bool:
    """Whether a child's name says that it was made for this part of the spec, at whatever generation."""
    uid = names.uid_hex(f.uid)
    found = re.search(rf"(?:^|-)(\d+)-{uid}$", child), re.search(rf"(?:^|-)(\d+-[0-9a-f]{{8}})-{uid}$", child)
    return any(_fitted(f, part, revision[1]) == child for revision in found if revision)


def labels(f: Facts) -> dict[str, str]:
    """The labels of a child. A name that is too long for a label is cut; the original operator had no children then."""
    return {OWNER_NAMESPACE: f.namespace, OWNER_NAME: f.name[:LABEL_LIMIT].rstrip("-.")}


def found_by_labels(f: Facts) -> bool:
    """Whether the labels tell this deployment's children from every other's."""
    return len(f.name) <= LABEL_LIMIT


def owner_reference(f: Facts) -> dict[str, Any]:
    """The reference by which Kubernetes deletes the children of a deployment that is gone."""
    return {
        "apiVersion": kinds.API_VERSION,
        "kind": f.kind.name,
        "name": f.name,
        "uid": f.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _fitted(f: Facts, part: str, revision: str) -> str:
    """The original's formula; where Kubernetes refuses its result, which the original could never create, a close one.

    Names of models are free text, and a cut may leave a dot before the dash: a dot has letters or digits around it.
    """
    allowed = _REFUSED.sub("-", part.lower()).lstrip("-.") or "model"
    name = names.fit(allowed, f"{revision}-{names.uid_hex(f.uid)}", NAME_LIMIT)
    return _TOGETHER.sub(lambda run: run[0].replace(".", "-"), name)
