"""A transform job's model: a Model object of the namespace, or a SageMaker model."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_operator import reasons, references
from sagemaker_operator.facts import Related
from sagemaker_operator.steps import Done, Find, WriteStatus
from smkube import conditions
from smkube.kinds import BATCH_TRANSFORM_JOB, MODEL, TRAINING_JOB
from tests.unit.operator.cases import case, spec

SAGEMAKER_NAME = "wanted-0123456789abcdef0123456789abcdef"


def model(word: str = "Created", *, deleting: bool = False, **status: Any) -> Related:
    """A Model object."""
    shown = {MODEL.status_word: word, MODEL.status_name: SAGEMAKER_NAME, **status}
    return Related(MODEL.name, "wanted", "uid-m", "1", 1, deleting, (), {}, {}, "", {}, shown)


def transform(*models: Related, **more: Any) -> Any:
    """A transform job that names `wanted`, in a pass that has looked for the object."""
    return case(
        BATCH_TRANSFORM_JOB,
        spec=spec(BATCH_TRANSFORM_JOB, modelName="wanted"),
        related={"model": tuple(models)},
        **more,
    )


def test_the_object_is_looked_for_first() -> None:
    """Before anything is sent the cache is asked for a Model of that name."""
    f = case(BATCH_TRANSFORM_JOB, spec=spec(BATCH_TRANSFORM_JOB, modelName="wanted"))

    assert references.resolve(f) == Find("model", "Model", names=frozenset({"wanted"}))


def test_other_kinds_have_no_such_names() -> None:
    """A training job's spec goes as it is."""
    f = case(TRAINING_JOB)

    assert references.resolve(f) is None
    assert references.spec(f) == f.spec
    assert references.note(f) == {}


def test_an_object_counts_before_a_sagemaker_model() -> None:
    """A Model that is there stands for its SageMaker name, and that is noted."""
    f = transform(model())

    assert references.resolve(f) is None
    assert references.spec(f)["modelName"] == SAGEMAKER_NAME
    assert references.note(f) == {"modelObject": "wanted", "modelName": SAGEMAKER_NAME}


def test_without_an_object_the_name_is_sagemakers() -> None:
    """What the original knew: the name of a SageMaker model."""
    f = transform()

    assert references.resolve(f) is None
    assert references.spec(f)["modelName"] == "wanted"
    assert references.note(f) == {}


def test_the_note_stands_when_the_model_has_gone() -> None:
    """What the job was created with stays known when the Model object goes or is not looked for."""
    noted = {"operatorState": {"modelObject": "wanted", "modelName": SAGEMAKER_NAME}}
    f = transform(status=noted)

    assert references.spec(f)["modelName"] == SAGEMAKER_NAME


def test_another_name_in_the_spec_makes_the_note_void() -> None:
    """The note is about the object that the spec named then."""
    noted = {"operatorState": {"modelObject": "earlier", "modelName": SAGEMAKER_NAME}}

    assert references.spec(transform(status=noted))["modelName"] == "wanted"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (model(""), "Waits for the Model ns/wanted to be created in SageMaker."),
        (model("Created", deleting=True), "Waits for the Model ns/wanted to be created in SageMaker."),
        (
            model("Error", additional="Unable to create SageMaker model: no"),
            "Waits for the Model ns/wanted to be created in SageMaker. It says: Unable to create SageMaker model: no",
        ),
    ],
    ids=["new", "going", "in trouble"],
)
def test_a_model_that_is_not_there_yet_is_waited_for(found: Related, text: str) -> None:
    """The status says what is waited for, once; then the object comes back by itself, and when the Model changes."""
    step = references.resolve(transform(found))

    assert isinstance(step, WriteStatus)
    assert step.status["additional"] == text
    waiting = conditions.find(step.status["conditions"], "Reconciling")
    assert waiting is not None
    assert (waiting["status"], waiting["reason"]) == ("True", reasons.DEPENDENCY_NOT_READY)
    assert not conditions.is_true(step.status["conditions"], "Stalled")
    again = references.resolve(transform(found, status=step.status))
    assert again == Done(retry=reasons.DEPENDENCY_NOT_READY)
