"""The wire to AWS: requests as botocore's clients send them, errors as they report them."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from smkube.aws import wire as module
from smkube.aws.session import Address, Clients
from smkube.aws.wire import Wire
from smkube.errors import AwsError
from tests.unit.aws.server import Answer, Request, Server, serving

OPERATION = "FilterLogEvents"
PARAMETERS = {"logGroupName": "group"}
BODY = json.dumps(PARAMETERS).encode()


@pytest.fixture
def wires() -> Iterator[list[Wire]]:
    """Wires that are closed at the end."""
    made: list[Wire] = []
    yield made
    for one in made:
        one.close()


def _wire(wires: list[Wire], monkeypatch: pytest.MonkeyPatch, url: str, **options: Any) -> Wire:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    made = Wire(**{"region": "eu-west-1", "user_agent": "plugin/1", **options})
    wires.append(made)
    return made


def _error(wire: Wire, operation: str = OPERATION) -> AwsError:
    with pytest.raises(AwsError) as caught:
        wire.post(operation, BODY)
    return caught.value


# --- requests ------------------------------------------------------------------------------------------------------


def test_a_request_as_the_protocol_wants_it(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Body and answer pass as they are, with the headers of JSON 1.1, and the signature is right."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    with serving(lambda _: Answer(body=b'{"events":[]}')) as server:
        assert _wire(wires, monkeypatch, server.url).post(OPERATION, BODY) == b'{"events":[]}'

    (request,) = server.requests
    assert request.target == "/"
    assert request.body == BODY
    assert request.headers["content-type"] == "application/x-amz-json-1.1"
    assert request.headers["x-amz-target"] == "Logs_20140328.FilterLogEvents"
    assert request.headers["x-amz-security-token"] == "session"
    assert request.headers["user-agent"].endswith(" plugin/1")
    assert request.headers["authorization"] == _signature(server, request, "eu-west-1", "logs")


def _signature(server: Server, request: Request, region: str, service: str) -> str:
    """What the header of a request has to be, worked out again by botocore from what arrived."""
    signed = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"content-type", "host", "x-amz-date", "x-amz-target"} <= set(signed)
    again = AWSRequest("POST", server.url + request.target, data=request.body)
    for name in signed:
        again.headers[name] = request.headers[name]
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), service, region)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    signer._inject_signature_to_request(again, signer.signature(text, again))
    return str(again.headers["Authorization"])


def test_sagemaker(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for SageMaker, under its own names."""
    with serving(lambda _: Answer()) as server:
        _wire(wires, monkeypatch, server.url, service="sagemaker").post("ListTrainingJobs", b"{}")

    (request,) = server.requests
    assert request.headers["x-amz-target"] == "SageMaker.ListTrainingJobs"
    assert request.headers["authorization"] == _signature(server, request, "eu-west-1", "sagemaker")


