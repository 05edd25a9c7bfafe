"""The last log lines of what failed: found, masked and cut, for the Event that tells of the failure."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sagemaker_operator import facts, failurelog
from sagemaker_operator.steps import Ask
from smkube import kinds
from tests.unit.operator.cases import JOB, REGION, TARGET, case, refusal

ENDPOINT = facts.Target("endpoint", REGION, "https://vpce.example.com")


def answered(streams: dict[str, int], *lines: str, **more: Any) -> facts.Facts:
    """Facts of a pass in which both calls were answered."""
    found = [{"logStreamName": name, "lastEventTimestamp": moment} for name, moment in streams.items()]
    answers = {
        failurelog.STREAMS: facts.Found({"logStreams": found}),
        failurelog.TAIL: facts.Found({"events": [{"message": line} for line in lines]}),
    }
    return case(answers=answers, **more)


def test_streams_of_a_job_are_found_by_name_and_slash() -> None:
    """The streams of `x-2` are none of job `x`'s, and the logs are not asked for at SageMaker's own endpoint."""
    step = failurelog.step(case(), facts.Target(JOB, REGION, "https://vpce.example.com"))

    query = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamNamePrefix": f"{JOB}/"}
    assert step == Ask(failurelog.STREAMS, TARGET, "DescribeLogStreams", query, service="logs")


def test_an_endpoint_has_a_group_of_its_own() -> None:
    """All streams of an endpoint's group are its own."""
    step = failurelog.step(case(kinds.HOSTING_DEPLOYMENT, spec={}), ENDPOINT)

    assert step is not None
    assert step.parameters == {"logGroupName": "/aws/sagemaker/Endpoints/endpoint"}


@pytest.mark.parametrize("kind", [kinds.TUNING_JOB, kinds.MODEL, kinds.AUTOSCALING_POLICY], ids=lambda kind: kind.name)
def test_kinds_without_logs_are_not_asked_about(kind: kinds.Kind) -> None:
    """No call is made for what writes no log."""
    assert failurelog.step(case(kind, spec={}), TARGET) is None


def test_the_stream_written_last_is_read_from_its_end() -> None:
    """Of all hosts the one that wrote last is shown; the data log of a transform job is no program's log."""
    streams = {f"{JOB}/algo-1-1": 5, f"{JOB}/algo-2-1": 9, f"{JOB}/algo-2-1/data-log": 99}
    found = [{"logStreamName": name, "lastEventTimestamp": moment} for name, moment in streams.items()]

    step = failurelog.step(case(answers={failurelog.STREAMS: facts.Found({"logStreams": found})}), TARGET)

    assert step is not None
    assert step.operation == "GetLogEvents"
    assert step.parameters["logStreamName"] == f"{JOB}/algo-2-1"
    assert (step.parameters["limit"], step.parameters["startFromHead"]) == (failurelog.LINES, False)


@pytest.mark.parametrize(
    "answer",
    [facts.Absent(), refusal("AccessDenied", "DescribeLogStreams"), facts.Found({"logStreams": []}), facts.Found({})],
    ids=["no group", "denied", "no streams", "empty answer"],
)
def test_without_streams_there_are_no_lines(answer: facts.Answer) -> None:
    """What cannot be read is left out; nothing more is asked."""
    f = case(answers={failurelog.STREAMS: answer})

    assert failurelog.step(f, TARGET) is None
    assert failurelog.tail(f, 1000) == ""


@pytest.mark.parametrize("answer", [facts.Absent(), refusal("Throttled", "GetLogEvents"), facts.Found({})])
def test_a_stream_that_cannot_be_read_gives_no_lines(answer: facts.Answer) -> None:
    """A refusal of the second call ends the matter too."""
    f = answered({f"{JOB}/algo-1-1": 1})
    f = case(answers={**f.answers, failurelog.TAIL: answer})

    assert failurelog.step(f, TARGET) is None
    assert failurelog.tail(f, 1000) == ""


