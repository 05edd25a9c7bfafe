"""The stand-in's CloudWatch Logs through a real botocore client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin.clients import refused, training_request, transform_request

if TYPE_CHECKING:
    from tests.standin.app import StandIn

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_LOGS = "/aws/sagemaker/TransformJobs"


class TestLogs:
    """FilterLogEvents, GetLogEvents and what lists groups and streams."""

    def _put(self, standin: StandIn, stream: str, *timestamps: int) -> None:
        events = [{"message": f"{stream}@{time}", "timestamp": time} for time in timestamps]
        standin.put_logs(TRAINING_LOGS, stream, events)

    def test_group_is_missing_until_something_is_written(
        self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any
    ) -> None:
        """Before the first line the group is not there; then the streams have SageMaker's names, one per host."""
        virtual_sagemaker.create_training_job(**training_request("j", instances=2))
        missing = refused(virtual_logs.filter_log_events, logGroupName=TRAINING_LOGS)
        assert missing == ("ResourceNotFoundException", "The specified log group does not exist.")
        virtual_standin.advance(5)
        began = virtual_sagemaker.describe_training_job(TrainingJobName="j")["SecondaryStatusTransitions"][-1][
            "StartTime"
        ]
        names = [
            s["logStreamName"] for s in virtual_logs.describe_log_streams(logGroupName=TRAINING_LOGS)["logStreams"]
        ]
        assert names == [f"j/algo-{host}-{int(began.timestamp())}" for host in (1, 2)]
        groups = virtual_logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
        assert [group["logGroupName"] for group in groups] == [TRAINING_LOGS]

    def test_lines_of_a_job(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """A job's lines come at their rate from each host, merged by time, and end with the training."""
        virtual_standin.settings(logs={"rate": 4})
        virtual_sagemaker.create_training_job(**training_request("j", instances=2))
        virtual_standin.advance(60)
        events = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS, logStreamNamePrefix="j/")["events"]
        assert len(events) == 80
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)
        assert len({event["eventId"] for event in events}) == 80
        assert all(event["ingestionTime"] > event["timestamp"] for event in events)

    def test_transform_streams(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """A transform job writes `<job>/<instance>-<epoch ms>` and `<job>/<instance>-<epoch>/data-log`."""
        virtual_sagemaker.create_transform_job(**transform_request("t", "model"))
        virtual_standin.advance(60)
        streams = virtual_logs.describe_log_streams(logGroupName=TRANSFORM_LOGS, logStreamNamePrefix="t/")["logStreams"]
        names = sorted(stream["logStreamName"] for stream in streams)
        assert len(names) == 2
        assert [name.startswith("t/i-") for name in names] == [True, True]
        assert [name.endswith("/data-log") for name in names].count(True) == 1

    def test_prefix_with_and_without_slash(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """The prefix is text: `x` also finds streams of `x-2`, `x/` does not."""
        self._put(virtual_standin, "x/algo-1-1", 1000)
        self._put(virtual_standin, "x-2/algo-1-1", 1000)

        def found(prefix: str) -> int:
            answer = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS, logStreamNamePrefix=prefix)
            return len(answer["events"])

        assert (found("x"), found("x/")) == (2, 1)

    def test_end_time_inclusive_and_exclusive(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """FilterLogEvents includes endTime, GetLogEvents does not; both include startTime."""
        self._put(virtual_standin, "x/a", 1000, 2000, 3000)
        window = {"logGroupName": TRAINING_LOGS, "startTime": 1000, "endTime": 3000}
        filtered = virtual_logs.filter_log_events(logStreamNames=["x/a"], **window)["events"]
        got = virtual_logs.get_log_events(logStreamName="x/a", startFromHead=True, **window)["events"]
        assert [event["timestamp"] for event in filtered] == [1000, 2000, 3000]
        assert [event["timestamp"] for event in got] == [1000, 2000]
        assert "eventId" not in got[0]

    def test_filter_pages(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """Over its pages FilterLogEvents gives every event of all streams once, merged by time."""
        self._put(virtual_standin, "x/a", *range(1000, 1050))
        self._put(virtual_standin, "x/b", *range(1000, 1100, 2))
        pages = virtual_logs.get_paginator("filter_log_events").paginate(
            logGroupName=TRAINING_LOGS, logStreamNamePrefix="x/", PaginationConfig={"PageSize": 7}
        )
        events = [event for page in pages for event in page["events"]]
        assert len(events) == 100 == len({event["eventId"] for event in events})
        assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)

    def test_newest_first(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """startFromHead=false gives the newest first, over pages too, and only with a startTime since 2024."""
        now = int(virtual_standin.now() * 1000)
        self._put(virtual_standin, "x/a", *(now - 10 + number for number in range(5)))
        asked = {"logGroupName": TRAINING_LOGS, "startFromHead": False, "limit": 3}
        first = virtual_logs.filter_log_events(startTime=now - 1000, **asked)
        second = virtual_logs.filter_log_events(startTime=now - 1000, nextToken=first["nextToken"], **asked)
        times = [event["timestamp"] - now for page in (first, second) for event in page["events"]]
        assert times == [-6, -7, -8, -9, -10]
        assert refused(virtual_logs.filter_log_events, **asked)[0] == "InvalidParameterException"

    def test_empty_pages_with_tokens(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """Pages can be made empty, with a token that differs each time, and nothing is lost over them."""
        self._put(virtual_standin, "x/a", *range(1000, 1010))
        virtual_standin.fault("empty_page", "*LogEvents", count=2)
        first = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS, limit=4)
        second = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS, limit=4, nextToken=first["nextToken"])
        assert (first["events"], second["events"]) == ([], [])
        assert first["nextToken"] != second["nextToken"]
        third = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS, limit=4, nextToken=second["nextToken"])
        assert [event["timestamp"] for event in third["events"]] == [1000, 1001, 1002, 1003]

    def test_get_log_events_tokens(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """Forward tokens walk to the end and then repeat; new events appear behind a repeated token."""
        self._put(virtual_standin, "x/a", *range(1000, 1005))
        asked = {"logGroupName": TRAINING_LOGS, "logStreamName": "x/a", "limit": 2, "startFromHead": True}
        seen: list[int] = []
        token: dict[str, str] = {}
        while True:
            page = virtual_logs.get_log_events(**asked, **token)
            seen += [event["timestamp"] for event in page["events"]]
            if token.get("nextToken") == page["nextForwardToken"]:
                break
            token = {"nextToken": page["nextForwardToken"]}
        assert seen == list(range(1000, 1005))
        self._put(virtual_standin, "x/a", 2000)
        assert [e["timestamp"] for e in virtual_logs.get_log_events(**asked, **token)["events"]] == [2000]

    def test_get_log_events_backwards(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """Without startFromHead the newest page comes first, in order of time; backward tokens go on from there."""
        self._put(virtual_standin, "x/a", *range(1000, 1005))
        asked = {"logGroupName": TRAINING_LOGS, "logStreamName": "x/a", "limit": 3}
        newest = virtual_logs.get_log_events(**asked)
        older = virtual_logs.get_log_events(nextToken=newest["nextBackwardToken"], **asked)
        end = virtual_logs.get_log_events(nextToken=older["nextBackwardToken"], **asked)
        assert [event["timestamp"] for event in newest["events"]] == [1002, 1003, 1004]
        assert [event["timestamp"] for event in older["events"]] == [1000, 1001]
        assert end["events"] == []
        assert end["nextBackwardToken"] == older["nextBackwardToken"]

    def test_empty_get_page_changes_the_token(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """An empty page in the middle has a new token, so that it isn't taken for the end."""
        self._put(virtual_standin, "x/a", *range(1000, 1004))
        asked = {"logGroupName": TRAINING_LOGS, "logStreamName": "x/a", "limit": 2, "startFromHead": True}
        token = virtual_logs.get_log_events(**asked)["nextForwardToken"]
        virtual_standin.fault("empty_page", "GetLogEvents", count=1)
        empty = virtual_logs.get_log_events(nextToken=token, **asked)
        assert empty["events"] == []
        assert empty["nextForwardToken"] != token
        rest = virtual_logs.get_log_events(nextToken=empty["nextForwardToken"], **asked)
        assert [event["timestamp"] for event in rest["events"]] == [1002, 1003]
        virtual_standin.fault("empty_page", "GetLogEvents", count=1)
        late = virtual_logs.get_log_events(nextToken=rest["nextForwardToken"], **asked)
        end = virtual_logs.get_log_events(nextToken=late["nextForwardToken"], **asked)
        assert end["nextForwardToken"] == late["nextForwardToken"] != rest["nextForwardToken"]

    def test_late_events(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """An event is not shown before it can be read, whatever its timestamp."""
        virtual_standin.put_logs(TRAINING_LOGS, "x/a", [{"message": "late", "offset": -60, "readable_in": 10}])
        assert virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"] == []
        virtual_standin.advance(10)
        (event,) = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"]
        assert event["ingestionTime"] - event["timestamp"] == 70_000

    def test_odd_messages_pass_unchanged(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """Line breaks, SageMaker's escapes, control characters and long lines come out as they went in."""
        odd = ["two\nlines", "50%#01560%", "\x1b[31mred", "x" * 200_000, "Grüße 🎉"]
        virtual_standin.put_logs(TRAINING_LOGS, "x/a", [{"message": text, "timestamp": 1000} for text in odd])
        events = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"]
        assert [event["message"] for event in events] == odd

    def test_page_size_in_bytes(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """A page holds about a megabyte of events."""
        big = [{"message": "x" * 400_000, "timestamp": 1000 + number} for number in range(4)]
        virtual_standin.put_logs(TRAINING_LOGS, "x/a", big)
        page = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)
        assert len(page["events"]) == 2
        assert "nextToken" in page

    def test_filter_pattern_and_refusals(self, virtual_standin: StandIn, virtual_logs: Any) -> None:
        """A filter pattern selects; contradictory parameters, bad tokens and unknown streams are refused."""
        self._put(virtual_standin, "x/a", 1000, 2000)
        group = {"logGroupName": TRAINING_LOGS}
        assert len(virtual_logs.filter_log_events(filterPattern='"x/a@2000"', **group)["events"]) == 1
        both = refused(virtual_logs.filter_log_events, logStreamNames=["x/a"], logStreamNamePrefix="x", **group)
        assert both[0] == "InvalidParameterException"
        assert refused(virtual_logs.filter_log_events, nextToken="rubbish", **group)[0] == "InvalidParameterException"
        unknown = ("ResourceNotFoundException", "The specified log stream does not exist.")
        assert refused(virtual_logs.get_log_events, logStreamName="nope", **group) == unknown
        assert refused(virtual_logs.filter_log_events, logStreamNames=["nope"], **group) == unknown
        ordered = refused(virtual_logs.describe_log_streams, orderBy="LastEventTime", logStreamNamePrefix="x", **group)
        assert ordered[0] == "InvalidParameterException"
        limit = refused(virtual_logs.filter_log_events, limit=10_001, **group)
        assert "at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000" in limit[1]

    def test_one_late_host(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """One host of a job can be later than the others."""
        virtual_standin.settings(logs={"late_host": 2, "late_seconds": 30})
        virtual_sagemaker.create_training_job(**training_request("j", instances=2))
        virtual_standin.advance(10)
        hosts = {e["logStreamName"][2:8] for e in virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"]}
        assert hosts == {"algo-1"}
        virtual_standin.advance(60)
        events = virtual_logs.filter_log_events(logGroupName=TRAINING_LOGS)["events"]
        assert {event["logStreamName"][2:8] for event in events} == {"algo-1", "algo-2"}

    def test_restarts_add_streams(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """A restarted job has a further stream per host and try."""
        virtual_standin.rule("j", restarts=1)
        virtual_sagemaker.create_training_job(**training_request("j", instances=2))
        virtual_standin.advance(60)
        streams = virtual_logs.describe_log_streams(logGroupName=TRAINING_LOGS, logStreamNamePrefix="j/")["logStreams"]
        assert len(streams) == 4
