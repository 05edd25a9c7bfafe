"""Requests to CloudWatch Logs say what is meant, and its errors become what the engines act on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smkube.aws.logs import NEWEST_FIRST_SINCE, FilterSource, GroupReader
from smkube.errors import AwsError
from smkube.logs.model import Event, SourceError, Trouble, Window
from smkube.logs.reading import StreamFacts, StreamGone, Throttled, Unsupported
from smkube.logs.streams import Selection

GROUP = "/aws/sagemaker/TrainingJobs"


class Post:
    """Answers each request with the next thing it was given: an answer, bytes as they are, or an error."""

    def __init__(self, *answers: dict[str, Any] | bytes | AwsError) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def post(self, operation: str, body: bytes) -> bytes:
        """See Wire."""
        self.sent.append((operation, json.loads(body)))
        answer = self._answers.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def renew(self) -> bool:
        """See Wire."""
        return True


def _reader(post: Post, selection: Selection | None = None, pattern: str = "") -> GroupReader:
    return GroupReader(post, group=GROUP, selection=selection or Selection("x/"), filter_pattern=pattern)


def _refused(code: str, message: str = "no", status: int = 400) -> AwsError:
    return AwsError("GetLogEvents", code, message, status=status)


def test_stream_excludes_the_stop_and_says_where_to_begin() -> None:
    """GetLogEvents gets both times and the direction; its end time is exclusive, as ours is."""
    post = Post({"events": [], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"})
    portion = _reader(post).stream("x/a", 10, 20, limit=7)
    assert post.sent == [
        (
            "GetLogEvents",
            {
                "logGroupName": GROUP,
                "logStreamName": "x/a",
                "startTime": 10,
                "endTime": 20,
                "startFromHead": True,
                "limit": 7,
            },
        )
    ]
    assert (portion.first, portion.last, portion.token) == (None, None, "f/1")


@pytest.mark.parametrize(
    ("sent", "returned", "following"), [("f/1", "f/1", ""), ("f/1", "f/2", "f/2"), ("", "f/1", "f/1")]
)
def test_a_stream_ends_with_the_token_that_was_sent(sent: str, returned: str, following: str) -> None:
    """An empty part is no end; the token that comes back is."""
    post = Post({"events": [], "nextForwardToken": returned})
    assert _reader(post).stream("x/a", 10, 20, sent).token == following


def test_search_includes_its_end_time() -> None:
    """FilterLogEvents includes its end time: one millisecond less is asked for."""
    post = Post({"events": []}, {"events": [], "nextToken": "t"})
    reader = _reader(post, pattern="ERROR")
    assert reader.only_search
    assert reader.search((), 10, 20).token == ""
    assert reader.search(("x/a",), 10, 20, "s").token == "t"
    common = {"logGroupName": GROUP, "startTime": 10, "endTime": 19, "filterPattern": "ERROR"}
    assert [request for _, request in post.sent] == [
        {**common, "logStreamNamePrefix": "x/"},
        {**common, "logStreamNames": ["x/a"], "nextToken": "s"},
    ]


def test_list_of_streams() -> None:
    """Streams come with their times where they have any."""
    post = Post(
        {
            "logStreams": [
                {"logStreamName": "x/a", "firstEventTimestamp": 5, "lastEventTimestamp": 9},
                {"logStreamName": "x/b"},
            ],
            "nextToken": "more",
        }
    )
    listing = _reader(post).list("")
    assert listing.streams == (StreamFacts("x/a", 5, 9), StreamFacts("x/b"))
    assert listing.token == "more"
    assert post.sent == [("DescribeLogStreams", {"logGroupName": GROUP, "logStreamNamePrefix": "x/"})]


@pytest.mark.parametrize(
    ("error", "kind", "trouble"),
    [
        (
            _refused("ResourceNotFoundException", "The specified log stream does not exist."),
            StreamGone,
            Trouble.MISSING,
        ),
        (
            _refused("ResourceNotFoundException", "The specified log group does not exist."),
            SourceError,
            Trouble.MISSING,
        ),
        (_refused("ThrottlingException", "Rate exceeded"), Throttled, Trouble.BUSY),
        (_refused("ServiceUnavailableException", status=503), SourceError, Trouble.BUSY),
        (_refused("ConnectionError", status=0), SourceError, Trouble.BUSY),
        (_refused("AccessDeniedException"), SourceError, Trouble.DENIED),
        (_refused("ExpiredTokenException"), SourceError, Trouble.CREDENTIALS),
        (_refused("InvalidParameterException"), SourceError, Trouble.TOKEN),
    ],
)
def test_errors(error: AwsError, kind: type[SourceError], trouble: Trouble) -> None:
    """Each error of the service means one thing to the engines, and is chained."""
    with pytest.raises(SourceError) as caught:
        _reader(Post(error)).stream("x/a", 10, 20, "token")
    assert type(caught.value) is kind
    assert caught.value.trouble is trouble
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "body", [b"", b"<html>proxy</html>", b'{"events":[{"timestamp":1', b'{"events":[],"nextToken":5}']
)
def test_an_answer_that_is_no_json_is_asked_for_again(body: bytes) -> None:
    """What a proxy says, or half an answer, is a passing trouble."""
    with pytest.raises(SourceError) as caught:
        _reader(Post(body)).search((), 10, 20)
    assert caught.value.trouble is Trouble.BUSY


def test_backwards_not_before_the_service_can() -> None:
    """A start that is too early for reading backwards is moved; a refusal says that it cannot be done."""
    post = Post({"events": []}, _refused("InvalidParameterException"))
    reader = _reader(post)
    reader.search_back(0, NEWEST_FIRST_SINCE + 100)
    with pytest.raises(Unsupported):
        reader.search_back(0, NEWEST_FIRST_SINCE + 100)
    assert post.sent[0][1]["startTime"] == NEWEST_FIRST_SINCE == reader.back_since
    assert post.sent[0][1]["startFromHead"] is False


def test_filter_source_pages() -> None:
    """Following reads pages with ids, of accepted streams only, and includes the window's end."""
    event = {"timestamp": 12, "message": "m", "ingestionTime": 13, "eventId": "1"}
    post = Post(
        {"events": [{**event, "logStreamName": name} for name in ("x/algo-1-5", "x/algo-2-5")], "nextToken": "n"}
    )
    selection = Selection("x/", hosts=frozenset({"algo-2"}))
    page = FilterSource(post, group=GROUP, selection=selection).page(Window(10, 20), "t")
    assert page.events == [Event(12, "x/algo-2-5", "m", "1", 13)]
    assert page.token == "n"
    request = {"logGroupName": GROUP, "logStreamNamePrefix": "x/", "startTime": 10, "endTime": 20, "nextToken": "t"}
    assert post.sent == [("FilterLogEvents", request)]
