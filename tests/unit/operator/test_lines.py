"""The order in which those are served who wait for an AWS operation."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.budgets import Bucket
from sagemaker_operator.lines import URGENT_SHARE, Flow, Line, Place

BIG, SMALL, USER = Flow("big"), Flow("small"), Flow("big", urgent=True)
flows = st.sampled_from([BIG, SMALL, USER, Flow("third"), Flow()])


def _order(line: Line) -> list[Place]:
    """Serve all, one after the other."""
    served = []
    while line.waiting:
        served.append(line.waiting[0])
        line.serve(1)
    return served


@given(st.lists(st.one_of(flows, st.integers(1, 3)), max_size=80))
def test_everybody_is_served_once_and_each_flow_in_its_order(history: list[Flow | int]) -> None:
    """However joins and turns mix, nobody is forgotten or served twice, and nobody overtakes his own namespace."""
    line, joined, served = Line(), [], []
    for act in history:
        if isinstance(act, Flow):
            joined.append(line.join(act))
        else:
            before = list(line.waiting)
            line.serve(act)
            served += before[: len(before) - len(line.waiting)]
    served += _order(line)

    assert sorted(place.number for place in served) == [place.number for place in joined]
    for flow in {place.flow for place in joined}:
        numbers = [place.number for place in served if place.flow == flow]
        assert numbers == sorted(numbers)
    assert all(line.ahead(place) is None for place in joined)


def test_a_small_namespace_does_not_stand_behind_a_big_one() -> None:
    """Ten objects that come after five thousand of another namespace are served within the next twenty turns."""
    line = Line()
    for _ in range(5000):
        line.join(BIG)
    line.serve(100)
    for _ in range(10):
        line.join(SMALL)

    assert Counter(place.flow for place in _order(line)[:21])[SMALL] == 10


def test_a_user_does_not_stand_behind_a_burst_and_does_not_hold_it_up() -> None:
    """An edit comes next; thousands of edits leave the rest its share."""
    line = Line()
    for _ in range(1000):
        line.join(BIG)
    first = line.join(USER)
    assert line.ahead(first) == 0
    for _ in range(1000):
        line.join(USER)

    served = Counter(place.flow for place in _order(line)[:900])
    assert served[USER] == 900 * URGENT_SHARE // (URGENT_SHARE + 1)


def test_flows_that_are_through_are_forgotten() -> None:
    """Namespaces come and go; what is kept of them does not grow."""
    line = Line()
    for number in range(10_000):
        line.join(Flow(f"ns-{number}"))
        line.serve(1)

    assert len(line._ends) < 100


def test_what_is_used_of_a_budget_is_told() -> None:
    """The rate, what was granted lately, and who waits."""
    bucket = Bucket()
    bucket.granted(0.0)
    bucket.throttled(0.0)
    for flow in (BIG, BIG, SMALL, USER):
        bucket.join(0.0, flow)

    use = bucket.use(0.0)
    assert (use.waiting, use.urgent, use.granted) == (3, 1, 0.1)
    assert use.rate == bucket.rate
