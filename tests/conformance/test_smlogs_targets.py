"""Objects as the plugin finds, watches, lists and shows them, against a real API server and the stand-in for AWS."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubectl_smlogs import children, exits, inspecting, listing
from kubectl_smlogs.awaiting import Patience
from kubectl_smlogs.children import LABEL, Means
from kubectl_smlogs.failures import Failure, is_unserved
from kubectl_smlogs.finding import Cluster, Found, find, get
from kubectl_smlogs.options import FOREVER, Options, Reading, Showing, Where
from kubectl_smlogs.resources import (
    ACK_ENDPOINT,
    ACK_TRAINING_JOB,
    ACK_TRANSFORM_JOB,
    ALL,
    HOSTING_DEPLOYMENT,
    TRAINING_JOB,
    TUNING_JOB,
    Aws,
    Fields,
    Resource,
)
from kubectl_smlogs.target import Target
from kubectl_smlogs.terminal import Terminal
from kubectl_smlogs.watching import ObjectWatch
from smkube import kinds
from smkube.aws.wire import Wire
from smkube.errors import KubeError
from smkube.kube.kubeconfig import Overrides
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.smlogs_scene import Scene, control_plane_with_kinds, install_ack
from tests.conformance.smlogs_scene import scene as make_scene
from tests.standin.app import StandIn
from tests.standin.clients import client
from tests.standin.fixtures import quick_settings
from tests.standin.tuning_requests import tuning_request

AGENT = "kubectl-smlogs/test"
LONG = 30.0
"""Seconds until something that is waited for counts as missing."""


@pytest.fixture(scope="module")
def aws() -> Iterator[StandIn]:
    """A stand-in in real time, whose jobs take about a second."""
    with StandIn(settings=quick_settings()) as made:
        yield made


@pytest.fixture(scope="module")
def plane(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that knows our kinds and ACK's, without any operator."""
    with control_plane_with_kinds(cluster_binaries, tmp_path_factory.mktemp("cluster")) as made:
        install_ack(made)
        yield made


@pytest.fixture
def scene(plane: ControlPlane, aws: StandIn, cluster_binaries: Binaries, tmp_path: Path) -> Iterator[Scene]:
    """A namespace of its own."""
    with make_scene(plane, aws, cluster_binaries, tmp_path) as made:
        yield made


def _where(scene: Scene, *names: str, user: str = "", **more: Any) -> Where:
    return Where(names=names, connection=Overrides(kubeconfig=str(scene.kubeconfig), as_user=user), **more)


def _cluster(where: Where) -> Cluster:
    return Cluster.of(where, user_agent=AGENT)


def _find(scene: Scene, *names: str, patience: Patience | None = None, user: str = "", **more: Any) -> Found:
    where = _where(scene, *names, user=user, **more)
    return find(_cluster(where), where, patience=patience)


def _names(found: Found) -> list[str]:
    return [target.name for target in found.targets]


