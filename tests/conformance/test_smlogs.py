"""`kubectl smlogs` as its users run it, against a real API server and the stand-in for CloudWatch Logs."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_smlogs import exits
from smkube.kinds import BATCH_TRANSFORM_JOB, TRAINING_JOB
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance import smlogs_scene
from tests.conformance.smlogs_scene import Scene
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn
from tests.unit.smlogs.test_dispatch import GUIDE


@pytest.fixture(scope="module")
def aws() -> Iterator[StandIn]:
    """A stand-in in real time for all tests of this module; they keep apart by region and access key."""
    with StandIn() as made:
        yield made


plane = smlogs_scene.plane


@pytest.fixture
def scene(plane: ControlPlane, aws: StandIn, cluster_binaries: Binaries, tmp_path: Path) -> Iterator[Scene]:
    """A namespace with kubectl, plugin and AWS."""
    with make_scene(plane, aws, cluster_binaries, tmp_path) as made:
        yield made


def _one_error(done: subprocess.CompletedProcess[str]) -> str:
    """The single error message of a run that failed."""
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith('"')]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: ")
    return lines[0].removeprefix("Error: ")


# --- what the guide promises ---------------------------------------------------------------------------------------


def test_bare_call_prints_the_guides_help(scene: Scene) -> None:
    """`kubectl smlogs` prints the guide's text to the byte, without kubeconfig or credentials."""
    done = scene.run(environment={"KUBECONFIG": None, "AWS_ACCESS_KEY_ID": None})
    assert (done.stdout, done.stderr, done.returncode) == (GUIDE, "", 0)


def test_log_of_two_instances(scene: Scene) -> None:
    """Lines of all hosts come in order of time, in the original's format, and none of the job `x-2`."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    events = [{"message": f"line {n}\n", "timestamp": 1_791_000_000_000 + 500 * n} for n in range(6)]
    group = TRAINING_JOB.log_group
    scene.standin.put_logs(group, "x/algo-1-1791000000", events[::2], region=scene.region)
    scene.standin.put_logs(group, "x/algo-2-1791000000", events[1::2], region=scene.region)
    scene.standin.put_logs(group, "x-2/algo-1-1791000000", events, region=scene.region)
    done = scene.run("TrainingJob", "train")
    assert done.returncode == 0
    assert done.stderr == (
        f'"train" has SageMaker TrainingJobName "x" in region "{scene.region}", '
        'status "InProgress" and secondary status "Training"\n'
        "6 lines of 2 hosts, none late, no gaps\n"
    )
    assert done.stdout.splitlines() == [
        "x/algo-1-1791000000 2026-10-03 04:00:00 +0000 UTC line 0",
        "x/algo-2-1791000000 2026-10-03 04:00:00.5 +0000 UTC line 1",
        "x/algo-1-1791000000 2026-10-03 04:00:01 +0000 UTC line 2",
        "x/algo-2-1791000000 2026-10-03 04:00:01.5 +0000 UTC line 3",
        "x/algo-1-1791000000 2026-10-03 04:00:02 +0000 UTC line 4",
        "x/algo-2-1791000000 2026-10-03 04:00:02.5 +0000 UTC line 5",
    ]


def test_search_prefix_and_hidden_stream(scene: Scene) -> None:
    """`-p` narrows to hosts whose name begins so, and the stream column can be left out."""
    scene.create("train", job="x")
    scene.write_logs("x/algo-1-1", ["one"])
    scene.write_logs("x/algo-2-1", ["two"])
    done = scene.run("trainingjob", "train", "-p", "algo-2", "--hide-log-stream-name")
    assert done.returncode == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})? \+0000 UTC two\n", done.stdout)


def test_batch_transform_job_by_status_name(scene: Scene) -> None:
    """A job whose name only the status knows is found, in the log group of its kind."""
    scene.create("batch", kind=BATCH_TRANSFORM_JOB)
    scene.set_status("batch", kind=BATCH_TRANSFORM_JOB, word="Completed", job="b-1")
    scene.write_logs("b-1/i-0123-1791000000", ["scored"], kind=BATCH_TRANSFORM_JOB)
    scene.write_logs("b-1/i-0123-1791000000/data-log", ["record"], kind=BATCH_TRANSFORM_JOB)
    done = scene.run("BatchTransformJob", "batch")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "b-1/i-0123-1791000000",
        "b-1/i-0123-1791000000/data-log",
    ]
    assert f'"batch" has SageMaker TransformJobName "b-1" in region "{scene.region}", status "Completed"' in done.stderr


def test_more_than_a_page(scene: Scene) -> None:
    """A log of several pages comes whole and in order."""
    scene.create("train", job="x")
    lines = [f"{number:05d}" for number in range(25_000)]
    scene.write_logs("x/algo-1-1", lines)
    done = scene.run("TrainingJob", "train", "--hide-log-stream-name")
    assert [line[-5:] for line in done.stdout.splitlines()] == lines


def test_nothing_of_a_log_line_or_an_object_commands_the_terminal(scene: Scene) -> None:
    """Control characters of lines and of the object's fields arrive as escapes."""
    scene.create("train", job="x")
    scene.set_status("train", word="In\x1b]0;title\x07Progress", additional="a\rb")
    scene.write_logs("x/algo-1-1", ["\x1b[2J\x1b[31mred\x1b[0m", "10%\r20%\n", "tab\there\nsecond line\n"])
    done = scene.run("TrainingJob", "train", "--hide-log-stream-name")
    assert not set(done.stdout + done.stderr) & {"\x1b", "\r", "\x07"}
    bodies = [line.partition(" UTC ")[2] or line for line in done.stdout.splitlines()]
    assert bodies == ["\\x1b[2J\\x1b[31mred\\x1b[0m", "10%\\r20%", "tab\there", "second line"]


