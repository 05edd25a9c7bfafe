"""Whether what SageMaker has is what the spec asks for. Pure.

What the spec states is compared with the description. What it does not state (any more) counts only where the request
changed since the resource was made, or last found equal: AWS fills in values of its own, which are no difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sagemaker_operator.facts import Facts
from sagemaker_operator.mapping import description as descriptions
from sagemaker_operator.mapping import drift, request

NOTE = "contentHash"
"""Key in `operatorState` of the digest of the request that the resource was made from."""

_FILLED_IN = {"initialVariantWeight": 1.0}
"""What AWS assumes where a field without a default in the field map is absent (SageMaker API: ProductionVariant)."""


def digest(f: Facts) -> str:
    """A short text that differs when the request does; tags aside, which can be changed on what exists."""
    text = json.dumps(_request(f), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differs(f: Facts, description: Mapping[str, Any]) -> bool:
    """Whether a described resource is another one than the spec asks for."""
    if drift.differences(f.kind.name, f.spec, description):
        return True
    made_from = f.state.get(NOTE)
    return made_from not in (None, digest(f)) and _says_more(f, description)


def _says_more(f: Facts, description: Mapping[str, Any]) -> bool:
    """The resource has something that the spec does not ask for and that AWS does not fill in by itself."""
    has = descriptions.from_description(f.kind.name, description)
    more = drift.differences(f.kind.name, has, _request(f))
    return any(one.wanted != _FILLED_IN.get(one.path.rpartition(".")[2], ()) for one in more)


def _request(f: Facts) -> dict[str, Any]:
    asked = request.to_request(f.kind.name, f.spec, "")
    return {member: value for member, value in asked.items() if member != request.TAGS}
