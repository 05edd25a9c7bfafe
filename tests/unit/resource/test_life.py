"""Whole lives of Model and EndpointConfig objects, against a service in memory, with mishaps at every place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sagemaker_operator import marks, reasons
from sagemaker_operator.resource import calls, decide, places
from sagemaker_operator.steps import Done
from smkube import kinds
from tests.unit.operator.cases import JOB, REGION, UID
from tests.unit.resource.driver import LOST_AFTER, LOST_BEFORE, Life
from tests.unit.resource.service import SageMaker

STAND_IN = "job-R-0123456789abcdef0123456789abcdef"
INVALID = ("ValidationException", "Could not access model data at s3://bad")
KINDS = (kinds.MODEL, kinds.ENDPOINT_CONFIG)
History = Callable[[Life, SageMaker], None]


def spec(kind: kinds.Kind, image: str = "one", **more: Any) -> dict[str, Any]:
    """A spec whose content is named by one word."""
    if kind is kinds.MODEL:
        made: dict[str, Any] = {"executionRoleArn": "role", "primaryContainer": {"image": image}}
    else:
        variant = {"variantName": "v", "modelName": image, "initialInstanceCount": 1, "instanceType": "ml.m5.large"}
        made = {"productionVariants": [variant]}
    return {"region": REGION, **made, **more}


def begin(kind: kinds.Kind, **more: Any) -> tuple[Life, SageMaker]:
    """A new object and an empty account."""
    account = SageMaker(kind)
    return Life(kind, decide.decide, account.call, spec(kind), **more), account


def content(account: SageMaker, name: str = JOB) -> str:
    """The word that names the content of what is there."""
    request = account.there[name]
    if account.kind is kinds.MODEL:
        return str(request["PrimaryContainer"]["Image"])
    return str(request["ProductionVariants"][0]["ModelName"])


def change(life: Life, image: str) -> None:
    """Edit the spec so that SageMaker would see something else."""
    life.edit(**{key: value for key, value in spec(life.kind, image).items() if key != "region"})


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_comes_to_be_and_rests(kind: kinds.Kind) -> None:
    """One Create with the marks; after that nothing is asked and nothing is written until the spec changes."""
    life, account = begin(kind)
    assert life.run() == Done()

    assert life.operations() == [kind.api.create]
    assert account.tags[f"arn:{JOB}"][marks.UID] == UID
    assert (life.status["status"], life.status[kind.status_name]) == ("Created", JOB)
    assert (life.condition("Ready")[0], life.events()) == ("True", ["Created"])
    asked, writes = len(life.calls), life.writes
    assert life.run() == Done()
    assert (len(life.calls), life.writes) == (asked, writes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_at_rest_writes_nothing(kind: kinds.Kind) -> None:
    """A Describe that shows what the status says changes nothing."""
    life, _account = begin(kind)
    life.run()
    life.seconds += 600
    writes = life.writes

    assert life.run(look=True) == Done()
    assert (life.operations()[-1], life.writes) == (kind.api.describe, writes)


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_replaces_under_the_same_name(kind: kinds.Kind) -> None:
    """The new content is tried under a second name first, and ends up alone under the main one."""
    life, account = begin(kind)
    life.run()
    change(life, "two")
    assert life.run() == Done()

    assert list(account.there) == [JOB]
    assert content(account) == "two"
    assert not account.empty
    assert life.events() == ["Created", "Replaced"]
    assert (life.condition("Ready")[0], "replacement" in life.state) == ("True", False)
    writing = [(operation, values[kind.api.name]) for operation, values in life.calls if "Describe" not in operation]
    made, gone = kind.api.create, kind.api.delete
    assert writing == [(made, JOB), (made, STAND_IN), (gone, JOB), (made, JOB), (gone, STAND_IN)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_edit_leaves_the_old_one_in_place(kind: kinds.Kind) -> None:
    """What SageMaker does not accept never costs what is there; a fix, and a way back, both come to rest."""
    life, account = begin(kind)
    account.refuses = {"bad": INVALID}
    life.run()
    change(life, "bad")
    life.run()

    assert {name: content(account, name) for name in account.there} == {JOB: "one"}
    assert life.status["status"] == "Error"
    assert life.status["additional"].startswith("Unable to create SageMaker")
    assert (life.status[kind.status_name], life.condition("Stalled")) == (JOB, ("True", reasons.INVALID_SPEC))
    writes = life.writes
    life.run()
    assert life.writes == writes + 1, "a further try only announces itself"
    change(life, "one")
    assert life.run() == Done()
    assert (list(account.there), life.condition("Ready")[0], life.status.get("additional")) == ([JOB], "True", None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stand_in_serves_until_the_main_name_can_be_made(kind: kinds.Kind) -> None:
    """A quota met at the second Create leaves the stand-in, which the status then names."""
    life, account = begin(kind)
    life.run()
    change(life, "two")
    quota = ("ResourceLimitExceeded", "no more of these")
    account.refuses = {f"'{JOB}'": quota}
    life.run()

    assert list(account.there) == [STAND_IN]
    assert life.status[kind.status_name] == STAND_IN
    assert life.condition("Ready") == ("False", reasons.QUOTA_EXCEEDED)
    account.refuses = {}
    assert life.run() == Done()
    assert (list(account.there), life.status[kind.status_name]) == ([JOB], JOB)


def test_what_the_spec_no_longer_states_goes() -> None:
    """A field that is taken out of the spec counts, though AWS may fill in values of its own."""
    life, account = begin(kinds.ENDPOINT_CONFIG)
    variant = {**life.spec["productionVariants"][0], "initialVariantWeight": 3}
    life.spec = {**life.spec, "productionVariants": [variant]}
    life.run()
    life.edit(**{key: value for key, value in spec(kinds.ENDPOINT_CONFIG).items() if key != "region"})
    life.run()

    assert "InitialVariantWeight" not in account.there[JOB]["ProductionVariants"][0]


def test_what_aws_filled_in_is_no_difference() -> None:
    """An object whose description says more than its spec is left alone, also when its tags are edited."""
    life, account = begin(kinds.ENDPOINT_CONFIG)
    life.run()
    account.there[JOB]["ProductionVariants"][0]["InitialVariantWeight"] = 1.0
    life.edit(tags=[{"key": "team", "value": "a"}])
    life.run()

    assert life.operations().count("CreateEndpointConfig") == 1
    assert account.tags[f"arn:{JOB}"]["team"] == "a"


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_vanished_is_made_anew(kind: kinds.Kind) -> None:
    """A resource deleted by hand comes back, and an Event tells of it."""
    life, account = begin(kind)
    life.run()
    account.there.clear()
    life.seconds += 600
    life.run(look=True)

    assert content(account) == "one"
    assert life.events() == ["Created", "DeletedExternally", "Created"]


@pytest.mark.parametrize("word", ["Created", "Error", "SynchronizingK8sJobWithSageMaker", "Deleted"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_original_left_is_taken_over(kind: kinds.Kind, word: str) -> None:
    """Whatever its status says: what is found under the generated name is not made again."""
    life, account = begin(kind, status={"status": word}, finalizers=(kinds.FINALIZER,))
    account.there[JOB] = {key: value for key, value in _made(life).items() if key != "Tags"}
    assert life.run() == Done()

    assert life.operations() == [kind.api.describe]
    assert (life.events(), life.status["status"]) == (["Adopted"], "Created")


def _made(life: Life) -> dict[str, Any]:
    facts = life._facts(look=False)
    return dict(calls.create(facts, places.main(facts)).parameters)


def test_a_configuration_waits_for_its_model() -> None:
    """A model that is not there yet is waited for, without the word for an error."""
    life, account = begin(kinds.ENDPOINT_CONFIG)
    account.refuses = {"one": ("ValidationException", 'Could not find model "one".')}
    assert life.run() == Done(retry=reasons.DEPENDENCY_NOT_READY)

    assert life.status["status"] == "SynchronizingK8sJobWithSageMaker"
    assert "Could not find model" in life.status["additional"]
    account.refuses = {}
    life.run()
    assert life.status["status"] == "Created"


@pytest.mark.parametrize("kind", KINDS)
def test_another_region_is_refused_once_something_is_there(kind: kinds.Kind) -> None:
    """What exists stays where it is, the object says so once, and the way back is quiet."""
    life, account = begin(kind)
    life.run()
    life.edit(region="eu-west-1")
    assert life.run() == Done()
    assert life.run() == Done()

    assert life.operations() == [kind.api.create]
    assert (life.condition("Stalled"), life.events()[1:]) == (("True", reasons.SPEC_CHANGED), ["SpecChanged"])
    life.edit(region=REGION)
    assert life.run() == Done()
    assert (list(account.there), life.condition("Ready")[0]) == ([JOB], "True")


def _edited(life: Life, account: SageMaker) -> None:
    life.run()
    change(life, "two")
    life.run()
    life.seconds += 100
    life.run(look=True)
    assert {name: content(account, name) for name in account.there} == {JOB: "two"}
    assert life.condition("Ready")[0] == "True"
    assert not account.empty


def _edited_twice(life: Life, account: SageMaker) -> None:
    life.run()
    change(life, "two")
    life.one_pass_or_crash()
    change(life, "one")
    life.run()
    life.seconds += 100
    life.run(look=True)
    assert {name: content(account, name) for name in account.there} == {JOB: "one"}
    assert not account.empty


def _deleted(life: Life, account: SageMaker) -> None:
    life.run()
    life.deleting = True
    life.run()
    assert life.released
    assert not account.there


def _deleted_while_replaced(life: Life, account: SageMaker) -> None:
    life.run()
    change(life, "two")
    life.one_pass_or_crash()
    life.deleting = True
    life.run()
    assert life.released
    assert not account.there


HISTORIES: list[History] = [_edited, _edited_twice, _deleted, _deleted_while_replaced]


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_may_end_anywhere(kind: kinds.Kind, history: History) -> None:
    """Before whichever step the process ends, the next one brings the object to the same rest."""
    tried = 0
    for at in range(1, 60):
        life, account = begin(kind, crash_at=at)
        history(life, account)
        tried += life.crash_at < 0
    assert tried > 5


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER])
@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("kind", KINDS)
def test_any_call_may_get_lost(kind: kinds.Kind, history: History, lost: str) -> None:
    """A call that never arrives, or whose answer does not, changes nothing about the end."""
    for number in range(20):
        life, account = begin(kind, lose=(number, lost))
        history(life, account)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_was_never_more_than_refused_goes_at_once(kind: kinds.Kind) -> None:
    """When AWS refused each Create there is nothing to delete, and nobody is asked."""
    life, account = begin(kind)
    account.refuses = {"one": INVALID}
    life.run()
    asked = len(life.calls)
    life.deleting = True
    life.run()

    assert life.released
    assert len(life.calls) == asked
