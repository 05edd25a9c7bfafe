"""The operator as a process: endpoints, signals, and what it says when it cannot work."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from smkube.kinds import TRAINING_JOB
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Scene
from tests.stack.stack import ACCOUNT, VENV_BIN, Stack
from tests.stack.waiting import until

PROGRAM = str(VENV_BIN / "sagemaker-operator")


@dataclass
class Running:
    """An operator process of the test's own; its log is in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait for a line of the log."""
        return until(lambda: re.search(pattern, self.text()), f"{pattern!r} in the log: {self.text()}")

    def url(self, what: str = "/metrics, ") -> str:
        """Where it serves its endpoints; without metrics if they are not asked for."""
        port = self.until(rf"Serving {what}/healthz and /readyz on port (\d+)")[1]
        return f"http://127.0.0.1:{port}"

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Signal it; returns its exit code and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(20), time.monotonic() - began


class Operators:
    """Starts operator processes and ends those that are left."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self._made: list[Running] = []

    def start(self, kubeconfig: Path | str, *flags: str, environ: Mapping[str, str] | None = None) -> Running:
        """Start one with a kubeconfig, in an environment that leads to the stand-in or in another one."""
        log = self._folder / f"operator-{len(self._made)}.log"
        command = [PROGRAM, "--kubeconfig", str(kubeconfig), "--metrics-addr=127.0.0.1:0", *flags]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=environ or self._stack.environ(),
                cwd=self._folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._made.append(Running(process, log))
        return self._made[-1]

    def close(self) -> None:
        """End what still runs."""
        for one in self._made:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()


@pytest.fixture
def operators(operator_stack: Stack, tmp_path: Path) -> Iterator[Operators]:
    """Operator processes of the test's own, beside the session's."""
    made = Operators(operator_stack, tmp_path)
    yield made
    made.close()


def get(url: str) -> tuple[int, str]:
    """Status and text of an HTTP answer."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def without_aws(stack: Stack) -> dict[str, str]:
    """The environment of a process that nothing leads to AWS."""
    return {name: value for name, value in stack.environ().items() if not name.startswith("AWS_")}


def test_metrics_have_the_names_that_dashboards_know(scene: Scene) -> None:
    """controller-runtime's and client-go's names and labels, with figures that move with an object and its job."""
    name = scene.name("measured")
    scene.create(TRAINING_JOB, name)
    scene.until_word(TRAINING_JOB, name, "Completed")

    text = scene.stack.metrics()

    assert re.search(
        r'^controller_runtime_reconcile_total\{controller="trainingjob",result="success"\} [1-9]', text, re.MULTILINE
    )
    for series in (
        'controller_runtime_reconcile_errors_total{controller="batchtransformjob"}',
        'controller_runtime_reconcile_time_seconds_count{controller="trainingjob"}',
        'workqueue_depth{name="trainingjob"}',
        'workqueue_adds_total{name="trainingjob"}',
        'workqueue_retries_total{name="trainingjob"}',
        'workqueue_queue_duration_seconds_count{name="trainingjob"}',
        'workqueue_work_duration_seconds_count{name="trainingjob"}',
        'workqueue_unfinished_work_seconds{name="trainingjob"}',
        'workqueue_longest_running_processor_seconds{name="trainingjob"}',
        "process_cpu_seconds_total",
    ):
        assert f"\n{series} " in text, series
    assert "rest_client_requests_total{" in text
    ended = r'kind="trainingjob",outcome="Completed"\} [1-9]'
    assert re.search(rf"^sagemaker_operator_jobs_finished_total\{{{ended}", text, re.MULTILINE)
    assert re.search(rf"^sagemaker_operator_job_duration_seconds_count\{{{ended}", text, re.MULTILINE)
    state = f'kind="trainingjob",object_namespace="{scene.namespace}",status="Completed"'
    assert f"sagemaker_operator_objects{{{state}}} 1.0\n" in text


def test_it_is_healthy_and_ready_and_ends_on_sigterm(
    operators: Operators, operator_stack: Stack, namespace: str
) -> None:
    """/healthz and /readyz answer 200, and SIGTERM ends the process with exit code 0 within seconds."""
    running = operators.start(operator_stack.folder / "operator.kubeconfig", f"--namespace={namespace}")
    url = running.url()
    until(lambda: get(f"{url}/readyz")[0] == 200, "readiness")

    assert get(f"{url}/healthz")[0] == 200
    assert get(f"{url}/metrics")[0] == 200
    code, seconds = running.end()

    assert code == 0
    assert seconds < 5
    assert f"Starting manager in the namespace: {namespace}" in running.text()
    assert "Traceback" not in running.text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist|not found|no such file"),
        ("not: [yaml", "kubeconfig"),
        ("apiVersion: v1\nkind: Config\ncurrent-context: gone\n", "gone"),
    ],
)
def test_a_kubeconfig_that_is_none(operators: Operators, tmp_path: Path, content: str | None, said: str) -> None:
    """A missing or broken kubeconfig ends in one message that names the file or the fault, and exit code 1."""
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    running = operators.start(path)

    assert running.process.wait(20) == 1
    assert re.search(said, running.text(), re.IGNORECASE)
    assert "Traceback" not in running.text()
    assert len(running.text().splitlines()) <= 3


