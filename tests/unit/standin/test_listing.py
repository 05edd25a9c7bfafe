"""Pages of List operations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standin.app import StandIn
from tests.standin.clients import training_request
from tests.standin.clock import Clock
from tests.standin.errors import AwsError
from tests.standin.listing import cut_page, decode_token, encode_token
from tests.standin.training import create, list_training_jobs
from tests.standin.world import Call, World

PARAMS = {name: value for name, value in training_request("").items() if name != "TrainingJobName"}


def _call(world: World, operation: str, params: dict[str, Any]) -> Call:
    now = world.clock.now()
    return Call(world, world.region("1", "r"), "AK", "sagemaker", operation, now, now, params)


@pytest.fixture(scope="module")
def world() -> World:
    """Thirty jobs, one a second, in several statuses."""
    made = StandIn(clock=Clock(1e9, 0.0))
    for number in range(30):
        create(_call(made.world, "CreateTrainingJob", {"TrainingJobName": f"job-{number * 7 % 30:02d}", **PARAMS}))
        made.advance(1)
    made.stop()
    return made.world


def _pages(world: World, params: dict[str, Any]) -> list[list[str]]:
    pages: list[list[str]] = []
    token: str | None = None
    while True:
        asked = {**params, "NextToken": token} if token else params
        answer = list_training_jobs(_call(world, "ListTrainingJobs", asked))
        pages.append([summary["TrainingJobName"] for summary in answer["TrainingJobSummaries"]])
        token = answer["NextToken"]
        if token is None:
            return pages


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 40),
    by=st.sampled_from(["Name", "CreationTime", "Status"]),
    order=st.sampled_from(["Ascending", "Descending"]),
    status=st.sampled_from([None, "InProgress", "Completed", "Failed"]),
    contains=st.sampled_from(["", "1", "job-0"]),
)
def test_every_job_once_over_the_pages(  # one test over all combinations, so that none is left out
    world: World, size: int, by: str, order: str, status: str | None, contains: str
) -> None:
    """Whatever the page size, order and filters, the pages together hold every matching job exactly once."""
    params: dict[str, Any] = {"MaxResults": size, "SortBy": by, "SortOrder": order}
    if contains:
        params["NameContains"] = contains
    if status:
        params["StatusEquals"] = status
    now = world.clock.now()
    expected = {
        job.name
        for job in world.region("1", "r").training.ordered
        if contains in job.name and status in (None, job.at(now).status)
    }
    pages = _pages(world, params)
    names = [name for page in pages for name in page]
    assert sorted(names) == sorted(expected)
    assert all(len(page) <= size for page in pages)
    if by == "Name":
        assert names == sorted(names, reverse=order == "Descending")


def test_new_jobs_do_not_disturb_pages_under_way() -> None:
    """Jobs created between two pages neither hide nor double the old ones."""
    standin = StandIn(clock=Clock(1e9, 0.0))
    world = standin.world
    for number in range(4):
        create(_call(world, "CreateTrainingJob", {"TrainingJobName": f"old-{number}", **PARAMS}))
    asked = {"MaxResults": 2, "SortOrder": "Descending"}
    first = list_training_jobs(_call(world, "ListTrainingJobs", asked))
    create(_call(world, "CreateTrainingJob", {"TrainingJobName": "new", **PARAMS}))
    second = list_training_jobs(_call(world, "ListTrainingJobs", {**asked, "NextToken": first["NextToken"]}))
    standin.stop()
    names = [s["TrainingJobName"] for page in (first, second) for s in page["TrainingJobSummaries"]]
    assert names == ["old-3", "old-2", "old-1", "old-0"]


def test_page_is_cut_before_it_is_filtered() -> None:
    """A page counts items that are not shown; so it can be empty and still not be the last."""
    page, last = cut_page(range(10), 3, lambda _number: True, lambda number: number > 5)
    assert (page, last) == ([], 2)


def test_tokens_belong_to_their_operation() -> None:
    """A token of another operation, or none at all, is refused."""
    token = encode_token("ListModels", 5)
    assert decode_token("ListModels", token) == 5
    for wrong in (token, "rubbish", "e30="):
        with pytest.raises(AwsError, match="NextToken"):
            decode_token("ListTrainingJobs", wrong)
