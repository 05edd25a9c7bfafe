"""Which fields the API server keeps as they are once what they describe exists."""

from __future__ import annotations

import re

import pytest

from sagemaker_operator.crds import immutable, overlay
from sagemaker_operator.crds.entries import Definition
from smkube.kinds import Family
from tests.unit.crds import schemas

JOBS = sorted(each.kind.name for each in overlay.ALL if each.kind.family is Family.JOB)
PLACE = ["region", "sageMakerEndpoint"]


def _rule(kind: str) -> dict[str, str]:
    """The rule at the root of a definition."""
    rules: list[dict[str, str]] = schemas.root_schema(kind)["x-kubernetes-validations"]
    (rule,) = rules
    return rule


def _fixed(kind: str) -> list[str]:
    """The fields that the message of a definition's rule can name."""
    *named, otherwise = re.findall(r"'(\w+) of an? ", _rule(kind)["messageExpression"])
    assert otherwise == "spec"
    return named


@pytest.mark.parametrize("kind", JOBS)
def test_jobs_keep_everything_but_their_tags(kind: str) -> None:
    """Each field of a job is in the rule, the tags are not."""
    assert _fixed(kind) == sorted(set(schemas.spec_schema(kind)["properties"]) - {"tags"})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Model", PLACE),
        ("EndpointConfig", PLACE),
        ("HostingDeployment", ["endpointName", *PLACE]),
        ("HostingAutoscalingPolicy", ["region"]),
    ],
)
def test_hosting_keeps_its_place(kind: str, fields: list[str]) -> None:
    """What can be replaced or updated may be edited, but not moved."""
    assert _fixed(kind) == fields


@pytest.mark.parametrize("definition", overlay.ALL, ids=lambda each: each.kind.name)
def test_rules_wait_for_the_confirmation(definition: Definition) -> None:
    """The rule asks the old status first, and every access to a field asks whether it is there."""
    rule = _rule(definition.kind.name)
    assert rule["rule"].startswith("!(has(oldSelf.status) && has(oldSelf.status.operatorState) && ")
    for text in (rule["rule"], rule["messageExpression"]):
        for name in _fixed(definition.kind.name):
            for side in ("self", "oldSelf"):
                assert f"has({side}.spec)" in text
                assert f"has({side}.spec.{name})" in text


def test_message_says_what_to_do() -> None:
    """The message names kind and field, and tells both ways out."""
    (rule,) = immutable.rules(overlay.ENDPOINT_CONFIG.kind, ["kmsKeyId", "region"])
    text = (
        " of an endpoint configuration cannot be changed once it exists: delete the object and create a new one, "
        "or put the old value back"
    )
    assert rule["message"] == f"spec{text}"
    assert rule["messageExpression"].endswith(f" ? 'region{text}' : 'spec{text}'")
