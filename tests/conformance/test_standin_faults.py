"""What the stand-in does wrong on purpose, seen by real botocore clients."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.standin.clients import client, refused, training_request

if TYPE_CHECKING:
    from tests.standin.app import StandIn

ACCOUNT = "123456789012"
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{name}"


class TestFaults:
    """What goes wrong on purpose."""

    def test_throttle(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Above its rate an operation is a ThrottlingException and does nothing; others are not concerned."""
        virtual_standin.throttle(CreateTrainingJob=1)
        virtual_sagemaker.create_training_job(**training_request("a"))
        assert refused(virtual_sagemaker.create_training_job, **training_request("b")) == (
            "ThrottlingException",
            "Rate exceeded",
        )
        assert [job["name"] for job in virtual_standin.jobs()] == ["a"]
        virtual_standin.advance(1)
        virtual_sagemaker.create_training_job(**training_request("b"))

    def test_real_limits(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """The real limits let two ListTrainingJobs a second through, per region."""
        virtual_standin.set_faults(aws_limits=True)
        for _ in range(2):
            virtual_sagemaker.list_training_jobs()
        assert refused(virtual_sagemaker.list_training_jobs)[0] == "ThrottlingException"
        client(virtual_standin.url, "sagemaker", region="eu-west-1").list_training_jobs()

    def test_lost_answer(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A lost answer is a broken connection, and the job exists all the same."""
        virtual_standin.fault("lose_answer", "CreateTrainingJob", count=1)
        with pytest.raises(ConnectionClosedError):
            virtual_sagemaker.create_training_job(**training_request("j"))
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "InProgress"
        assert virtual_standin.count("sagemaker.CreateTrainingJob", "LostAnswer") == 1

    def test_lost_answer_with_retries_is_in_use(self, virtual_standin: StandIn) -> None:
        """Botocore's own retry of a lost Create ends as ResourceInUse of one's own job."""
        virtual_standin.fault("lose_answer", "CreateTrainingJob", count=1)
        retrying = client(virtual_standin.url, "sagemaker", tries=2)
        assert refused(retrying.create_training_job, **training_request("j"))[0] == "ResourceInUse"

    def test_errors_before_and_after_the_work(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A 500 before the work leaves nothing; one after it leaves the job; a drop leaves nothing."""
        for kind, name in (("error_before", "a"), ("error_after", "b")):
            virtual_standin.fault(kind, "CreateTrainingJob", count=1)
            with pytest.raises(ClientError) as caught:
                virtual_sagemaker.create_training_job(**training_request(name))
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        virtual_standin.fault("drop", "CreateTrainingJob", count=1)
        with pytest.raises(ConnectionClosedError):
            virtual_sagemaker.create_training_job(**training_request("c"))
        assert [job["name"] for job in virtual_standin.jobs()] == ["b"]

    def test_stale_reads(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """For a while after its creation Describe and List don't know a job, while its name is taken."""
        virtual_standin.set_faults(stale={"describe": 5, "list": 10})
        virtual_sagemaker.create_training_job(**training_request("j"))
        assert (
            refused(virtual_sagemaker.describe_training_job, TrainingJobName="j")[1] == "Requested resource not found."
        )
        assert refused(virtual_sagemaker.create_training_job, **training_request("j"))[0] == "ResourceInUse"
        virtual_standin.advance(5)
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["SecondaryStatus"] == "Starting"
        assert virtual_sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        virtual_standin.advance(5)
        assert len(virtual_sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 1

    def test_credentials(self, virtual_standin: StandIn) -> None:
        """Access keys can be expired, unknown or without rights; each has AWS's code, STS its own."""
        virtual_standin.set_faults(credentials={"OLD": "expired", "NONE": "invalid", "POOR": "denied"})
        codes = {}
        for key in ("OLD", "NONE", "POOR"):
            made = client(virtual_standin.url, "sagemaker", access_key=key)
            codes[key] = refused(made.describe_training_job, TrainingJobName="j")
        assert codes["OLD"] == ("ExpiredTokenException", "The security token included in the request is expired")
        assert codes["NONE"][0] == "UnrecognizedClientException"
        assert codes["POOR"][0] == "AccessDeniedException"
        action = "sagemaker:DescribeTrainingJob"
        refusal = f"is not authorized to perform: {action} on resource: {_arn('training-job', 'j')} because no "
        assert codes["POOR"][1].endswith(f"{refusal}identity-based policy allows the {action} action")
        sts = client(virtual_standin.url, "sts", access_key="OLD")
        assert refused(sts.get_caller_identity)[0] == "ExpiredToken"

    def test_denied_operation(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """A single operation can be denied; others go on."""
        virtual_standin.set_faults(deny=["logs:GetLogEvents", "CreateTrainingJob"])
        virtual_standin.put_logs(TRAINING_LOGS, "x/a", [{"message": "m", "timestamp": 1}])
        denied = refused(virtual_logs.get_log_events, logGroupName=TRAINING_LOGS, logStreamName="x/a")
        assert denied[0] == "AccessDeniedException"
        assert len(virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"]) == 1
        assert refused(virtual_sagemaker.create_training_job, **training_request("j"))[0] == "AccessDeniedException"

    def test_latency(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A call takes at least its latency, in real time."""
        virtual_standin.set_faults(latency_ms={"ListModels": 60})
        begun = time.monotonic()
        virtual_sagemaker.list_models()
        assert time.monotonic() - begun >= 0.06

    def test_hold_after_the_work(self, virtual_standin: StandIn) -> None:
        """A held call has done its work and gives no answer until it is released; the caller may die meanwhile."""
        virtual_standin.fault("hold_after", "CreateTrainingJob", count=1)
        host, port = virtual_standin.url.removeprefix("http://").split(":")
        with contextlib.closing(socket.create_connection((host, int(port)))) as connection:
            connection.sendall(_raw_create("j"))
            assert virtual_standin.held(at_least=1, timeout=10) == ["after sagemaker.CreateTrainingJob j"]
            assert [job["name"] for job in virtual_standin.jobs()] == ["j"]
            assert virtual_standin.release() == 1
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")

    @pytest.mark.parametrize(("kind", "names"), [("hold_before", []), ("hold_after", ["j"])])
    def test_dropping_held_calls(self, virtual_standin: StandIn, kind: str, names: list[str]) -> None:
        """Held calls can be broken off: before the work nothing is done, after it the job is there."""
        virtual_standin.fault(kind, "CreateTrainingJob", count=1)
        host, port = virtual_standin.url.removeprefix("http://").split(":")
        with contextlib.closing(socket.create_connection((host, int(port)))) as connection:
            connection.sendall(_raw_create("j"))
            virtual_standin.held(at_least=1, timeout=10)
            virtual_standin.release(drop=True)
            with pytest.raises(ConnectionResetError):
                connection.recv(65536)
        assert [job["name"] for job in virtual_standin.jobs()] == names


def _raw_create(name: str) -> bytes:
    body = json.dumps(training_request(name)).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: standin\r\nX-Amz-Target: SageMaker.CreateTrainingJob\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AK/20261124/us-east-1/sagemaker/aws4_request, Signature=0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
