"""How custom resources are read: names, header, outcome, and where the log is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import exits, resources
from kubectl_smlogs.options import Reading
from kubectl_smlogs.origin import Origin
from kubectl_smlogs.resources import (
    ACK_ENDPOINT,
    ACK_PROCESSING_JOB,
    ACK_TRAINING_JOB,
    AUTOSCALING_POLICY,
    BATCH_TRANSFORM_JOB,
    HOSTING_DEPLOYMENT,
    MODEL,
    PROCESSING_JOB,
    TRAINING_JOB,
    TUNING_JOB,
    Resource,
)
from kubectl_smlogs.target import Part, Target, Variant, beginning, read

STAMP = "2026-01-01T11:00:00Z"
MOMENT = datetime(2026, 1, 1, 11, 0, tzinfo=UTC)


def _obj(spec: dict[str, Any], status: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "x", "namespace": "ns", "uid": "u", "resourceVersion": "7", **metadata},
        "spec": spec,
        "status": status,
    }


def _read(resource: Resource, spec: dict[str, Any], status: dict[str, Any], **metadata: Any) -> Target:
    return read(resource, _obj(spec, status, **metadata))


def _succeeded(status: str, **more: str) -> dict[str, Any]:
    return {"type": "Succeeded", "status": status, **more}


# --- our own kinds -----------------------------------------------------------------------------------------------


def test_headers_of_the_original() -> None:
    """The header names object, job, region and status as the original's does."""
    training = _read(
        TRAINING_JOB,
        {"trainingJobName": "j", "region": "us-west-2"},
        {"trainingJobStatus": "InProgress", "secondaryStatus": "Training"},
    )
    assert training.header() == (
        '"x" has SageMaker TrainingJobName "j" in region "us-west-2", status "InProgress" '
        'and secondary status "Training"'
    )
    transform = _read(
        BATCH_TRANSFORM_JOB,
        {"transformJobName": "t", "region": "us-west-2"},
        {"transformJobStatus": "Completed"},
    )
    assert transform.header() == ('"x" has SageMaker TransformJobName "t" in region "us-west-2", status "Completed"')
    endpoint = _read(HOSTING_DEPLOYMENT, {"region": "r"}, {"endpointName": "e", "endpointStatus": "InService"})
    assert endpoint.header() == '"x" has SageMaker EndpointName "e" in region "r", status "InService"'


def test_job_name_of_spec_before_that_of_status() -> None:
    """The name comes from the spec, else from the status."""
    assert _read(TRAINING_JOB, {"trainingJobName": "a"}, {"sageMakerTrainingJobName": "b"}).job == "a"
    assert _read(TRAINING_JOB, {}, {"sageMakerTrainingJobName": "b"}).job == "b"
    assert _read(TRAINING_JOB, {}, {}).job == ""
    assert _read(PROCESSING_JOB, {"processingJobName": "a"}, {"sageMakerProcessingJobName": "b"}).job == "b"


