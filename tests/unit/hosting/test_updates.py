"""Edits of a HostingDeployment: what rolls the endpoint and what does not, and updates that fail or get lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sagemaker_operator import reasons, steps
from sagemaker_operator.hosting import childnames, decide
from tests.unit.hosting.lives import CONFIG_1, MODEL_1, no, serving
from tests.unit.hosting.world import HEX, UID, World, child, spec


def test_an_edit_updates_and_cleans_up() -> None:
    """A new image makes a second revision; the first goes once the endpoint serves the second."""
    world = serving()
    world.edit(spec("image:2"))
    world.rest()

    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]
    assert len(world.names("Model")) == 2
    assert world.condition("Ready") == ("True", reasons.IN_SERVICE)
    assert world.condition("Reconciling") == ("True", reasons.UPDATING)
    world.finish()
    world.rest()
    assert world.word == "InService"
    assert world.names("Model") == [f"digits-2-{HEX}"]
    assert world.names("EndpointConfig") == [f"site-2-{HEX}"]
    assert world.called() == ["DescribeEndpoint"]
    assert [reason for reason, _ in world.notes] == ["Updating", "Updated", "InService"]
    assert "deleted: EndpointConfig" in world.notes[1][1]
    assert not {"updateTo", "updateFrom", "rejected"} & set(world.status["operatorState"])


def test_an_edit_and_its_revert_roll_nothing() -> None:
    """The way back to a revision that is still there is no update, and what was made on the way there goes."""
    world = serving()
    world.edit(spec("image:2"))
    world.run()
    world.edit(spec())
    world.rest()

    assert "UpdateEndpoint" not in world.called()
    assert world.names("Model") == [MODEL_1]
    assert world.names("EndpointConfig") == [CONFIG_1]
    assert world.condition("Ready")[0] == "True"


def test_a_revert_during_an_update_goes_back_afterwards() -> None:
    """While an update is under way nothing is cleaned up, so the old revision is there to go back to."""
    world = serving()
    first = world.endpoint.config
    world.edit(spec("image:2"))
    world.rest()
    world.edit(spec())
    world.rest()
    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]
    assert len(world.names("EndpointConfig")) == 2
    world.finish()
    world.rest()
    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]
    world.finish()
    world.rest()

    assert world.endpoint.config == first
    assert world.names("EndpointConfig") == [CONFIG_1]


def test_edits_that_only_change_how_updates_are_made_roll_nothing() -> None:
    """Retained properties and deployment policies are parameters of the next update, which sends them."""
    world = serving()
    more: dict[str, Any] = {
        "retainAllVariantProperties": True,
        "excludeRetainedVariantProperties": [{"variantPropertyType": "DesiredWeight"}],
    }
    world.edit(spec(**more))
    world.rest()
    assert world.called("DescribeEndpoint") == []
    assert len(world.children) == 2

    world.edit(spec("image:2", **more))
    world.run()
    world.make_children()
    world.run()
    world.make_children()
    world.run()
    operation, parameters = world.calls[-1]
    assert operation == "UpdateEndpoint"
    assert parameters["RetainAllVariantProperties"] is True
    assert parameters["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_tags_are_edited_without_a_roll() -> None:
    """A tag edit goes to the endpoint by tag calls and to the children by a patch of their spec."""
    world = serving(tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "1"}])
    world.edit(spec(tags=[{"key": "a", "value": "2"}]))
    world.rest()

    assert world.called("DescribeEndpoint") == ["ListTags", "AddTags", "DeleteTags"]
    assert sorted(name for _, name in world.children) == [MODEL_1, CONFIG_1]
    assert all(one.spec["tags"] == [{"key": "a", "value": "2"}] for one in world.children.values())
    world.edit(spec())
    world.rest()
    assert all("tags" not in one.spec for one in world.children.values())


@pytest.mark.parametrize(("word", "ready"), [("InService", "True"), ("UpdateRollbackFailed", "False")])
def test_an_update_that_failed_is_kept_in_mind(word: str, ready: str) -> None:
    """A rolled-back update is told with AWS's reason, and not tried again until the spec changes."""
    world = serving()
    first = world.endpoint.config
    world.edit(spec("image:bad"))
    world.rest()
    world.finish(word, "the container does not answer")
    world.called()
    world.rest()

    assert world.called("DescribeEndpoint") == []
    assert world.condition("Ready")[0] == ready
    assert world.condition("Stalled") == ("True", reasons.UPDATE_FAILED)
    assert world.condition("Reconciling")[0] == "False"
    assert "the container does not answer" in world.status["additional"]
    assert reasons.UPDATE_FAILED in [reason for reason, _ in world.notes]
    world.restart()
    world.rest()
    assert world.called("DescribeEndpoint") == []

    # The way back: nothing to do for an endpoint that serves the old revision, a repair of one that was left between.
    world.edit(spec())
    world.rest()
    expected = [] if word == "InService" else ["UpdateEndpoint"]
    assert world.called("DescribeEndpoint") == expected
    if expected:
        world.finish()
        world.rest()
    assert world.endpoint.config == first
    assert world.condition("Stalled")[0] == "False"
    assert world.condition("Ready")[0] == "True"
    assert world.names("EndpointConfig") == [CONFIG_1]


