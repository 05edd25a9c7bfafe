"""AWS's error answers: codes, HTTP statuses and texts.

Knows how SageMaker, CloudWatch Logs and STS word their refusals and nothing of why one is given. Texts are those
that users of the real services report, as far as they are public; the few worded here say so.
"""

from __future__ import annotations


class AwsError(Exception):
    """An answer of AWS that is not a success.

    Attributes:
        code: the error code, as botocore shows it in `error.response["Error"]["Code"]`.
        message: the text beside it.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def partition(region: str) -> str:
    """The ARN partition of a region: `aws`, `aws-cn` or `aws-us-gov`."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def sagemaker_arn(region: str, account: str, kind: str, name: str) -> str:
    """The ARN of a SageMaker resource; `kind` as in ARNs (`training-job`). SageMaker puts the name in lower case."""
    return f"arn:{partition(region)}:sagemaker:{region}:{account}:{kind}/{name.lower()}"


def validation(message: str) -> AwsError:
    """SageMaker's `ValidationException`, which is also its usual word for "not found"."""
    return AwsError("ValidationException", message)


def in_use(message: str) -> AwsError:
    """SageMaker's `ResourceInUse`."""
    return AwsError("ResourceInUse", message)


def invalid_parameter(message: str) -> AwsError:
    """CloudWatch Logs' `InvalidParameterException`."""
    return AwsError("InvalidParameterException", message)


def log_group_missing() -> AwsError:
    """CloudWatch Logs' answer while nothing has been written to a group yet."""
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def log_stream_missing() -> AwsError:
    """CloudWatch Logs' answer for an unknown stream of a known group."""
    return AwsError("ResourceNotFoundException", "The specified log stream does not exist.")


def scalable_target_left() -> AwsError:
    """SageMaker's refusal to delete a variant whose scalable target the caller may not deregister."""
    text = (
        "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used to "
        "invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission to "
        "deregister the scalable target."
    )
    return validation(text)


def object_not_found(message: str) -> AwsError:
    """Application Auto Scaling's answer for targets, policies and scheduled actions that are not there."""
    return AwsError("ObjectNotFoundException", message)


def scaling_resource_not_found(arn: str) -> AwsError:
    """Application Auto Scaling's answer for tags of a target that is not there; our wording."""
    return AwsError("ResourceNotFoundException", f"The resource doesn't exist: {arn}")


def throttled() -> AwsError:
    """The answer to a call above its rate, the same in all services that speak JSON 1.1."""
    return AwsError("ThrottlingException", "Rate exceeded")


def access_denied(caller: str, action: str, resource: str) -> AwsError:
    """IAM's refusal; names who asked for what on what, so that programs can show it."""
    text = (
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError("AccessDeniedException", text)


def expired_token() -> AwsError:
    """Temporary credentials that are past their time."""
    return AwsError("ExpiredTokenException", "The security token included in the request is expired")


def unrecognized_client() -> AwsError:
    """An access key that AWS does not know."""
    return AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")


def missing_token() -> AwsError:
    """A request without a signature."""
    return AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)


def incomplete_signature(header: str) -> AwsError:
    """A signature without a readable credential scope."""
    text = f"Authorization header requires 'Credential' parameter. Authorization={header[:64]}"
    return AwsError("IncompleteSignatureException", text, 403)


def serialization(message: str) -> AwsError:
    """A body that is not JSON or has a value of the wrong type."""
    return AwsError("SerializationException", message)


def unknown_operation(name: str, status: int = 400) -> AwsError:
    """An operation that the service does not have; `name` may be empty."""
    return AwsError("UnknownOperationException", f"Unknown operation {name}".rstrip(), status)


def limit_exceeded(resource: str, limit: int, used: int, asked: int) -> AwsError:
    """The quota refusal, e.g. for `ml.p3.2xlarge for training job usage`; numbers are instances."""
    text = (
        f"The account-level service limit '{resource}' is {limit} Instances, with current utilization of {used} "
        f"Instances and a request delta of {asked} Instances. Please use AWS Service Quotas to request an increase "
        "for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for "
        "this quota."
    )
    return AwsError("ResourceLimitExceeded", text)


def role_not_assumable(role: str) -> AwsError:
    """The refusal of an execution role that SageMaker cannot assume."""
    text = (
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )
    return validation(text)
