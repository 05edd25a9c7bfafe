"""Names of Kubernetes objects in a spec that stand for names at SageMaker. Pure.

A transform job's `modelName` may be the name of a Model object of the namespace; the object counts before a SageMaker
model of that name. What it stood for when the job was created is noted, so that the Model may go or change later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_operator import reasons, statusparts
from sagemaker_operator.facts import Facts, Related
from sagemaker_operator.statusparts import FIRST_WORD
from sagemaker_operator.steps import Done, Find, Step
from smkube import conditions, kinds

_KEY, _FIELD = "model", "modelName"


def resolve(f: Facts) -> Step | None:
    """The next step until every such name is known; None when they are."""
    name = f.spec.get(_FIELD)
    if f.kind is not kinds.BATCH_TRANSFORM_JOB or not name:
        return None
    if _KEY not in f.related:
        return Find(_KEY, kinds.MODEL.name, names=frozenset({str(name)}))
    model = _model(f)
    if model is None or _name(model):
        return None
    return _wait(f, model)


def spec(f: Facts) -> Mapping[str, Any]:
    """The spec with SageMaker's names."""
    name = note(f).get(_FIELD)
    return {**f.spec, _FIELD: name} if name else f.spec


def note(f: Facts) -> dict[str, str]:
    """What `operatorState` keeps: which object's name stood for which SageMaker name."""
    model = _model(f)
    if model is not None and _name(model):
        return {"modelObject": model.name, _FIELD: _name(model)}
    if f.state.get("modelObject") and f.state["modelObject"] == f.spec.get(_FIELD):
        return {"modelObject": str(f.state["modelObject"]), _FIELD: str(f.state[_FIELD])}
    return {}


def _model(f: Facts) -> Related | None:
    found = f.related.get(_KEY) or ()
    return found[0] if found else None


def _name(model: Related) -> str:
    ready = model.status.get(kinds.MODEL.status_word) == "Created" and not model.deleting
    return str(model.status.get(kinds.MODEL.status_name) or "") if ready else ""


def _wait(f: Facts, model: Related) -> Step:
    text = f"Waits for the Model {f.namespace}/{model.name} to be created in SageMaker."
    trouble = str(model.status.get("additional") or "")
    if trouble:
        text = f"{text} It says: {trouble}"
    wanted = [
        conditions.Wanted("Succeeded", "Unknown", reasons.DEPENDENCY_NOT_READY, text),
        conditions.Wanted("Reconciling", "True", reasons.DEPENDENCY_NOT_READY, text),
        conditions.Wanted("Stalled", "False", reasons.DEPENDENCY_NOT_READY),
    ]
    new = statusparts.status(f, {f.kind.status_word: FIRST_WORD, "additional": text}, wanted)
    return statusparts.write(f, new) or Done(retry=reasons.DEPENDENCY_NOT_READY)
