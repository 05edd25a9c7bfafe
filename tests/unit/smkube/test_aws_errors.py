"""AWS's errors are told apart by code and text as the services really send them."""

from __future__ import annotations

import io

import pytest
from botocore.awsrequest import AWSResponse

from smkube.aws import errors
from smkube.aws.errors import Cause
from smkube.aws.session import Address, Clients
from smkube.errors import AwsError

CASES = [
    ("DescribeTrainingJob", "ValidationException", "Requested resource not found.", 400, Cause.NOT_FOUND),
    ("DescribeTrainingJob", "ValidationException", "1 validation error detected: ...", 400, Cause.INVALID),
    ("StopTrainingJob", "ValidationException", "Requested resource not found.", 400, Cause.NOT_FOUND),
    ("CreateTrainingJob", "ValidationException", "Requested resource not found.", 400, Cause.INVALID),
    ("DescribeTransformJob", "ValidationException", "Could not find requested job with name: x", 400, Cause.NOT_FOUND),
    ("DescribeTransformJob", "ValidationException", "Value 'x' at ...", 400, Cause.INVALID),
    ("CreateTransformJob", "ValidationException", 'Could not find model "arn:x".', 400, Cause.DEPENDENCY),
    ("CreateEndpoint", "ValidationException", 'Could not find endpoint configuration "x".', 400, Cause.DEPENDENCY),
    ("UpdateEndpoint", "ValidationException", 'Could not find endpoint configuration "x".', 400, Cause.DEPENDENCY),
    ("UpdateEndpoint", "ValidationException", 'Could not find model "x".', 400, Cause.DEPENDENCY),
    ("RegisterScalableTarget", "ValidationException", 'Could not find endpoint "x".', 400, Cause.DEPENDENCY),
    ("UpdateEndpoint", "ValidationException", 'Could not find endpoint "x".', 400, Cause.NOT_FOUND),
    ("DescribeEndpoint", "ValidationException", 'Could not find endpoint "x".', 400, Cause.NOT_FOUND),
    (
        "DescribeEndpointConfig",
        "ValidationException",
        'Could not find endpoint configuration "x".',
        400,
        Cause.NOT_FOUND,
    ),
    ("CreateModel", "ValidationException", 'Cannot create already existing model "x".', 400, Cause.NAME_TAKEN),
    ("UpdateEndpoint", "ValidationException", 'Cannot update in-progress endpoint "x".', 400, Cause.CONFLICT),
    ("DescribeHyperParameterTuningJob", "ResourceNotFound", "Amazon SageMaker can't find ...", 400, Cause.NOT_FOUND),
    ("DeleteScalingPolicy", "ObjectNotFoundException", "No scaling policy found", 400, Cause.NOT_FOUND),
    ("FilterLogEvents", "ResourceNotFoundException", "The specified log group does not exist.", 400, Cause.NOT_FOUND),
    ("CreateTrainingJob", "ThrottlingException", "Rate exceeded", 400, Cause.THROTTLED),
    ("CreateTrainingJob", "ResourceLimitExceeded", "The account-level service limit ...", 400, Cause.QUOTA),
    ("CreateTrainingJob", "ResourceInUse", "Training job names must be unique ...", 400, Cause.NAME_TAKEN),
    ("CreateTrainingJob", "AccessDeniedException", "User: x is not authorized ...", 400, Cause.DENIED),
    ("CreateTrainingJob", "ExpiredTokenException", "The security token ... is expired", 403, Cause.CREDENTIALS),
    ("CreateTrainingJob", "UnrecognizedClientException", "The security token ... is invalid", 403, Cause.CREDENTIALS),
    ("CreateTrainingJob", "NoCredentials", "Unable to locate credentials", 0, Cause.CREDENTIALS),
    ("CreateTrainingJob", "InternalFailure", "", 500, Cause.SERVICE),
    ("CreateTrainingJob", "SomethingNew", "", 503, Cause.SERVICE),
    ("CreateTrainingJob", "SomethingNew", "", 400, Cause.INVALID),
    ("CreateTrainingJob", "ConnectionError", "connection reset", 0, Cause.NO_ANSWER),
    ("CreateTrainingJob", "EndpointConnectionError", "Could not connect to the endpoint URL", 0, Cause.NO_ANSWER),
    ("PutScalingPolicy", "LimitExceededException", "too many", 400, Cause.QUOTA),
    ("ListTags", "LimitExceededException", "too many", 400, Cause.THROTTLED),
]


