"""What `list`, `status` and `url` show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_smlogs import exits, inspecting, listing
from kubectl_smlogs.about import age, span
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.happenings import happened
from kubectl_smlogs.listing import gather, render
from kubectl_smlogs.options import Options, Reading, Showing, Where
from kubectl_smlogs.resources import (
    ACK_TRAINING_JOB,
    ALL,
    AUTOSCALING_POLICY,
    HOSTING_DEPLOYMENT,
    MODEL,
    TRAINING_JOB,
    TUNING_JOB,
)
from kubectl_smlogs.statusview import document, shown, view
from kubectl_smlogs.terminal import Terminal
from smkube.errors import KubeError
from tests.unit.smlogs.objects import Server, forbidden, obj, target

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
PLAIN = Terminal()


def _ago(**parts: float) -> str:
    return (NOW - timedelta(**parts)).isoformat()


class _Run:
    """A run of one of the commands."""

    def __init__(self, server: Server, namespace: str = "ns") -> None:
        self.cluster = server.cluster(namespace)
        self.out: list[str] = []
        self.err: list[str] = []

    def list(self, *, output: str = "", **where: Any) -> int:
        options = Options(Where(**where), showing=Showing(output=output))
        return listing.run(options, self.cluster, self.out.append, self.err.append, terminal=PLAIN, now=NOW)

    def status(self, *names: str, output: str = "") -> int:
        options = Options(Where(names=names), showing=Showing(output=output))
        return inspecting.status(options, self.cluster, self.out.append, self.err.append, terminal=PLAIN, now=NOW)

    def url(self, *names: str, output: str = "") -> int:
        options = Options(Where(names=names), showing=Showing(output=output))
        return inspecting.url(options, self.cluster, self.out.append, self.err.append)

    @property
    def text(self) -> str:
        return "".join(self.out)


# --- ages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-5, "0s"), (0, "0s"), (119.9, "119s"), (120, "2m"), (200, "3m20s"), (600, "10m"), (10_799, "179m")),
        *((10_800, "3h"), (27_000, "7h30m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (262_800, "3d1h")),
        *(
            (8 * 86400, "8d"),
            (729 * 86400, "729d"),
            (730 * 86400, "2y"),
            (735 * 86400, "2y5d"),
            (10 * 365 * 86400, "10y"),
        ),
    ],
)
def test_ages_are_kubectls(seconds: float, text: str) -> None:
    """Ages have kubectl's form: two units where they matter, else one."""
    assert span(seconds) == text


def test_age_of_what_is_unknown() -> None:
    """No time, no age."""
    assert age(None, NOW) == ""
    assert age(NOW - timedelta(seconds=5), NOW) == "5s"


# --- list --------------------------------------------------------------------------------------------------------


def _world() -> Server:
    server = Server(served=(TRAINING_JOB, HOSTING_DEPLOYMENT, ACK_TRAINING_JOB))
    for name in ("b", "a"):
        server.put(
            TRAINING_JOB,
            obj(
                name,
                {"trainingJobName": f"job-{name}", "region": "us-west-2"},
                {"trainingJobStatus": "InProgress", "secondaryStatus": "Training"},
                creationTimestamp=_ago(minutes=5),
                labels={"team": name},
            ),
        )
    server.put(
        HOSTING_DEPLOYMENT, obj("h", {"region": "us-west-2"}, {"endpointStatus": "InService", "endpointName": "e"})
    )
    server.put(ACK_TRAINING_JOB, obj("k", {"trainingJobName": "job-k"}))
    return server


def test_list_as_columns() -> None:
    """Plain columns as kubectl's, kind by kind, with a word for empty cells; what is not installed is no news."""
    run = _Run(_world())
    assert run.list() == exits.OK
    assert run.text == (
        "KIND                                     NAME   STATUS       SECONDARY   JOB     REGION      AGE\n"
        "TrainingJob                              a      InProgress   Training    job-a   us-west-2   5m\n"
        "TrainingJob                              b      InProgress   Training    job-b   us-west-2   5m\n"
        "HostingDeployment                        h      InService    <none>      e       us-west-2   <none>\n"
        "TrainingJob.sagemaker.services.k8s.aws   k      <none>       <none>      job-k   <none>      <none>\n"
    )
    assert run.err == []


