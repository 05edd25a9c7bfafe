"""AWS's errors: translated once, and told apart by predicates.

Codes and message texts of AWS stand here and nowhere else. Sources: the error sections of the SageMaker API
reference, botocore's retry tables, and the texts the original operator relied on.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator, Sequence

from smkube.errors import AwsError

LONGEST_MESSAGE = 8192
"""Characters kept of an error's text: it goes into statuses and logs, and others than AWS may have written it."""
LONGEST_CODE = 128
"""The same of its code."""


class Cause(enum.Enum):
    """What an AWS error means for us."""

    NOT_FOUND = "NotFound"
    THROTTLED = "Throttled"
    QUOTA = "QuotaExceeded"
    DENIED = "AccessDenied"
    CREDENTIALS = "CredentialsInvalid"
    NAME_TAKEN = "NameTaken"
    CONFLICT = "Conflict"
    INVALID = "InvalidSpec"
    DEPENDENCY = "DependencyNotReady"
    SERVICE = "ServiceError"
    NO_ANSWER = "NoAnswer"


_THROTTLED = {
    *("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "SlowDown"),
    *("BandwidthLimitExceeded", "PriorRequestNotComplete", "EC2ThrottledException"),
}
_QUOTA = {"ResourceLimitExceeded", "ServiceQuotaExceededException"}
_DENIED = {
    "AccessDeniedException",
    "AccessDenied",
    "UnauthorizedOperation",
    "NotAuthorized",
    "OptInRequired",
    "FailedResourceAccessException",
}
_CREDENTIALS = {
    *("ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"),
    *("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId"),
    *("MissingAuthenticationToken", "MissingAuthenticationTokenException", "NoCredentials", "TokenRetrieval"),
}
_SERVICE = {
    *("InternalFailure", "InternalServerError", "InternalServiceException", "ServiceUnavailable"),
    *("ServiceUnavailableException", "RequestExpired", "RequestTimeout", "RequestTimeoutException"),
}
_NAME_TAKEN = {"ResourceInUse", "ResourceInUseException"}
_CONFLICT = {"ConflictException", "ConcurrentUpdateException"}
_NO_ANSWER = "ConnectionError"
_MISREAD = (AttributeError, TypeError, LookupError, ValueError, ArithmeticError, RuntimeError)
"""What botocore's parsers raise where an answer has another form than they trust it to have."""
_UNREADABLE = "UnreadableAnswer"
"""An answer came that is none of AWS's: a proxy's page, half an answer. What was asked for may have been done."""
_NOT_SENT = "EndpointConnectionError"
"""No connection came about: nothing can have taken effect."""
_SCALING_LIMITED = {"RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"}
"""Operations whose `LimitExceededException` speaks of a quota, where other APIs mean a rate by it."""
_NOT_IN_SERVICE = "The status should be in 'InService' to register it as a scalable target"

_NO_ENDPOINT, _NO_CONFIGURATION = "Could not find endpoint", "Could not find endpoint configuration"

_NOT_FOUND: dict[str, tuple[str, tuple[str, ...]]] = {
    "DescribeTrainingJob": ("ValidationException", ("Requested resource not found",)),
    "StopTrainingJob": ("ValidationException", ("Requested resource not found",)),
    "DescribeTransformJob": ("ValidationException", ("Could not find", "Requested resource not found")),
    "StopTransformJob": ("ValidationException", ("Could not find", "Requested resource not found")),
    **{
        f"{verb}ProcessingJob": (
            "ValidationException",
            ("Could not find requested job", "Requested resource not found"),
        )
        for verb in ("Describe", "Stop", "Delete")
    },
    "DeleteTrainingJob": ("ValidationException", ("Requested resource not found",)),
    "DescribeModel": ("ValidationException", ("Could not find model",)),
    "DeleteModel": ("ValidationException", ("Could not find model",)),
    "DescribeEndpointConfig": ("ValidationException", (_NO_CONFIGURATION,)),
    "DeleteEndpointConfig": ("ValidationException", (_NO_CONFIGURATION,)),
    "DescribeEndpoint": ("ValidationException", (_NO_ENDPOINT,)),
    "DeleteEndpoint": ("ValidationException", (_NO_ENDPOINT,)),
    "UpdateEndpoint": ("ValidationException", (_NO_ENDPOINT,)),
    **{
        f"{verb}Tags": ("ValidationException", ("Could not find", "Requested resource not found", "No resource found"))
        for verb in ("List", "Add", "Delete")
    },
}
"""Per operation the code and the beginnings of the message that mean "there is no such thing"."""

_WAITS_FOR = (
    ("CreateEndpointConfig", "Could not find model"),
    ("CreateTransformJob", "Could not find model"),
    ("CreateEndpoint", "Could not find model"),
    ("UpdateEndpoint", "Could not find model"),
    ("CreateEndpoint", _NO_CONFIGURATION),
    ("UpdateEndpoint", _NO_CONFIGURATION),
    ("RegisterScalableTarget", _NO_ENDPOINT),
    ("RegisterScalableTarget", "Could not find variant"),
)
"""Operation and beginning of the message of a ValidationException that asks for something else to be there first."""


def cause(error: AwsError) -> Cause:
    """Classify an error; whatever is not known counts as invalid for 4xx and as the service's fault otherwise."""
    if not error.status and error.code in {_NO_ANSWER, _UNREADABLE, _NOT_SENT}:
        return Cause.NO_ANSWER
    if error.code == "LimitExceededException" and error.operation in _SCALING_LIMITED:
        return Cause.QUOTA
    for codes, meaning in (
        (_THROTTLED, Cause.THROTTLED),
        (_QUOTA, Cause.QUOTA),
        (_DENIED, Cause.DENIED),
        (_CREDENTIALS, Cause.CREDENTIALS),
        (_SERVICE, Cause.SERVICE),
        (_NAME_TAKEN, Cause.NAME_TAKEN),
        (_CONFLICT, Cause.CONFLICT),
    ):
        if error.code in codes:
            return meaning
    if is_not_found(error):
        return Cause.NOT_FOUND
    if error.code == "ValidationException":
        return _by_text(error)
    return Cause.SERVICE if error.status >= 500 else Cause.INVALID


def _by_text(error: AwsError) -> Cause:
    """SageMaker's hosting API says with one code what others have many for."""
    if error.message.startswith("Cannot create already existing"):
        return Cause.NAME_TAKEN
    if error.message.startswith("Cannot update in-progress endpoint"):
        return Cause.CONFLICT
    waits = any(error.operation == operation and error.message.startswith(text) for operation, text in _WAITS_FOR)
    return Cause.DEPENDENCY if waits or _NOT_IN_SERVICE in error.message else Cause.INVALID


def is_not_found(error: AwsError) -> bool:
    """The thing the operation asked for does not exist.

    SageMaker says so with `ValidationException`, which it also uses for invalid requests: only the beginning of
    the message tells the two apart. Tuning jobs, CloudWatch Logs and Application Auto Scaling have error codes for it.
    """
    if error.code in {"ResourceNotFound", "ResourceNotFoundException", "ObjectNotFoundException"}:
        return True
    code, prefixes = _NOT_FOUND.get(error.operation, ("", ()))
    if prefixes == (_NO_ENDPOINT,) and error.message.startswith(_NO_CONFIGURATION):
        # The beginning of one text is the whole of the other.
        return False
    return error.code == code and error.message.startswith(prefixes)


def is_already_over(error: AwsError) -> bool:
    """A Stop was refused because the job is no longer running."""
    return error.code == "ValidationException" and error.message.startswith("The request was rejected because")


def leaves_doubt(error: AwsError) -> bool:
    """After this error of a Create the job may exist all the same: look before doing anything else."""
    doubtful = {Cause.NO_ANSWER, Cause.SERVICE, Cause.NAME_TAKEN, Cause.CONFLICT}
    return error.code != _NOT_SENT and cause(error) in doubtful


@contextlib.contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn botocore's exceptions into AwsError, chained.

    Args:
        operation: the API operation the block calls.
    """
    import botocore.exceptions as boto

    try:
        yield
    except boto.ClientError as error:
        raise _from_answer(operation, error) from error
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError) as error:
        raise AwsError(operation, "NoCredentials", str(error)) from error
    except (boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError) as error:
        raise AwsError(operation, "TokenRetrieval", str(error)) from error
    except boto.ParamValidationError as error:
        raise AwsError(operation, "ParamValidation", " ".join(str(error).split()), status=400) from error
    except (boto.EndpointConnectionError, boto.ConnectTimeoutError) as error:
        raise AwsError(operation, _NOT_SENT, str(error)) from error
    except (boto.HTTPClientError, boto.ConnectionError, boto.ResponseStreamingError) as error:
        raise AwsError(operation, _NO_ANSWER, str(error)) from error
    except boto.BotoCoreError as error:
        raise AwsError(operation, type(error).__name__, str(error), status=400) from error


@contextlib.contextmanager
def readable(operation: str) -> Iterator[None]:
    """Turn what botocore's parsers raise at an answer that is none of AWS's into AwsError; they trust its form.

    Args:
        operation: the API operation that the block calls, and nothing else does the block.
    """
    import botocore.parsers

    try:
        yield
    except (botocore.parsers.ResponseParserError, *_MISREAD) as error:
        raise AwsError(operation, _UNREADABLE, f"{type(error).__name__}: {error}") from error


def check_empty(operation: str, required: Sequence[str]) -> None:
    """An answer with nothing in it came.

    Raises:
        AwsError: there should have been something.
    """
    if required:
        raise AwsError(operation, _UNREADABLE, f"The answer has no {required[0]}.")


def _from_answer(operation: str, error: Exception) -> AwsError:
    answer = getattr(error, "response", {})
    metadata = answer.get("ResponseMetadata", {})
    problem = answer.get("Error", {})
    return AwsError(
        operation,
        str(problem.get("Code") or "Unknown")[:LONGEST_CODE],
        str(problem.get("Message") or "no message")[:LONGEST_MESSAGE],
        status=int(metadata.get("HTTPStatusCode") or 0),
        request_id=str(metadata.get("RequestId") or ""),
    )