def _allow(scene: Scene, user: str, verbs: list[str], resource: Resource = TRAINING_JOB) -> None:
    """Give a user some rights in the scene's namespace, and no others."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{scene.namespace}"
    rules = [{"apiGroups": [resource.group], "resources": [resource.plural], "verbs": verbs}]
    name = f"{user}-{resource.plural}.{resource.version}"
    scene.plane.admin.request("POST", f"{rbac}/roles", {"metadata": {"name": name}, "rules": rules})
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
    }
    scene.plane.admin.request("POST", f"{rbac}/rolebindings", binding)
    # An authorizer learns of a new role a moment later.
    _until(lambda: _allowed(scene, user, verbs, resource), f"{user} never got the rights")


def _allowed(scene: Scene, user: str, verbs: list[str], resource: Resource) -> bool:
    for verb in verbs:
        place = {"namespace": scene.namespace, "verb": verb, "group": resource.group, "resource": resource.plural}
        review = {"spec": {"user": user, "resourceAttributes": place}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        if not scene.plane.admin.request("POST", path, review)["status"]["allowed"]:
            return False
    return True


def _until(what: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.05)


class _Background:
    """Something done in a thread of its own, and what came of it."""

    def __init__(self, work: Callable[[], Found]) -> None:
        self._outcome: queue.SimpleQueue[Found | Exception] = queue.SimpleQueue()
        self._work = work
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._outcome.put(self._work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self._outcome.put(error)

    def outcome(self) -> Found:
        found = self._outcome.get(timeout=LONG)
        if isinstance(found, Exception):
            raise found
        return found


# --- finding -----------------------------------------------------------------------------------------------------


def test_several_names_of_several_kinds(scene: Scene) -> None:
    """Names of any kind and spelling come in order, once each; one that is missing is told with the nearest name."""
    scene.create("mnist-train", job="x")
    scene.create("endpoint", kind=kinds.HOSTING_DEPLOYMENT)
    found = _find(scene, "HD/endpoint", "trainingjobs/mnist-train", "tj/mnist-trian", "TRAININGJOB/mnist-train")
    assert _names(found) == ["endpoint", "mnist-train"]
    (missing,) = found.failures
    assert missing.code == exits.NOT_FOUND
    assert missing.text == (
        f'trainingjobs.sagemaker.aws.amazon.com "mnist-trian" not found in namespace "{scene.namespace}" of context '
        f'"{_cluster(_where(scene)).context}". Did you mean mnist-train?'
    )


def test_where_an_object_is(scene: Scene) -> None:
    """An object in another namespace, or meant by the name of its job, is told where it is and what it is called."""
    scene.create("train", job="job-of-train")
    with pytest.raises(Failure, match="the TrainingJob is called train"):
        _find(scene, "job-of-train", kind="tj")
    name = f"train-{scene.namespace}"
    scene.create(name, job="x")
    where = Where("tj", (name,), connection=Overrides(kubeconfig=str(scene.kubeconfig), namespace="default"))
    with pytest.raises(Failure, match=f"There is one in namespace {scene.namespace}; choose it with -n"):
        find(_cluster(where), where)


def test_the_namespace_does_not_exist(scene: Scene) -> None:
    """A namespace that is not there is told as the cause."""
    where = Where("tj", ("x",), connection=Overrides(kubeconfig=str(scene.kubeconfig), namespace="nowhere"))
    with pytest.raises(Failure, match='There is no namespace "nowhere"') as failed:
        find(_cluster(where), where)
    assert failed.value.code == exits.NOT_FOUND


def test_names_cannot_leave_their_place(scene: Scene) -> None:
    """Characters that mean something in a URL are part of the name."""
    scene.create("x", job="x")
    for name in ("x?watch=true", "x#a", "x y", "Üx"):
        with pytest.raises(Failure, match="not found") as failed:
            _find(scene, name, kind="tj")
        assert failed.value.code == exits.NOT_FOUND


def test_selectors(scene: Scene) -> None:
    """Labels choose within the namespace, or over all; a selector that is none is told as the server sees it."""
    scene.create("a", job="a", labels={"team": "vision", "own": scene.namespace})
    scene.create("b", job="b", labels={"team": "text", "own": scene.namespace})
    assert _names(_find(scene, kind="tj", selector="team=vision")) == ["a"]
    assert _names(_find(scene, kind="tj", selector="team in (text, vision)")) == ["a", "b"]
    everywhere = _find(scene, kind="tj", selector=f"own={scene.namespace}", all_namespaces=True)
    assert [(target.namespace, target.name) for target in everywhere.targets] == [
        (scene.namespace, "a"),
        (scene.namespace, "b"),
    ]
    with pytest.raises(
        Failure, match=f'no TrainingJob with label selector "team=none" in namespace "{scene.namespace}"'
    ):
        _find(scene, kind="tj", selector="team=none")
    with pytest.raises(Failure, match="does not understand the selector: unable to parse requirement"):
        _find(scene, kind="tj", selector="a=(")


# --- ACK ---------------------------------------------------------------------------------------------------------


def test_objects_of_ack(scene: Scene) -> None:
    """ACK's objects are found by their group, or without one where ours has no such object."""
    status = {"trainingJobStatus": "InProgress", "secondaryStatus": "Training"}
    scene.create_ack("k", ACK_TRAINING_JOB, job="job-k", status=status)
    scene.create_ack("t", ACK_TRANSFORM_JOB, job="job-t")
    scene.create_ack("e", ACK_ENDPOINT, job="ep")
    scene.create("both", job="ours")
    scene.create_ack("both", ACK_TRAINING_JOB, job="theirs")
    (ack,) = _find(scene, "k", kind="trainingjob").targets
    assert (ack.resource, ack.job, ack.region) == (ACK_TRAINING_JOB, "job-k", scene.region)
    assert (ack.status, ack.secondary) == ("InProgress", "Training")
    assert _find(scene, "t", kind="btj").targets[0].job == "job-t"
    assert _find(scene, "endpoint/e").targets[0].group() == "/aws/sagemaker/Endpoints/ep"
    assert _find(scene, "both", kind="tj").targets[0].job == "ours"
    assert _find(scene, "both", kind="trainingjob.sagemaker.services.k8s.aws").targets[0].job == "theirs"