def test_list_of_one_kind_and_by_label() -> None:
    """A kind's word narrows to it in both groups, a selector to what it matches."""
    run = _Run(_world())
    run.list(kind="tj", output="name")
    assert run.text.splitlines() == [
        "trainingjob.sagemaker.aws.amazon.com/a",
        "trainingjob.sagemaker.aws.amazon.com/b",
        "trainingjob.sagemaker.services.k8s.aws/k",
    ]
    run = _Run(_world())
    run.list(selector="team=b", output="name")
    assert run.text == "trainingjob.sagemaker.aws.amazon.com/b\n"


def test_list_of_all_namespaces() -> None:
    """With all namespaces each line says which."""
    server = Server()
    server.put(TRAINING_JOB, obj("t"), namespace="")
    run = _Run(server, namespace="")
    run.list(all_namespaces=True, output="wide")
    head, line = run.text.splitlines()
    assert head.split() == [
        *("NAMESPACE", "KIND", "NAME", "STATUS", "SECONDARY", "JOB", "REGION", "AGE", "ENDED", "REASON"),
    ]
    assert line.split()[:3] == ["ns", "TrainingJob", "t"]


def test_list_for_scripts() -> None:
    """As JSON there is a list of objects without what is unknown; an empty one where there is nothing."""
    run = _Run(_world())
    run.list(kind="trainingjob.sagemaker.aws.amazon.com", output="json")
    assert json.loads(run.text)["items"][0] == {
        "apiVersion": "sagemaker.aws.amazon.com/v1",
        "kind": "TrainingJob",
        "namespace": "ns",
        "name": "a",
        "job": "job-a",
        "region": "us-west-2",
        "status": "InProgress",
        "secondaryStatus": "Training",
        "created": "2026-01-01T11:55:00Z",
        "logGroup": "/aws/sagemaker/TrainingJobs",
    }
    empty = _Run(Server())
    assert empty.list(output="json") == exits.OK
    assert json.loads(empty.text) == {"items": []}
    assert empty.err == []


def test_list_of_nothing() -> None:
    """Nothing there is no error, and said as kubectl says it."""
    run = _Run(Server())
    assert run.list() == exits.OK
    assert (run.text, run.err) == ("", ["No resources found in ns namespace."])


def test_list_without_some_rights() -> None:
    """What may not be listed is told, for our kinds; the rest is shown."""
    server = _world()
    server.served = ALL
    for resource in (MODEL, AUTOSCALING_POLICY, ACK_TRAINING_JOB):
        server.lists[resource.path("ns")] = forbidden(resource)
    run = _Run(server)
    assert run.list(output="name") == exits.OK
    assert len(run.text.splitlines()) == 3
    (said,) = run.err
    assert said == (
        'Not listed, for want of the right "list" in ns namespace: models.sagemaker.aws.amazon.com, '
        "hostingautoscalingpolicies.sagemaker.aws.amazon.com."
    )


def test_list_without_any_right_or_kind() -> None:
    """Where nothing may be listed, or nothing is installed, that is an error."""
    server = Server(served=ALL)
    for resource in ALL:
        server.lists[resource.path("ns")] = forbidden(resource)
    with pytest.raises(Failure, match='Ask for the right "list" on trainingjobs') as failed:
        _Run(server).list()
    assert failed.value.code == exits.NO_PERMISSION
    with pytest.raises(Failure, match="Install the operator's CRDs") as failed:
        _Run(Server(served=())).list()
    assert failed.value.code == exits.NOT_FOUND
    server.lists[MODEL.path("ns")] = KubeError(0, "Unreachable", "away")
    with pytest.raises(Failure, match="away"):
        gather(server.cluster(), ALL, "")


def test_table_on_a_terminal() -> None:
    """On a terminal names are folded instead of cut, and nothing is coloured against the user's will."""
    long = "job-" + "x" * 59
    one = target(TRAINING_JOB, spec={"trainingJobName": long}, status={"trainingJobStatus": "Failed"})
    text = render([one], "", False, Terminal(stdout=True, width=60), NOW)
    assert "\x1b" not in text
    assert all(len(line) <= 60 for line in text.splitlines())
    assert "".join(text.split()).count("x") >= 59
    colored = render([one], "", False, Terminal(stdout=True, width=200, colors=16), NOW)
    assert "\x1b[31mFailed" in colored
    assert long in colored


