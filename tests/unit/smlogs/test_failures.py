"""What AWS and Kubernetes refuse, in one line with what to do."""

from __future__ import annotations

import pytest

from kubectl_smlogs import exits
from kubectl_smlogs.awsfailures import action, of_aws, of_log, of_sagemaker
from kubectl_smlogs.failures import Failure, Place, of_get, together, without_job, without_region
from kubectl_smlogs.resources import ACK_TRAINING_JOB, BATCH_TRANSFORM_JOB, HOSTING_DEPLOYMENT, TRAINING_JOB
from smkube.errors import AwsError, KubeError
from smkube.logs.model import SourceError, Trouble
from tests.unit.smlogs.objects import Server, target

GROUP = "/aws/sagemaker/TrainingJobs"


def _aws(code: str, message: str = "no", operation: str = "FilterLogEvents", status: int = 400) -> AwsError:
    return AwsError(operation, code, message, status=status, request_id="r-1" if status else "")


def _said(error: AwsError, profile: str = "") -> Failure:
    failure = of_aws(error, group=GROUP, region="us-west-2", profile=profile)
    assert "\n" not in failure.text
    return failure


@pytest.mark.parametrize("operation", ["FilterLogEvents", "GetLogEvents", "DescribeLogStreams"])
def test_the_missing_action_is_that_of_the_call(operation: str) -> None:
    """The IAM action is named that was really needed, with the log group."""
    failure = _said(_aws("AccessDeniedException", "You are not allowed", operation))
    assert failure.code == exits.NO_PERMISSION
    assert failure.text.endswith(
        f'Allow the action logs:{operation} on log group "/aws/sagemaker/TrainingJobs" in region "us-west-2".'
    )


def test_the_action_that_aws_names() -> None:
    """Where AWS names another action, as with a role that may not be assumed, that is the missing one."""
    error = _aws(
        "AccessDenied", "User: u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r"
    )
    assert action(error) == "sts:AssumeRole"
    assert "Allow the action sts:AssumeRole" in _said(error).text
    denied = _aws(
        "AccessDeniedException", "User: u is not authorized to perform: logs:GetLogEvents with an explicit deny"
    )
    assert "A policy denies the action logs:GetLogEvents" in _said(denied).text


@pytest.mark.parametrize(
    ("code", "message", "profile", "hint"),
    [
        ("NoCredentials", "Unable to locate credentials", "", "Set AWS_PROFILE or --aws-profile"),
        ("TokenRetrieval", "Token has expired and refresh failed", "dev", "`aws sso login --profile dev`"),
        ("ExpiredTokenException", "The security token included in the request is expired", "", "have expired: sign in"),
        ("NoCredentials", "Error when retrieving credentials from sso: x", "", "Sign in again: `aws sso login`"),
        ("UnrecognizedClientException", "The security token is invalid", "", "does not know the access key"),
        ("LoginRefreshRequired", "Your session has expired", "dev", "Sign in again: `aws login --profile dev`"),
    ],
)
def test_how_to_sign_in(code: str, message: str, profile: str, hint: str) -> None:
    """What is wrong with the credentials decides what is advised."""
    failure = _said(_aws(code, message, status=0), profile)
    assert failure.code == exits.NO_PERMISSION
    assert hint in failure.text


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (
            _aws("ResourceNotFoundException", "The specified log group does not exist."),
            exits.NOT_FOUND,
            "Use -f to wait",
        ),
        (_aws("InvalidParameterException", "Invalid filter pattern"), exits.ERROR, "Correct --filter-pattern"),
        (
            _aws("ProfileNotFound", "The config profile (x) could not be found"),
            exits.ERROR,
            "aws configure list-profiles",
        ),
        (_aws("InvalidRegionError", "Provided region_name 'x y'"), exits.ERROR, "choose one with --region"),
        (
            _aws("EndpointConnectionError", "Could not connect", status=0),
            exits.ERROR,
            "check the network, and the region",
        ),
        (_aws("ConnectionError", "SSL validation failed", status=0), exits.ERROR, "AWS_CA_BUNDLE"),
        (_aws("ConnectionError", "Failed to connect to proxy URL", status=0), exits.ERROR, "check HTTPS_PROXY"),
        (_aws("ThrottlingException", "Rate exceeded"), exits.ERROR, "try again later"),
        (_aws("ServiceUnavailableException", "x", status=503), exits.ERROR, "try again later"),
        (_aws("SomethingNew", "x"), exits.ERROR, "failed."),
    ],
)
def test_what_to_do(error: AwsError, code: int, hint: str) -> None:
    """Every refusal says what to do, and AWS's own words with the request id."""
    failure = _said(error)
    assert failure.code == code
    assert hint in failure.text
    assert failure.text.startswith(f"{error.code}: ")
    assert ("request id: r-1" in failure.text) is bool(error.status)


