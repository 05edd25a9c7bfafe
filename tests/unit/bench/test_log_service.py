"""The benchmark's fast stand-in of CloudWatch Logs: the rules that a reader's result depends on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.logs import script
from tests.bench.logs.columns import PAGE_EVENTS
from tests.bench.logs.service import GROUP, Service, Settings

EVENTS = 20_000
END = 1_790_000_000_000
_PREFIX = f"{script.JOB}/"


@pytest.fixture(scope="module")
def plan() -> script.Script:
    """A log of four streams that is over."""
    return script.history(EVENTS, 4, end=END)


@pytest.fixture(scope="module")
def service(plan: script.Script) -> Service:
    """The service with that log."""
    return Service(plan)


def ask(service: Service, operation: str, **params: Any) -> dict[str, Any]:
    """One answer."""
    _, pieces = service.answer(operation, json.dumps({"logGroupName": GROUP, **params}).encode())
    answer: dict[str, Any] = json.loads(b"".join(pieces))
    return answer


def filtered(service: Service, **params: Any) -> Iterator[dict[str, Any]]:
    """All pages of FilterLogEvents."""
    token: dict[str, Any] = {}
    while True:
        page = ask(service, "FilterLogEvents", logStreamNamePrefix=_PREFIX, **params, **token)
        yield page
        if "nextToken" not in page:
            return
        token = {"nextToken": page["nextToken"]}


def test_filter_log_events_gives_every_event_once_in_order(service: Service, plan: script.Script) -> None:
    """Following the tokens yields the whole log, in full pages."""
    pages = [page["events"] for page in filtered(service)]

    assert [len(page) for page in pages[:-1]] == [PAGE_EVENTS] * (len(pages) - 1)
    assert [event["message"] for page in pages for event in page] == [script.message(n) for n in range(EVENTS)]
    assert [event["timestamp"] for page in pages for event in page] == list(plan.stamps)


def test_newest_first_is_the_same_log_backwards(service: Service) -> None:
    """With startFromHead=false the tokens lead from the newest event to the oldest."""
    found = [event["message"] for page in filtered(service, startFromHead=False) for event in page["events"]]

    assert found == [script.message(number) for number in reversed(range(EVENTS))]


def test_get_log_events_ends_with_the_token_it_was_given(service: Service, plan: script.Script) -> None:
    """One stream read forwards holds that stream's events, and the end is told by a token that does not change."""
    found, token = [], ""
    while True:
        more = {"nextToken": token} if token else {}
        page = ask(service, "GetLogEvents", logStreamName=plan.names[1], startFromHead=True, **more)
        found += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]

    assert found == [script.message(number) for number in range(EVENTS) if plan.places[number] == 1]


def test_the_end_of_a_window_differs_between_the_readers(service: Service, plan: script.Script) -> None:
    """FilterLogEvents includes endTime, GetLogEvents does not."""
    stamp = plan.stamps[400]
    at_once = [number for number in range(EVENTS) if plan.stamps[number] == stamp]
    window = {"startTime": stamp, "endTime": stamp}

    assert len(ask(service, "FilterLogEvents", logStreamNamePrefix=_PREFIX, **window)["events"]) == len(at_once)
    assert not ask(service, "GetLogEvents", logStreamName=plan.names[plan.places[400]], **window)["events"]


def test_a_call_above_its_quota_is_refused(plan: script.Script) -> None:
    """The refusal has AWS's code, and other operations are not concerned."""
    service = Service(plan)
    service.configure(Settings(quotas={"GetLogEvents": 2.0}))
    answers = [ask(service, "GetLogEvents", logStreamName=plan.names[0]) for _ in range(4)]

    assert answers[-1] == {"__type": "ThrottlingException", "message": "Rate exceeded"}
    assert "logStreams" in ask(service, "DescribeLogStreams", logStreamNamePrefix=_PREFIX)
    assert service.counts["GetLogEvents ThrottlingException"] >= 1


def test_a_line_is_there_once_its_host_has_uploaded_it() -> None:
    """A log that is being written shows what is readable by now, and the last host's late lines are not."""
    now = time.time_ns() // 1_000_000
    plan = script.live(now - 10_000, script.Writing(hosts=4, rate=100, seconds=20, late=60))
    service = Service(plan)
    shown = {event["message"] for event in ask(service, "FilterLogEvents", logStreamNamePrefix=_PREFIX)["events"]}

    readable = [number for number in range(len(plan.stamps)) if plan.readable[number] <= now]
    assert {script.message(number) for number in readable} <= shown
    assert 0 < len(shown) < len(plan.stamps)
    assert not [number for number in readable if plan.places[number] == 3]


def test_what_a_tool_printed_is_counted(plan: script.Script) -> None:
    """Lost, doubled, damaged and misplaced lines are told apart, whatever stands around them."""
    numbers = [0, 1, 2, 2, 400, 8, 12]
    output = "".join(f"algo-1 12:00 {script.message(number)}\n" for number in numbers).encode()
    damaged = script.message(20).replace("fox", "cat").encode()

    found = script.tally(output + damaged, plan.stamps)

    assert found == script.Tally(lines=8, lost=EVENTS - 6, doubled=1, damaged=1, disorder=1)
