"""Reading the annotations by which users steer the operator."""

from __future__ import annotations

import pytest

from sagemaker_operator import controls
from sagemaker_operator.controls import DELETION_POLICY, PAUSE, RECONCILE_NOW, SPAWN, TIME_TO_LIVE, Controls


def test_without_annotations_everything_is_as_the_original_did_it() -> None:
    """The defaults ask for nothing."""
    assert controls.read({}) == Controls()
    assert controls.read({"example.com/pause": "true"}) == Controls()


@pytest.mark.parametrize(
    ("annotations", "wanted"),
    [
        ({PAUSE: "true"}, Controls(paused=True)),
        ({PAUSE: "True"}, Controls(paused=True)),
        ({PAUSE: "false"}, Controls()),
        ({PAUSE: ""}, Controls()),
        ({RECONCILE_NOW: "2026-11-24T10:00:00Z"}, Controls(reconcile_now="2026-11-24T10:00:00Z")),
        ({DELETION_POLICY: "retain"}, Controls(deletion="retain")),
        ({DELETION_POLICY: "Stop"}, Controls(deletion="stop")),
        ({DELETION_POLICY: "delete"}, Controls(deletion="delete")),
        ({DELETION_POLICY: ""}, Controls()),
        ({TIME_TO_LIVE: "0"}, Controls(time_to_live=0)),
        ({TIME_TO_LIVE: "86400"}, Controls(time_to_live=86400)),
        ({TIME_TO_LIVE: ""}, Controls()),
        ({SPAWN: "false"}, Controls(spawn=0)),
        ({SPAWN: "FALSE"}, Controls(spawn=0)),
        ({SPAWN: "true"}, Controls()),
        ({SPAWN: "25"}, Controls(spawn=25)),
        ({SPAWN: "0"}, Controls(spawn=0)),
    ],
    ids=str,
)
def test_what_is_written_well_is_read(annotations: dict[str, str], wanted: Controls) -> None:
    """Each annotation in each of its forms."""
    assert controls.read(annotations) == wanted


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (PAUSE, "yes"),
        (PAUSE, "1"),
        (DELETION_POLICY, "keep"),
        (DELETION_POLICY, "retain "),
        (TIME_TO_LIVE, "1h"),
        (TIME_TO_LIVE, "-1"),
        (TIME_TO_LIVE, "1.5"),
        (TIME_TO_LIVE, "9999999999"),
        (TIME_TO_LIVE, "\N{ARABIC-INDIC DIGIT THREE}"),
        (SPAWN, "some"),
        (SPAWN, "-5"),
    ],
)
def test_what_cannot_be_understood_counts_as_absent_and_is_told(annotation: str, text: str) -> None:
    """The sentence names the annotation, what it says and what can be written."""
    found = controls.read({annotation: text})

    assert found == Controls(problems=found.problems)
    assert len(found.problems) == 1
    assert annotation in found.problems[0]
    assert repr(text) in found.problems[0]
    assert "; write " in found.problems[0]


def test_every_problem_is_told() -> None:
    """Two slips are two sentences, and what is well written counts all the same."""
    found = controls.read({PAUSE: "yes", TIME_TO_LIVE: "soon", DELETION_POLICY: "retain"})

    assert len(found.problems) == 2
    assert found.deletion == "retain"
