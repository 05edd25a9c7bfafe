"""Conditions by the Kubernetes API conventions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smkube import conditions
from smkube.conditions import Wanted

wanted = st.builds(
    Wanted,
    type=st.sampled_from(["Succeeded", "Reconciling", "Stalled"]),
    status=st.sampled_from(["True", "False", "Unknown"]),
    reason=st.sampled_from(["A", "B"]),
    message=st.sampled_from(["", "m"]),
)


def test_the_time_moves_only_with_the_status() -> None:
    """A new reason or message leaves lastTransitionTime alone; a new status moves it."""
    first = conditions.merge([], [Wanted("Succeeded", "Unknown", "Pending")], 1, "t1")
    second = conditions.merge(first, [Wanted("Succeeded", "Unknown", "InProgress", "m")], 2, "t2")
    third = conditions.merge(second, [Wanted("Succeeded", "True", "Completed")], 2, "t3")

    assert [one[0]["lastTransitionTime"] for one in (first, second, third)] == ["t1", "t1", "t3"]
    assert (second[0]["reason"], second[0]["observedGeneration"]) == ("InProgress", 2)


def test_others_conditions_stay() -> None:
    """A condition that somebody else put there is kept as it is."""
    theirs = {"type": "Theirs", "status": "True", "extra": 1}

    merged = conditions.merge([theirs], [Wanted("Succeeded", "True", "Completed")], 1, "t")

    assert merged[0] == theirs
    assert conditions.is_true(merged, "Succeeded")
    assert not conditions.is_true(merged, "Stalled")


@given(st.lists(wanted, max_size=6), st.lists(wanted, max_size=6))
def test_merging_twice_changes_nothing(before: list[Wanted], after: list[Wanted]) -> None:
    """The same wish a second time, later, gives the same conditions: no write is caused by time alone."""
    have = conditions.merge([], before, 1, "t1")

    once = conditions.merge(have, after, 2, "t2")

    assert conditions.merge(once, once_each(after), 2, "t3") == once
    assert len({one["type"] for one in once}) == len(once)


def once_each(many: list[Wanted]) -> list[Wanted]:
    """The last wish for each type."""
    return list({one.type: one for one in many}.values())