# --- following -----------------------------------------------------------------------------------------------------


def test_follow_ends_with_the_job_and_its_outcome(scene: Scene) -> None:
    """Following shows each line once as it comes and ends with the job: the exit code tells how."""
    outcomes = {"Completed": exits.OK, "Failed": exits.JOB_FAILED, "Stopped": exits.JOB_STOPPED}
    running = {}
    for word in outcomes:
        name = word.lower()
        scene.create(name, job=f"job-{name}")
        scene.set_status(name, word="InProgress", secondaryStatus="Training")
        scene.write_logs(f"job-{name}/algo-1-1", ["first"], offset=-2.0)
        running[word] = scene.follow("TrainingJob", name, "--hide-log-stream-name")
    for word, following in running.items():
        following.wait_for_output(" first\n")
        scene.write_logs(f"job-{word.lower()}/algo-2-1", ["second"], offset=0.0)
    for word, following in running.items():
        following.wait_for_output(" second\n")
        scene.write_logs(f"job-{word.lower()}/algo-1-1", ["late by 8 s"], offset=-8.0)
        scene.set_status(word.lower(), word=word, additional="AlgorithmError: no data" if word == "Failed" else "")
    for word, following in running.items():
        assert following.end() == outcomes[word]
        bodies = [line.partition(" UTC ")[2] for line in following.stdout().splitlines()]
        assert bodies == ["first", "second", "late by 8 s"]
        assert f'ended with status "{word}"' in following.stderr()
    assert '"Failed" (AlgorithmError: no data)' in running["Failed"].stderr()


def test_follow_waits_for_a_job_that_has_not_started(scene: Scene) -> None:
    """Following waits for the name, says what keeps it, then for the log group, shows the log, and sees the end.

    It needs no more than the right to `get` the object; with `watch` it just learns sooner.
    """
    scene.create("train")
    scene.set_status("train", word="ReconcilingTrainingJob", additional="ValidationException: bad role")
    token = _token(scene, "reader", ["get"])
    getting = {"KUBECONFIG": str(_anonymous_kubeconfig(scene, user={"token": token}))}
    command = ("TrainingJob", "train", "--hide-log-stream-name")
    both = [scene.follow(*command), scene.follow(*command, environment=getting)]
    for following in both:
        following.wait_for_notice('status "ReconcilingTrainingJob" (ValidationException: bad role)')
    scene.set_status("train", word="InProgress", additional=None, job="made-up", secondaryStatus="Starting")
    for following in both:
        following.wait_for_notice('"train" has SageMaker TrainingJobName "made-up"')
        following.wait_for_notice("There are no log lines yet")
    scene.write_logs("made-up/algo-1-1", ["hello"], offset=0.0)
    for following in both:
        following.wait_for_output(" hello\n")
    scene.set_status("train", word="Completed")
    for following in both:
        assert following.end() == exits.OK
        assert following.stdout().count("hello") == 1