@pytest.mark.parametrize("resource", [TRAINING_JOB, HOSTING_DEPLOYMENT], ids=lambda one: one.kind)
def test_job_of_somebody_else_is_not_ours(resource: Resource) -> None:
    """A name in the spec whose job belongs to another object does not lead to that one's log."""
    conflict = {"conditions": [{"type": "Stalled", "status": "True", "reason": "NameConflict", "message": "no"}]}
    target = _read(resource, {resource.fields.spec_name: "a"}, conflict)
    assert target.job == ""
    assert target.reason == "no"


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ({"trainingJobStatus": "Completed"}, "Completed", exits.OK),
        ({"trainingJobStatus": "Failed"}, "Failed", exits.JOB_FAILED),
        ({"trainingJobStatus": "Stopped"}, "Stopped", exits.JOB_STOPPED),
        ({"trainingJobStatus": "InProgress"}, "", exits.ERROR),
        ({"trainingJobStatus": "SomethingNew"}, "", exits.ERROR),
        ({}, "", exits.ERROR),
        ({"trainingJobStatus": "Failed", "conditions": [_succeeded("Unknown")]}, "", exits.ERROR),
        ({"trainingJobStatus": "Completed", "conditions": [_succeeded("True")]}, "Completed", exits.OK),
        ({"trainingJobStatus": "Stopped", "conditions": [_succeeded("False")]}, "Stopped", exits.JOB_STOPPED),
        ({"trainingJobStatus": "InProgress", "conditions": [_succeeded("False")]}, "Failed", exits.JOB_FAILED),
        ({"trainingJobStatus": "Completed", "conditions": "nonsense"}, "Completed", exits.OK),
        ({"trainingJobStatus": ["nonsense"], "conditions": [None, 1]}, "", exits.ERROR),
    ],
)
def test_outcome(status: dict[str, Any], outcome: str, code: int) -> None:
    """The condition decides where there is one (the word says Failed for a refused spec, too), else the status word."""
    target = _read(TRAINING_JOB, {}, status)
    assert (target.outcome, target.exit_code()) == (outcome, code)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ({"endpointStatus": "InService", "endpointArn": "a"}, ""),
        ({"endpointStatus": "Updating", "endpointArn": "a"}, ""),
        ({"endpointStatus": "UpdateRollbackFailed", "endpointArn": "a"}, ""),
        ({"endpointStatus": "Failed", "endpointArn": "a", "failureReason": "no image"}, "Failed"),
        ({"endpointStatus": "Failed", "additional": "Unable to initialize operator: no region"}, ""),
    ],
)
def test_endpoints_do_not_end(status: dict[str, Any], outcome: str) -> None:
    """An endpoint is over only when it failed for good; `Failed` without an endpoint is the operator's trouble."""
    assert _read(HOSTING_DEPLOYMENT, {}, status).outcome == outcome


def test_settings_have_no_outcome() -> None:
    """A model whose status is Failed is no job that ended."""
    assert _read(MODEL, {}, {"status": "Failed"}).outcome == ""


def test_settled_some_minutes_after_the_end() -> None:
    """A log counts as complete some minutes after the end, as far as the status tells when that was."""
    now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    for stamp, settled in {STAMP: True, "2026-01-01T11:59:00Z": False, "whenever": False}.items():
        for status in (
            {"conditions": [_succeeded("True", lastTransitionTime=stamp)]},
            {"trainingJobStatus": "Completed", "lastCheckTime": stamp},
            {"trainingJobStatus": "Completed", "completionTime": stamp, "lastCheckTime": "2026-01-01T11:59:30Z"},
        ):
            if stamp != "whenever" or "completionTime" not in status:
                assert _read(TRAINING_JOB, {}, status).settled(now) is settled
    running = {"trainingJobStatus": "InProgress", "lastCheckTime": STAMP}
    assert not _read(TRAINING_JOB, {}, running).settled(now)


def test_what_else_is_known() -> None:
    """Times, best training job, counters, variants and deletion are read where they are."""
    tuning = _read(
        TUNING_JOB,
        {},
        {
            "bestTrainingJob": {"trainingJobName": "t-007-0123abcd"},
            "trainingJobStatusCounters": {"completed": 3, "totalError": 1, "odd": "x"},
            "startTime": STAMP,
        },
        creationTimestamp=STAMP,
        deletionTimestamp=STAMP,
    )
    assert tuning.best == "t-007-0123abcd"
    assert tuning.counters == (("completed", 3), ("totalError", 1))
    assert (tuning.created, tuning.started, tuning.deleting) == (MOMENT, MOMENT, True)
    endpoint = _read(
        HOSTING_DEPLOYMENT,
        {"productionVariants": [{"variantName": "blue"}, {"variantName": "green"}]},
        {"productionVariants": [{"variantName": "blue", "currentInstanceCount": 2, "currentWeight": 1}]},
    )
    assert endpoint.variants == (Variant("blue", 2, None, 1), Variant("green"))
    policy = _read(AUTOSCALING_POLICY, {"policyName": "p", "resourceId": [{"endpointName": "e"}]}, {})
    assert (policy.job, policy.scales) == ("p", "e")


