"""Which training jobs of a tuning job, and which variant of an endpoint, are meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_smlogs import children, exits
from kubectl_smlogs.children import LABEL, Means, part
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.options import Reading, Where
from kubectl_smlogs.resources import ACK_TUNING_JOB, HOSTING_DEPLOYMENT, TRAINING_JOB, TUNING_JOB
from kubectl_smlogs.target import Part, Target
from smkube.errors import AwsError
from tests.unit.smlogs.objects import Server, obj, target

HEX = "0123abcd"


def _tuning(job: str = "Tune", **status: Any) -> Target:
    return target(TUNING_JOB, "tune", {"hyperParameterTuningJobName": job, "region": "us-west-2"}, status)


class _SageMaker:
    """Answers of SageMaker, in order."""

    def __init__(self, *answers: dict[str, Any] | AwsError) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.regions: list[str] = []
        self.notices: list[str] = []
        self.pauses: list[float] = []

    def __call__(self, region: str) -> Callable[[str, bytes], bytes]:
        self.regions.append(region)
        return self.post

    def post(self, operation: str, body: bytes) -> bytes:
        assert operation == "ListTrainingJobsForHyperParameterTuningJob"
        self.requests.append(json.loads(body))
        answer = self.answers.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        return json.dumps(answer).encode()

    def means(self, server: Server) -> Means:
        return Means(server.client, self, self.notices.append, self.pauses.append)


def _page(*names: str, token: str = "") -> dict[str, Any]:
    page: dict[str, Any] = {"TrainingJobSummaries": [{"TrainingJobName": name} for name in names]}
    return {**page, "NextToken": token} if token else page


def _refusal(code: str, message: str = "no", status: int = 400) -> AwsError:
    return AwsError(children.OPERATION, code, message, status=status, request_id="r-1")


def _choose(
    chosen: str, one: Target | None = None, server: Server | None = None, sagemaker: _SageMaker | None = None
) -> Part:
    means = (sagemaker or _SageMaker()).means(server or Server())
    return part(one or _tuning(), Where(children=chosen), means)


def _accepted(found: Part, *streams: str) -> list[str]:
    selection = _tuning().logs(Reading(), found).selection
    return [stream for stream in streams if selection.accepts(stream)]


# --- without asking ----------------------------------------------------------------------------------------------


def test_all_are_the_tuning_job() -> None:
    """All training jobs are what the tuning job itself says; other kinds have no parts."""
    assert _choose("all") == _tuning().whole()
    job = target(TRAINING_JOB, spec={"trainingJobName": "j"})
    assert _choose("all", job) == Part("j/")


@pytest.mark.parametrize("word", ["3", "03", "003"])
def test_by_number(word: str) -> None:
    """A number is that training job's, and no other's whose number begins so."""
    streams = (f"Tune-003-{HEX}/algo-1-1", f"Tune-0031-{HEX}/algo-1-1", f"Tune-030-{HEX}/algo-1-1")
    assert _accepted(_choose(word), *streams) == [streams[0]]


@pytest.mark.parametrize("word", [f"Tune-003-{HEX}", f"tune-003-{HEX}", f"TUNE-003-{HEX.upper()}"])
def test_by_name(word: str) -> None:
    """SageMaker's name and the object's, which has no capitals, lead to the same streams without a question."""
    server = Server()
    assert _choose(word, server=server) == Part(f"Tune-003-{HEX}/")
    assert server.asked == []


def test_best() -> None:
    """The best training job is the one that the status names; without one there is nothing to show yet."""
    assert _choose("best", _tuning(bestTrainingJob={"trainingJobName": f"Tune-007-{HEX}"})) == Part(f"Tune-007-{HEX}/")
    with pytest.raises(Failure, match="has no best training job yet") as failed:
        _choose("best")
    assert failed.value.code == exits.NOT_FOUND


def test_several() -> None:
    """Several are separated by commas; the service is asked for what their names share."""
    found = _choose(f"3,Tune-014-{HEX}")
    assert found.prefix == "Tune-0"
    streams = (f"Tune-003-{HEX}/a-1-1", f"Tune-014-{HEX}/a-1-1", f"Tune-014-{HEX[::-1]}/a-1-1", f"Tune-004-{HEX}/a-1-1")
    assert _accepted(found, *streams) == list(streams[:2])
    assert _accepted(_choose("3,all"), *streams) == list(streams)


# --- by objects --------------------------------------------------------------------------------------------------


def test_by_an_object_with_another_name() -> None:
    """A TrainingJob object of any name leads to its training job, if that is one of the tuning job's."""
    server = Server()
    server.put(TRAINING_JOB, obj("mine", {"trainingJobName": f"Tune-002-{HEX}"}))
    server.put(TRAINING_JOB, obj("other", {"trainingJobName": "other"}))
    assert _choose("mine", server=server) == Part(f"Tune-002-{HEX}/")
    for word in ("other", "missing"):
        with pytest.raises(Failure, match=f'has no training job "{word}".*such as 003') as failed:
            _choose(word, server=server)
        assert failed.value.code == exits.NOT_FOUND


def _spawned(server: Server, number: int, word: str, **metadata: Any) -> str:
    name = f"Tune-{number:03d}-{HEX}"
    server.put(
        TRAINING_JOB,
        obj(name.lower(), {"trainingJobName": name}, {"trainingJobStatus": word}, **metadata),
    )
    return name