def test_follow_ends_when_the_object_goes(scene: Scene) -> None:
    """Deleting the object ends the following, before and after there is a job."""
    scene.create("waiting")
    scene.create("running", job="r")
    scene.set_status("running", word="InProgress")
    scene.write_logs("r/algo-1-1", ["hello"], offset=-2.0)
    waiting, running = scene.follow("TrainingJob", "waiting"), scene.follow("TrainingJob", "running")
    waiting.wait_for_notice("Waiting for")
    running.wait_for_output(" hello\n")
    scene.delete("waiting")
    scene.delete("running")
    assert waiting.end() == exits.JOB_STOPPED
    assert "was deleted before it had a SageMaker job" in waiting.stderr()
    assert running.end() == exits.JOB_STOPPED
    assert "was deleted while its log was followed" in running.stderr()


def test_log_of_a_job_that_ended_long_ago_is_followed_at_once(scene: Scene) -> None:
    """With -f on a job that is long over, there is nothing to wait for."""
    scene.create("train", job="x")
    scene.write_logs("x/algo-1-1", ["hello"])
    scene.set_status("train", word="Failed", lastCheckTime="2026-01-01T00:00:00Z")
    requests = scene.standin.count("logs.FilterLogEvents")
    done = scene.run("TrainingJob", "train", "-f")
    assert done.returncode == exits.JOB_FAILED
    assert scene.standin.count("logs.FilterLogEvents") == requests + 1


# --- connections ---------------------------------------------------------------------------------------------------


def _token(scene: Scene, account: str, verbs: list[str]) -> str:
    """Token of a service account that has some rights on training jobs in the scene's namespace."""
    request, namespace = scene.plane.admin.request, scene.namespace
    request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": account}})
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [{"apiGroups": ["sagemaker.aws.amazon.com"], "resources": ["trainingjobs"], "verbs": verbs}]
    request("POST", f"{rbac}/roles", {"metadata": {"name": account}, "rules": rules})
    request(
        "POST",
        f"{rbac}/rolebindings",
        {
            "metadata": {"name": account},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
        },
    )
    return scene.plane.token_for(namespace, account)


