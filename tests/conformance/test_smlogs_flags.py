"""Each flag does what it says: the real program against a real API server and the stand-in for CloudWatch Logs.

A test names the flags that it proves; the last one compares them with the table of all flags.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import os
import pty
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from kubectl_smlogs import commands, exits
from kubectl_smlogs.flags import CONNECTION_FLAGS
from smkube.kinds import HOSTING_DEPLOYMENT, TRAINING_JOB, TUNING_JOB
from tests.cluster.binaries import Binaries
from tests.conformance.smlogs_scene import Scene, control_plane_with_kinds
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn

LONG_AGO = "2026-01-01T00:00:00Z"
OTHER_REGION = "us-other-1"
PROVEN: set[str] = set()
"""Names of flags of the log commands and of connection flags; `command flag` for those of the other commands."""

_Test = TypeVar("_Test", bound=Callable[..., None])


def proves(*names: str) -> Callable[[_Test], _Test]:
    """Mark a test as the proof of some flags."""

    def mark(test: _Test) -> _Test:
        assert not PROVEN & set(names)
        PROVEN.update(names)
        return test

    return mark


# --- the scene -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Objects and logs for all tests here, which only read them.

    `train` (completed, hosts algo-1 and algo-2, one line two hours old, the others a minute) and `failed`, both of
    team vision; `running`; `apart` in another namespace, of team vision too; a tuning job and an endpoint.
    """
    with (
        control_plane_with_kinds(cluster_binaries, tmp_path_factory.mktemp("cluster")) as plane,
        StandIn() as aws,
        make_scene(plane, aws, cluster_binaries, tmp_path_factory.mktemp("scene")) as made,
    ):
        for name, word in (("train", "Completed"), ("failed", "Failed"), ("running", "InProgress")):
            made.create(name, job=f"j-{name}", labels={} if name == "running" else {"team": "vision"})
            made.set_status(name, word=word, secondaryStatus=word, lastCheckTime=LONG_AGO)
        stalled = {
            "type": "Stalled",
            "status": "True",
            "reason": "Failed",
            "message": "no",
            "lastTransitionTime": LONG_AGO,
        }
        made.set_status("failed", conditions=[stalled])
        made.write_logs("j-train/algo-1-1", ["old"], offset=-7200.0)
        made.write_logs("j-train/algo-1-1", ["loss=0.5", "plain"])
        made.write_logs("j-train/algo-2-1", ["ERROR bad"], offset=-50.0)
        made.write_logs("j-failed/algo-1-1", ["broken"], offset=-40.0)
        made.write_logs("j-running/algo-1-1", ["going"])
        _elsewhere(made)
        _tuning_and_endpoint(made)
        yield made


def _elsewhere(made: Scene) -> None:
    """The same job name in another region, and an object in another namespace."""
    event = {"message": "from elsewhere", "offset": -60.0}
    made.standin.put_logs(TRAINING_JOB.log_group, "j-train/algo-1-1", [event], region=OTHER_REGION)
    home, made.namespace = made.namespace, "default"
    made.create("apart", job="j-apart", labels={"team": "vision"})
    made.set_status("apart", word="Completed", lastCheckTime=LONG_AGO)
    made.namespace = home
    made.write_logs("j-apart/algo-1-1", ["apart"], offset=-30.0)


def _tuning_and_endpoint(made: Scene) -> None:
    made.create("tune", kind=TUNING_JOB, job="tuned")
    made.set_status(
        "tune", kind=TUNING_JOB, word="Completed", bestTrainingJob={"trainingJobName": "tuned-002-0123abcd"}
    )
    for number in (1, 2):
        made.write_logs(f"tuned-00{number}-0123abcd/algo-1-1", [f"trial {number}"])
    made.create("serving", kind=HOSTING_DEPLOYMENT, job="ep")
    variants = [{"variantName": name} for name in ("blue", "green")]
    made.set_status("serving", kind=HOSTING_DEPLOYMENT, word="InService", job="ep", productionVariants=variants)
    for variant in ("blue", "green"):
        made.write_logs(f"{variant}/i-0123", [f"of {variant}"], group="/aws/sagemaker/Endpoints/ep")


Done = subprocess.CompletedProcess[str]