def test_an_error_in_the_middle() -> None:
    """Once lines were shown the output is incomplete, and says so."""
    source = SourceError(Trouble.DENIED, "no")
    source.__cause__ = _aws("AccessDeniedException")
    begun = of_log(source, group=GROUP, region="r", begun=True)
    assert (begun.code, begun.text.endswith("The output is incomplete.")) == (exits.INCOMPLETE, True)
    assert of_log(source, group=GROUP, region="r", begun=False).code == exits.NO_PERMISSION
    assert of_log(SourceError(Trouble.FATAL, "odd"), group=GROUP, region="r", begun=True).code == exits.INCOMPLETE
    assert of_log(SourceError(Trouble.FATAL, "odd"), group=GROUP, region="r", begun=False).text == "odd"


def test_sagemaker() -> None:
    """SageMaker's refusals name its own action, and that there is no such tuning job."""
    operation = "ListTrainingJobsForHyperParameterTuningJob"
    denied = of_sagemaker(_aws("AccessDeniedException", "no", operation), what='tuning job "t"', region="r")
    assert f'Allow the action sagemaker:{operation} on tuning job "t" in region "r".' in denied.text
    gone = of_sagemaker(_aws("ResourceNotFound", "can't find", operation), what='tuning job "t"', region="r")
    assert gone.code == exits.NOT_FOUND
    away = of_sagemaker(_aws("ConnectionError", "x", operation, status=0), what='tuning job "t"', region="r")
    assert "SageMaker cannot be reached" in away.text


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (KubeError(401, "Unauthorized", "Unauthorized"), exits.NO_PERMISSION, "Sign in to the cluster again."),
        (
            KubeError(403, "Forbidden", "u cannot get x."),
            exits.NO_PERMISSION,
            'Ask for the right "get" on trainingjobs',
        ),
        (
            KubeError(404, "NotFound", "the server could not find it"),
            exits.NOT_FOUND,
            "choose another one with --context",
        ),
        (KubeError(0, "Unreachable", "certificate verify failed"), exits.ERROR, "Check --certificate-authority"),
        (KubeError(0, "Unreachable", "Read timed out"), exits.ERROR, "--request-timeout"),
        (KubeError(0, "Unreachable", "refused"), exits.ERROR, "Check the network, --server and --context."),
        (KubeError(503, "", "no"), exits.ERROR, "Try again in a moment."),
        (KubeError(418, "", "teapot"), exits.ERROR, "teapot"),
    ],
)
def test_kubernetes(error: KubeError, code: int, hint: str) -> None:
    """Every refusal of the API server says what to do."""
    failure = of_get(error, Place(TRAINING_JOB, "ns", "x", "c"), Server().client)
    assert failure.code == code
    assert hint in failure.text


def test_no_job_or_no_region() -> None:
    """The original's sentences about a missing name or region come first, and then what to do."""
    words = {
        TRAINING_JOB: "SageMaker training job's spec does not have",
        BATCH_TRANSFORM_JOB: "SageMaker BatchTransform job's spec does not have",
        HOSTING_DEPLOYMENT: "HostingDeployment's spec does not have",
    }
    for resource, begin in words.items():
        one = target(resource)
        assert without_job(one).text.startswith(f"{begin} name: ")
        assert f"`kubectl smlogs status {resource.kind} x -n ns`" in without_job(one).text
        assert without_region(one).text.startswith(f"{begin} region: set spec.region of {resource.kind}")
    assert "no SageMaker endpoint (yet)" in without_job(target(HOSTING_DEPLOYMENT)).text
    assert "wait until ACK says that" in without_region(target(ACK_TRAINING_JOB)).text


def test_several_failures() -> None:
    """The worst decides about the exit code; none is lost."""
    missing, closed = Failure("a", exits.NOT_FOUND), Failure("b", exits.NO_PERMISSION)
    assert together([missing]) is missing
    both = together([missing, closed])
    assert (both.text, both.code, both.also) == ("a", exits.NO_PERMISSION, (closed,))