def test_a_kind_that_the_cluster_does_not_know(scene: Scene) -> None:
    """What the API server says of a kind that is not installed is told apart from a missing object."""
    unknown = Resource("X", "exes", "job", Aws("x", "X"), Fields("x"), api_version="sagemaker.test/v1")
    cluster = _cluster(_where(scene))
    for resource, name, unserved in ((unknown, "x", True), (TRAINING_JOB, "x", False)):
        with pytest.raises(KubeError) as refused:
            get(cluster.client, resource, cluster.namespace, name)
        assert is_unserved(refused.value, resource) is unserved


def test_rights_in_one_group_only(scene: Scene) -> None:
    """Whoever may read ACK's objects only finds them; whoever may read nothing is told which right is missing."""
    scene.create("x", job="ours")
    scene.create_ack("k", ACK_TRAINING_JOB, job="job-k")
    _allow(scene, "ann", ["get"], ACK_TRAINING_JOB)
    assert _find(scene, "k", kind="tj", user="ann").targets[0].job == "job-k"
    with pytest.raises(Failure, match=r"Elsewhere we may not look: .*cannot get resource"):
        _find(scene, "x", kind="tj", user="ann")
    with pytest.raises(Failure, match='Ask for the right "get" on trainingjobs') as failed:
        _find(scene, "x", kind="tj", user="nobody")
    assert failed.value.code == exits.NO_PERMISSION


# --- waiting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbs", [["get", "list", "watch"], ["get"]])
def test_waiting_for_an_object(scene: Scene, verbs: list[str]) -> None:
    """An object that comes later is found, by a watch where that is allowed and by asking again where it is not."""
    _allow(scene, "bob", verbs)
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    waiting = _Background(
        lambda: _find(
            scene, "late", kind="tj.sagemaker.aws.amazon.com", user="bob", patience=Patience(FOREVER, said.put)
        )
    )
    assert said.get(timeout=LONG).startswith('Waiting for TrainingJob "late" in namespace')
    scene.create("other", job="other")
    scene.create("late", job="late")
    assert _names(waiting.outcome()) == ["late"]


def test_waiting_for_either_kind(scene: Scene) -> None:
    """Without a group, ACK's object is waited for as well."""
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    waiting = _Background(lambda: _find(scene, "late", kind="tj", patience=Patience(LONG, said.put)))
    said.get(timeout=LONG)
    scene.create_ack("late", ACK_TRAINING_JOB, job="job-late")
    assert waiting.outcome().targets[0].job == "job-late"


def test_waiting_ends(scene: Scene) -> None:
    """After the time that was given the object is missing."""
    began = time.monotonic()
    with pytest.raises(Failure, match='"never" not found'):
        _find(scene, "never", kind="tj.sagemaker.aws.amazon.com", patience=Patience(1.0, lambda _: None))
    assert 1.0 <= time.monotonic() - began < LONG


# --- watching ----------------------------------------------------------------------------------------------------


