"""How the objects of a command line are found, waited for, and missed."""

from __future__ import annotations

import pytest

from kubectl_smlogs import exits
from kubectl_smlogs.awaiting import Patience
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.finding import find
from kubectl_smlogs.options import Where
from kubectl_smlogs.resources import (
    ACK_TRAINING_JOB,
    AUTOSCALING_POLICY,
    BATCH_TRANSFORM_JOB,
    ENDPOINT_CONFIG,
    MODEL,
    PROCESSING_JOB,
    TRAINING_JOB,
    Resource,
)
from smkube.errors import KubeError
from tests.unit.smlogs.objects import Server, forbidden, not_found, obj, unserved


def _named(*names: str, kind: str = "trainingjob") -> Where:
    return Where(kind=kind, names=names)


class _Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.said: list[str] = []

    def patience(self, seconds: float) -> Patience:
        return Patience(seconds, self.said.append, monotonic=lambda: self.now, pause=self.pause)

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


# --- names -------------------------------------------------------------------------------------------------------


def test_order_is_kept_and_each_is_found_once() -> None:
    """Several names come in the order of the command line, each once whatever it is called."""
    server = Server(served=(TRAINING_JOB, PROCESSING_JOB))
    for name in ("a", "b"):
        server.put(TRAINING_JOB, obj(name))
    server.put(PROCESSING_JOB, obj("p"))
    words = ("tj/b", "pj/p", "trainingjobs/a", "TrainingJob.sagemaker.aws.amazon.com/b")
    found = find(server.cluster(), Where(names=words))
    assert [target.name for target in found.targets] == ["b", "p", "a"]
    assert found.failures == ()


def test_what_is_missing_is_told_beside_what_was_found() -> None:
    """With several names, each that is missing is told, with the nearest names."""
    server = Server()
    server.put(TRAINING_JOB, obj("mnist-train"))
    found = find(server.cluster(), _named("mnist-trian", "mnist-train", "zzz"))
    assert [target.name for target in found.targets] == ["mnist-train"]
    first, second = found.failures
    assert first.text == (
        'trainingjobs.sagemaker.aws.amazon.com "mnist-trian" not found in namespace "ns". Did you mean mnist-train?'
    )
    assert "Use `kubectl get TrainingJob -n ns` to list resource names" in second.text
    assert {first.code, second.code} == {exits.NOT_FOUND}


def test_nothing_found_is_one_failure_that_tells_all() -> None:
    """Without any object the command fails, and each name is told."""
    server = Server()
    with pytest.raises(Failure) as failed:
        find(server.cluster(), _named("a", "b"))
    assert failed.value.code == exits.NOT_FOUND
    assert '"a" not found' in failed.value.text
    assert ['"b" not found' in each.text for each in failed.value.also] == [True]


def test_a_missing_namespace_is_told() -> None:
    """Where the namespace does not exist that is the thing to say."""
    server = Server()
    server.objects["/api/v1/namespaces/ns"] = KubeError(404, "NotFound", 'namespaces "ns" not found')
    with pytest.raises(Failure, match='There is no namespace "ns"; choose one with -n'):
        find(server.cluster(), _named("a"))


def test_the_job_of_another_object() -> None:
    """Whoever names the job at SageMaker is told what its object is called."""
    server = Server()
    server.put(TRAINING_JOB, obj("train", {"trainingJobName": "train-0123"}))
    with pytest.raises(Failure, match=r"name of a job at SageMaker; the TrainingJob is called train\."):
        find(server.cluster(), _named("train-0123"))


def test_an_object_in_another_namespace() -> None:
    """An object of that name elsewhere is told, as far as one may look."""
    server = Server()
    server.put(TRAINING_JOB, obj("x", namespace="team-a"), namespace="")
    server.put(TRAINING_JOB, obj("xx"))
    with pytest.raises(Failure, match=r"There is one in namespace team-a; choose it with -n\."):
        find(server.cluster(), _named("x"))
    server.lists[TRAINING_JOB.path()] = forbidden(TRAINING_JOB)
    with pytest.raises(Failure, match=r"Did you mean xx\?"):
        find(server.cluster(), _named("x"))


@pytest.mark.parametrize("name", [".", "..", "a/b", "a%2fb", ""])
def test_names_that_would_be_another_path(name: str) -> None:
    """A name that would change the URL is refused before anything is sent."""
    server = Server()
    with pytest.raises(Failure, match="invalid resource name"):
        find(server.cluster(), _named(name))
    assert server.asked == []


