"""Any request gets an answer, and the same name is created once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.standin.clients import training_request, transform_request
from tests.standin.clock import Clock
from tests.standin.control_api import add_model
from tests.standin.dispatch import Dispatcher, Request
from tests.standin.services import services
from tests.standin.settings import Settings
from tests.standin.world import World

SCOPE = "AWS4-HMAC-SHA256 Credential=AK/20261124/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0"
JSON_OPERATIONS = [
    (service.target_prefix, name)
    for service in services().values()
    if service.target_prefix
    for name in service.operations
]

scalars: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**13)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "job", "j", "model", "/aws/sagemaker/TrainingJobs", "s3://b/o", "Completed", "Name", "f/1/s", "e30="]
    )
    | st.text(max_size=5)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@pytest.fixture(scope="module")
def world() -> World:
    """A world with a job, a transform job, a model and log lines."""
    made = World(Clock(1.7e9, 0.0), Settings())
    add_model(made, made.region(made.account, "us-east-1"), "model")
    _send(made, "SageMaker", "CreateTrainingJob", training_request("job"))
    _send(made, "SageMaker", "CreateTransformJob", transform_request("job", "model"))
    made.clock.advance(8)
    return made


def _send(world: World, prefix: str, operation: str, params: Any) -> tuple[int, dict[str, Any]]:
    headers = {"x-amz-target": f"{prefix}.{operation}", "authorization": SCOPE}
    response = Dispatcher(world).answer(Request("POST", "/", headers, json.dumps(params).encode()))
    return response.status, json.loads(response.body or b"{}")


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """An operation with some of its members at random values, some of them valid."""
    prefix, operation = draw(st.sampled_from(JSON_OPERATIONS))
    valid: dict[str, dict[str, Any]] = {
        "CreateTrainingJob": training_request("other"),
        "CreateTransformJob": transform_request("other", "model"),
    }
    names = ["TrainingJobName", "TransformJobName", "ModelName", "NextToken", "MaxResults", "SortBy", "StatusEquals"]
    names += ["logGroupName", "logStreamName", "nextToken", "limit", "startTime", "endTime", "filterPattern"]
    names += ["ResourceConfig", "StoppingCondition", "Tags", "ResourceArn", "TransformResources", "InputDataConfig"]
    names += ["logStreamNames", "logStreamNamePrefix", "startFromHead", "logGroupIdentifier", "PrimaryContainer"]
    return (
        prefix,
        operation,
        {**valid.get(operation, {}), **draw(st.dictionaries(st.sampled_from(names), values, max_size=5))},
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_every_request_gets_an_answer(world: World, asked: tuple[str, str, dict[str, Any]]) -> None:
    """Whatever a request holds, the answer is a success or a refusal with a code, never a crash or a 5xx."""
    status, body = _send(world, *asked)
    assert status in (200, 400)
    assert (status == 200) == ("__type" not in body)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"x"'])
def test_bodies_that_are_no_object(world: World, body: bytes) -> None:
    """A body that is no JSON object is a SerializationException; none at all is an empty request."""
    headers = {"x-amz-target": "SageMaker.ListModels", "authorization": SCOPE}
    response = Dispatcher(world).answer(Request("POST", "/", headers, body))
    assert response.status == (400 if body else 200)
    assert (b"SerializationException" in response.body) == bool(body)


def test_one_of_many_wins() -> None:
    """Of many simultaneous creations of one name exactly one succeeds."""
    world = World(Clock(1.7e9, 0.0), Settings())
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _n: _send(world, "SageMaker", "CreateTrainingJob", training_request("j"))[0], range(40))
        )
    assert sorted(answers) == [200] + [400] * 39
