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


def _fixed(kind: str) -> list[str]:
    """The fields that the messages of a definition's root rules name, in the order of the rules."""
    rules = schemas.root_schema(kind)["x-kubernetes-validations"]
    return [re.match(r"(\w+) of an? ", each["message"])[1] for each in rules]  # type: ignore[index]


@pytest.mark.parametrize("kind", JOBS)
def test_jobs_keep_everything_but_their_tags(kind: str) -> None:
    """Each field of a job has a rule of its own, the tags have none."""
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
    """Every rule asks the old status first, and every access to a field asks whether it is there."""
    kind = definition.kind
    for each in schemas.root_schema(kind.name)["x-kubernetes-validations"]:
        assert each["rule"].startswith("!(has(oldSelf.status) && has(oldSelf.status.operatorState) && ")
        name = each["message"].split(" ", 1)[0]
        for side in ("self", "oldSelf"):
            assert f"has({side}.spec)" in each["rule"]
            assert f"has({side}.spec.{name})" in each["rule"]


def test_message_says_what_to_do() -> None:
    """The message names field and kind, and tells both ways out."""
    (rule,) = immutable.rules(overlay.ENDPOINT_CONFIG.kind, ["kmsKeyId", "region"])
    assert rule["message"] == (
        "region of an endpoint configuration cannot be changed once it exists: delete the object and create a new one, "
        "or put the old value back"
    )
