"""Which objects a change of another one wakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagemaker_operator.engine import wakes
from smkube import kinds
from smkube.kube import envelope


def made(kind: kinds.Kind, word: str = "", **metadata: Any) -> envelope.Object:
    """An object as a watch event brings it."""
    meta = {"name": "thing", "namespace": "ns", "uid": "u", "resourceVersion": "1", "generation": 1, **metadata}
    return envelope.obj(json.dumps({"metadata": meta, "spec": {}, "status": {kind.status_word: word}}).encode())


def owned(kind: str, *, controller: bool = True) -> list[dict[str, Any]]:
    """An owner reference."""
    return [{"apiVersion": kinds.API_VERSION, "kind": kind, "name": "deployment", "uid": "d", "controller": controller}]


LABELS = {wakes.OWNER_NAMESPACE: "ns", wakes.OWNER_NAME: "deployment"}


@pytest.mark.parametrize("kind", [kinds.MODEL, kinds.ENDPOINT_CONFIG], ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("metadata", "parent"),
    [
        ({"ownerReferences": owned("HostingDeployment")}, "ns/deployment"),
        ({"labels": LABELS}, "ns/deployment"),
        ({"labels": {wakes.OWNER_NAME: "deployment"}}, "ns/deployment"),
        ({"labels": {wakes.OWNER_NAMESPACE: "ns"}}, ""),
        ({"ownerReferences": owned("Deployment")}, ""),
        ({"ownerReferences": owned("HostingDeployment", controller=False)}, ""),
        ({"ownerReferences": owned("Deployment"), "labels": LABELS}, "ns/deployment"),
        ({}, ""),
    ],
)
def test_a_child_tells_its_deployment(kind: kinds.Kind, metadata: dict[str, Any], parent: str) -> None:
    """By owner reference, or by the labels of the original operator."""
    assert wakes.parent(kind, made(kind, **metadata).metadata) == parent


def test_other_kinds_have_no_deployment() -> None:
    """A training job that carries the labels is no child."""
    assert wakes.parent(kinds.TRAINING_JOB, made(kinds.TRAINING_JOB, labels=LABELS).metadata) == ""


@pytest.mark.parametrize("kind", [kinds.MODEL, kinds.ENDPOINT_CONFIG, kinds.HOSTING_DEPLOYMENT], ids=lambda k: k.name)
def test_what_others_wait_for_frees_them_when_its_word_changes(kind: kinds.Kind) -> None:
    """A new word or an end may be what is waited for; a new object, or the same word again, is not."""
    before, after = made(kind, ""), made(kind, "Created")

    assert wakes.may_free_others(kind, before, after)
    assert wakes.may_free_others(kind, before, None)
    assert not wakes.may_free_others(kind, after, made(kind, "Created"))
    assert not wakes.may_free_others(kind, None, after)


@pytest.mark.parametrize("kind", [kinds.TRAINING_JOB, kinds.AUTOSCALING_POLICY], ids=lambda kind: kind.name)
def test_what_nobody_waits_for_wakes_nobody(kind: kinds.Kind) -> None:
    """Jobs and policies come and go without anybody looking up."""
    assert not wakes.may_free_others(kind, made(kind, ""), made(kind, "InProgress"))
    assert not wakes.may_free_others(kind, made(kind, ""), None)


def test_an_endpoint_that_came_into_service_is_named_for_its_policies() -> None:
    """Its name is told when the word becomes InService, and at no other time or kind."""
    kind = kinds.HOSTING_DEPLOYMENT

    def endpoint(word: str) -> envelope.Object:
        status = {kind.status_word: word, kind.status_name: "ep"}
        return envelope.obj(json.dumps({"metadata": {"name": "d", "namespace": "ns"}, "status": status}).encode())

    assert wakes.serves_now(kind, endpoint("Creating"), endpoint("InService")) == "ep"
    assert wakes.serves_now(kind, endpoint("InService"), endpoint("InService")) == ""
    assert wakes.serves_now(kind, endpoint("InService"), endpoint("Updating")) == ""
    assert wakes.serves_now(kind, None, endpoint("InService")) == ""
    assert wakes.serves_now(kinds.MODEL, endpoint("Creating"), endpoint("InService")) == ""


def test_a_policy_names_its_endpoints() -> None:
    """Each entry of resourceId counts."""
    spec = {"resourceId": [{"endpointName": "a", "variantName": "v"}, {"endpointName": "b", "variantName": "v"}]}
    policy = envelope.obj(json.dumps({"metadata": {"name": "p"}, "spec": spec}).encode())

    assert wakes.names_endpoint(policy, "b")
    assert not wakes.names_endpoint(policy, "c")


def job(word: str, *, confirmed: bool = True) -> envelope.Object:
    """A training job's object at a moment."""
    status = {"trainingJobStatus": word, "operatorState": {"jobName": "a", "createConfirmed": confirmed}}
    meta = {"name": "thing", "namespace": "ns", "uid": "u", "resourceVersion": "1", "generation": 1}
    return envelope.obj(json.dumps({"metadata": meta, "spec": {}, "status": status}).encode())


def test_a_job_that_ends_gives_its_instances_back_once() -> None:
    """Its end counts, or that its object goes while it was not over; what never ran has nothing to give."""
    runs, over = job("InProgress"), job("Completed")

    assert wakes.gives_back(kinds.TRAINING_JOB, runs, over)
    assert wakes.gives_back(kinds.TRAINING_JOB, job("Stopping"), None)
    assert not wakes.gives_back(kinds.TRAINING_JOB, over, None)
    assert not wakes.gives_back(kinds.TRAINING_JOB, over, job("Completed"))
    assert not wakes.gives_back(kinds.TRAINING_JOB, job("InProgress", confirmed=False), None)
    assert not wakes.gives_back(kinds.TRAINING_JOB, None, over)