@pytest.mark.parametrize("resource", [MODEL, ENDPOINT_CONFIG, AUTOSCALING_POLICY], ids=lambda one: one.kind)
def test_what_has_no_log(resource: Resource) -> None:
    """Asking for the log of what has none ends in one sentence with what to do; other questions are answered."""
    server = Server(served=(resource,))
    server.put(resource, obj("m"))
    with pytest.raises(Failure, match=f"A {resource.kind} has no log. .*kubectl smlogs HostingDeployment NAME"):
        find(server.cluster(), _named("m", kind=resource.kind))
    assert find(server.cluster(), _named("m", kind=resource.kind), log=False).targets[0].name == "m"


# --- ours and ACK's ----------------------------------------------------------------------------------------------


def test_ours_before_acks() -> None:
    """One request is enough where ours has the object."""
    server = Server(served=(TRAINING_JOB, ACK_TRAINING_JOB))
    server.put(TRAINING_JOB, obj("x"))
    server.put(ACK_TRAINING_JOB, obj("x"))
    assert find(server.cluster(), _named("x")).targets[0].resource is TRAINING_JOB
    assert server.asked == [TRAINING_JOB.path("ns", "x")]
    ack = find(server.cluster(), _named("x", kind="trainingjob.sagemaker.services.k8s.aws"))
    assert ack.targets[0].resource is ACK_TRAINING_JOB


@pytest.mark.parametrize("ours", [unserved(), not_found(TRAINING_JOB, "x"), forbidden(TRAINING_JOB)])
def test_acks_where_ours_has_none(ours: KubeError) -> None:
    """ACK's object is found where the cluster does not know our kind, has no such object, or does not let us look."""
    server = Server(served=(ACK_TRAINING_JOB,))
    server.objects[TRAINING_JOB.path("ns", "x")] = ours
    server.put(ACK_TRAINING_JOB, obj("x"))
    assert find(server.cluster(), _named("x")).targets[0].resource is ACK_TRAINING_JOB


@pytest.mark.parametrize(
    ("ours", "acks", "code", "said"),
    [
        (not_found(TRAINING_JOB, "x"), unserved(), exits.NOT_FOUND, "trainingjobs.sagemaker.aws.amazon.com"),
        (unserved(), not_found(ACK_TRAINING_JOB, "x"), exits.NOT_FOUND, "trainingjobs.sagemaker.services.k8s.aws"),
        (unserved(), unserved(), exits.NOT_FOUND, "Install the operator's CRDs"),
        (forbidden(TRAINING_JOB), unserved(), exits.NO_PERMISSION, 'Ask for the right "get" on trainingjobs'),
        (not_found(TRAINING_JOB, "x"), forbidden(ACK_TRAINING_JOB), exits.NOT_FOUND, "Elsewhere we may not look"),
        (forbidden(TRAINING_JOB), not_found(ACK_TRAINING_JOB, "x"), exits.NOT_FOUND, "Elsewhere we may not look"),
        (KubeError(401, "Unauthorized", "Unauthorized"), unserved(), exits.NO_PERMISSION, "Sign in to the cluster"),
        (KubeError(0, "Unreachable", "The API server cannot be reached: timed out"), None, exits.ERROR, "Check the"),
        (KubeError(500, "InternalError", "etcd"), None, exits.ERROR, "Try again in a moment"),
    ],
)
def test_which_answer_is_told(ours: KubeError, acks: KubeError | None, code: int, said: str) -> None:
    """Of two answers the one is told that says most about the object."""
    server = Server(served=(TRAINING_JOB, ACK_TRAINING_JOB))
    server.objects[TRAINING_JOB.path("ns", "x")] = ours
    if acks is not None:
        server.objects[ACK_TRAINING_JOB.path("ns", "x")] = acks
    with pytest.raises(Failure) as failed:
        find(server.cluster(), _named("x"))
    assert failed.value.code == code
    assert said in failed.value.text
    assert "\n" not in failed.value.text


# --- selectors ---------------------------------------------------------------------------------------------------


def test_selector_over_pages() -> None:
    """All pages of a list are read, and only what the selector matches is found."""
    server = Server()
    for number in range(5):
        server.put(TRAINING_JOB, obj(f"t{number}", labels={"team": "vision" if number else "text"}))
    found = find(server.cluster(), Where(kind="tj", selector="team=vision"))
    assert [target.name for target in found.targets] == ["t1", "t2", "t3", "t4"]


def test_all_namespaces() -> None:
    """Without a namespace the list is the cluster's."""
    server = Server()
    server.put(TRAINING_JOB, obj("t"), namespace="")
    found = find(server.cluster(namespace=""), Where(kind="tj", all_namespaces=True))
    assert [target.name for target in found.targets] == ["t"]
    assert server.asked == ["/apis/sagemaker.aws.amazon.com/v1/trainingjobs"]