def run(scene: Scene, *arguments: str, **environment: str | None) -> Done:
    """Run the program to its end; None takes a variable out of its environment."""
    return subprocess.run(
        ["kubectl-smlogs", *arguments],
        env=_environment(scene, environment),
        executable=str(scene.folder / "bin" / "kubectl-smlogs"),
        cwd=scene.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _environment(scene: Scene, changes: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in {**scene.environment, **changes}.items() if value is not None}


def bodies(scene: Scene, *arguments: str, **environment: str | None) -> list[str]:
    """The messages that a run without a mistake shows, by the classic format."""
    done = run(scene, *arguments, "--hide-log-stream-name", **environment)
    assert done.returncode == exits.OK, done.stderr
    return [line.partition(" UTC ")[2] for line in done.stdout.splitlines()]


def on_terminal(scene: Scene, *arguments: str, **environment: str | None) -> str:
    """What a run writes to its terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["kubectl-smlogs", *arguments],
        env=_environment(scene, {"TERM": "xterm-256color", **environment}),
        executable=str(scene.folder / "bin" / "kubectl-smlogs"),
        cwd=scene.folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal that nobody holds any more with an error.
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    assert process.wait(60) == exits.OK, written
    return written.decode()


# --- what is read --------------------------------------------------------------------------------------------------


@proves("follow")
def test_follow(shown: Scene) -> None:
    """Only who follows learns from the exit code how the job ended."""
    assert run(shown, "tj", "failed").returncode == exits.OK
    assert run(shown, "tj", "failed", "-f").returncode == exits.JOB_FAILED


@proves("since", "since-time", "until")
def test_spans(shown: Scene) -> None:
    """Lines are those of the span, whichever way it is said."""
    assert bodies(shown, "tj", "train", "--since", "1h") == ["loss=0.5", "plain", "ERROR bad"]
    assert bodies(shown, "tj", "train", "--until", "1h") == ["old"]
    hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert bodies(shown, "tj", "train", "--since-time", hour_ago) == ["loss=0.5", "plain", "ERROR bad"]
    assert bodies(shown, "tj", "train", "--since=3h", f"--until={hour_ago}") == ["old"]


@proves("tail", "limit-bytes")
def test_less_than_all(shown: Scene) -> None:
    """The last lines, or as many whole lines as fit."""
    assert bodies(shown, "tj", "train", "--tail", "2") == ["plain", "ERROR bad"]
    done = run(shown, "tj", "train", "-o", "raw", "--limit-bytes=14")
    assert (done.returncode, done.stdout) == (exits.OK, "old\nloss=0.5\n")


@proves("host", "logSearchPrefix", "hide-log-stream-name")
def test_hosts_and_streams(shown: Scene) -> None:
    """One host, hosts that begin so, and lines without their stream."""
    assert bodies(shown, "tj", "train", "--host", "algo-2") == ["ERROR bad"]
    assert bodies(shown, "tj", "train", "-p", "algo-1") == ["old", "loss=0.5", "plain"]
    plain, hidden = run(shown, "tj", "running").stdout, run(shown, "tj", "running", "--hide-log-stream-name").stdout
    assert plain == f"j-running/algo-1-1 {hidden}"


@proves("filter-pattern", "include", "exclude")
def test_choosing_lines(shown: Scene) -> None:
    """The service filters by a pattern, the program by expressions."""
    before = shown.standin.count("logs.FilterLogEvents")
    assert bodies(shown, "tj", "train", "--filter-pattern", "ERROR") == ["ERROR bad"]
    assert shown.standin.count("logs.FilterLogEvents") > before
    assert bodies(shown, "tj", "train", "-i", "loss=[0-9.]+", "--include", "^o") == ["old", "loss=0.5"]
    assert bodies(shown, "tj", "train", "-e", "o") == ["ERROR bad", "plain"][::-1]


@proves("wait", "timeout")
def test_patience(shown: Scene) -> None:
    """Waiting for what is not there yet, for as long as said; and an end to it all."""
    assert run(shown, "tj", "later").returncode == exits.NOT_FOUND
    begun = time.monotonic()
    assert run(shown, "tj", "later", "--wait=1s").returncode == exits.TIMED_OUT
    assert time.monotonic() - begun > 1
    assert run(shown, "tj", "running", "-f", "--timeout", "1s").returncode == exits.TIMED_OUT
    out = (shown.folder / "later").open("wb+")
    with out:
        process = subprocess.Popen(
            ["kubectl-smlogs", "tj", "later", "--wait", "-o", "raw"],
            env=shown.environment,
            executable=str(shown.folder / "bin" / "kubectl-smlogs"),
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert "later" in process.stderr.readline()
        shown.create("later", job="j-later")
        shown.set_status("later", word="InProgress")
        shown.write_logs("j-later/algo-1-1", ["at last"], offset=-1.0)
        process.communicate(timeout=60)
        assert process.returncode == exits.OK
    assert (shown.folder / "later").read_text(encoding="utf-8") == "at last\n"


@proves("selector", "all-namespaces", "max-log-requests")
def test_several_objects(shown: Scene) -> None:
    """Objects by their labels, in all namespaces, and no more at once than allowed."""
    assert "broken" in bodies(shown, "tj", "-l", "team=vision")
    assert "going" not in bodies(shown, "tj", "-l", "team=vision")
    everywhere = bodies(shown, "tj", "-l", "team=vision", "-A")
    assert {"plain", "broken", "apart"} <= set(everywhere)
    many = run(shown, "tj", "-l", "team=vision", "-f", "--max-log-requests", "1")
    assert many.returncode == exits.ERROR
    assert "--max-log-requests" in many.stderr
    assert run(shown, "tj", "-l", "team=vision", "-f", "--max-log-requests=2").returncode == exits.JOB_FAILED


@proves("children", "variant")
def test_parts_of_an_object(shown: Scene) -> None:
    """One of a tuning job's training jobs, one of an endpoint's variants."""
    assert sorted(bodies(shown, "htj", "tune")) == ["trial 1", "trial 2"]
    assert bodies(shown, "htj", "tune", "--children", "best") == ["trial 2"]
    assert bodies(shown, "htj", "tune", "--children=001") == ["trial 1"]
    assert bodies(shown, "hd", "serving", "--variant", "green") == ["of green"]


@proves("aws-profile", "region")
def test_where_at_aws(shown: Scene) -> None:
    """Credentials of a profile, and another region than the object's."""
    keys = {name: shown.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    path = shown.folder / "credentials"
    lines = [f"{name.lower()} = {value}" for name, value in keys.items()]
    path.write_text("\n".join(["[mine]", *lines, ""]), encoding="utf-8")
    bare = {**dict.fromkeys(keys), "AWS_SHARED_CREDENTIALS_FILE": str(path)}
    assert run(shown, "tj", "running", **bare).returncode == exits.NO_PERMISSION
    assert bodies(shown, "tj", "running", "--aws-profile", "mine", **bare) == ["going"]
    assert bodies(shown, "tj", "train", "--region", OTHER_REGION) == ["from elsewhere"]


# --- how it is shown -----------------------------------------------------------------------------------------------


@proves("output", "template", "timestamps", "timezone")
def test_formats(shown: Scene) -> None:
    """Every format, and what may be said about times."""

    def shown_as(*arguments: str) -> str:
        done = run(shown, "tj", "running", *arguments)
        assert done.returncode == exits.OK, done.stderr
        return done.stdout

    assert shown_as("-o", "raw") == "going\n"
    assert re.fullmatch(r"j-running/algo-1-1 \d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC going\n", shown_as("-o", "classic"))
    assert re.fullmatch(r"\S*algo-1 +[\d:.]+ going\n", shown_as("-o", "default"))
    assert json.loads(shown_as("-o", "json"))["message"] == "going"
    assert json.loads(shown_as("-o", "extjson"))["host"] == "algo-1"
    assert shown_as("-o", "template={host}/{job}: {message}") == "algo-1/j-running: going\n"
    assert shown_as("--template", "<{message:.2}>") == "<go>\n"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z going\n", shown_as("-o", "raw", "--timestamps"))
    assert " +0900 JST going" in shown_as("--timezone", "Asia/Tokyo")


@proves("color", "highlight")
def test_colors(shown: Scene) -> None:
    """Colours come where they are wanted, and what is found is marked."""
    colored = run(shown, "tj", "running", "-o", "default", "--color", "always").stdout
    assert "\x1b[" in colored
    marked = run(shown, "tj", "running", "-o", "default", "--color=always", "-H", "oin").stdout
    assert re.search(r"g\x1b\[[\d;]+moin\x1b\[", marked)
    assert not re.search(r"\x1b\[[\d;]*m", on_terminal(shown, "tj", "running", "--color", "never"))
    assert re.search(r"\x1b\[[\d;]+m", on_terminal(shown, "tj", "running"))


@proves("save")
def test_save(shown: Scene) -> None:
    """A file for each log stream, and a manifest, instead of lines."""
    done = run(shown, "tj", "train", "--save", "saved")
    assert (done.returncode, done.stdout) == (exits.OK, "")
    folder = shown.folder / "saved"
    manifest = json.loads(next(folder.rglob("manifest.json")).read_text(encoding="utf-8"))
    assert "j-train" in json.dumps(manifest)
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.log")}
    assert sorted(texts.values()) == ["ERROR bad\n", "old\nloss=0.5\nplain\n"]


@proves("pager")
def test_pager(shown: Scene) -> None:
    """On a terminal the log goes through the user's pager."""
    written = on_terminal(shown, "tj", "running", "--pager", "-o", "raw", PAGER="sed s/^/paged:/")
    assert "paged:going" in written
    assert "paged:" not in on_terminal(shown, "tj", "running", "-o", "raw", PAGER="sed s/^/paged:/")


@proves("quiet", "verbose")
def test_how_much_is_told(shown: Scene) -> None:
    """Nothing but the log, or more about it, on standard error."""
    assert run(shown, "tj", "running", "-q").stderr == ""
    plain, more = run(shown, "tj", "running").stderr, run(shown, "tj", "running", "-v").stderr
    assert len(more.splitlines()) > len(plain.splitlines()) > 0


# --- the cluster ---------------------------------------------------------------------------------------------------


def _role(scene: Scene, name: str, rules: list[dict[str, Any]], subject: dict[str, str]) -> None:
    """A cluster role, given to somebody."""
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    scene.plane.admin.request("POST", f"{rbac}/clusterroles", {"metadata": {"name": name}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    scene.plane.admin.request("POST", f"{rbac}/clusterrolebindings", binding)


_GET = {"apiGroups": ["sagemaker.aws.amazon.com"], "resources": ["trainingjobs"], "verbs": ["get"]}


@pytest.fixture(scope="module")
def reader(shown: Scene) -> str:
    """Token of a service account that may read training jobs and act as jane of the readers, for a reason."""
    accounts = f"/api/v1/namespaces/{shown.namespace}/serviceaccounts"
    shown.plane.admin.request("POST", accounts, {"metadata": {"name": "reader"}})
    actor = {"kind": "ServiceAccount", "name": "reader", "namespace": shown.namespace}
    impersonate = [
        {"apiGroups": [""], "resources": ["users"], "resourceNames": ["jane"], "verbs": ["impersonate"]},
        {"apiGroups": [""], "resources": ["groups"], "resourceNames": ["readers"], "verbs": ["impersonate"]},
        *(
            {
                "apiGroups": ["authentication.k8s.io"],
                "resources": [what],
                "resourceNames": [name],
                "verbs": ["impersonate"],
            }
            for what, name in (("uids", "7"), ("userextras/reason", "debugging"))
        ),
    ]
    _role(shown, "actor", [_GET, *impersonate], actor)
    _role(shown, "readers", [_GET], {"kind": "Group", "name": "readers", "apiGroup": "rbac.authorization.k8s.io"})
    return shown.plane.token_for(shown.namespace, "reader")


@proves("kubeconfig", "context", "cluster", "user", "namespace")
def test_kubeconfig(shown: Scene, reader: str) -> None:
    """Another file, and in it another context, cluster, user and namespace."""
    good = {"server": shown.plane.url, "certificate-authority": str(shown.plane.ca_path)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bad",
        "clusters": [
            {"name": "c-good", "cluster": good},
            {"name": "c-bad", "cluster": {"server": "http://127.0.0.1:9"}},
        ],
        "users": [{"name": "u-good", "user": {"token": reader}}, {"name": "u-bad", "user": {"token": "nonsense"}}],
        "contexts": [
            {"name": "good", "context": {"cluster": "c-good", "user": "u-good", "namespace": shown.namespace}},
            {"name": "bad", "context": {"cluster": "c-bad", "user": "u-bad"}},
        ],
    }
    path = shown.folder / "several"
    path.write_text(json.dumps(document), encoding="utf-8")
    file = ("tj", "running", f"--kubeconfig={path}")
    assert run(shown, *file).returncode == exits.ERROR
    assert bodies(shown, *file, "--context", "good", KUBECONFIG=None) == ["going"]
    parts = (*file, "--cluster", "c-good", "-n", shown.namespace)
    assert run(shown, *parts).returncode == exits.NO_PERMISSION
    assert bodies(shown, *parts, "--user", "u-good") == ["going"]
    assert run(shown, *file, "--context", "good", "-n", "default").returncode == exits.NOT_FOUND


@proves(
    "server",
    "certificate-authority",
    "insecure-skip-tls-verify",
    "tls-server-name",
    "token",
    "client-certificate",
    "client-key",
)
def test_server_and_credentials(shown: Scene, reader: str) -> None:
    """Without a kubeconfig, flags alone say where the server is, how to trust it, and who asks."""
    place = ("tj", "running", "-n", shown.namespace, "--server", shown.plane.url)
    trusted, none = (*place, "--certificate-authority", str(shown.plane.ca_path)), {"KUBECONFIG": None}
    untrusted = run(shown, *place, "--token", reader, **none)
    assert untrusted.returncode == exits.ERROR
    assert "certificate" in untrusted.stderr
    assert bodies(shown, *place, "--insecure-skip-tls-verify", "--token", reader, **none) == ["going"]
    assert run(shown, *trusted, "--token", "nonsense", **none).returncode == exits.NO_PERMISSION
    assert bodies(shown, *trusted, "--token", reader, **none) == ["going"]
    assert "wrong.example" in run(shown, *trusted, "--token", reader, "--tls-server-name=wrong.example", **none).stderr
    files = [path for path in (shown.plane.data / "pki").iterdir() if path.name.startswith("admin")]
    key = next(path for path in files if "key" in path.name)
    certificate = next(path for path in files if path.suffix in (".crt", ".pem") and path != key)
    client = ("--client-certificate", str(certificate), "--client-key", str(key))
    assert bodies(shown, *trusted, *client, **none) == ["going"]


@proves("as", "as-group", "as-uid", "as-user-extra")
def test_impersonation(shown: Scene, reader: str) -> None:
    """The API server takes the request as another user's, and checks each part of who that is."""
    place = ("-n", shown.namespace, "--server", shown.plane.url, "--certificate-authority", str(shown.plane.ca_path))
    jane = ("tj", "running", *place, "--token", reader, "--as", "jane")
    none = {"KUBECONFIG": None}
    assert 'User "jane" cannot get resource "trainingjobs"' in run(shown, *jane, **none).stderr
    group = (*jane, "--as-group", "readers")
    assert bodies(shown, *group, **none) == ["going"]
    for flag, right, wrong in (("--as-uid", "7", "8"), ("--as-user-extra", "reason=debugging", "reason=fun")):
        assert bodies(shown, *group, flag, right, **none) == ["going"]
        refused = run(shown, *group, flag, wrong, **none)
        assert refused.returncode == exits.NO_PERMISSION
        assert "impersonate" in refused.stderr


@proves("username", "password")
def test_basic_authentication(shown: Scene) -> None:
    """Name and password reach the server as basic authentication; no API server takes it by itself any more."""
    heard: list[str | None] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        """What a proxy in front of an API server is asked."""

        def do_GET(self) -> None:
            """Note who asks."""
            heard.append(self.headers["Authorization"])
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            done = run(shown, "tj", "running", "--server", url, "--username=me", "--password=secret", KUBECONFIG=None)
        finally:
            server.shutdown()
            thread.join()
    assert done.returncode == exits.NO_PERMISSION
    assert set(heard) == {"Basic " + base64.b64encode(b"me:secret").decode()}


@proves("request-timeout")
def test_request_timeout(shown: Scene) -> None:
    """An API server that says nothing is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = run(shown, "tj", "running", "--server", url, "--request-timeout", "200ms")
    assert done.returncode == exits.ERROR
    assert "timed out" in done.stderr


# --- the other commands --------------------------------------------------------------------------------------------


@proves("list all-namespaces", "list selector", "list output", "list color")
def test_list(shown: Scene) -> None:
    """What is listed, from where, and how."""
    table = run(shown, "list", "tj", "-l", "team=vision").stdout
    assert "train" in table
    assert "running" not in table
    assert "apart" not in table
    assert "apart" in run(shown, "list", "tj", "-A").stdout
    names = run(shown, "list", "tj", "-l", "team=vision", "-o", "name").stdout.splitlines()
    assert sorted(name.rpartition("/")[2] for name in names) == ["failed", "train"]
    assert len(json.loads(run(shown, "list", "tj", "-l", "team=vision", "-ojson").stdout)["items"]) == 2
    wide = run(shown, "list", "tj", "-l", "team=vision", "-o", "wide").stdout
    assert len(wide.splitlines()[0].split()) > len(table.splitlines()[0].split())
    assert re.search(r"\x1b\[[\d;]*3\d", on_terminal(shown, "list", "--color", "always"))
    assert not re.search(r"\x1b\[[\d;]*3\d", on_terminal(shown, "list", "--color", "never"))


@proves(
    "status all-namespaces", "status selector", "status output", "status color", "status region",
    "url all-namespaces", "url selector", "url output", "url region",
)  # fmt: skip
def test_status_and_url(shown: Scene) -> None:
    """What is told, about which objects, and how."""
    for command in ("status", "url"):
        one = json.loads(run(shown, command, "tj", "train", "-o", "json").stdout)
        assert "j-train" in json.dumps(one)
        assert shown.region in json.dumps(one)
        assert OTHER_REGION in run(shown, command, "tj", "train", "--region", OTHER_REGION).stdout
        some = run(shown, command, "tj", "-l", "team=vision").stdout
        assert "j-failed" in some
        assert "j-running" not in some
        assert "j-apart" in run(shown, command, "tj", "-A", "-l", "team=vision").stdout
    assert re.search(r"\x1b\[[\d;]*3\d", on_terminal(shown, "status", "tj", "failed", "--color", "always"))
    assert not re.search(r"\x1b\[[\d;]*3\d", on_terminal(shown, "status", "tj", "failed", "--color", "never"))


@proves("doctor output", "doctor quiet", "doctor region", "doctor color", "doctor aws-profile")
def test_doctor(shown: Scene) -> None:
    """What is checked, where, as whom, and how it is told."""
    told = json.loads(run(shown, "doctor", "tj/train", "-o", "json", "--region", OTHER_REGION).stdout)
    assert {"check": "region", "outcome": "ok", "found": f"{OTHER_REGION} (--region)", "fix": ""} in told["checks"]
    assert told["summary"]["ok"] > 5
    quiet = run(shown, "doctor", "-q", "--color", "always")
    assert quiet.returncode == exits.OK
    assert quiet.stdout.startswith("\x1b[33mwarn\x1b[0m  operator ")
    other = run(shown, "doctor", "--color=never", "--aws-profile", "nobodys")
    assert other.returncode == exits.UNSOUND
    assert "\nfail  aws-identity    ProfileNotFound: The config profile (nobodys) could not be found\n" in other.stdout


def test_connection_flags_reach_the_other_commands(shown: Scene) -> None:
    """`list`, `status` and `url` ask the same cluster as the log commands do."""
    for command, operands in (("list", ["tj"]), ("status", ["tj", "apart"]), ("url", ["tj", "apart"])):
        assert "apart" in run(shown, command, *operands, "-n", "default").stdout
        refused = run(shown, command, *operands, "-n", "default", "--as", "nobody")
        assert refused.returncode == exits.NO_PERMISSION
    assert 'as "nobody"' in run(shown, "doctor", "tj/apart", "-n", "default", "--as", "nobody").stdout


@proves("version output", "completion no-descriptions", "help")
def test_what_is_answered_at_once(shown: Scene) -> None:
    """Help, version and completion scripts."""
    assert run(shown, "TrainingJob", "--help").stdout.startswith("View TrainingJob logs via Kubernetes\n")
    assert "clientVersion" in json.loads(run(shown, "version", "-o", "json").stdout)
    script = run(shown, "completion", "bash", "--no-descriptions").stdout
    assert "__completeNoDesc" in script
    assert "__completeNoDesc" not in run(shown, "completion", "bash").stdout


def test_every_flag_is_proven() -> None:
    """No flag of any command is without a test in this file, and no test is about a flag that is gone."""
    connection = {flag.name for flag in CONNECTION_FLAGS} | {"help"}
    wanted = set(connection)
    for command in commands.ALL:
        names = {flag.name for flag in command.flags} - connection
        shows_logs = bool(command.kind) or command is commands.LOGS
        wanted |= names if shows_logs else {f"{command.name} {name}" for name in names}
    assert wanted == PROVEN