# --- ACK ---------------------------------------------------------------------------------------------------------

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/j"


@pytest.mark.parametrize(
    ("status", "annotations", "region"),
    [
        ({"ackResourceMetadata": {"region": "us-east-2", "arn": ARN}}, {"services.k8s.aws/region": "x"}, "us-east-2"),
        ({"ackResourceMetadata": {"arn": ARN}}, {"services.k8s.aws/region": "ap-south-1"}, "ap-south-1"),
        ({"ackResourceMetadata": {"arn": ARN}}, {}, "eu-west-1"),
        ({"ackResourceMetadata": {"arn": "nonsense"}}, {}, ""),
        ({}, None, ""),
    ],
)
def test_region_of_acks_objects(status: dict[str, Any], annotations: dict[str, str] | None, region: str) -> None:
    """ACK says the region in the status, in an annotation, or only in the ARN."""
    target = _read(ACK_TRAINING_JOB, {"trainingJobName": "j"}, status, annotations=annotations)
    assert (target.region, target.job) == (region, "j")


def test_acks_training_job() -> None:
    """Status words, reason and end of an ACK object are read from its own fields."""
    failed = _read(
        ACK_TRAINING_JOB,
        {"trainingJobName": "j"},
        {
            "trainingJobStatus": "Failed",
            "secondaryStatus": "Failed",
            "failureReason": "AlgorithmError: out of memory",
            "lastModifiedTime": STAMP,
            "conditions": [{"type": "ACK.ResourceSynced", "status": "True"}],
        },
    )
    assert (failed.status, failed.outcome, failed.reason) == ("Failed", "Failed", "AlgorithmError: out of memory")
    assert failed.ended == MOMENT
    assert failed.title == 'TrainingJob.sagemaker.services.k8s.aws "x" in namespace "ns"'
    refused = _read(
        ACK_PROCESSING_JOB,
        {"processingJobName": "j"},
        {"conditions": [{"type": "ACK.Terminal", "status": "True", "message": "ValidationException: no role"}]},
    )
    assert (refused.outcome, refused.reason) == ("", "ValidationException: no role")


def test_acks_endpoint() -> None:
    """Variants and failure of an ACK endpoint are read from its status."""
    endpoint = _read(
        ACK_ENDPOINT,
        {"endpointName": "e", "endpointConfigName": "c"},
        {
            "endpointStatus": "Failed",
            "failureReason": "no image",
            "productionVariants": [{"variantName": "blue"}],
            "ackResourceMetadata": {"arn": "arn:aws:sagemaker:eu-west-1:1:endpoint/e", "region": "eu-west-1"},
        },
    )
    assert (endpoint.job, endpoint.outcome, endpoint.reason) == ("e", "Failed", "no image")
    assert endpoint.variants == (Variant("blue"),)
    assert endpoint.group() == "/aws/sagemaker/Endpoints/e"


# --- where the log is --------------------------------------------------------------------------------------------


def test_log_of_a_job() -> None:
    """A job's streams begin with its name and a slash, so that `x-2` is not shown for `x`."""
    target = _read(TRAINING_JOB, {"trainingJobName": "x", "region": "us-west-2"}, {})
    place = target.logs(Reading())
    assert (place.region, place.group, place.selection.prefix) == ("us-west-2", "/aws/sagemaker/TrainingJobs", "x/")
    assert place.selection.accepts("x/algo-1-1")
    assert not place.selection.accepts("x-2/algo-1-1")