def test_texts_of_objects_cannot_drive_the_terminal() -> None:
    """Escapes in an object's fields are shown, not obeyed, in every form."""
    evil = target(TRAINING_JOB, spec={"trainingJobName": "\x1b]0;t\x07"}, status={"additional": "a\x1b[2J\nb"})
    for output in ("", "wide", "name", "json"):
        for terminal in (PLAIN, Terminal(stdout=True, width=200)):
            text = render([evil], output, False, terminal, NOW)
            assert "\x1b" not in text
            assert "\x07" not in text
    text = shown(view(evil, Reading()), PLAIN, NOW)
    assert "Reason:     a\\x1b[2J b\n" in text


# --- status ------------------------------------------------------------------------------------------------------


def _training() -> Server:
    server = Server()
    condition = {"type": "Reconciling", "status": "True", "reason": "InProgress", "message": "It runs."}
    server.put(
        TRAINING_JOB,
        obj(
            "x",
            {"trainingJobName": "job", "region": "us-west-2"},
            {
                "trainingJobStatus": "InProgress",
                "secondaryStatus": "Training",
                "startTime": _ago(minutes=4),
                "conditions": [{**condition, "lastTransitionTime": _ago(minutes=3)}],
            },
            creationTimestamp=_ago(minutes=5),
        ),
    )
    server.objects["/api/v1/namespaces/ns/events"] = {
        "items": [
            {"type": "Normal", "reason": "Created", "message": "created", "eventTime": _ago(minutes=5)},
            {
                "type": "Warning",
                "reason": "Throttled",
                "message": "Rate exceeded",
                "eventTime": _ago(minutes=4),
                "series": {"count": 7, "lastObservedTime": _ago(seconds=10)},
            },
        ]
    }
    return server


def test_status_for_people() -> None:
    """One screen: what it is, how it stands and since when, conditions, Events, where the log is, what to do."""
    run = _Run(_training())
    assert run.status("tj/x") == exits.OK
    assert run.text == (
        'TrainingJob "x" in namespace "ns"\n'
        "  Job:        job (training job)\n"
        "  Region:     us-west-2\n"
        "  Status:     InProgress, Training (for 3m)\n"
        "  Created:    2026-01-01T11:55:00Z (5m ago)\n"
        "  Started:    2026-01-01T11:56:00Z (4m ago)\n"
        "  Log group:  /aws/sagemaker/TrainingJobs\n"
        "  Streams:    job/*\n"
        "  SageMaker:  https://us-west-2.console.aws.amazon.com/sagemaker/home?region=us-west-2#/jobs/job\n"
        "  CloudWatch: https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/"
        "log-group/$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Djob$252F\n"
        "\nConditions:\n"
        "  TYPE          STATUS   REASON       AGE   MESSAGE\n"
        "  Reconciling   True     InProgress   3m    It runs.\n"
        "\nEvents:\n"
        "  LAST SEEN   TYPE      REASON      COUNT   MESSAGE\n"
        "  5m          Normal    Created     1       created\n"
        "  10s         Warning   Throttled   7       Rate exceeded\n"
        "\nNext:\n"
        "  kubectl smlogs TrainingJob x -n ns -f\n"
        "  kubectl smlogs url TrainingJob x -n ns\n"
    )


def test_status_for_scripts() -> None:
    """The same as data."""
    run = _Run(_training())
    run.status("tj/x", output="json")
    found = json.loads(run.text)
    assert (found["job"], found["status"], found["started"]) == ("job", "InProgress", "2026-01-01T11:56:00Z")
    assert found["conditions"][0]["since"] == "2026-01-01T11:57:00Z"
    assert found["events"][1] == {
        "type": "Warning",
        "reason": "Throttled",
        "message": "Rate exceeded",
        "count": 7,
        "last": "2026-01-01T11:59:50Z",
    }
    assert found["log"] == {"region": "us-west-2", "group": "/aws/sagemaker/TrainingJobs", "streamPrefix": "job/"}
    assert found["links"].keys() == {"sagemaker", "logs"}


def test_status_of_several() -> None:
    """Several are shown one after the other; a missing one is told and sets the exit code."""
    run = _Run(_training())
    assert run.status("tj/x", "tj/missing") == exits.NOT_FOUND
    assert run.text.startswith('TrainingJob "x"')
    assert run.err[0].startswith('Error: trainingjobs.sagemaker.aws.amazon.com "missing" not found')