def test_a_failed_update_is_tried_again_on_demand() -> None:
    """What was given up is tried once more when the user asks for a pass now."""
    world = serving()
    world.edit(spec("image:2"))
    world.rest()
    world.finish("InService", "no capacity")
    world.rest()
    world.called()
    world.forced = True
    world.run()
    world.forced = False
    world.rest()
    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]
    world.finish()
    world.rest()

    assert world.condition("Ready")[0] == "True"
    assert world.names("Model") == [f"digits-2-{HEX}"]


def test_a_failed_update_is_mended_by_another_edit() -> None:
    """Another image is another revision, and is tried at once."""
    world = serving()
    world.edit(spec("image:bad"))
    world.rest()
    world.finish("InService", "the container does not answer")
    world.rest()
    world.edit(spec("image:good"))
    world.rest()
    world.finish()
    world.rest()

    assert world.called("DescribeEndpoint") == ["UpdateEndpoint", "UpdateEndpoint"]
    assert world.condition("Stalled")[0] == "False"
    assert world.names("EndpointConfig") == [f"site-3-{HEX}"]


def test_a_stale_description_causes_no_second_update() -> None:
    """While AWS may still show the endpoint as it was before the call nothing is sent and nothing is concluded."""
    world = serving()
    before = replace(world.endpoint)
    world.edit(spec("image:2"))
    for _ in range(3):
        world.run()
        world.make_children()
    assert world.word == "Updating"
    world.stale, world.calls = before, []
    status = world.status
    assert world.run(look=True) == steps.Done(after=decide.LAG, look=True)
    assert (world.called(), world.status) == (["DescribeEndpoint"], status)

    world.stale = None
    world.finish()
    world.rest()
    assert "UpdateEndpoint" not in world.called()
    assert world.word == "InService"


@pytest.mark.parametrize("crash", range(20))
def test_a_crash_at_any_step_of_an_update_sends_it_once(crash: int) -> None:
    """Whenever the process dies, an update is sent once in the end, or again only if AWS shows that it never began."""
    world = serving()
    world.edit(spec("image:2"))
    world.run()
    world.make_children()
    world.run()
    world.make_children()
    world.run(crash_after=crash)
    for _ in range(40):
        world.run()
        world.wait(1)
    world.finish()
    world.rest()

    assert world.called("DescribeEndpoint").count("UpdateEndpoint") == 1
    assert world.names("EndpointConfig") == [f"site-2-{HEX}"]
    assert world.condition("Ready")[0] == "True"


def test_an_update_whose_answer_was_lost_is_judged_by_what_aws_shows() -> None:
    """An update that AWS never got is sent again when the doubt is over; a change by others is no verdict on it."""
    world = serving()
    world.edit(spec("image:2"))
    world.refuse["UpdateEndpoint"] = no("UpdateEndpoint", reasons.NO_ANSWER, leaves_doubt=True)
    for _ in range(3):
        last = world.run()
        world.make_children()
    assert last == steps.Done(retry=reasons.NO_ANSWER, look=True)
    world.wait(1)
    # Autoscaling changes a weight meanwhile.
    world.endpoint.modified = world.now
    world.called()
    world.rest()

    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]
    assert reasons.UPDATE_FAILED not in [reason for reason, _ in world.notes]


def test_an_endpoint_at_work_is_waited_for() -> None:
    """An update that AWS refuses because something else changes the endpoint is made when that is over."""
    world = serving()
    before = replace(world.endpoint)
    world.edit(spec("image:2"))
    world.run()
    world.make_children()
    world.run()
    world.make_children()
    world.endpoint.word = "Updating"
    world.stale = before
    assert world.run() == steps.Done(retry=reasons.SERVICE_ERROR, look=True)
    world.stale = None
    world.wait(3)
    world.rest()
    assert world.word == "Updating"
    world.called()
    world.finish()
    world.rest()
    assert world.called("DescribeEndpoint") == ["UpdateEndpoint"]