@pytest.mark.parametrize(
    ("begin", "hosts", "prefix", "accepted"),
    [
        ("algo-2", (), "x/algo-2", {"algo-2", "algo-21"}),
        ("", ("algo-2",), "x/algo-2", {"algo-2"}),
        ("", ("algo-1", "algo-21"), "x/algo-", {"algo-1", "algo-21"}),
        ("algo-2", ("algo-2", "algo-21"), "x/algo-2", {"algo-2", "algo-21"}),
        ("algo-2", ("algo-1",), "x/algo-2", set()),
    ],
)
def test_only_some_hosts(begin: str, hosts: tuple[str, ...], prefix: str, accepted: set[str]) -> None:
    """What all wanted hosts begin with is asked of the service, and the rest is sorted out here."""
    target = _read(TRAINING_JOB, {"trainingJobName": "x", "region": "r"}, {})
    selection = target.logs(Reading(search_prefix=begin, hosts=hosts)).selection
    assert selection.prefix == prefix
    assert {host for host in ("algo-1", "algo-2", "algo-21") if selection.accepts(f"x/{host}-7")} == accepted


def test_log_of_a_tuning_job() -> None:
    """All training jobs of a tuning job, and none of a job or another tuning job that begins like it."""
    target = _read(TUNING_JOB, {"hyperParameterTuningJobName": "t.1", "region": "r"}, {})
    selection = target.logs(Reading(search_prefix="algo-2")).selection
    assert (selection.prefix, selection.search_prefix) == ("t.1-", "algo-2")
    accepted = ("t.1-001-0123abcd/algo-2-5", "t.1-1234-0123abcd/algo-2-5")
    others = (
        *("t.1-001-0123abcd/algo-1-5", "t.1-001-0123abc/algo-2-5", "t.1-2-001-0123abcd/algo-2-5"),
        *("t.1/algo-2-5", "t.1-final/algo-2-5", "tx1-001-0123abcd/algo-2-5"),
    )
    assert [stream for stream in (*accepted, *others) if selection.accepts(stream)] == list(accepted)


def test_log_of_an_endpoint() -> None:
    """An endpoint has a log group of its own, with the streams of all variants or of one."""
    target = _read(HOSTING_DEPLOYMENT, {"endpointName": "e", "region": "r"}, {})
    place = target.logs(Reading(search_prefix="i-0"))
    assert (place.group, place.selection.prefix) == ("/aws/sagemaker/Endpoints/e", "")
    assert place.selection.accepts("blue/i-0123")
    assert not place.selection.accepts("blue/i-9123")
    assert target.logs(Reading(search_prefix="i-0"), Part("blue/")).selection.prefix == "blue/i-0"


def test_another_region() -> None:
    """The user's region goes before the object's, also in the origin of lines."""
    target = _read(TRAINING_JOB, {"trainingJobName": "x", "region": "us-west-2"}, {})
    assert target.logs(Reading(region="eu-north-1")).region == "eu-north-1"
    group = "/aws/sagemaker/TrainingJobs"
    assert target.origin() == Origin("TrainingJob", "ns", "x", "x", "us-west-2", group)
    assert target.origin("eu-north-1").region == "eu-north-1"


@given(st.lists(st.text(alphabet="ab", max_size=4), max_size=4))
def test_beginning(texts: list[str]) -> None:
    """The common beginning begins all texts, and no longer one does."""
    found = beginning(texts)
    assert all(text.startswith(found) for text in texts)
    if texts:
        assert not any(all(text.startswith(found + more) for text in texts) for more in "ab")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["conditions", "trainingJobStatus", "productionVariants", "region", "type", "ackResourceMetadata"]
                ),
                inner,
            )
        ),
    )
)
def test_nonsense_is_no_error(nonsense: Any) -> None:
    """Whatever stands in an object counts as missing where it is not of the right kind."""
    for resource in resources.ALL:
        target = read(resource, {"metadata": nonsense, "spec": nonsense, "status": nonsense})
        assert re.fullmatch(r"|Completed|Failed|Stopped", target.outcome)
        assert isinstance(target.header(), str)
