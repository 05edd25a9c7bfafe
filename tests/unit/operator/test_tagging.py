"""Tags after creation: which calls bring them to the spec's, and which tags are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import facts, marks, statusparts, tagging
from sagemaker_operator.steps import Ask, WriteStatus
from tests.unit.operator.cases import TARGET, case, refusal, running, spec, state

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/job"
Tags = Mapping[str, str]


def edited(before: Tags, after: Tags, have: Tags | None = None, **answers: facts.Answer) -> facts.Facts:
    """An object whose tags were `before` at the last call and are `after` now; AWS has `have`, if it was asked."""
    noted = {"tagHash": tagging.digest(before), "tagKeys": sorted(before)} if before else {}
    status = running(operatorState={**state(TARGET, confirmed=True), **noted})
    given_answers: dict[str, facts.Answer] = dict(answers)
    if have is not None:
        listed = [{"Key": key, "Value": value} for key, value in have.items()]
        given_answers[tagging.LISTED] = facts.Found({"Tags": listed})
    tags = [{"key": key, "value": value} for key, value in after.items()]
    return case(spec=spec(tags=tags), status=status, generation=2, answers=given_answers)


def carried_out(f: facts.Facts, have: dict[str, str]) -> tuple[facts.Facts, list[str]]:
    """Make each call that is asked for on `have`; returns the facts at the end and the operations."""
    made: list[str] = []
    while (step := tagging.step(f, TARGET, ARN)) is not None:
        if isinstance(step, WriteStatus):
            f = replace(f, status=step.status)
            assert made == ["ListTags"], "the notes are unsure before the first change"
            assert tagging.needed(f)
            continue
        made.append(step.operation)
        answer: dict[str, Any] = {}
        match step.operation:
            case "ListTags":
                answer = {"Tags": [{"Key": key, "Value": value} for key, value in have.items()]}
            case "AddTags":
                have.update({tag["Key"]: tag["Value"] for tag in step.parameters["Tags"]})
            case "DeleteTags":
                for key in step.parameters["TagKeys"]:
                    del have[key]
        f = replace(f, answers={**f.answers, step.key: facts.Found(answer)})
    return f, made


def test_unchanged_tags_cost_no_call() -> None:
    """What was sent is noted, so nothing is asked while the spec says the same."""
    assert tagging.step(edited({"a": "1"}, {"a": "1"}), TARGET, ARN) is None
    assert tagging.step(edited({}, {}), TARGET, ARN) is None


def test_the_order_of_tags_and_doubled_keys_are_no_change() -> None:
    """A list that means the same is the same; of a doubled key the last counts."""
    assert tagging.digest({"a": "1", "b": "2"}) == tagging.digest({"b": "2", "a": "1"})
    doubled = case(spec=spec(tags=[{"key": "a", "value": "0"}, {"key": "a", "value": "1"}]))
    assert tagging.of_spec(doubled) == {"a": "1"}


def test_an_edit_is_one_list_one_add_one_delete() -> None:
    """First what AWS has is read, then only the difference is sent."""
    have = {"a": "1", "b": "2"}
    f = edited({"a": "1", "b": "2"}, {"a": "9", "c": "3"})
    assert tagging.step(f, TARGET, ARN) == Ask(tagging.LISTED, TARGET, "ListTags", {"ResourceArn": ARN})

    done, made = carried_out(f, have)

    assert made == ["ListTags", "AddTags", "DeleteTags"]
    assert have == {"a": "9", "c": "3"}
    noted = tagging.state(done, done.state)
    assert (noted["tagHash"], noted["tagKeys"]) == (tagging.digest({"a": "9", "c": "3"}), ["a", "c"])


def test_tags_that_aws_has_already_are_only_noted() -> None:
    """Somebody was faster: nothing is sent."""
    done, made = carried_out(edited({"a": "1"}, {"a": "2"}), {"a": "2"})

    assert made == ["ListTags"]
    assert tagging.state(done, done.state)["tagHash"] == tagging.digest({"a": "2"})


def test_all_tags_can_be_taken_away() -> None:
    """An empty list takes away what the spec had, and the note of it."""
    have = {"a": "1", marks.UID: "uid"}

    done, made = carried_out(edited({"a": "1"}, {}), have)

    assert made == ["ListTags", "DeleteTags"]
    assert have == {marks.UID: "uid"}
    assert "tagHash" not in tagging.state(done, done.state)
    assert "tagKeys" not in tagging.state(done, done.state)


def test_a_refusal_leaves_the_note_as_it_was() -> None:
    """AWS's no ends the pass; the change is still to be made, and is known to be."""
    no = refusal("AccessDenied", "AddTags")
    f = edited({"a": "1"}, {"a": "2"}, {"a": "1"}, **{tagging.ADDED: no})

    assert tagging.step(f, TARGET, ARN) is None
    assert tagging.refusal(f) == no
    assert tagging.state(f, f.state) == dict(f.state)
    assert tagging.needed(f)


def test_without_an_edit_tags_of_what_was_taken_over_are_believed() -> None:
    """The original sent the spec's tags with the Create; without a note they are compared when the spec changes."""
    taken = running(operatorState=state(TARGET, confirmed=True), observedGeneration=1)
    tags = spec(tags=[{"key": "a", "value": "1"}])

    assert not tagging.needed(case(spec=tags, status=taken, generation=1))
    assert tagging.needed(case(spec=tags, status=taken, generation=2))


def test_an_edit_while_the_create_is_under_way_is_not_taken_for_sent() -> None:
    """A job that is found after a doubt may have been created with the tags of an earlier spec: they are looked at."""
    sent = {"tagHash": tagging.digest({"a": "1"}), "tagKeys": ["a"]}
    f = case(
        spec=spec(tags=[{"key": "a", "value": "2"}]),
        status={"operatorState": {**state(TARGET), **sent}},
        generation=2,
    )

    noted = statusparts.confirmed(f, TARGET)

    assert noted["createConfirmed"]
    assert noted["tagKeys"] == ["a"]
    assert tagging.needed(replace(f, status={"operatorState": noted}))


_TAGS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "1", "2"]))


@given(before=_TAGS, after=_TAGS, foreign=st.dictionaries(st.sampled_from("xyz"), st.just("theirs")), drift=_TAGS)
def test_any_edit_ends_with_the_specs_tags_and_others_untouched(
    before: dict[str, str], after: dict[str, str], foreign: dict[str, str], drift: dict[str, str]
) -> None:
    """Whatever AWS has: the spec's tags are there, what an earlier spec had is gone, marks and others' tags stay."""
    own = {marks.UID: "uid", marks.OBJECT: "TrainingJob/ns/job"}
    others = {key: value for key, value in drift.items() if key not in before and key not in after}
    have = {**own, **foreign, **drift, **before}

    done, made = carried_out(edited(before, after), have)

    if tagging.digest(before) == tagging.digest(after):
        assert made == []
        return
    assert have == {**own, **foreign, **others, **after}
    settled = case(spec=done.spec, status={**done.status, "operatorState": tagging.state(done, done.state)})
    assert tagging.step(settled, TARGET, ARN) is None