def test_many_threads_share_connections(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers reach the thread that asked, over no more connections than the pool has, which are kept."""
    with serving(lambda request: Answer(body=request.body)) as server:
        wire = _wire(wires, monkeypatch, server.url, pool_size=4)
        wrong: list[bytes] = []

        def ask(number: int) -> None:
            for turn in range(20):
                body = json.dumps([number, turn]).encode()
                if wire.post(OPERATION, body) != body:
                    wrong.append(body)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert not wrong
    assert len(server.requests) == 80
    assert len(Counter(request.connection for request in server.requests)) <= 4


def test_packed_answers(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Gzip is asked for, outside of the signature, and unpacked; an answer that cannot be is no answer."""
    packed = gzip.compress(b'{"events":[1]}')
    answers = iter([packed, packed[:-6]])

    with serving(lambda _: Answer(body=next(answers), headers={"Content-Encoding": "gzip"})) as server:
        wire = _wire(wires, monkeypatch, server.url)
        assert wire.post(OPERATION, BODY) == b'{"events":[1]}'
        assert _error(wire).code == "ConnectionError"

    assert server.requests[0].headers["accept-encoding"] == "gzip"
    assert "accept-encoding" not in server.requests[0].headers["authorization"]


def test_no_client_is_made() -> None:
    """Neither boto3 nor botocore's clients and descriptions of services are loaded for a request."""
    import subprocess
    import sys

    code = """
import sys
from smkube.aws.wire import Wire
Wire(region="us-east-1", user_agent="x").prepare()
Wire(region="us-east-1", user_agent="x", service="sagemaker").prepare()
print([name for name in sys.modules if name.startswith(("boto3", "botocore.client", "botocore.docs", "botocore.model",
    "botocore.session", "botocore.waiter", "botocore.handlers", "kubernetes", "jmespath"))])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


# --- refusals ------------------------------------------------------------------------------------------------------

ANSWERS = {
    "modeled": Answer(
        400,
        b'{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}',
        {"x-amzn-RequestId": "id-1"},
    ),
    "namespace and capital message": Answer(
        400, b'{"__type":"com.amazonaws.logs#ThrottlingException","Message":"Rate exceeded"}'
    ),
    "colon": Answer(400, b'{"__type":"AccessDeniedException:http://x/","Message":"no"}'),
    "query error": Answer(
        400,
        b'{"__type":"com.amazonaws.logs#X","message":"m"}',
        {"x-amzn-query-error": "AWS.X.NotThere;Sender", "x-amzn-RequestId": "id-2"},
    ),
    "no code": Answer(400, b'{"message":"m"}', {"x-amzn-RequestId": "id-3"}),
    "no message": Answer(403, b'{"__type":"ExpiredTokenException"}'),
    "empty": Answer(503, b""),
    "empty refusal": Answer(413, b""),
    "page of a balancer": Answer(502, b"<html><body>Bad Gateway</body></html>"),
    "plain text": Answer(500, b"out of order"),
    "5xx with code": Answer(500, b'{"__type":"InternalFailure","message":"oops"}', {"x-amzn-RequestId": "id-4"}),
    "redirect": Answer(307, b"", {"Location": "http://127.0.0.1:1/"}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_refusals_are_read_as_botocore_reads_them(
    name: str, wires: list[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code, message, status and request id are those that a client of botocore reports for the same answer."""
    with serving(lambda _: ANSWERS[name]) as server:
        ours = _error(_wire(wires, monkeypatch, server.url))
        with pytest.raises(AwsError) as theirs:
            Clients(user_agent="x").call(Address("logs", "eu-west-1"), OPERATION, PARAMETERS)

    assert _parts(ours) == _parts(theirs.value)
    assert len(server.requests) == 2, "something was sent twice"


def _parts(error: AwsError) -> tuple[Any, ...]:
    return error.operation, error.code, error.message, error.status, error.request_id


def test_refusals_that_botocore_cannot_read(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON that is no object, bytes that are no text, and a code in the header: an AwsError all the same."""
    answers = iter(
        [
            Answer(400, b"[1]"),
            Answer(500, b"\xff\xfe"),
            Answer(400, b'{"message":"m"}', {"x-amzn-ErrorType": "com.amazonaws#LimitExceededException:http://x/"}),
        ]
    )
    with serving(lambda _: next(answers)) as server:
        wire = _wire(wires, monkeypatch, server.url)
        found = [_error(wire) for _ in range(3)]

    assert [(error.code, error.status) for error in found] == [
        ("400", 400),
        ("500", 500),
        ("LimitExceededException", 400),
    ]
    assert found[0].message == "[1]"


# --- no answer -----------------------------------------------------------------------------------------------------


def _both(wire: Wire) -> tuple[AwsError, AwsError]:
    ours = _error(wire)
    with pytest.raises(AwsError) as theirs:
        Clients(user_agent="x").call(Address("logs", "eu-west-1"), OPERATION, PARAMETERS)
    return ours, theirs.value


def test_refused_connection(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, nothing was sent, and the text is botocore's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ours, theirs = _both(_wire(wires, monkeypatch, f"http://127.0.0.1:{free.getsockname()[1]}"))

    assert _parts(ours) == _parts(theirs)
    assert ours.code == "EndpointConnectionError"


def test_unknown_host(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is the same."""
    ours, theirs = _both(_wire(wires, monkeypatch, "http://nowhere.invalid"))

    assert _parts(ours) == _parts(theirs)
    assert ours.code == "EndpointConnectionError"


def test_closed_connection(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that closes without an answer leaves it open what happened."""
    with serving(lambda _: Answer(drop=True)) as server:
        ours, theirs = _both(_wire(wires, monkeypatch, server.url))

    assert _parts(ours) == _parts(theirs)
    assert ours.code == "ConnectionError"


def test_answer_that_breaks_off(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer is none."""
    with serving(lambda _: Answer(body=b'{"events":[', length=100)) as server:
        error = _error(_wire(wires, monkeypatch, server.url))

    assert error.code == "ConnectionError"
    assert error.message == "The answer broke off after 11 of 100 bytes."


def test_answer_that_does_not_come(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """After the read timeout, the wait is over."""
    monkeypatch.setattr(module, "READ_TIMEOUT", 0.2)
    release = threading.Event()

    def late(_: Request) -> Answer:
        release.wait(20)
        return Answer()

    with serving(late) as server:
        error = _error(_wire(wires, monkeypatch, server.url))
        release.set()

    assert error.code == "ConnectionError"
    assert "Read timeout" in error.message


# --- clocks --------------------------------------------------------------------------------------------------------


def _clock(ahead: timedelta, code: str) -> Any:
    """AWS, whose clock is ahead of ours and who takes signatures of five minutes around."""

    def answer(request: Request) -> Answer:
        now = datetime.now(UTC) + ahead
        signed = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        headers = {"Date": format_datetime(now, usegmt=True)}
        if abs(now - signed) < timedelta(minutes=5):
            return Answer(headers=headers)
        return Answer(400, json.dumps({"__type": code, "message": "Signature expired"}).encode(), headers)

    return answer


@pytest.mark.parametrize("hours", [-30, 1])
@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "InvalidSignatureException", "SignatureDoesNotMatch"])
def test_a_wrong_clock_is_made_up_for(
    hours: int, code: str, wires: list[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this machine's clock is wrong, AWS's time is taken, for the next requests as well."""
    with serving(_clock(timedelta(hours=hours), code)) as server:
        wire = _wire(wires, monkeypatch, server.url)
        assert [wire.post(OPERATION, BODY) for _ in range(3)] == [b"{}"] * 3

    assert len(server.requests) == 4
    assert all(
        request.headers["authorization"] == _signature(server, request, "eu-west-1", "logs")
        for request in server.requests
    )


def test_a_wrong_signature_is_not_the_clocks_fault(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the right time, a refused signature is reported at once."""
    headers = {"Date": format_datetime(datetime.now(UTC), usegmt=True)}
    with serving(lambda _: Answer(403, b'{"__type":"InvalidSignatureException"}', headers)) as server:
        assert _error(_wire(wires, monkeypatch, server.url)).code == "InvalidSignatureException"

    assert len(server.requests) == 1


def test_a_clock_that_cannot_be_made_up_for(wires: list[Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's time is tried once; a second refusal is reported."""
    with serving(lambda _: Answer(403, b'{"__type":"RequestTimeTooSkewed"}', {"Date": _far()})) as server:
        assert _error(_wire(wires, monkeypatch, server.url)).code == "RequestTimeTooSkewed"

    assert len(server.requests) == 2


def _far() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