def test_failed_by_objects() -> None:
    """Where the objects account for all failures that are counted, SageMaker is not asked."""
    server, sagemaker = Server(), _SageMaker()
    labels = {LABEL: "tune"}
    first = _spawned(server, 1, "Failed", labels=labels)
    _spawned(server, 2, "Completed", labels=labels)
    last = _spawned(server, 3, "Failed", labels=labels)
    tuning = _tuning(trainingJobStatusCounters={"completed": 1, "totalError": 2})
    found = _choose("failed", tuning, server, sagemaker)
    streams = [f"{name}/algo-1-1" for name in (first, f"Tune-002-{HEX}", last)]
    assert _accepted(found, *streams) == [streams[0], streams[2]]
    assert sagemaker.regions == []


def test_failed_by_objects_of_the_original_operator() -> None:
    """Objects that the original operator made have no label; their names tell whose they are."""
    server, sagemaker = Server(), _SageMaker()
    name = _spawned(server, 1, "Failed")
    server.put(TRAINING_JOB, obj("stranger", {"trainingJobName": "stranger"}, {"trainingJobStatus": "Failed"}))
    tuning = _tuning(trainingJobStatusCounters={"nonRetryableError": 1, "retryableError": 0})
    assert _choose("failed", tuning, server, sagemaker) == Part(f"{name}/")


def test_none_has_failed() -> None:
    """Where the counters know of no failure nobody is asked, and that is told."""
    server = Server()
    tuning = _tuning(trainingJobStatusCounters={"completed": 4, "totalError": 0})
    with pytest.raises(Failure, match=r"No training job of .* has failed so far") as failed:
        _choose("failed", tuning, server)
    assert failed.value.code == exits.NOT_FOUND
    assert server.asked == []


# --- by SageMaker ------------------------------------------------------------------------------------------------


def test_failed_by_sagemaker() -> None:
    """SageMaker tells of those without objects, over empty pages and throttles."""
    server = Server()
    known = _spawned(server, 1, "Failed", labels={LABEL: "tune"})
    more = f"Tune-009-{HEX}"
    throttled = _refusal("ThrottlingException", "Rate exceeded")
    sagemaker = _SageMaker(throttled, _page(token="2"), _page(known, more))
    tuning = _tuning(trainingJobStatusCounters={"totalError": 2})
    found = _choose("failed", tuning, server, sagemaker)
    assert found == children.union([children.named(known), children.named(more)])
    assert [request.get("NextToken") for request in sagemaker.requests] == [None, None, "2"]
    assert {request["StatusEquals"] for request in sagemaker.requests} == {"Failed"}
    assert sagemaker.regions == ["us-west-2"]
    assert len(sagemaker.pauses) == 1


def test_acks_tuning_job_is_asked_at_sagemaker() -> None:
    """ACK makes no objects of training jobs and counts none, so SageMaker is asked at once."""
    server, sagemaker = Server(), _SageMaker(_page(f"t-001-{HEX}"))
    ack = target(ACK_TUNING_JOB, spec={"hyperParameterTuningJobName": "t"})
    assert _choose("failed", ack, server, sagemaker) == Part(f"t-001-{HEX}/")
    assert server.asked == []


def test_missing_action_is_named() -> None:
    """Without the right at SageMaker the missing IAM action is named."""
    sagemaker = _SageMaker(_refusal("AccessDeniedException", "User: u is not authorized to perform: x"))
    with pytest.raises(Failure) as failed:
        _choose("failed", _tuning(trainingJobStatusCounters={"totalError": 1}), sagemaker=sagemaker)
    assert failed.value.code == exits.NO_PERMISSION
    action = "sagemaker:ListTrainingJobsForHyperParameterTuningJob"
    assert f'Allow the action {action} on tuning job "Tune" in region "us-west-2".' in failed.value.text


def test_what_the_cluster_knows_is_shown_without_sagemaker() -> None:
    """Where SageMaker refuses but some failures are known, those are shown, with a word about the others."""
    server = Server()
    known = _spawned(server, 1, "Failed", labels={LABEL: "tune"})
    sagemaker = _SageMaker(_refusal("AccessDeniedException"))
    tuning = _tuning(trainingJobStatusCounters={"totalError": 2})
    assert _choose("failed", tuning, server, sagemaker) == Part(f"{known}/")
    assert "There may be more failed training jobs than the 1 with objects" in sagemaker.notices[0]


def test_sagemaker_is_asked_a_limited_number_of_times() -> None:
    """Throttles without end are given up."""
    sagemaker = _SageMaker(*[_refusal("ThrottlingException", "Rate exceeded")] * 5)
    with pytest.raises(Failure, match="try again later"):
        _choose("failed", sagemaker=sagemaker)
    assert sagemaker.answers == []


# --- endpoints ---------------------------------------------------------------------------------------------------


def test_variant() -> None:
    """One variant's streams; a variant that the endpoint does not have is told with those that it has."""
    endpoint = target(
        HOSTING_DEPLOYMENT,
        spec={"endpointName": "e", "productionVariants": [{"variantName": "blue"}, {"variantName": "green"}]},
    )
    means = _SageMaker().means(Server())
    assert part(endpoint, Where(variant="blue"), means) == Part("blue/")
    with pytest.raises(Failure, match=r'has no variant "red"; it has blue, green\.'):
        part(endpoint, Where(variant="red"), means)
    unknown = target(HOSTING_DEPLOYMENT, spec={"endpointName": "e"})
    assert part(unknown, Where(variant="red"), means) == Part("red/")
    assert part(endpoint, Where(), means) == endpoint.whole()
