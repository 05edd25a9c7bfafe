"""What messages of a queue of events say, and how queues are named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator import pushes, settings
from sagemaker_operator.pushes import Change, Ignored
from smkube import kinds
from tests.conformance import specs
from tests.conformance.operator_scene import request_of
from tests.standin.app import StandIn
from tests.standin.clients import client

REGION = "us-east-1"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "source": st.just(pushes.SOURCE) | JSON,
        "detail-type": st.sampled_from(sorted(pushes.KINDS)) | JSON,
        "region": st.just(REGION) | JSON,
        "detail": st.dictionaries(st.sampled_from([kind.api.name for kind in pushes.KINDS.values()]), JSON) | JSON,
    },
)


def event(kind: str, detail: Any, **more: Any) -> str:
    """An event's body."""
    whole = {"version": "0", "source": pushes.SOURCE, "detail-type": kind, "region": REGION, "detail": detail}
    return json.dumps({**whole, **more})


@pytest.mark.parametrize(("kind", "stands_for"), pushes.KINDS.items())
def test_an_event_names_a_job(kind: str, stands_for: kinds.Kind) -> None:
    """The name is read from `detail`, in the letters that it has there; nothing else of it counts."""
    body = event(kind, {stands_for.api.name: "My-Job", stands_for.api.status: 7, "Tags": {}}, account=None, more=[1])

    assert pushes.parse(body) == Change(stands_for, REGION, "My-Job")


def test_the_kinds_of_events_are_those_that_a_feed_follows() -> None:
    """Everything that is listed by its changes has an event, and nothing else has."""
    assert set(pushes.KINDS.values()) == {kind for kind in kinds.ALL if kind.api.list and kind.api.lists_changes}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, Ignored.MALFORMED),
        (b"{}", Ignored.MALFORMED),
        ("", Ignored.MALFORMED),
        ("[]", Ignored.MALFORMED),
        ("{}", Ignored.MALFORMED),
        ("\ud800", Ignored.MALFORMED),
        ("[" * pushes.MOST, Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", {}), Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", []), Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", {"TrainingJobName": ""}), Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", {"TrainingJobName": ["a"]}), Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", {"TrainingJobName": "a"}, region=""), Ignored.MALFORMED),
        (event("SageMaker Training Job State Change", {"TrainingJobName": "a"}, source="own.app"), Ignored.OTHER),
        (event("SageMaker Model State Change", {"ModelName": "a"}), Ignored.OTHER),
        (" " * (pushes.MOST + 1), Ignored.TOO_LARGE),
    ],
)
def test_what_is_no_event_of_ours_is_told_apart(body: object, why: Ignored) -> None:
    """Texts that are no events, events without a name, events about other things, and texts too long to be read."""
    assert pushes.parse(body) is why


@given(FIELDS.map(json.dumps) | st.text() | JSON | st.binary())
def test_no_message_is_too_strange(body: object) -> None:
    """Whatever is in a queue has an answer, and a change never names nothing."""
    told = pushes.parse(body)

    assert isinstance(told, Ignored) or (told.job and told.region and told.kind in kinds.ALL)


@given(st.sampled_from(sorted(pushes.KINDS)), st.text(min_size=1), JSON)
def test_a_name_survives_its_neighbours(kind: str, job: str, other: Any) -> None:
    """Members that are new, or of another form than today, keep nobody from reading the name."""
    name = pushes.KINDS[kind].api.name
    body = event(kind, {"a": other, name: job, "b": other}, c=other)

    assert pushes.parse(body) == Change(pushes.KINDS[kind], REGION, job)


@pytest.mark.parametrize("kind", kinds.JOBS, ids=lambda kind: kind.name)
def test_the_stand_ins_events_are_understood(standin: StandIn, kind: kinds.Kind) -> None:
    """What the stand-in sends when a job is created is read as a change of that job."""
    standin.queue("events")
    request = {**request_of(specs.SPECS[kind.name](REGION)), kind.api.name: "One-Job"}
    getattr(client(standin.url, "sagemaker"), xform_name(kind.api.create))(**request)
    sqs = client(standin.url, "sqs")

    (message,) = sqs.receive_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/events")["Messages"]

    assert pushes.parse(message["Body"]) == Change(kind, REGION, "One-Job")


@pytest.mark.parametrize(
    ("text", "region", "url"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:q", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
        ("arn:aws-cn:sqs:cn-north-1:123456789012:q", "cn-north-1",
         "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q"),
        ("https://sqs.us-gov-west-1.amazonaws.com/123456789012/q", "us-gov-west-1", ""),
        ("https://sqs-fips.us-east-2.amazonaws.com/123456789012/q", "us-east-2", ""),
        ("https://sqs.us-east-2.api.aws/123456789012/q.fifo", "us-east-2", ""),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/q", "eu-west-1", ""),
        ("https://queue.amazonaws.com/123456789012/q", "us-east-1", ""),
        ("https://vpce-1-2.sqs.us-east-1.vpce.amazonaws.com/123456789012/q/", "us-east-1",
         "https://vpce-1-2.sqs.us-east-1.vpce.amazonaws.com/123456789012/q"),
    ],
)  # fmt: skip
def test_a_queue_is_named_by_url_or_arn(text: str, region: str, url: str) -> None:
    """The region comes from the name; the URL of an ARN's queue is the one that AWS gives it."""
    found = pushes.queue(text)

    assert (found.region, found.account, found.url) == (region, "123456789012", url or text)
    assert found.name.partition(".")[0] == "q"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither the URL nor the ARN"),
        ("events", "neither the URL nor the ARN"),
        ("arn:aws:sns:us-east-1:123456789012:q", "neither the URL nor the ARN"),
        ("https://sqs.us-east-1.amazonaws.com/q", "neither the URL nor the ARN"),
        ("http://127.0.0.1:4566/123456789012/q", "does not tell the queue's region"),
        ("arn:aws-iso:sqs:us-iso-east-1:123456789012:q", "give the queue's URL"),
    ],
)
def test_what_names_no_queue_is_refused(text: str, said: str) -> None:
    """A slip is told at the start, with what would do."""
    with pytest.raises(ValueError, match=said):
        pushes.queue(text)


def test_queues_are_given_by_a_flag() -> None:
    """The flag may be repeated or have several queues; the same one twice is listened to once."""
    arn = "arn:aws:sqs:eu-west-1:123456789012:q"
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/q"

    read = settings.parse([f"--events-queue={arn}, {url}", "-events-queue", arn], {})

    assert read.events_queues == (pushes.queue(arn), pushes.queue(url))
    assert settings.parse([], {}).events_queues == ()


def test_a_queue_that_is_none_is_told_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip in the flag ends the process with exit code 2, and a text that says what would do."""
    with pytest.raises(SystemExit) as ended:
        settings.parse(["--events-queue=sagemaker-events"], {})

    assert ended.value.code == 2
    assert "'sagemaker-events' is neither the URL nor the ARN of an SQS queue" in capsys.readouterr().err