def test_nothing_matches() -> None:
    """A selector that matches nothing names itself and the namespace."""
    with pytest.raises(Failure) as failed:
        find(Server().cluster(context="c"), Where(kind="tj", selector="team=none"))
    assert failed.value.code == exits.NOT_FOUND
    assert failed.value.text.startswith(
        'No resources found: there is no TrainingJob with label selector "team=none" in namespace "ns" of context "c".'
    )
    with pytest.raises(Failure, match="there is no TrainingJob in all namespaces"):
        find(Server().cluster(namespace=""), Where(kind="tj", all_namespaces=True))


def test_bad_selector() -> None:
    """What the API server says of a selector that it does not understand is passed on."""
    server = Server()
    server.lists[TRAINING_JOB.path("ns")] = KubeError(400, "BadRequest", "unable to parse requirement: found '!'")
    with pytest.raises(Failure, match="does not understand the selector: unable to parse requirement"):
        find(server.cluster(), Where(kind="tj", selector="a!"))


def test_an_expired_list_is_begun_anew() -> None:
    """A list that expires between two pages is read from its beginning, not for ever."""
    server = Server()
    expired = KubeError(410, "Expired", "The provided continue parameter is too old")
    server.lists[TRAINING_JOB.path("ns")] = expired
    with pytest.raises(Failure, match="too old"):
        find(server.cluster(), Where(kind="tj", selector="a=b"))
    assert server.asked == [TRAINING_JOB.path("ns")] * 3


# --- waiting -----------------------------------------------------------------------------------------------------


def test_an_object_that_comes_is_found_at_once() -> None:
    """The object is watched for by name, and found when the watch tells of it; the user is told once."""
    server, clock = Server(), _Clock()

    def comes() -> list[str]:
        server.put(TRAINING_JOB, obj("x"))
        return ["BOOKMARK", "ADDED"]

    server.arriving = [list, comes]
    found = find(server.cluster(), _named("x"), patience=clock.patience(60))
    assert found.targets[0].name == "x"
    assert clock.said == ['Waiting for TrainingJob "x" in namespace "ns".']
    assert [one for one in server.asked if one.startswith("watch")] == [
        f"watch {TRAINING_JOB.path('ns')} {{'fieldSelector': 'metadata.name=x'}}"
    ] * 2


def test_waiting_has_an_end() -> None:
    """When the time is over, the object is missing as it would have been without waiting."""
    server, clock = Server(), _Clock()
    server.arriving = [KubeError(403, "Forbidden", "no watch")]
    with pytest.raises(Failure) as failed:
        find(server.cluster(), _named("x"), patience=clock.patience(20))
    assert failed.value.code == exits.NOT_FOUND
    assert 119.9 <= clock.now <= 120.1
    assert server.asked.count(TRAINING_JOB.path("ns", "x")) >= 10


def test_a_kind_that_comes_later() -> None:
    """Where the cluster does not know the kind yet, it is asked again."""
    server, clock = Server(served=()), _Clock()

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        server.served = (TRAINING_JOB,)
        if not server.objects:
            server.put(TRAINING_JOB, obj("x"))

    patience = Patience(30, clock.said.append, monotonic=lambda: clock.now, pause=pause)
    assert find(server.cluster(), _named("x"), patience=patience).targets[0].name == "x"


def test_an_api_server_that_is_away_while_waiting() -> None:
    """Once it is waited, an answer that fails for a while does not end it; a refusal does."""
    server, clock = Server(), _Clock()
    path = TRAINING_JOB.path("ns", "x")

    def away() -> list[str]:
        server.objects[path] = KubeError(0, "Unreachable", "away")
        return []

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if clock.now > 110:
            server.objects[path] = obj("x")

    server.arriving = [away]
    patience = Patience(60, clock.said.append, monotonic=lambda: clock.now, pause=pause)
    assert find(server.cluster(), _named("x"), patience=patience).targets[0].name == "x"
    server.objects[path] = KubeError(401, "Unauthorized", "Unauthorized")
    with pytest.raises(Failure, match="Sign in"):
        find(server.cluster(), _named("x"), patience=clock.patience(60))


def test_the_first_match_of_a_selector_is_waited_for() -> None:
    """With a selector the first object that matches ends the waiting."""
    server, clock = Server(served=(BATCH_TRANSFORM_JOB,)), _Clock()

    def comes() -> list[str]:
        server.put(BATCH_TRANSFORM_JOB, obj("b", labels={"team": "vision"}))
        return ["ADDED"]

    server.arriving = [comes]
    found = find(server.cluster(), Where(kind="btj", selector="team=vision"), patience=clock.patience(60))
    assert found.targets[0].name == "b"
    assert clock.said == ['Waiting for a BatchTransformJob with label selector "team=vision" in namespace "ns".']