def test_status_without_the_right_to_events() -> None:
    """Events that may not be read are no reason to show nothing."""
    server = _training()
    server.objects["/api/v1/namespaces/ns/events"] = KubeError(403, "Forbidden", "no events")
    run = _Run(server)
    assert run.status("tj/x") == exits.OK
    assert "\nEvents: they may not be read with your rights.\n" in run.text


def test_status_of_a_tuning_job() -> None:
    """Counters, best training job, and what to look at next."""
    one = target(
        TUNING_JOB,
        "t",
        {"hyperParameterTuningJobName": "t", "region": "r"},
        {
            "hyperParameterTuningJobStatus": "InProgress",
            "bestTrainingJob": {"trainingJobName": "t-001-0123abcd"},
            "trainingJobStatusCounters": {"completed": 2, "inProgress": 0, "totalError": 1},
        },
    )
    text = shown(view(one, Reading()), PLAIN, NOW)
    assert "  Best:       t-001-0123abcd\n" in text
    assert "  Trials:     2 completed, 1 totalError\n" in text
    assert document(view(one, Reading()))["next"] == [
        "kubectl smlogs HyperparameterTuningJob t -n ns -f",
        "kubectl smlogs HyperparameterTuningJob t -n ns --children best",
        "kubectl smlogs HyperparameterTuningJob t -n ns --children failed",
        "kubectl smlogs url HyperparameterTuningJob t -n ns",
    ]


def test_status_of_an_endpoint() -> None:
    """Variants with their instances, and their logs."""
    one = target(
        HOSTING_DEPLOYMENT,
        "h",
        {"region": "r"},
        {
            "endpointName": "e",
            "endpointStatus": "InService",
            "productionVariants": [
                {"variantName": "blue", "currentInstanceCount": 2, "desiredInstanceCount": 3, "currentWeight": 0.5},
                {"variantName": "green"},
            ],
        },
    )
    text = shown(view(one, Reading()), PLAIN, NOW)
    assert "  NAME    INSTANCES   DESIRED   WEIGHT\n  blue    2           3         0.5\n" in text
    assert "  kubectl smlogs HostingDeployment h -n ns --variant green\n" in text


def test_status_before_there_is_a_job() -> None:
    """Without a job there is no log yet and no link, and the advice is to wait."""
    view_ = view(target(TRAINING_JOB, status={"additional": "no role"}, deletionTimestamp=_ago(seconds=1)), Reading())
    text = shown(view_, PLAIN, NOW)
    assert "  Job:        none yet\n" in text
    assert "  Deleting:   yes, it waits for its finalizers\n" in text
    assert "  kubectl smlogs TrainingJob x -n ns -f --wait\n" in text
    assert "Log group" not in text
    assert "https://" not in text


def test_the_last_events() -> None:
    """Only the last Events are shown, by when they were last seen."""
    items = [{"reason": f"r{n}", "lastTimestamp": _ago(minutes=n), "count": n} for n in range(30)]
    found = happened(items)
    assert [one.reason for one in found] == [f"r{n}" for n in range(9, -1, -1)]
    assert found[0].count == 9
    assert happened([{"firstTimestamp": _ago(minutes=1)}, {}])[0].last is None


# --- url ---------------------------------------------------------------------------------------------------------


def test_url() -> None:
    """The links, under each object's name where there are several; as data for scripts."""
    run = _Run(_training())
    assert run.url("tj/x") == exits.OK
    first, second = run.text.splitlines()
    assert first.startswith("SageMaker:  https://us-west-2.console")
    assert second.startswith("CloudWatch: https://us-west-2.console")
    run = _Run(_training())
    run.url("tj/x", output="json")
    assert json.loads(run.text).keys() == {"apiVersion", "kind", "namespace", "name", "sagemaker", "logs"}


def test_url_of_what_has_none() -> None:
    """Without a job, or without a console for its region, there is an error instead of nothing."""
    server = Server()
    server.put(TRAINING_JOB, obj("new", {"region": "us-west-2"}))
    server.put(TRAINING_JOB, obj("far", {"trainingJobName": "j", "region": "us-iso-east-1"}))
    with pytest.raises(Failure, match="it has no training job at SageMaker"):
        _Run(server).url("tj/new")
    with pytest.raises(Failure, match="no console that shows"):
        _Run(server).url("tj/far")
