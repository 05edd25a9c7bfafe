"""The stand-in's accounts, counters, control functions, protocol errors and its program."""

from __future__ import annotations

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.standin.clients import client, refused, training_request, transform_request
from tests.standin.control import Control, ControlError
from tests.standin.process import StandInProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.app import StandIn

ACCOUNT = "123456789012"


class TestWorld:
    """Accounts, regions, counters, protocol and control."""

    def test_regions_and_accounts_are_apart(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A job exists in its region and account only; the account follows the access key."""
        virtual_standin.set_faults(accounts={"OTHER": "222222222222"})
        virtual_sagemaker.create_training_job(**training_request("j"))
        elsewhere = client(virtual_standin.url, "sagemaker", region="eu-west-1")
        other = client(virtual_standin.url, "sagemaker", access_key="OTHER")
        for each in (elsewhere, other):
            assert refused(each.describe_training_job, TrainingJobName="j")[0] == "ValidationException"
        assert ":222222222222:" in other.create_training_job(**training_request("j"))["TrainingJobArn"]
        chinese = client(virtual_standin.url, "sagemaker", region="cn-north-1")
        assert chinese.create_training_job(**training_request("j"))["TrainingJobArn"].startswith("arn:aws-cn:")

    def test_caller_identity(self, virtual_standin: StandIn) -> None:
        """STS answers who calls."""
        assert client(virtual_standin.url, "sts").get_caller_identity()["Account"] == ACCOUNT

    def test_counters(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Requests are counted by operation and outcome, and recorded with the name they are about."""
        virtual_sagemaker.create_training_job(**training_request("j"))
        refused(virtual_sagemaker.create_training_job, **training_request("j"))
        assert virtual_standin.requests()["counts"] == {"sagemaker.CreateTrainingJob": {"OK": 1, "ResourceInUse": 1}}
        assert [entry["name"] for entry in virtual_standin.record()] == ["j", "j"]
        assert "Botocore" in virtual_standin.record()[0]["user_agent"]
        virtual_standin.reset("requests")
        assert virtual_standin.requests()["total"] == 0
        virtual_sagemaker.describe_training_job(TrainingJobName="j")

    def test_waiting_for_requests(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A test can wait for requests instead of sleeping, and is told if they don't come."""
        for control in (virtual_standin, Control(virtual_standin.url)):
            virtual_standin.reset("requests")
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(control.wait_for, "sagemaker.ListModels", 2)
                virtual_sagemaker.list_models()
                virtual_sagemaker.list_models()
                assert waiting.result(20) == 2
            with pytest.raises(TimeoutError, match=r"2 instead of 3 sagemaker\.ListModels"):
                control.wait_for("sagemaker.ListModels", 3, 0.01)

    def test_unknown_operations(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """An operation that is not played is an error that says so, not a silent success."""
        code, text = refused(virtual_sagemaker.list_projects)
        assert code == "UnknownOperationException"
        assert "ListProjects" in text
        assert virtual_standin.count("sagemaker.ListProjects") == 1

    @pytest.mark.parametrize(
        ("request_text", "status", "code"),
        [
            ("POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListModels\r\n\r\n", 403, "MissingAuthenticationToken"),
            (
                "POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListModels\r\nAuthorization: none\r\n\r\n",
                403,
                "IncompleteSignature",
            ),
            ("POST / HTTP/1.1\r\n\r\n", 404, "UnknownOperation"),
            ("POST / HTTP/1.1\r\nX-Amz-Target: Nobody.Nothing\r\n\r\n", 400, "UnknownOperation"),
            (
                "POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListModels\r\nContent-Length: 1\r\n\r\n{",
                400,
                "SerializationException",
            ),
            ("nonsense\r\n\r\n", 400, "no request line"),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length"),
        ],
    )
    def test_requests_no_sdk_makes(self, virtual_standin: StandIn, request_text: str, status: int, code: str) -> None:
        """Requests without signature, without sense or without form are answered as such."""
        host, port = virtual_standin.url.removeprefix("http://").split(":")
        with contextlib.closing(socket.create_connection((host, int(port)))) as connection:
            connection.sendall(request_text.encode())
            answer = connection.recv(65536).decode()
        assert answer.startswith(f"HTTP/1.1 {status} ")
        assert code in answer

    def test_bad_control_requests(self, virtual_standin: StandIn) -> None:
        """A slip in a control request is refused with a text that says what is wrong, in process and over HTTP."""
        for control in (virtual_standin, Control(virtual_standin.url)):
            with pytest.raises(ControlError, match="unknown phase 'dancing'"):
                control.settings(phases={"dancing": 1})
            with pytest.raises(ControlError, match="no GET /_standin/nonsense"):
                control.control("GET", "/_standin/nonsense")
            with pytest.raises(ControlError, match="unknown member 'speeed'"):
                control.control("POST", "/_standin/clock", {"speeed": 1})
            with pytest.raises(ControlError, match="forward"):
                control.advance(-1)

    def test_reset(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A reset forgets jobs, faults and rules."""
        virtual_standin.rule("*", fail="AlgorithmError: x")
        virtual_standin.fault("drop")
        virtual_standin.reset()
        virtual_sagemaker.create_training_job(**training_request("j"))
        virtual_standin.advance(60)
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "Completed"


class TestProgram:
    """The stand-in as a process of its own."""

    def test_process_with_control_over_http(self, standin_process: StandInProcess) -> None:
        """All control functions work over HTTP, and SIGTERM ends the process cleanly."""
        control = standin_process.control
        assert control.health()["status"] == "ok"
        sagemaker = client(standin_process.url, "sagemaker")
        control.rule("bad", fail="AlgorithmError: x")
        control.create_model("m")
        sagemaker.create_training_job(**training_request("bad"))
        sagemaker.create_transform_job(**transform_request("t", "m"))
        control.advance(60)
        assert {job["name"]: job["status"] for job in control.jobs()} == {"bad": "Failed", "t": "Completed"}
        assert control.count("sagemaker.CreateTrainingJob", "OK") == 1
        assert len(control.record()) == 2
        assert control.put_logs("/g", "s", [{"message": "m"}]) == 1
        assert control.set_speed(5.0) > 0
        assert control.held() == []
        assert control.release() == 0
        control.throttle(ListModels="1:1")
        control.clear_faults()
        assert control.set_faults()["throttle"] == {"ListModels": [1.0, 1.0]}
        control.reset()
        assert control.jobs() == []
        assert standin_process.stop() == 0

    def test_flags(self, tmp_path: Path) -> None:
        """Rules, faults, rates, latencies and credentials can be given as flags."""
        flags = [
            *("--rule", '{"match": "*", "fail": "AlgorithmError: x"}'),
            *("--fault", '{"kind": "lose_answer", "operation": "CreateTrainingJob", "count": 1}'),
            *("--throttle", "ListModels=1:1", "--latency-ms", "1", "ListModels=2", "--credentials", "OLD=expired"),
            *("--phase", "training=1-2", "--quota", "ml.m5.large=1", "--log-rate", "5", "--stale-seconds", "0"),
        ]
        with StandInProcess(*flags, "--port-file", str(tmp_path / "port")) as process:
            assert process.url == f"http://127.0.0.1:{(tmp_path / 'port').read_text().strip()}"
            faults = process.control.set_faults()
            assert faults["throttle"] == {"ListModels": [1.0, 1.0]}
            assert faults["latency_ms"] == {"*": 1.0, "ListModels": 2.0}
            assert faults["credentials"] == {"OLD": "expired"}
            assert [fault["kind"] for fault in faults["faults"]] == ["lose_answer"]
            settings = process.control.settings()
            assert settings["rules"][0]["failure"]["reason"] == "AlgorithmError: x"
            assert (settings["phases"]["training"], settings["quotas"]) == ([1.0, 2.0], {"ml.m5.large": 1})

    def test_real_time(self, standin: StandIn) -> None:
        """In real time a quick job ends by itself within seconds."""
        sagemaker = client(standin.url, "sagemaker")
        sagemaker.create_training_job(**training_request("j"))
        waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
        waiter.wait(TrainingJobName="j", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
        assert sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "Completed"