@pytest.mark.parametrize(("operation", "code", "message", "status", "wanted"), CASES)
def test_causes(operation: str, code: str, message: str, status: int, wanted: Cause) -> None:
    """Each error has one meaning; the same text can mean different things for different operations."""
    assert errors.cause(AwsError(operation, code, message, status=status)) is wanted


def test_doubt() -> None:
    """After a lost answer, a 5xx and "name is taken" a job may exist; a refusal, or no connection, made none."""
    doubtful = {
        (operation, code)
        for operation, code, message, status, _ in CASES
        if operation.startswith("Create") and errors.leaves_doubt(AwsError(operation, code, message, status=status))
    }

    training = {"InternalFailure", "SomethingNew", "ConnectionError", "ResourceInUse"}
    assert doubtful == {("CreateModel", "ValidationException"), *(("CreateTrainingJob", code) for code in training)}
    assert not errors.leaves_doubt(AwsError("CreateTrainingJob", "ThrottlingException", "Rate exceeded", status=400))


def test_text_is_the_originals() -> None:
    """`additional` shows AWS errors in the form users of the original know: two lines, tab-indented."""
    error = AwsError("CreateTrainingJob", "ValidationException", "no", status=400, request_id="r")

    assert error.text() == "ValidationException: no\n\tstatus code: 400, request id: r"


def test_a_stop_that_came_too_late() -> None:
    """Stopping a job that is over is no failure."""
    late = "The request was rejected because the training job is in status Completed."

    assert errors.is_already_over(AwsError("StopTrainingJob", "ValidationException", late, status=400))
    assert not errors.is_already_over(AwsError("StopTrainingJob", "ValidationException", "else", status=400))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>a proxy's page"),
        (200, b'{"TrainingJobArn": "ar'),
        (200, b"null"),
        (400, b"7"),
        (400, b'{"__type": true}'),
    ],
)
def test_an_answer_that_is_none_of_awss_leaves_a_doubt(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What something between us and AWS has written says nothing of whether a job was created."""
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(name, value)
    clients, address = Clients(user_agent="test"), Address("sagemaker", "us-east-1")
    answer = AWSResponse("http://aws", status, {}, io.BytesIO(body))
    answer._content = body
    clients.get(address).meta.events.register("before-send", lambda **_more: answer)

    with pytest.raises(AwsError) as caught:
        clients.call(address, "StopTrainingJob" if status == 400 else "ListTrainingJobs", _PARAMETERS[status])

    assert errors.cause(caught.value) is Cause.NO_ANSWER
    assert errors.leaves_doubt(caught.value)


def test_an_endless_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes into statuses and logs has an end, whoever wrote it."""
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(name, value)
    clients, address = Clients(user_agent="test"), Address("sagemaker", "us-east-1")
    answer = AWSResponse("http://aws", 400, {}, io.BytesIO())
    answer._content = b'{"__type": "ValidationException", "message": "' + b"x" * 1_000_000 + b'"}'
    clients.get(address).meta.events.register("before-send", lambda **_more: answer)

    with pytest.raises(AwsError) as caught:
        clients.call(address, "StopTrainingJob", _PARAMETERS[400])

    assert len(caught.value.message) == errors.LONGEST_MESSAGE


_PARAMETERS: dict[int, dict[str, str]] = {200: {}, 400: {"TrainingJobName": "a"}}