def test_an_api_server_that_is_not_there(operators: Operators, tmp_path: Path, control_plane: ControlPlane) -> None:
    """With the API server away the operator stays, is healthy but not ready, says why, and ends on SIGTERM."""
    text = control_plane.kubeconfig.read_text(encoding="utf-8").replace(control_plane.url, "https://127.0.0.1:9")
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")

    running = operators.start(path)

    running.until(r"127\.0\.0\.1.*9.*(refused|reach)|(refused|reach).*127\.0\.0\.1")
    url = running.url()
    assert get(f"{url}/healthz")[0] == 200
    code, reasons = get(f"{url}/readyz")
    assert code != 200
    assert "trainingjobs" in reasons
    assert "Traceback" not in running.text()
    assert running.end()[0] == 0


def test_rights_that_are_missing(
    operators: Operators, tmp_path: Path, control_plane: ControlPlane, namespace: str
) -> None:
    """Without RBAC the log says who may not do what, in the API server's words, and readiness says what is missing."""
    control_plane.admin.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "x"}})
    token = control_plane.token_for(namespace, "x")
    path = control_plane.write_kubeconfig(tmp_path / "config", token=token, namespace=namespace)

    running = operators.start(path)

    user = f"system:serviceaccount:{namespace}:x"
    running.until(rf'"?{re.escape(user)}"? cannot (list|watch) resource "trainingjobs"')
    code, reasons = get(f"{running.url()}/readyz")
    assert code != 200
    assert "trainingjobs" in reasons
    assert "Traceback" not in running.text()
    assert running.end()[0] == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--metrics-addr=nowhere"], "'nowhere' is not HOST:PORT, :PORT or 0"),
        (["--enable-leader-election=perhaps"], "'perhaps' is neither true nor false"),
        (["--no-such-flag"], "unrecognized arguments: --no-such-flag"),
    ],
)
def test_wrong_flags(operator_stack: Stack, flags: Sequence[str], said: str) -> None:
    """A wrong flag ends with exit code 2 and a message that says what is wrong with it."""
    done = operator_stack.run([PROGRAM, *flags])

    assert done.returncode == 2
    assert said in done.stderr


def test_it_works_on_some_kinds_and_answers_the_kubelet_apart(
    operators: Operators, operator_stack: Stack, namespace: str
) -> None:
    """Of a choice of kinds only what they need is watched; health checks have an address without metrics."""
    running = operators.start(
        operator_stack.folder / "operator.kubeconfig",
        *(f"--namespace={namespace}", "--kinds=models,epc", "--health-addr=127.0.0.1:0"),
    )
    kubelet = running.url(what="")
    until(lambda: get(f"{kubelet}/readyz")[0] == 200, "readiness")

    assert get(f"{kubelet}/healthz")[0] == 200
    assert get(f"{kubelet}/metrics")[0] == 404
    code, text = get(f"{running.url()}/metrics")
    assert code == 200
    assert set(re.findall(r'reconcile_errors_total\{controller="(\w+)"', text)) == {"model", "endpointconfig"}
    kinds = set(re.findall(r'reflector_staleness_seconds\{kind="(\w+)"', text))
    assert kinds == {"model", "endpointconfig", "hostingdeployment"}
    assert "Works on models, endpointconfigs; watches models, endpointconfigs, hostingdeployments." in running.text()
    assert running.end()[0] == 0


def test_a_role_that_nobody_has_set(
    operators: Operators, operator_stack: Stack, control_plane: ControlPlane, namespace: str
) -> None:
    """With the installers' placeholder it says what to do, in log, Event and /readyz, and asks AWS for nothing."""
    role = "arn:aws:iam::123456789012:role/DELETE_ME"
    request = control_plane.admin.request
    with socket.create_server(("127.0.0.1", 0)) as aws:
        aws.setblocking(False)
        running = operators.start(
            operator_stack.folder / "operator.kubeconfig",
            *("--enable-leader-election", f"--lease-namespace={namespace}", f"--namespace={namespace}"),
            environ={
                **without_aws(operator_stack),
                "AWS_ROLE_ARN": role,
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.getsockname()[1]}",
                "POD_NAME": "operator-1",
                "POD_NAMESPACE": namespace,
                "POD_UID": "some-uid",
            },
        )
        url = running.url()
        events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        (event,) = until(lambda: request("GET", events)["items"], "an Event")
        code, text = get(f"{url}/readyz")

        assert code == 503
        assert role in text
        assert get(f"{url}/healthz")[0] == 200
        assert "sagemaker_operator_is_leader 0.0\n" in get(f"{url}/metrics")[1]
        assert request("GET", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases")["items"] == []
        assert running.end()[0] == 0
        with pytest.raises(BlockingIOError):
            aws.accept()

    command = f"kubectl annotate --overwrite -n {namespace} serviceaccount {ACCOUNT} eks.amazonaws.com/role-arn="
    assert event["reason"] == "RoleNotSet"
    assert event["type"] == "Warning"
    assert [event["regarding"][key] for key in ("kind", "name", "uid")] == ["Pod", "operator-1", "some-uid"]
    for told in (event["note"], text, running.text()):
        assert command in told
    assert running.text().count("ERROR") == 1


def test_credentials_that_are_missing_are_warned_of(
    operators: Operators, operator_stack: Stack, namespace: str, tmp_path: Path
) -> None:
    """An operator without any way to credentials says so once at its start, and works on."""
    running = operators.start(
        operator_stack.folder / "operator.kubeconfig",
        f"--namespace={namespace}",
        environ={**without_aws(operator_stack), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)},
    )
    url = running.url()
    until(lambda: get(f"{url}/readyz")[0] == 200, "readiness")

    assert running.text().count("There are no AWS credentials for this process") == 1
    assert running.end()[0] == 0
