"""What AWS said no to, in one sentence with the missing IAM action or the way to sign in, and its exit code."""

from __future__ import annotations

import re

from kubectl_smlogs import exits
from kubectl_smlogs.failures import Failure
from smkube.aws import errors
from smkube.aws.errors import Cause
from smkube.errors import AwsError
from smkube.logs.model import SourceError

_SERVICES = {
    "FilterLogEvents": "logs",
    "GetLogEvents": "logs",
    "DescribeLogStreams": "logs",
    "ListTrainingJobsForHyperParameterTuningJob": "sagemaker",
}
"""The operations that the plugin calls, and the IAM service prefix of each (Service Authorization Reference)."""

_REFUSED = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")
"""AWS names the action that is missing; where a role is assumed first, it may be another than the one called."""
_CONFIGURATION = {"ProfileNotFound", "ConfigParseError", "ConfigNotFound", "InvalidConfigError"}
_REGION = {"InvalidRegionError", "UnknownRegionError", "NoRegionError", "UnknownEndpointError"}
_EXPIRED = {"ExpiredTokenException", "ExpiredToken", "RequestExpired"}


def of_log(error: SourceError, *, group: str, region: str, begun: bool, profile: str = "") -> Failure:
    """The log could not be read, or not to its end.

    Args:
        error: what the source said.
        group: the log group.
        region: its region.
        begun: lines were shown already.
        profile: the AWS profile, if the user chose one.
    """
    aws = error.__cause__ if isinstance(error.__cause__, AwsError) else None
    if aws is None:
        return Failure(error.text, exits.INCOMPLETE if begun else exits.ERROR)
    failure = of_aws(aws, group=group, region=region, profile=profile)
    if not begun:
        return failure
    return Failure(f"{failure.text} The output is incomplete.", exits.INCOMPLETE)


def of_aws(error: AwsError, *, group: str, region: str, profile: str = "") -> Failure:
    """CloudWatch Logs refused, or could not be reached."""
    where = f'log group "{group}" in region "{region}"'
    if errors.cause(error) is Cause.NOT_FOUND:
        return Failure(
            f"{_said(error)}. There is no {where}: no job has written a line there yet. Use -f to wait for it.",
            exits.NOT_FOUND,
        )
    if error.code == "InvalidParameterException" and "filter pattern" in error.message.lower():
        return Failure(f"{_said(error)}. Correct --filter-pattern.")
    return _of_any(error, where, "CloudWatch Logs", profile)


def of_sagemaker(error: AwsError, *, what: str, region: str, profile: str = "") -> Failure:
    """SageMaker refused, or could not be reached.

    Args:
        error: what it said.
        what: whom it was asked about, such as `tuning job "x"`.
        region: where.
        profile: the AWS profile, if the user chose one.
    """
    where = f'{what} in region "{region}"'
    if errors.cause(error) is Cause.NOT_FOUND:
        return Failure(f"{_said(error)}. There is no {where}.", exits.NOT_FOUND)
    return _of_any(error, where, "SageMaker", profile)


def action(error: AwsError) -> str:
    """The IAM action that is missing, as AWS names it, else that of the operation."""
    named = _REFUSED.search(error.message)
    if named:
        return named.group(1)
    return f"{_SERVICES.get(error.operation, 'sts')}:{error.operation}"


def _of_any(error: AwsError, where: str, service: str, profile: str) -> Failure:
    said = _said(error)
    if error.code in _CONFIGURATION:
        return Failure(f"{said}. Choose a profile with --aws-profile or AWS_PROFILE (`aws configure list-profiles`).")
    if error.code in _REGION:
        return Failure(f"{said}. Check the region of {where}, or choose one with --region.")
    if error.code.startswith("Login"):
        return Failure(f"{said}. Sign in again: `aws login{_option(profile)}`.", exits.NO_PERMISSION)
    match errors.cause(error):
        case Cause.DENIED:
            return Failure(f"{said}. {_permission(error, where)}", exits.NO_PERMISSION)
        case Cause.CREDENTIALS:
            return Failure(
                f"{said}. {_sign_in(error, profile)}; credentials are needed to read {where}.", exits.NO_PERMISSION
            )
        case Cause.NO_ANSWER:
            return Failure(f"{said}. {service} cannot be reached; {_way_out(error, where)}.")
        case Cause.THROTTLED | Cause.SERVICE:
            return Failure(f"{said}. Reading {where} failed after several tries; try again later.")
        case _:
            return Failure(f"{said}. Reading {where} failed.")


def _said(error: AwsError) -> str:
    said = f"{error.code}: {error.message.strip().rstrip('.')}"
    if error.status and error.request_id:
        return f"{said} (status code: {error.status}, request id: {error.request_id})"
    return said


def _permission(error: AwsError, where: str) -> str:
    if "explicit deny" in error.message:
        return f"A policy denies the action {action(error)} on {where}; have it changed."
    return f"Allow the action {action(error)} on {where}."


def _sign_in(error: AwsError, profile: str) -> str:
    """How to get credentials that work, by what is wrong with those at hand."""
    sso = f"`aws sso login{_option(profile)}`"
    if error.code == "TokenRetrieval" or "sso" in error.message.lower():
        return f"Sign in again: {sso}"
    if error.code in _EXPIRED or "expired" in error.message.lower():
        return f"The credentials have expired: sign in again ({sso}) or get new temporary ones"
    if error.code == "NoCredentials":
        return (
            "Set AWS_PROFILE or --aws-profile to a profile that works, sign in "
            f"({sso}), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return f"AWS does not know the access key or its secret: check AWS_PROFILE, sign in again ({sso}), or set others"


def _option(profile: str) -> str:
    return f" --profile {profile}" if profile else ""


def _way_out(error: AwsError, where: str) -> str:
    message = error.message.lower()
    if "ssl" in message or "certificate" in message:
        return "if a proxy stands between, name its certificate in AWS_CA_BUNDLE"
    if "proxy" in message:
        return "check HTTPS_PROXY and NO_PROXY"
    return f"check the network, and the region of {where}"