def _anonymous_kubeconfig(scene: Scene, *, user: dict[str, object] | None = None, name: str = "anonymous") -> Path:
    """A kubeconfig with the right server and namespace, and the given user."""
    path = scene.folder / f"kubeconfig-{name}"
    cluster = {"server": scene.plane.url, "certificate-authority": str(scene.plane.ca_path)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": f"c-{name}", "cluster": cluster}],
        "users": [{"name": f"u-{name}", "user": user or {}}],
        "contexts": [
            {"name": name, "context": {"cluster": f"c-{name}", "user": f"u-{name}", "namespace": scene.namespace}}
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def shown(scene: Scene) -> Scene:
    """A scene with a log that can be shown."""
    scene.create("train", job="x")
    scene.write_logs("x/algo-1-1", ["hello"])
    return scene


def test_kubeconfig_list_context_and_namespace(shown: Scene) -> None:
    """KUBECONFIG may list files, --context chooses among all of them, and the context's namespace counts."""
    other = shown.plane.write_kubeconfig(shown.folder / "other", namespace="default", context="elsewhere")
    both = {"KUBECONFIG": f"{shown.folder / 'missing'}{os.pathsep}{other}{os.pathsep}{shown.kubeconfig}"}
    assert shown.run("TrainingJob", "train", environment=both).returncode == exits.NOT_FOUND
    assert shown.run("TrainingJob", "train", "--context", "local", environment=both).returncode == 0
    assert shown.run("TrainingJob", "train", "-n", shown.namespace, environment=both).returncode == 0
    assert shown.run("-n", shown.namespace, "TrainingJob", "train", environment=both).returncode == 0
    plain = {"KUBECONFIG": None}
    assert shown.run("TrainingJob", "train", f"--kubeconfig={shown.kubeconfig}", environment=plain).returncode == 0


def test_flags_replace_what_the_kubeconfig_says(shown: Scene) -> None:
    """Server, certificate authority, token, TLS name, client certificate: each flag is used for the connection."""
    token = _token(shown, "reader", ["get"])
    none = {"KUBECONFIG": None}
    place = ("-n", shown.namespace, "--server", shown.plane.url)
    trusted = (*place, "--certificate-authority", str(shown.plane.ca_path))
    assert shown.run("TrainingJob", "train", *trusted, "--token", token, environment=none).returncode == 0
    assert (
        shown.run(
            "TrainingJob", "train", *place, "--insecure-skip-tls-verify", "--token", token, environment=none
        ).returncode
        == 0
    )
    assert "certificate" in _one_error(shown.run("TrainingJob", "train", *place, "--token", token, environment=none))
    wrong_name = shown.run("TrainingJob", "train", "--tls-server-name", "wrong.example")
    assert "wrong.example" in _one_error(wrong_name)
    assert shown.run("TrainingJob", "train", "--tls-server-name", "localhost").returncode == 0
    pki = shown.plane.data / "pki"
    certificate = next(
        path for path in pki.iterdir() if path.name.startswith("admin") and path.suffix in (".crt", ".pem")
    )
    key = next(path for path in pki.iterdir() if path.name.startswith("admin") and "key" in path.name)
    client = ("--client-certificate", str(certificate), "--client-key", str(key))
    assert shown.run("TrainingJob", "train", *trusted, *client, environment=none).returncode == 0


def test_cluster_and_user_flags(shown: Scene) -> None:
    """--cluster and --user take other entries of the kubeconfig than the context does."""
    token = _token(shown, "reader", ["get"])
    good = _anonymous_kubeconfig(shown, user={"token": token}, name="good")
    bad = _anonymous_kubeconfig(shown, user={"token": "nonsense"}, name="bad")
    both = {"KUBECONFIG": f"{bad}{os.pathsep}{good}"}
    assert shown.run("TrainingJob", "train", environment=both).returncode == exits.NO_PERMISSION
    assert shown.run("TrainingJob", "train", "--user", "u-good", environment=both).returncode == 0
    assert (
        shown.run("TrainingJob", "train", "--user", "u-good", "--cluster", "c-good", environment=both).returncode == 0
    )
    assert 'no cluster "nowhere"' in _one_error(
        shown.run("TrainingJob", "train", "--cluster", "nowhere", environment=both)
    )


def test_impersonation(shown: Scene) -> None:
    """--as, --as-group and --as-uid reach the API server: rights are those of the user one acts as."""
    refused = _one_error(shown.run("TrainingJob", "train", "--as", "jane"))
    assert 'User "jane" cannot get resource "trainingjobs"' in refused
    allowed = shown.run("TrainingJob", "train", "--as", "jane", "--as-group", "a", "--as-group", "system:masters")
    assert allowed.returncode == 0
    assert shown.run("TrainingJob", "train", "--as", "jane", "--as-uid", "7").returncode == exits.NO_PERMISSION


def test_exec_plugin(shown: Scene) -> None:
    """A credential plugin of the kubeconfig is run, and its failure is told in its own words."""
    token = _token(shown, "reader", ["get"])
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    for name, body, code in (
        ("works", f"echo '{json.dumps(credential)}'", exits.OK),
        ("fails", "echo 'please sign in again' >&2; exit 1", exits.ERROR),
    ):
        script = shown.folder / name
        script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        user: dict[str, object] = {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": str(script),
                "interactiveMode": "Never",
            }
        }
        path = _anonymous_kubeconfig(shown, user=user, name=name)
        done = shown.run("TrainingJob", "train", environment={"KUBECONFIG": str(path)})
        assert done.returncode == code, done.stderr
    assert "please sign in again" in _one_error(done)


def test_request_timeout(scene: Scene) -> None:
    """--request-timeout bounds the wait for an API server that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = _one_error(scene.run("TrainingJob", "train", "--server", url, "--request-timeout", "200ms"))
    assert "timed out" in error


# --- bad input -----------------------------------------------------------------------------------------------------


def test_unknown_names(shown: Scene) -> None:
    """An unknown kind, name or namespace is named, with the nearest name or the next step."""
    kind = shown.run("TrainingJo", "train")
    assert kind.returncode == exits.ERROR
    assert kind.stderr.startswith(
        'Error: unknown command "TrainingJo" for "smlogs"\n\nDid you mean this?\n\tTrainingJob\n'
    )
    near = shown.run("TrainingJob", "trian")
    assert near.returncode == exits.NOT_FOUND
    assert _one_error(near) == (
        f'trainingjobs.sagemaker.aws.amazon.com "trian" not found in namespace "{shown.namespace}" of context "local". '
        "Did you mean train?"
    )
    far = shown.run("TrainingJob", "other")
    assert f"Use `kubectl get TrainingJob -n {shown.namespace}` to list resource names" in _one_error(far)
    elsewhere = shown.run("TrainingJob", "train", "-n", "default")
    assert "There is one in namespace" in _one_error(elsewhere)
    nowhere = shown.run("TrainingJob", "other", "-n", "nowhere")
    assert nowhere.returncode == exits.NOT_FOUND
    assert 'There is no namespace "nowhere"' in _one_error(nowhere)


def test_unusable_kubeconfigs(scene: Scene) -> None:
    """A missing or broken kubeconfig and an unknown context are named."""
    nothing = scene.run("TrainingJob", "train", environment={"KUBECONFIG": None})
    assert nothing.returncode == exits.ERROR
    assert f"No kubeconfig was found at {scene.home}/.kube/config" in _one_error(nothing)
    assert "/nowhere" in _one_error(scene.run("TrainingJob", "train", "--kubeconfig", "/nowhere"))
    broken = scene.folder / "broken"
    broken.write_text("a: [", encoding="utf-8")
    assert f"Kubeconfig {broken} is not valid YAML" in _one_error(
        scene.run("TrainingJob", "train", "--kubeconfig", str(broken))
    )
    assert 'no context "x"' in _one_error(scene.run("TrainingJob", "train", "--context", "x"))


def test_api_server_that_refuses_the_connection(scene: Scene) -> None:
    """A refused connection names the server and what to check."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = scene.run("TrainingJob", "train", "--server", f"https://127.0.0.1:{port}")
    assert done.returncode == exits.ERROR
    error = _one_error(done)
    assert f"https://127.0.0.1:{port} cannot be reached" in error
    assert "refused" in error
    assert "--context" in error


def test_cluster_without_the_operators_crds(scene: Scene) -> None:
    """Where the API server does not know the kind, the message says that the CRDs are missing."""

    class NotFound(http.server.BaseHTTPRequestHandler):
        """What kube-apiserver answers for a group it does not serve."""

        def do_GET(self) -> None:
            """404 page not found."""
            body = b"404 page not found\n"
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = scene.run("TrainingJob", "train", "--server", f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
    assert done.returncode == exits.NOT_FOUND
    error = _one_error(done)
    assert "does not know trainingjobs.sagemaker.aws.amazon.com" in error
    assert "Install the operator's CRDs" in error


def test_missing_rights_in_kubernetes(shown: Scene) -> None:
    """Without the right to read the object, the server's reason and the missing right are told."""
    token = _token(shown, "blind", ["list"])
    anonymous = {"KUBECONFIG": str(_anonymous_kubeconfig(shown))}
    forbidden = shown.run("TrainingJob", "train", "--token", token, environment=anonymous)
    assert forbidden.returncode == exits.NO_PERMISSION
    assert f'"train" is forbidden: User "system:serviceaccount:{shown.namespace}:blind"' in _one_error(forbidden)
    assert 'Ask for the right "get"' in forbidden.stderr
    unauthorized = shown.run("TrainingJob", "train", "--token", "nonsense", environment=anonymous)
    assert unauthorized.returncode == exits.NO_PERMISSION
    assert "does not accept the credentials" in _one_error(unauthorized)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("expired", ["ExpiredTokenException", "aws sso login"]),
        ("invalid", ["UnrecognizedClientException", "aws sso login"]),
        ("denied", ["AccessDeniedException", "Allow the action logs:FilterLogEvents on log group"]),
    ],
)
@pytest.mark.parametrize("follow", [True, False])
def test_credentials_that_aws_refuses(shown: Scene, state: str, words: list[str], follow: bool) -> None:
    """Expired, unknown and powerless credentials end at once, with what to do."""
    shown.standin.set_faults(credentials={shown.environment["AWS_ACCESS_KEY_ID"]: state})
    done = shown.run("TrainingJob", "train", *(["-f"] if follow else []))
    assert done.returncode == exits.NO_PERMISSION
    assert done.stdout == ""
    error = _one_error(done)
    for word in [*words, "/aws/sagemaker/TrainingJobs", shown.region]:
        assert word in error


