"""Links into the AWS console."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs.console import Links, links, log_streams
from kubectl_smlogs.options import Reading
from kubectl_smlogs.resources import (
    ACK,
    AUTOSCALING_POLICY,
    ENDPOINT_CONFIG,
    HOSTING_DEPLOYMENT,
    OURS,
    TRAINING_JOB,
    TUNING_JOB,
    Resource,
)
from tests.unit.smlogs.objects import target


def _links(resource: Resource, name: str = "my-job", region: str = "us-west-2") -> Links:
    one = target(
        resource,
        spec={"region": region, resource.fields.spec_name: name},
        status={resource.fields.status_name: name},
    )
    return links(one, one.logs(Reading()) if resource.has_log else None)


def test_training_job() -> None:
    """The job's page, and its log group narrowed to its streams, in the console's own encoding."""
    assert _links(TRAINING_JOB) == Links(
        "https://us-west-2.console.aws.amazon.com/sagemaker/home?region=us-west-2#/jobs/my-job",
        "https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/log-group/"
        "$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Dmy-job$252F",
    )


def test_tuning_job_and_endpoint() -> None:
    """All training jobs of a tuning job; all streams of an endpoint's own log group, or one variant's."""
    assert _links(TUNING_JOB, "t").logs.endswith("TrainingJobs$3FlogStreamNameFilter$3Dt-")
    assert _links(HOSTING_DEPLOYMENT, "e").logs.endswith("$252Faws$252Fsagemaker$252FEndpoints$252Fe")
    assert log_streams("r", "/g", "blue/").endswith("$252Fg$3FlogStreamNameFilter$3Dblue$252F")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "eu-central-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_partitions(region: str, host: str) -> None:
    """Each partition of AWS has a console of its own."""
    found = _links(TRAINING_JOB, region=region)
    for link in (found.sagemaker, found.logs):
        assert urlsplit(link).netloc == host
        assert urlsplit(link).query == f"region={region}"


def test_nothing_to_link_to() -> None:
    """No link without a job, without a region, or where the public has no console."""
    for region, name in (("", "j"), ("us-iso-east-1", "j"), ("us-isob-east-1", "j"), ("us-west-2", "")):
        found = _links(TRAINING_JOB, name, region)
        assert found == Links("", "")
        assert found.document() == {}


def test_every_kind_has_a_page() -> None:
    """Each kind has a page; an autoscaling policy that of its endpoint."""
    for resource in (*OURS, *ACK):
        if resource is not AUTOSCALING_POLICY:
            assert _links(resource).sagemaker.endswith(f"#/{resource.aws.page}/my-job")
            assert bool(_links(resource).logs) is resource.has_log
    assert _links(ENDPOINT_CONFIG).document().keys() == {"sagemaker"}
    policy = target(AUTOSCALING_POLICY, spec={"region": "r", "resourceId": [{"endpointName": "e"}]})
    assert links(policy).sagemaker.endswith("#/endpoints/e")


@given(st.text(), st.text(min_size=1))
def test_encoding(group: str, prefix: str) -> None:
    """The console decodes twice, and finds group and prefix again; nothing in them can end the link."""
    fragment = log_streams("r", group, prefix).partition("#")[2]
    assert fragment.isascii()
    assert not set(fragment) & set(" \"'<>\\\n")
    page, _, query = fragment.removeprefix("logsV2:log-groups/log-group/").partition("$3F")
    assert unquote(unquote(page.replace("$", "%"))) == group
    assert unquote(unquote(query.replace("$", "%"))) == f"logStreamNameFilter={prefix}"