def test_changes_are_told_in_order(scene: Scene) -> None:
    """Each change of the status is told with what was before; the end of an ACK job and a deletion are noticed."""
    scene.create_ack("k", ACK_TRAINING_JOB, job="job-k")
    cluster = _cluster(_where(scene))
    changes: queue.SimpleQueue[tuple[Target, Target]] = queue.SimpleQueue()
    first = get(cluster.client, ACK_TRAINING_JOB, scene.namespace, "k")
    watch = ObjectWatch(cluster.client, first, print, change=lambda old, new: changes.put((old, new)), poll=0.1)
    watch.start()
    path = f"{ACK_TRAINING_JOB.path(scene.namespace, 'k')}/status"
    before = ""
    for secondary, word in (("Starting", "InProgress"), ("Training", "InProgress"), ("Failed", "Failed")):
        body = {"status": {"secondaryStatus": secondary, "trainingJobStatus": word}}
        scene.plane.admin.request("PATCH", path, body, content_type="application/merge-patch+json")
        old, new = changes.get(timeout=LONG)
        assert (old.secondary, new.secondary) == (before, secondary)
        before = secondary
    assert watch.over
    assert watch.latest.exit_code() == exits.JOB_FAILED
    scene.plane.admin.request("DELETE", ACK_TRAINING_JOB.path(scene.namespace, "k"))
    assert watch.wait(lambda: watch.deleted, LONG)


# --- parts of a log ----------------------------------------------------------------------------------------------