def test_no_credentials(shown: Scene) -> None:
    """Without any credentials, the message says how to get some."""
    done = shown.run("TrainingJob", "train", environment={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
    assert done.returncode == exits.NO_PERMISSION
    assert "NoCredentials" in _one_error(done)
    assert "AWS_PROFILE" in done.stderr


def test_endpoint_of_the_logs_alone(shown: Scene) -> None:
    """AWS's variable for the endpoint of CloudWatch Logs is honoured beside the general one."""
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": shown.standin.url}
    assert shown.run("TrainingJob", "train", environment=environment).returncode == 0


def test_unknown_profile(shown: Scene) -> None:
    """A profile that does not exist is named."""
    environment = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": "nobody"}
    done = shown.run("TrainingJob", "train", environment=environment)
    assert done.returncode != 0
    assert "(nobody)" in _one_error(done)


def test_nothing_to_show_yet(scene: Scene) -> None:
    """Without -f, a missing name, log group or line is an error that tells how to wait."""
    scene.create("nameless")
    scene.set_status("nameless", word="ReconcilingTrainingJob", additional="ValidationException: bad role")
    nameless = scene.run("TrainingJob", "nameless")
    assert nameless.returncode == exits.ERROR
    error = _one_error(nameless)
    assert error.startswith("SageMaker training job's spec does not have name")
    assert "ValidationException: bad role" in error
    assert "Use -f" in error
    scene.create("groupless", job="g")
    groupless = scene.run("TrainingJob", "groupless")
    assert groupless.returncode == exits.NOT_FOUND
    assert "ResourceNotFoundException: The specified log group does not exist" in _one_error(groupless)
    assert "Use -f" in groupless.stderr
    scene.set_status("groupless", word="ReconcilingTrainingJob", additional="ValidationException: bad role")
    refused = scene.run("TrainingJob", "groupless")
    assert refused.returncode == exits.NOT_FOUND
    assert "ValidationException: bad role" in _one_error(refused)
    scene.write_logs("other/algo-1-1", ["hello"])
    lineless = scene.run("TrainingJob", "groupless")
    assert lineless.returncode == exits.NOT_FOUND
    assert 'No log lines of streams "g/*"' in _one_error(lineless)


def test_usage_errors(scene: Scene) -> None:
    """Wrong names and flags end in the original's words."""
    assert _one_error(scene.run("TrainingJob")).startswith(
        "Exactly one Kubernetes resource name must be specified (got [])"
    )
    assert _one_error(scene.run("TrainingJob", "a", "--nope")) == "unknown flag: --nope"


# --- ends ----------------------------------------------------------------------------------------------------------


def test_interrupt(shown: Scene) -> None:
    """Ctrl-C ends with 130 and without a traceback, while following and while waiting."""
    shown.create("nameless")
    following = shown.follow("TrainingJob", "train")
    waiting = shown.follow("TrainingJob", "nameless")
    following.wait_for_output(" hello\n")
    waiting.wait_for_notice("Waiting for")
    for running in (following, waiting):
        running.process.send_signal(signal.SIGINT)
        assert running.end() == exits.INTERRUPTED
        assert "Traceback" not in running.stderr()


@pytest.mark.parametrize("follow", [True, False])
def test_closed_pipe_ends_silently(shown: Scene, follow: bool) -> None:
    """When the reader of the output goes away, the plugin ends without a word, though nothing more is written."""
    shown.write_logs("x/algo-1-1", ["x" * 100] * 5000)
    process = subprocess.Popen(
        ["kubectl", "smlogs", "TrainingJob", "train", *(["-f"] if follow else [])],
        env=shown.environment,
        executable=str(shown.folder / "bin" / "kubectl"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == exits.BROKEN_PIPE
    assert process.stderr.read().decode().count("\n") == 1
    process.stderr.close()
