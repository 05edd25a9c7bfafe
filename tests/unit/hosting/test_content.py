"""When two specs of a child mean the same to SageMaker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.hosting import content

ROLE = {"executionRoleArn": "role"}
VARIANT = {"variantName": "a", "modelName": "m", "initialInstanceCount": 1}
OTHER = {"variantName": "b", "modelName": "m", "initialInstanceCount": 1}

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"primaryContainer": {"image": "i"}}, {"primaryContainer": {"image": "i", "mode": "SingleModel"}}),
    (ROLE, {**ROLE, "enableNetworkIsolation": False}),
    (ROLE, {**ROLE, "tags": [{"key": "a", "value": "b"}]}),
    (ROLE, {**ROLE, "sageMakerEndpoint": "", "vpcConfig": None, "containers": []}),
    (
        {"environment": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]},
        {"environment": [{"name": "b", "value": "2"}, {"name": "a", "value": "1"}]},
    ),
    ({"productionVariants": [VARIANT]}, {"productionVariants": [{**VARIANT, "initialVariantWeight": 1}]}),
    ({"productionVariants": [VARIANT, OTHER]}, {"productionVariants": [OTHER, VARIANT]}),
    ({"vpcConfig": {"subnets": ["a", "b"]}}, {"vpcConfig": {"subnets": ["b", "a"]}}),
    (
        {"productionVariants": [{**VARIANT, "initialVariantWeight": 2}]},
        {"productionVariants": [{**VARIANT, "initialVariantWeight": 2.0}]},
    ),
]
DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"primaryContainer": {"image": "i"}}, {"primaryContainer": {"image": "i", "mode": "MultiModel"}}),
    ({"containers": [{"image": "a"}, {"image": "b"}]}, {"containers": [{"image": "b"}, {"image": "a"}]}),
    (ROLE, {**ROLE, "enableNetworkIsolation": True}),
    (ROLE, {**ROLE, "region": "eu-west-1"}),
    ({"productionVariants": [VARIANT]}, {"productionVariants": [{**VARIANT, "initialVariantWeight": 0}]}),
    ({"environment": [{"name": "a", "value": "1"}]}, {"environment": [{"name": "a", "value": "2"}]}),
]

SPECS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "SingleModel"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["mode", "name", "value", "variantName", "subnets", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_makes_no_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Defaults, empty values, tags and orders that say nothing roll no endpoint."""
    assert content.same(one, other)
    assert content.digest(one) == content.digest(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_makes_a_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What SageMaker would see differently is another revision."""
    assert not content.same(one, other)
    assert content.digest(one) != content.digest(other)


@given(st.dictionaries(st.text("ab", min_size=1, max_size=2), SPECS, max_size=4))
def test_the_common_form_is_its_own_common_form(spec: dict[str, Any]) -> None:
    """Whatever the spec: its canonical form means the same, and is not cleaned any further."""
    assert content.canonical(content.canonical(spec)) == content.canonical(spec)
    assert content.same(spec, content.canonical(spec))
