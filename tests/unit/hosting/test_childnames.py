"""Names, labels and owner of the children of a HostingDeployment."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.hosting import childnames
from tests.unit.hosting.cases import case
from tests.unit.hosting.world import HEX, UID

ALLOWED = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""A DNS subdomain (Kubernetes: Object Names and IDs)."""
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("digits", f"digits-7-{HEX}"),
        ("a" * 250, f"{'a' * 218}-7-{HEX}"),
        # The original could create none of these.
        ("My_Model", f"my-model-7-{HEX}"),
        ("a" * 217 + "." + "a" * 30, f"{'a' * 217}--7-{HEX}"),
        ("___", f"model-7-{HEX}"),
        ("a-..b..", f"a---b---7-{HEX}"),
    ],
)
def test_the_name_of_a_child(part: str, name: str) -> None:
    """The original's formula; where Kubernetes refuses its result, a close one."""
    assert childnames.first_choice(case(generation=7), part) == name
    assert len(name) <= childnames.NAME_LIMIT


@given(part=st.text(min_size=1, max_size=260), generation=st.integers(1, 10**6), first=st.booleans())
def test_every_name_is_allowed_and_known_again(part: str, generation: int, *, first: bool) -> None:
    """Whatever the model is called and at whatever generation its child was made."""
    facts = case(generation=generation)
    name = childnames.first_choice(facts, part) if first else childnames.other_choice(facts, part, "0a1b2c3d")

    assert ALLOWED.fullmatch(name)
    assert len(name) <= childnames.NAME_LIMIT
    assert childnames.made_for(replace(facts, generation=1), part, name)
    assert not childnames.made_for(replace(facts, uid=UID.replace("0", "9")), part, name)


def test_a_child_of_another_part_is_told_apart() -> None:
    """Two models of one deployment have children of their own, even if the models are alike."""
    facts = case()
    assert not childnames.made_for(facts, "a", childnames.first_choice(facts, "b"))
    assert not childnames.made_for(facts, "a", childnames.first_choice(facts, "a-1"))
    assert not childnames.made_for(facts, "a", "by-hand")


@given(st.from_regex(r"[a-z]([-a-z.]{0,250}[a-z])?", fullmatch=True))
def test_labels_are_allowed(name: str) -> None:
    """The name of a deployment may be longer than a label: it is cut, and no longer searched by."""
    facts = case(name=name)
    value = childnames.labels(facts)["owner_HostingDeployment_name"]

    assert LABEL.fullmatch(value)
    assert len(value) <= childnames.LABEL_LIMIT
    assert childnames.found_by_labels(facts) == (value == name)
