"""AWS's errors: translated once, and told apart by predicates.

Codes and message texts of AWS stand here and nowhere else. Sources: the error sections of the SageMaker API
reference, botocore's retry tables, and the texts the original operator relied on.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator

from smkube.errors import AwsError


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
    SERVICE = "ServiceError"
    NO_ANSWER = "NoAnswer"


_THROTTLED = {
    *("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "SlowDown"),
    *("BandwidthLimitExceeded", "PriorRequestNotComplete", "EC2ThrottledException"),
}
_QUOTA = {"ResourceLimitExceeded", "ServiceQuotaExceededException"}
_DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized", "OptInRequired"}
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

_NOT_FOUND: dict[str, tuple[str, tuple[str, ...]]] = {
    "DescribeTrainingJob": ("ValidationException", ("Requested resource not found",)),
    "StopTrainingJob": ("ValidationException", ("Requested resource not found",)),
    "DescribeTransformJob": ("ValidationException", ("Could not find", "Requested resource not found")),
    "StopTransformJob": ("ValidationException", ("Could not find", "Requested resource not found")),
    "ListTags": (
        "ValidationException",
        ("Could not find", "Requested resource not found", "No resource found"),
    ),
}
"""Per operation the code and the beginnings of the message that mean "there is no such job"."""


def cause(error: AwsError) -> Cause:
    """Classify an error; whatever is not known counts as invalid for 4xx and as the service's fault otherwise."""
    if not error.status and error.code == _NO_ANSWER:
        return Cause.NO_ANSWER
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
    return Cause.SERVICE if error.status >= 500 else Cause.INVALID


def is_not_found(error: AwsError) -> bool:
    """The thing the operation asked for does not exist.

    SageMaker says so with `ValidationException`, which it also uses for invalid requests: only the beginning of
    the message tells the two apart. CloudWatch Logs has an error code for it.
    """
    if error.code in {"ResourceNotFound", "ResourceNotFoundException"}:
        return True
    code, prefixes = _NOT_FOUND.get(error.operation, ("", ()))
    return error.code == code and error.message.startswith(prefixes)


def is_already_over(error: AwsError) -> bool:
    """A Stop was refused because the job is no longer running."""
    return error.code == "ValidationException" and error.message.startswith("The request was rejected because")


def leaves_doubt(error: AwsError) -> bool:
    """After this error of a Create the job may exist all the same: look before doing anything else."""
    return cause(error) in {Cause.NO_ANSWER, Cause.SERVICE, Cause.NAME_TAKEN, Cause.CONFLICT}


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
    except (boto.HTTPClientError, boto.ConnectionError, boto.ResponseStreamingError) as error:
        raise AwsError(operation, _NO_ANSWER, str(error)) from error
    except boto.BotoCoreError as error:
        raise AwsError(operation, type(error).__name__, str(error), status=400) from error


def _from_answer(operation: str, error: Exception) -> AwsError:
    answer = getattr(error, "response", {})
    metadata = answer.get("ResponseMetadata", {})
    problem = answer.get("Error", {})
    return AwsError(
        operation,
        str(problem.get("Code") or "Unknown"),
        str(problem.get("Message") or "no message"),
        status=int(metadata.get("HTTPStatusCode") or 0),
        request_id=str(metadata.get("RequestId") or ""),
    )
