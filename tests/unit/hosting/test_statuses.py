"""What the status of a HostingDeployment says, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagemaker_operator import reasons, statusparts
from sagemaker_operator.crds.overlay.hosting import HOSTING_DEPLOYMENT
from sagemaker_operator.facts import Absent, Related, Target
from sagemaker_operator.hosting import decide, statuses
from sagemaker_operator.steps import Done, WriteStatus
from smkube import conditions
from tests.unit.hosting.cases import (
    CONFIG,
    OLD,
    THEN,
    UNSURE,
    Status,
    case,
    children,
    found,
    refusal,
    settled,
    shown,
    state,
)
from tests.unit.hosting.world import HEX, NAME, spec

VERDICTS = [
    ("Creating", CONFIG, {}, "False", "True", "False", reasons.IN_PROGRESS),
    ("InService", CONFIG, {}, "True", "False", "False", reasons.SETTLED),
    ("Updating", OLD, {}, "True", "True", "False", reasons.UPDATING),
    ("SystemUpdating", CONFIG, {}, "True", "True", "False", reasons.UPDATING),
    ("RollingBack", OLD, {}, "True", "True", "False", reasons.UPDATING),
    ("OutOfService", CONFIG, {}, "False", "False", "True", reasons.FAILED),
    ("Deleting", CONFIG, {}, "False", "True", "False", reasons.DELETING),
    ("Failed", CONFIG, {}, "False", "False", "True", reasons.FAILED),
    ("InService", OLD, {"rejected": CONFIG}, "True", "False", "True", reasons.UPDATE_FAILED),
    ("UpdateRollbackFailed", OLD, {"rejected": CONFIG}, "False", "False", "True", reasons.UPDATE_FAILED),
    ("Levitating", CONFIG, {}, "False", "True", "False", reasons.UPDATING),
]


@pytest.mark.parametrize(("word", "config", "noted", "ready", "reconciling", "stalled", "reason"), VERDICTS)
def test_what_the_status_says_of_each_word(
    word: str, config: str, noted: Status, ready: str, reconciling: str, stalled: str, reason: str
) -> None:
    """Each of SageMaker's words, unknown ones too, is shown as it is, with conditions by the kstatus rules."""
    facts = case(shown("Before", OLD, operatorState=state(**noted)), endpoint=found(word, config, FailureReason="why"))
    step = decide.decide(replace(facts, answers={**facts.answers, "logStreams": Absent()}))
    assert isinstance(step, WriteStatus), step

    new = step.status
    assert new["endpointStatus"] == word
    values = [
        (conditions.find(new["conditions"], type_) or {})["status"] for type_ in ("Ready", "Reconciling", "Stalled")
    ]
    assert values == [ready, reconciling, stalled]
    told = conditions.find(new["conditions"], "Stalled" if stalled == "True" else "Reconciling") or {}
    assert told["reason"] == reason
    assert {one["observedGeneration"] for one in new["conditions"]} == {1}
    assert ("additional" in new) == (reason == reasons.UPDATE_FAILED)
    assert word in [note.reason for note in step.notes]


def test_an_endpoint_that_was_not_ready_is_not_made_ready_by_an_update() -> None:
    """An update of an endpoint out of service does not make it serve before it is over."""
    out = settled(case(shown("OutOfService"), endpoint=found("OutOfService")))
    new = settled(replace(out, answers={"endpoint": found("Updating")})).status
    assert (conditions.find(new["conditions"], "Ready") or {})["status"] == "False"


STALLED = [{"type": "Stalled", "status": "True", "reason": reasons.ACCESS_DENIED}]
WAITS = [
    (children(model={}), f"Unable to resolve SageMaker model name for model 'ns/digits-1-{HEX}'", "False"),
    (
        children(model={"status": "Error", "additional": "no role", "conditions": STALLED}),
        f"Model 'ns/digits-1-{HEX}' does not have a SageMakerModelName. Caused by: no role",
        "True",
    ),
    (children(config={}), f"Awaiting endpoint config creation: 'ns/site-1-{HEX}'", "False"),
    (
        children(config={"status": "Error", "additional": "no such model"}),
        f"EndpointConfig 'ns/site-1-{HEX}' does not have a name. Caused by: no such model",
        "False",
    ),
]