def test_the_newest_lines_are_kept_in_order() -> None:
    """The text has the host and as many of the last lines as there is room for, the newest last, no blank ones."""
    f = answered({f"{JOB}/algo-1-1700000000": 1}, "first", "  ", "second\n", "third")

    assert failurelog.tail(f, 1000) == "Last log lines of algo-1: first | second | third"
    assert failurelog.tail(f, 47) == "Last log lines of algo-1: second | third"
    assert failurelog.tail(f, 20) == ""


def test_the_text_is_never_longer_than_its_room() -> None:
    """An Event has 1024 characters: nothing may go over what is left of them."""
    f = answered({f"{JOB}/algo-1-1": 1}, *(f"line {number} of some length" for number in range(12)))

    assert [room for room in range(400) if len(failurelog.tail(f, room)) > room] == []


def test_a_long_line_is_cut() -> None:
    """One endless line does not take the room of all others."""
    f = answered({f"{JOB}/algo-1-1": 1}, "before", "x" * 5000)

    assert failurelog.tail(f, 1000) == f"Last log lines of algo-1: before | {'x' * failurelog.LINE_LIMIT}"


def test_a_line_of_a_million_characters_is_searched_quickly() -> None:
    """User code can print anything, and no line of it may keep a worker busy."""
    f = answered({f"{JOB}/algo-1-1": 1}, "0_1" * 350_000, "--" * 500_000, "eyJ" * 300_000)
    began = time.process_time()

    assert failurelog.tail(f, 1000)
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
        ("ASIAIOSFODNN7EXAMPLE", "***"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=***"),
        ("aws_session_token: IQoJb3JpZ2luX2Vj//x", "aws_session_token: ***"),
        ('{"SecretAccessKey": "abc/def", "n": 1}', '{"SecretAccessKey": "***", "n": 1}'),
        ("{'password': 'hunter2'}", "{'password': '***'}"),
        ("db_password=hunter2 retries=3", "db_password=*** retries=3"),
        ("MYSQL_PASSWD = 'x y'", "MYSQL_PASSWD = '*** y'"),
        ("run.py --password hunter2 --epochs 3", "run.py --password *** --epochs 3"),
        ("--api-key=abc123", "--api-key=***"),
        ("api_key=abc&x=1", "api_key=***&x=1"),
        ("GET https://h/p?X-Amz-Credential=AK%2F1&X-Amz-Signature=ab12&z=1",
         "GET https://h/p?X-Amz-Credential=***&X-Amz-Signature=***&z=1"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("curl -H 'Authorization: Bearer abc.def'", "curl -H 'Authorization: *** ***"),
        ("postgresql://user:pa55@db.example.com/x", "postgresql://***@db.example.com/x"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl end", "jwt *** end"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0", "***"),
        ("ghp_0123456789abcdefABCDEF0123456789abcd", "***"),
        ("github_pat_11ABCDEFG0123456789_abcdef", "***"),
        ("hf_ABCDEFGHIJKLMNOPQRSTUV", "***"),
        ("sk-abcdefghijklmnopqrstuvwx", "***"),
        ("xoxb-123456789012-abcdefghij", "***"),
        ("AIzaSyA0123456789abcdefghijklmnopqrstuv", "***"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIEow", "***"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_masked(line: str, shown: str) -> None:
    """Names that promise a secret, and values that look like one."""
    assert failurelog.masked(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "AlgorithmError: could not open s3://bucket/path/train.csv",
        "ModuleNotFoundError: No module named 'torch'",
        "step=100 loss=0.125 lr=1e-4",
        "https://example.com:8080/path?x=1",
        "2026-11-24T10:00:00Z INFO starting",
        "epoch 3/10 [=====>....] - 12s",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    """What helps to understand a failure is not masked."""
    assert failurelog.masked(line) == line


def test_a_secret_that_is_cut_is_still_masked() -> None:
    """A line is searched before it is cut to its length, so that no cut hides what a value is."""
    f = answered({f"{JOB}/algo-1-1": 1}, "x " * 95 + "password=" + "s" * 1500)

    assert "sss" not in failurelog.tail(f, 1000)