@pytest.fixture
def tuning(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A tuning job that has run at AWS: of its three training jobs the second failed. Its object knows the counters."""
    for name, value in scene.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    scene.standin.rule("Tune-002-*", fail="AlgorithmError: no data")
    sagemaker = client(scene.standin.url, "sagemaker", region=scene.region)
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request("Tune", most=3))
    counters: dict[str, int] = {}

    def over() -> bool:
        described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune")
        counters.update(described["TrainingJobStatusCounters"])
        return bool(described["HyperParameterTuningJobStatus"] == "Completed")

    _until(over, "the tuning job never ended")
    scene.create("tune", kind=kinds.TUNING_JOB, job="Tune")
    counted = {name[:1].lower() + name[1:]: count for name, count in counters.items()}
    scene.set_status("tune", kind=kinds.TUNING_JOB, word="Completed", trainingJobStatusCounters=counted)
    return scene


def _means(where: Where) -> Means:
    def sagemaker(region: str) -> Callable[[str, bytes], bytes]:
        return Wire(service="sagemaker", region=region, user_agent=AGENT).post

    return Means(_cluster(where).client, sagemaker, print)


def _failed(scene: Scene) -> list[str]:
    where = _where(scene, "tune", kind="htj", children="failed")
    (target,) = find(_cluster(where), where).targets
    return children.failed(target, _means(where), scene.region)


def test_failed_training_jobs(tuning: Scene) -> None:
    """Failed training jobs are those that SageMaker tells of, or their objects where there are enough of them."""
    (name,) = _failed(tuning)
    assert name.startswith("Tune-002-")
    asked = tuning.standin.count("sagemaker.ListTrainingJobsForHyperParameterTuningJob")
    assert asked > 0
    tuning.create(name.lower(), job=name, labels={LABEL: "tune"})
    tuning.set_status(name.lower(), word="Failed", secondaryStatus="Failed")
    assert _failed(tuning) == [name]
    assert tuning.standin.count("sagemaker.ListTrainingJobsForHyperParameterTuningJob") == asked


def test_failed_training_jobs_without_the_right(tuning: Scene) -> None:
    """Where SageMaker refuses, the missing IAM action is named."""
    tuning.standin.set_faults(deny=["ListTrainingJobsForHyperParameterTuningJob"])
    try:
        with pytest.raises(Failure, match="sagemaker:ListTrainingJobsForHyperParameterTuningJob on tuning") as failed:
            _failed(tuning)
    finally:
        tuning.standin.set_faults(deny=[])
    assert failed.value.code == exits.NO_PERMISSION


# --- list, status, url -------------------------------------------------------------------------------------------


class _Shown:
    """What one of the commands printed."""

    def __init__(self, where: Where, output: str = "") -> None:
        self.options = Options(where, Reading(), Showing(output=output))
        self.cluster = Cluster.of(where, user_agent=AGENT, pool_size=4)
        self.out = ""
        self.err: list[str] = []
        self.code = exits.OK

    def _write(self, text: str) -> None:
        self.out += text

    def list(self) -> _Shown:
        now = datetime.now(UTC)
        self.code = listing.run(self.options, self.cluster, self._write, self.err.append, terminal=Terminal(), now=now)
        return self

    def status(self) -> _Shown:
        now = datetime.now(UTC)
        self.code = inspecting.status(
            self.options, self.cluster, self._write, self.err.append, terminal=Terminal(), now=now
        )
        return self

    def url(self) -> _Shown:
        self.code = inspecting.url(self.options, self.cluster, self._write, self.err.append)
        return self


def test_list(scene: Scene) -> None:
    """Everything of a namespace, ours and ACK's, in kubectl's columns; over all namespaces with a column for it."""
    scene.create("train", job="job-1")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    scene.create("model", kind=kinds.MODEL)
    scene.create_ack("k", ACK_TRAINING_JOB, job="job-k")
    shown = _Shown(_where(scene)).list()
    rows = [line.split() for line in shown.out.splitlines()]
    assert rows[0] == ["KIND", "NAME", "STATUS", "SECONDARY", "JOB", "REGION", "AGE"]
    assert [row[:6] for row in rows[1:]] == [
        ["TrainingJob", "train", "InProgress", "Training", "job-1", scene.region],
        ["Model", "model", "<none>", "<none>", "<none>", scene.region],
        ["TrainingJob.sagemaker.services.k8s.aws", "k", "<none>", "<none>", "job-k", scene.region],
    ]
    everywhere = _Shown(_where(scene, kind="tj", all_namespaces=True), "json").list()
    found = [one["name"] for one in json.loads(everywhere.out)["items"] if one["namespace"] == scene.namespace]
    assert found == ["train", "k"]


def test_list_with_few_rights(scene: Scene) -> None:
    """What may be listed is, and what may not is told in one line; without any right that is an error."""
    scene.create("train", job="job-1")
    _allow(scene, "cat", ["list"])
    shown = _Shown(_where(scene, user="cat"), "name").list()
    assert shown.out == "trainingjob.sagemaker.aws.amazon.com/train\n"
    assert len(shown.err) == 1
    assert "models.sagemaker.aws.amazon.com" in shown.err[0]
    with pytest.raises(Failure) as failed:
        _Shown(_where(scene, user="nobody")).list()
    assert failed.value.code == exits.NO_PERMISSION


def test_status_with_events(scene: Scene) -> None:
    """The object's own Events are shown with how often they happened, and no others'."""
    made = scene.create("train", job="job-1")
    other = scene.create("other", job="job-2")
    scene.set_status("train", word="InProgress", secondaryStatus="Downloading", sageMakerTrainingJobName="job-1")
    for obj, note, count in ((made, "Downloading input", 3), (other, "of another", 2)):
        _post_event(scene, obj, note, count)
    shown = _Shown(_where(scene, "train", kind="tj")).status()
    assert shown.code == exits.OK
    assert "  Status:     InProgress, Downloading\n" in shown.out
    (line,) = [line for line in shown.out.splitlines() if "Downloading input" in line]
    assert line.split()[1:] == ["Normal", "Progress", "3", "Downloading", "input"]
    assert "of another" not in shown.out
    document = json.loads(_Shown(_where(scene, "tj/train"), "json").status().out)
    assert (document["status"], document["events"][0]["count"]) == ("InProgress", 3)


def _post_event(scene: Scene, obj: dict[str, Any], note: str, count: int) -> None:
    """An Event as the operator posts them."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    metadata = obj["metadata"]
    body = {
        "metadata": {"name": f"{metadata['name']}.1", "namespace": scene.namespace},
        "eventTime": now,
        "action": "Observe",
        "reason": "Progress",
        "note": note,
        "type": "Normal",
        "reportingController": "sagemaker-operator",
        "reportingInstance": "test",
        "regarding": {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "namespace": scene.namespace,
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "series": {"count": count, "lastObservedTime": now},
    }
    scene.plane.admin.request("POST", f"/apis/events.k8s.io/v1/namespaces/{scene.namespace}/events", body)


def test_status_without_the_right_to_events(scene: Scene) -> None:
    """Whoever may read the object only sees all but its Events."""
    scene.create("train", job="job-1")
    _allow(scene, "dan", ["get"])
    shown = _Shown(_where(scene, "train", kind="tj", user="dan")).status()
    assert "Events: they may not be read" in shown.out


def test_url(scene: Scene) -> None:
    """Links of each object, also of ACK's."""
    scene.create("train", job="job-1", region="cn-north-1")
    scene.create_ack("e", ACK_ENDPOINT, job="ep", region="eu-west-1")
    shown = _Shown(_where(scene, "tj/train", "endpoint/e")).url()
    lines = shown.out.splitlines()
    assert lines[0] == f'TrainingJob "train" in namespace "{scene.namespace}"'
    assert lines[1] == (
        "SageMaker:  https://cn-north-1.console.amazonaws.cn/sagemaker/home?region=cn-north-1#/jobs/job-1"
    )
    assert lines[5].endswith("#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FEndpoints$252Fep")


def test_kinds_of_the_table_are_served(scene: Scene) -> None:
    """Each row's path is one that the API server knows; tuning jobs and deployments are read like the others."""
    scene.create("h", kind=kinds.HOSTING_DEPLOYMENT)
    scene.create("t", kind=kinds.TUNING_JOB, job="t")
    scene.set_status(
        "h",
        kind=kinds.HOSTING_DEPLOYMENT,
        word="InService",
        endpointName="ep",
        productionVariants=[{"variantName": "all"}],
    )
    where = _where(scene)
    found = listing.gather(_cluster(where), ALL, "")
    assert found.refused == ()
    by_kind = {target.resource: target for target in found.targets}
    assert by_kind[HOSTING_DEPLOYMENT].job == "ep"
    assert by_kind[TUNING_JOB].job == "t"


# --- through the command line ------------------------------------------------------------------------------------


def _bodies(text: str) -> list[str]:
    """Lines without stream and time."""
    return [line.partition(" UTC ")[2] for line in text.splitlines()]


def test_log_of_a_tuning_job(scene: Scene) -> None:
    """All training jobs in one timeline, the best, one by its number; none of another tuning job that begins so."""
    scene.create("tune", kind=kinds.TUNING_JOB, job="Tune")
    best = {"trainingJobName": "Tune-002-0123abcd"}
    scene.set_status("tune", kind=kinds.TUNING_JOB, word="Completed", bestTrainingJob=best)
    streams = (
        "Tune-001-0123abcd/algo-1-1",
        "Tune-002-0123abcd/algo-1-1",
        "Tune-2-001-0123abcd/algo-1-1",
        "Tune-x/algo-1-1",
    )
    for number, stream in enumerate(streams):
        scene.write_logs(stream, [f"line {number}"], offset=-60.0 + number)
    for more, bodies in (
        ((), ["line 0", "line 1"]),
        (("--children", "best"), ["line 1"]),
        (("--children", "001"), ["line 0"]),
        (("--children", "tune-001-0123abcd,best"), ["line 0", "line 1"]),
        (("-p", "algo-1"), ["line 0", "line 1"]),
    ):
        done = scene.run("hyperparametertuningjob", "tune", *more)
        assert (done.returncode, _bodies(done.stdout)) == (exits.OK, bodies), done.stderr
    missing = scene.run("htj", "tune", "--children", "other")
    assert missing.returncode == exits.NOT_FOUND
    assert 'has no training job "other"' in missing.stderr


def test_log_of_an_endpoint(scene: Scene) -> None:
    """An endpoint's log at any status is a success; a variant narrows it, and an unknown one is told."""
    scene.create("h", kind=kinds.HOSTING_DEPLOYMENT)
    variants = [{"variantName": "all"}, {"variantName": "blue"}]
    scene.set_status(
        "h", kind=kinds.HOSTING_DEPLOYMENT, word="InService", endpointName="ep", productionVariants=variants
    )
    for number, stream in enumerate(("all/i-01", "blue/i-02")):
        scene.write_logs(stream, [f"line {number}"], group="/aws/sagemaker/Endpoints/ep", offset=-60.0 + number)
    both = scene.run("HostingDeployment", "h")
    assert (both.returncode, _bodies(both.stdout)) == (exits.OK, ["line 0", "line 1"]), both.stderr
    blue = scene.run("endpoint", "h", "--variant", "blue")
    assert (blue.returncode, _bodies(blue.stdout)) == (exits.OK, ["line 1"]), blue.stderr
    unknown = scene.run("hd", "h", "--variant", "red")
    assert unknown.returncode == exits.NOT_FOUND
    assert 'has no variant "red"; it has all, blue.' in unknown.stderr


def test_an_endpoint_is_followed_until_it_is_gone(scene: Scene) -> None:
    """Following an endpoint goes on over updates, and ends when its object is deleted."""
    scene.create("h", kind=kinds.HOSTING_DEPLOYMENT)
    status = {"endpointName": "ep", "endpointArn": "arn:aws:sagemaker:r:1:endpoint/ep"}
    scene.set_status("h", kind=kinds.HOSTING_DEPLOYMENT, word="InService", **status)
    scene.write_logs("all/i-01", ["one"], group="/aws/sagemaker/Endpoints/ep", offset=-2.0)
    running = scene.follow("hd", "h")
    running.wait_for_output(" one\n")
    scene.set_status("h", kind=kinds.HOSTING_DEPLOYMENT, word="Updating")
    scene.write_logs("all/i-02", ["two"], group="/aws/sagemaker/Endpoints/ep", offset=0.0)
    running.wait_for_output(" two\n")
    scene.delete("h", kind=kinds.HOSTING_DEPLOYMENT)
    assert running.end() == exits.JOB_STOPPED


def test_logs_of_several_objects_and_of_ack(scene: Scene) -> None:
    """Objects of several kinds and of ACK in one command; what is missing is told and sets the exit code."""
    scene.create("a", job="a")
    scene.create_ack("k", ACK_TRANSFORM_JOB, job="k", status={"transformJobStatus": "Completed"})
    scene.write_logs("a/algo-1-1", ["of a"])
    scene.write_logs("k/i-1-1", ["of k"], kind=kinds.BATCH_TRANSFORM_JOB)
    done = scene.run("logs", "tj/a", "transformjob/k")
    assert (done.returncode, sorted(_bodies(done.stdout))) == (exits.OK, ["of a", "of k"]), done.stderr
    some = scene.run("logs", "tj/a", "tj/missing")
    assert (some.returncode, _bodies(some.stdout)) == (exits.NOT_FOUND, ["of a"])
    assert '"missing" not found' in some.stderr
    none = scene.run("logs", "tj/lost", "tj/gone")
    assert none.returncode == exits.NOT_FOUND
    assert '"lost" not found' in none.stderr
    model = scene.run("logs", "model/m")
    assert model.returncode == exits.ERROR
    assert "A Model has no log." in model.stderr


def test_waiting_from_the_command_line(scene: Scene) -> None:
    """With --wait an object that comes later is followed to its end."""
    running = scene.follow("TrainingJob", "late", "--wait=2m")
    running.wait_for_notice('Waiting for TrainingJob "late"')
    scene.write_logs("job/algo-1-1", ["hello"], offset=-1.0)
    scene.create("late", job="job")
    running.wait_for_output(" hello\n")
    scene.set_status("late", word="Completed")
    assert running.end() == exits.OK


def test_list_status_and_url_from_the_command_line(scene: Scene) -> None:
    """The three commands print, and their errors are one line."""
    scene.create("train", job="job-1")
    scene.set_status("train", word="InProgress", secondaryStatus="Training")
    listed = scene.run("list")
    assert listed.returncode == exits.OK
    assert [line.split()[:5] for line in listed.stdout.splitlines()[1:]] == [
        ["TrainingJob", "train", "InProgress", "Training", "job-1"]
    ]
    status = scene.run("status", "tj", "train")
    assert (status.returncode, status.stderr) == (exits.OK, "")
    assert "  Status:     InProgress, Training\n" in status.stdout
    url = scene.run("url", "tj/train", "-o", "json")
    assert json.loads(url.stdout)["sagemaker"].endswith("#/jobs/job-1")
    missing = scene.run("status", "tj", "trian")
    assert missing.returncode == exits.NOT_FOUND
    assert missing.stderr.count("\n") == 1
    assert "Did you mean train?" in missing.stderr