@pytest.mark.parametrize(("found_children", "text", "stalled"), WAITS)
@pytest.mark.parametrize("exists", [True, False])
def test_what_a_deployment_waits_for_is_shown_in_the_originals_words(
    found_children: dict[str, tuple[Related, ...]], text: str, stalled: str, *, exists: bool
) -> None:
    """The trouble of a child is told by its parent, which keeps the endpoint's word where there is an endpoint."""
    status = shown() if exists else UNSURE
    new = settled(case(status, related=found_children)).status

    opening = "Unable to update SageMaker endpoint: Unable to reconcile endpoint resources: "
    if not exists:
        opening = "Unable to create Endpoint: Unable to reconcile Endpoint resources: "
    assert new["additional"].startswith(opening)
    assert new["additional"].endswith(text)
    assert new["endpointStatus"] == ("InService" if exists else "ReconcilingEndpoint")
    assert (conditions.find(new["conditions"], "Stalled") or {})["status"] == stalled
    assert (conditions.find(new["conditions"], "Ready") or {})["status"] == ("True" if exists else "Unknown")


@pytest.mark.parametrize("exists", [True, False])
def test_a_spec_that_cannot_be_carried_out(*, exists: bool) -> None:
    """Nothing is made for it, an endpoint that exists goes on serving, and nothing is tried until it changes."""
    bad = spec(models=[{"name": "", "executionRoleArn": "r", "containers": []}])
    facts = settled(case(shown(observedGeneration=1) if exists else UNSURE, spec=bad))

    assert decide.decide(facts) == Done()
    assert "All models must have names" in facts.status["additional"]
    stalled = conditions.find(facts.status["conditions"], "Stalled") or {}
    assert (stalled["status"], stalled["reason"]) == ("True", reasons.INVALID_SPEC)
    assert (conditions.find(facts.status["conditions"], "Ready") or {})["status"] == ("True" if exists else "Unknown")


def test_a_spec_without_a_region() -> None:
    """An object without a spec is accepted by the API server, and told what it lacks."""
    facts = settled(case(spec={}))
    assert decide.decide(facts) == Done()
    assert (conditions.find(facts.status["conditions"], "Stalled") or {})["reason"] == reasons.INVALID_SPEC


@pytest.mark.parametrize("reason", sorted(reasons.RETRY.keys() - {reasons.NAME_CONFLICT}))
@pytest.mark.parametrize("operation", ["CreateEndpoint", "CreateClient"])
def test_a_refused_create_is_written_once_and_tried_again_later(reason: str, operation: str) -> None:
    """Whatever AWS's reason: it is written and told once, then waited with; a throttle is written, but not told."""
    no = refusal(operation, reason)
    facts = case(UNSURE, answers={"created": no})
    step = decide.decide(facts)
    assert isinstance(step, WriteStatus)
    assert [note.reason for note in step.notes] == ([] if reason == reasons.THROTTLED else [reason])
    again = replace(no, text=no.text.replace("request id: 1", "request id: 2"))
    assert decide.decide(replace(facts, status=step.status, answers={"created": again})) == Done(retry=reason)


def test_every_field_of_the_status_is_one_of_the_custom_resource() -> None:
    """What the API server would drop would be written again and again."""
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 5}
    variant = {
        "VariantName": "all",
        "CurrentWeight": 0.5,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 2,
        "CurrentServerlessConfig": serverless,
        "DesiredServerlessConfig": serverless,
        "DeployedImages": [{"SpecifiedImage": "a", "ResolvedImage": "b", "ResolutionTime": THEN}],
        "VariantStatus": [{"Status": "Creating", "StatusMessage": "x", "StartTime": THEN}],
        "ManagedInstanceScaling": {"Status": "ENABLED"},
    }
    described = found(FailureReason="why", ProductionVariants=[variant], ShadowProductionVariants=[variant])
    new = settled(case(shown(), endpoint=described)).status

    common = {"additional", "conditions", "lastCheckTime", "observedGeneration", "operatorState"}
    schema = HOSTING_DEPLOYMENT.status
    assert set(new) <= common | set(schema)
    for field in ("productionVariants", "shadowProductionVariants"):
        assert new[field][0].keys() == schema[field]["items"]["properties"].keys()
    assert new["productionVariants"][0]["currentServerlessConfig"] == {"memorySizeInMB": 1024, "maxConcurrency": 5}


@pytest.mark.parametrize(("region", "domain"), [("us-east-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")])
def test_the_url_of_an_endpoint(region: str, domain: str) -> None:
    """The China regions have a domain of their own."""
    assert (
        statuses.url(Target(NAME, region))
        == f"https://runtime.sagemaker.{region}.{domain}/endpoints/{NAME}/invocations"
    )


def test_what_the_change_feed_follows() -> None:
    """An endpoint that is known to exist, until a deletion has seen it gone."""
    assert decide.followed(case(UNSURE)) is None
    assert decide.followed(case()) is None
    assert decide.followed(case(shown(statusparts.FIRST_WORD))) is not None
    assert decide.followed(case(shown("Deleted"), deleting=True)) is None