def test_a_refused_update_is_told_and_tried_again() -> None:
    """What AWS says against an update stands in the status, unchanged by further attempts; the endpoint stays ready."""
    world = serving()
    world.edit(spec("image:2"))
    for _ in range(3):
        world.refuse["UpdateEndpoint"] = no("UpdateEndpoint")
        last = world.run()
        world.make_children()
    assert last == steps.Done(retry=reasons.INVALID_SPEC, look=True)
    assert world.status["additional"].startswith("Unable to update SageMaker endpoint: ValidationException: no")
    assert world.condition("Stalled") == ("True", reasons.INVALID_SPEC)
    assert world.condition("Ready")[0] == "True"
    told = len(world.notes)
    world.refuse["UpdateEndpoint"] = no("UpdateEndpoint")
    world.run(look=True)
    assert world.called().count("UpdateEndpoint") == 2
    assert world.condition("Stalled") == ("True", reasons.INVALID_SPEC)
    world.rest()
    assert world.condition("Stalled")[0] == "False"
    assert [reason for reason, _ in world.notes[told:]] == [reasons.INVALID_SPEC, "Updating"]


def test_a_failed_update_that_left_nothing_is_mended_by_a_revert() -> None:
    """When an update ends in Failed, the old revision is not the one that failed: going back creates it anew."""
    world = serving()
    first = world.endpoint.config
    world.edit(spec("image:bad"))
    world.rest()
    world.finish("Failed", "gone wrong")
    world.rest()
    assert world.condition("Stalled") == ("True", reasons.FAILED)
    world.edit(spec())
    world.rest()
    world.finish()
    world.wait(40)
    world.rest()
    world.finish()
    world.rest()

    assert world.endpoint.config == first
    calls = world.called("DescribeEndpoint", "DescribeLogStreams")
    assert calls == ["UpdateEndpoint", "DeleteEndpoint", "CreateEndpoint"]


def test_a_child_that_was_tampered_with_is_replaced_under_another_name() -> None:
    """A child whose name is right and whose content is not is no child of this revision; another one is made."""
    world = serving()
    world.children["Model", MODEL_1] = replace(
        world.children["Model", MODEL_1], spec={**world.children["Model", MODEL_1].spec, "executionRoleArn": "other"}
    )
    world.rest()
    world.finish()
    world.rest()

    (model,) = world.names("Model")
    assert model.startswith("digits-1-")
    assert model.endswith(HEX)
    assert model != MODEL_1
    assert childnames.made_for(world.facts(), "digits", model)
    assert world.condition("Ready")[0] == "True"


def two_models(image: str = "image:1") -> dict[str, Any]:
    """A deployment of two models that are alike, in two variants."""
    one = spec(image)
    return {
        **one,
        "models": [one["models"][0], {**one["models"][0], "name": "letters"}],
        "productionVariants": [
            one["productionVariants"][0],
            {**one["productionVariants"][0], "variantName": "rest", "modelName": "letters"},
        ],
    }


def test_only_what_changed_is_made_anew() -> None:
    """Of two models the one that was not edited is used again; models that are alike have a child each all the same."""
    world = World(two_models())
    world.rest()
    world.finish()
    world.rest()
    assert world.names("Model") == [MODEL_1, f"letters-1-{HEX}"]
    edited = two_models("image:2")
    world.edit({**edited, "models": [two_models()["models"][0], edited["models"][1]]})
    world.rest()
    world.finish()
    world.rest()

    assert world.names("Model") == [MODEL_1, f"letters-2-{HEX}"]
    assert [entry["name"] for entry in world.status["modelNames"]] == ["digits", "letters"]


def test_a_child_without_labels_or_owner_is_known_by_its_name() -> None:
    """Whoever took labels and owner off a child: it is taken back, and none is made beside it."""
    world = serving()
    key = ("Model", MODEL_1)
    world.children[key] = replace(world.children[key], labels={}, owner="")
    world.rest()

    assert world.children[key].owner == UID
    assert world.names("Model") == [MODEL_1]
    assert world.called() == []


def test_a_child_that_another_object_owns_is_left_alone() -> None:
    """Labels alone make no child of what somebody else controls."""
    world = serving()
    key = ("Model", "other")
    world.children[key] = child("Model", "other", {}, "x", owner="somebody")
    world.edit(spec("image:2"))
    world.rest()
    world.finish()
    world.rest()
    world.deleting = True
    world.settle()

    assert world.released
    assert list(world.children) == [key]


def test_tags_that_aws_refuses_hold_up_nothing() -> None:
    """An edit of tags and image whose tag call is refused updates the endpoint, and the tags are tried again."""
    world = serving()
    world.edit(spec("image:2", tags=[{"key": "a", "value": "1"}]))
    for _ in range(3):
        world.refuse["ListTags"] = no("ListTags", reasons.ACCESS_DENIED)
        world.run()
        world.make_children()
    assert world.word == "Updating"
    assert world.status["observedGeneration"] == 1
    world.refuse = {}
    world.finish()
    world.rest()

    assert world.status["observedGeneration"] == 2
    assert {"Key": "a", "Value": "1"} in world.endpoint.tags
    assert world.condition("Stalled")[0] == "False"
