"""Processing and tuning jobs of the stand-in as botocore sees them, over its wire protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.standin.clients import ROLE, refused, training_request
from tests.standin.control import ControlError
from tests.standin.tuning_requests import METRIC, processing_request, tuning_definition, tuning_request

if TYPE_CHECKING:
    from tests.standin.app import StandIn

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
NAME = "HyperParameterTuningJobName"


def _children(sagemaker: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    """All training jobs of a tuning job, page by page."""
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    found = pages.paginate(HyperParameterTuningJobName=name, **more)
    return [summary for page in found for summary in page["TrainingJobSummaries"]]


def _tuning(sagemaker: Any, name: str = "t") -> dict[str, Any]:
    described: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return described


class TestProcessing:
    """Processing jobs."""

    def test_life(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A processing job passes its statuses, and its description echoes the request with AWS's additions."""
        made = virtual_sagemaker.create_processing_job(**processing_request("P-1"))
        assert made["ProcessingJobArn"] == f"{ARN}:processing-job/p-1"
        first = virtual_sagemaker.describe_processing_job(ProcessingJobName="P-1")
        assert first["ProcessingJobStatus"] == "InProgress"
        assert "ProcessingStartTime" not in first
        assert first["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
        assert first["ProcessingInputs"][0]["S3Input"]["S3DataDistributionType"] == "FullyReplicated"
        assert first["ProcessingInputs"][0]["S3Input"]["S3CompressionType"] == "None"
        assert first["ProcessingOutputConfig"]["Outputs"][0]["AppManaged"] is False
        assert first["ProcessingResources"] == processing_request("P-1")["ProcessingResources"]
        virtual_standin.advance(60)
        last = virtual_sagemaker.describe_processing_job(ProcessingJobName="P-1")
        assert last["ProcessingJobStatus"] == "Completed"
        assert (last["ProcessingEndTime"] - last["ProcessingStartTime"]).total_seconds() == 10
        assert last["LastModifiedTime"] == last["ProcessingEndTime"]

    def test_failure_with_exit_message(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A rule lets a processing job fail with reason and exit message, in its description and summary."""
        fail = {"reason": "AlgorithmError: See job logs for more information", "exit_message": "no such column"}
        virtual_standin.rule("bad-*", kind="processing", fail=fail)
        virtual_sagemaker.create_processing_job(**processing_request("bad-1"))
        virtual_standin.advance(60)
        described = virtual_sagemaker.describe_processing_job(ProcessingJobName="bad-1")
        listed = virtual_sagemaker.list_processing_jobs()["ProcessingJobSummaries"][0]
        for shown in (described, listed):
            assert shown["ProcessingJobStatus"] == "Failed"
            assert shown["FailureReason"] == fail["reason"]
            assert shown["ExitMessage"] == fail["exit_message"]

    def test_logs(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """Every host writes a stream of its own from the start of processing on."""
        group = "/aws/sagemaker/ProcessingJobs"
        virtual_standin.put_logs(group, "by-hand", [{"message": "x"}])
        virtual_sagemaker.create_processing_job(**processing_request("p", instances=2))
        virtual_standin.advance(60)
        described = virtual_sagemaker.describe_processing_job(ProcessingJobName="p")
        epoch = int(described["ProcessingStartTime"].timestamp())
        streams = virtual_logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="p/")["logStreams"]
        assert [stream["logStreamName"] for stream in streams] == [f"p/algo-1-{epoch}", f"p/algo-2-{epoch}"]
        events = virtual_logs.filter_log_events(logGroupName=group, logStreamNamePrefix="p/algo-1")["events"]
        assert len(events) == 20

    def test_stop_and_delete(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A job is stopped while it runs, refuses that at its end, can be deleted then, and its name is free."""
        arn = virtual_sagemaker.create_processing_job(**processing_request("p"))["ProcessingJobArn"]
        assert refused(virtual_sagemaker.delete_processing_job, ProcessingJobName="p")[0] == "ResourceInUse"
        virtual_sagemaker.stop_processing_job(ProcessingJobName="p")
        virtual_sagemaker.stop_processing_job(ProcessingJobName="p")
        stopping = virtual_sagemaker.describe_processing_job(ProcessingJobName="p")
        assert stopping["ProcessingJobStatus"] == "Stopping"
        virtual_standin.advance(10)
        stopped = virtual_sagemaker.describe_processing_job(ProcessingJobName="p")
        assert stopped["ProcessingJobStatus"] == "Stopped"
        assert refused(virtual_sagemaker.stop_processing_job, ProcessingJobName="p") == (
            "ValidationException",
            "The request was rejected because the processing job is in status Stopped.",
        )
        virtual_sagemaker.delete_processing_job(ProcessingJobName="p")
        assert refused(virtual_sagemaker.list_tags, ResourceArn=arn)[0] == "ValidationException"
        virtual_sagemaker.create_processing_job(**processing_request("p"))

    def test_refusals(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Unknown jobs, names in use, roles and quotas are refused in AWS's words."""
        for operation in ("describe", "stop", "delete"):
            code, text = refused(getattr(virtual_sagemaker, f"{operation}_processing_job"), ProcessingJobName="p")
            assert (code, text) == (
                "ValidationException",
                f"Could not find requested job with name: {ARN}:processing-job/p",
            )
        virtual_sagemaker.create_processing_job(**processing_request("p"))
        code, text = refused(virtual_sagemaker.create_processing_job, **processing_request("p"))
        assert code == "ResourceInUse"
        assert text.endswith(f"a job with this name already exists ({ARN}:processing-job/p)")
        virtual_standin.settings(quotas={"ml.m5.large for processing job usage": 1}, missing_roles=["*/absent"])
        code, text = refused(virtual_sagemaker.create_processing_job, **processing_request("q"))
        assert code == "ResourceLimitExceeded"
        assert "'ml.m5.large for processing job usage' is 1 Instances" in text
        request = processing_request("q", RoleArn="arn:aws:iam::123456789012:role/absent")
        assert "Could not assume role" in refused(virtual_sagemaker.create_processing_job, **request)[1]

    def test_control(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Control lists processing jobs, shows them in any status and ends them; the kind tells equal names apart."""
        virtual_sagemaker.create_processing_job(**processing_request("same", Tags=[{"Key": "a", "Value": "b"}]))
        virtual_sagemaker.create_training_job(**training_request("same"))
        kinds = {job["kind"]: job for job in virtual_standin.jobs()}
        assert kinds["processing"]["tags"] == {"a": "b"}
        virtual_standin.show_job("same", "Hibernating", kind="processing")
        shown = virtual_sagemaker.describe_processing_job(ProcessingJobName="same")
        assert shown["ProcessingJobStatus"] == "Hibernating"
        virtual_standin.end_job("same", "Failed", "ClientError: x", kind="processing", exit_message="bye")
        ended = virtual_sagemaker.describe_processing_job(ProcessingJobName="same")
        assert (ended["ProcessingJobStatus"], ended["ExitMessage"]) == ("Failed", "bye")
        training = virtual_sagemaker.describe_training_job(TrainingJobName="same")
        assert training["TrainingJobStatus"] == "InProgress"
        with pytest.raises(ControlError, match="no running job"):
            virtual_standin.end_job("same", kind="processing")

    def test_list(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Ten jobs are on a page, filtered by status after the page is cut."""
        for number in range(12):
            virtual_sagemaker.create_processing_job(**processing_request(f"p-{number:02d}"))
        virtual_standin.end_job("p-11")
        first = virtual_sagemaker.list_processing_jobs(StatusEquals="Completed")
        assert first["ProcessingJobSummaries"] == []
        second = virtual_sagemaker.list_processing_jobs(StatusEquals="Completed", NextToken=first["NextToken"])
        assert [one["ProcessingJobName"] for one in second["ProcessingJobSummaries"]] == ["p-11"]
        assert "NextToken" not in second


class TestTuning:
    """Tuning jobs and their training jobs."""

    def test_life(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A tuning job launches real training jobs over time, two at once, and ends with the best of them."""
        made = virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("T"))
        assert made["HyperParameterTuningJobArn"] == f"{ARN}:hyper-parameter-tuning-job/t"
        assert _tuning(virtual_sagemaker, "T")["TrainingJobStatusCounters"]["InProgress"] == 0
        virtual_standin.advance(2)
        early = _tuning(virtual_sagemaker, "T")
        assert early["TrainingJobStatusCounters"]["InProgress"] == 2
        assert early["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 2, "Failed": 0}
        assert "BestTrainingJob" not in early
        virtual_standin.advance(600)
        late = _tuning(virtual_sagemaker, "T")
        assert late["HyperParameterTuningJobStatus"] == "Completed"
        assert late["TrainingJobStatusCounters"]["Completed"] == 4
        children = _children(virtual_sagemaker, "T")
        values = [child["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for child in children]
        best = late["BestTrainingJob"]
        assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {"MetricName": METRIC, "Value": min(values)}
        assert late["HyperParameterTuningEndTime"] == max(child["TrainingEndTime"] for child in children)
        assert "OverallBestTrainingJob" not in late

    def test_children_are_training_jobs(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A training job of a tuning job is described, listed and logged as any other, and knows its tuning job."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", most=2))
        virtual_standin.advance(5)
        children = _children(virtual_sagemaker, "t")
        names = [child["TrainingJobName"] for child in children]
        assert all(re.fullmatch(r"t-00[12]-[0-9a-f]{8}", name) for name in names)
        described = virtual_sagemaker.describe_training_job(TrainingJobName=names[0])
        assert described["TuningJobArn"] == f"{ARN}:hyper-parameter-tuning-job/t"
        assert described["HyperParameters"] == {
            "objective": "binary:logistic",
            "_tuning_objective_metric": METRIC,
            **children[0]["TunedHyperParameters"],
        }
        listed = virtual_sagemaker.list_training_jobs()["TrainingJobSummaries"]
        assert [one["TrainingJobName"] for one in listed] == names

    def test_children_write_logs(self, virtual_standin: StandIn, virtual_sagemaker: Any, virtual_logs: Any) -> None:
        """Logs of training jobs of tuning jobs are there without anybody having asked for these before."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", most=2))
        virtual_standin.advance(60)
        group = "/aws/sagemaker/TrainingJobs"
        streams = virtual_logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="t-001-")["logStreams"]
        assert len(streams) == 1

    def test_jumps_and_stale_reads(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """After a jump of the clock the past can be read: counters, training jobs and modification as they were."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t"))
        virtual_standin.advance(3600)
        virtual_standin.set_faults(stale=3600 - 20)
        past = _tuning(virtual_sagemaker)
        assert past["HyperParameterTuningJobStatus"] == "InProgress"
        assert past["TrainingJobStatusCounters"]["Completed"] == 2
        assert past["TrainingJobStatusCounters"]["InProgress"] == 2
        assert (past["LastModifiedTime"] - past["CreationTime"]).total_seconds() == 15
        assert len(_children(virtual_sagemaker, "t")) == 4
        virtual_standin.set_faults(stale=3600 - 5)
        assert len(_children(virtual_sagemaker, "t")) == 2

    def test_stop(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Stopping a tuning job stops its training jobs; once stopped it refuses to be stopped again."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t"))
        virtual_standin.advance(5)
        virtual_sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="t")
        assert _tuning(virtual_sagemaker)["HyperParameterTuningJobStatus"] == "Stopping"
        virtual_standin.advance(60)
        stopped = _tuning(virtual_sagemaker)
        assert stopped["HyperParameterTuningJobStatus"] == "Stopped"
        assert stopped["TrainingJobStatusCounters"]["Stopped"] == 2
        assert {child["TrainingJobStatus"] for child in _children(virtual_sagemaker, "t")} == {"Stopped"}
        refusal = refused(virtual_sagemaker.stop_hyper_parameter_tuning_job, HyperParameterTuningJobName="t")
        assert refusal[0] == "ValidationException"

    def test_failing_children(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A rule about training jobs lets a tuning job's fail, and it fails with AWS's reason."""
        virtual_standin.rule("t-*", kind="training", fail="AlgorithmError: no data")
        virtual_standin.rule("*", fail="AlgorithmError: no luck")
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", most=3, parallel=3))
        virtual_standin.advance(600)
        failed = _tuning(virtual_sagemaker)
        assert failed["HyperParameterTuningJobStatus"] == "Failed"
        assert failed["FailureReason"].startswith("No training job succeeded after 3 attempts.")
        assert failed["TrainingJobStatusCounters"]["NonRetryableError"] == 3
        assert failed["ObjectiveStatusCounters"]["Failed"] == 3
        child = _children(virtual_sagemaker, "t")[0]
        assert (child["FailureReason"], child["ObjectiveStatus"]) == ("AlgorithmError: no luck", "Failed")

    def test_several_definitions(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Several definitions take turns, each with its own ranges, and summaries say which one it was."""
        request = tuning_request("t", most=4, parallel=4)
        ranges = request["HyperParameterTuningJobConfig"].pop("ParameterRanges")
        goal = request["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective")
        del request["TrainingJobDefinition"]
        request["TrainingJobDefinitions"] = [
            tuning_definition(DefinitionName=name, TuningObjective=goal, HyperParameterRanges=ranges)
            for name in ("first", "second")
        ]
        virtual_sagemaker.create_hyper_parameter_tuning_job(**request)
        virtual_standin.advance(600)
        children = _children(virtual_sagemaker, "t")
        assert [child["TrainingJobDefinitionName"] for child in children] == ["first", "second"] * 2
        best = _tuning(virtual_sagemaker)["BestTrainingJob"]
        assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Minimize"

    def test_warm_start(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A tuning job that starts from another names the best of both, and the tuning job that it belongs to."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("parent", most=20, parallel=20))
        start: dict[str, Any] = {
            "ParentHyperParameterTuningJobs": [{NAME: "parent"}],
            "WarmStartType": "IdenticalDataAndAlgorithm",
        }
        request = tuning_request("t", most=1, parallel=1, WarmStartConfig=start)
        assert refused(virtual_sagemaker.create_hyper_parameter_tuning_job, **request)[0] == "ValidationException"
        virtual_standin.advance(600)
        virtual_sagemaker.create_hyper_parameter_tuning_job(**request)
        virtual_standin.advance(600)
        described, parent = _tuning(virtual_sagemaker), _tuning(virtual_sagemaker, "parent")
        best = min(
            (described["BestTrainingJob"], parent["BestTrainingJob"]),
            key=lambda job: job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
        )
        overall = described["OverallBestTrainingJob"]
        assert overall["TrainingJobName"] == best["TrainingJobName"]
        assert overall["TrainingJobName"].startswith(f"{overall['TuningJobName']}-")
        start["ParentHyperParameterTuningJobs"][0][NAME] = "absent"
        request = tuning_request("u", WarmStartConfig=start)
        assert refused(virtual_sagemaker.create_hyper_parameter_tuning_job, **request)[0] == "ResourceNotFound"

    def test_tags(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A training job has the tags that its tuning job had when it was launched."""
        tags = [{"Key": "team", "Value": "a"}]
        made = virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", parallel=1, Tags=tags))
        arn = made["HyperParameterTuningJobArn"]
        virtual_standin.advance(5)
        virtual_sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "b"}])
        virtual_standin.advance(600)
        found = [
            {tag["Key"] for tag in virtual_sagemaker.list_tags(ResourceArn=child["TrainingJobArn"])["Tags"]}
            for child in _children(virtual_sagemaker, "t")
        ]
        assert found[0] == {"team"}
        assert found[1:] == [{"team", "cost"}] * 3
        virtual_sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
        assert virtual_sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "b"}]

    def test_refusals(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Unknown tuning jobs, names in use, metrics, definitions, roles and quotas are refused."""
        absent = ("ResourceNotFound", "Amazon SageMaker can't find a tuning job called t. Type another name.")
        for operation in ("describe", "stop", "delete"):
            call = getattr(virtual_sagemaker, f"{operation}_hyper_parameter_tuning_job")
            assert refused(call, HyperParameterTuningJobName="t") == absent
        call = virtual_sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
        assert refused(call, HyperParameterTuningJobName="t") == absent
        create = virtual_sagemaker.create_hyper_parameter_tuning_job
        create(**tuning_request("t"))
        assert refused(create, **tuning_request("t")) == (
            "ResourceInUse",
            "A hyperparameter tuning job with the name, t, already exists. Choose a different name.",
        )
        algorithm = {
            "TrainingImage": "image:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "other", "Regex": "x"}],
        }
        definition = tuning_definition(AlgorithmSpecification=algorithm)
        code, text = refused(create, **tuning_request("u", TrainingJobDefinition=definition))
        assert text.startswith("A metric is required for this hyperparameter tuning job objective.")
        both: dict[str, Any] = {"TrainingJobDefinition": definition, "TrainingJobDefinitions": [definition]}
        assert refused(create, **tuning_request("u", **both))[0] == "ValidationException"
        virtual_standin.settings(missing_roles=[ROLE])
        assert "Could not assume role" in refused(create, **tuning_request("u"))[1]
        virtual_standin.settings(missing_roles=[], quotas={"ml.m5.large": 3})
        code, text = refused(create, **tuning_request("u", parallel=4))
        assert code == "ResourceLimitExceeded"
        assert "a request delta of 4 Instances" in text

    def test_a_training_job_that_is_refused(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A tuning job whose training job is refused when it is launched fails with that reason."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t"))
        virtual_standin.settings(missing_roles=[ROLE])
        virtual_standin.advance(60)
        failed = _tuning(virtual_sagemaker)
        assert failed["HyperParameterTuningJobStatus"] == "Failed"
        assert "Could not assume role" in failed["FailureReason"]

    def test_list_of_tuning_jobs(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Summaries carry the counters; the list is ten long by name, can be turned, and filtered by times."""
        for number in range(12):
            virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request(f"t-{number:02d}", most=2 + number))
            virtual_standin.advance(10)
        first = virtual_sagemaker.list_hyper_parameter_tuning_jobs()
        names = [one[NAME] for one in first["HyperParameterTuningJobSummaries"]]
        assert names == [f"t-{number:02d}" for number in range(10)]
        assert "NextToken" in first
        newest = virtual_sagemaker.list_hyper_parameter_tuning_jobs(SortBy="CreationTime", SortOrder="Descending")
        summary = newest["HyperParameterTuningJobSummaries"][0]
        assert summary[NAME] == "t-11"
        assert summary["TrainingJobStatusCounters"]["InProgress"] == 2
        assert summary["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 13, "MaxParallelTrainingJobs": 2}
        virtual_standin.advance(20)
        since = virtual_standin.now() - 30
        changed = virtual_sagemaker.get_paginator("list_hyper_parameter_tuning_jobs").paginate(
            LastModifiedTimeAfter=since
        )
        moved = {one[NAME] for page in changed for one in page["HyperParameterTuningJobSummaries"]}
        assert "t-00" not in moved
        assert {"t-10", "t-11"} <= moved
        young = virtual_sagemaker.list_hyper_parameter_tuning_jobs(CreationTimeAfter=since)
        assert [one[NAME] for one in young["HyperParameterTuningJobSummaries"]] == ["t-11"]

    def test_list_of_training_jobs(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Pages of ten by name, cut before they are filtered; other orders; without objective none by objective."""
        virtual_standin.rule("t-00[23]-*", fail=True)
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", most=25, parallel=5))
        virtual_standin.advance(3600)
        call = virtual_sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
        first = call(HyperParameterTuningJobName="t", StatusEquals="Failed")
        assert [one["TrainingJobName"][:5] for one in first["TrainingJobSummaries"]] == ["t-002", "t-003"]
        second = call(HyperParameterTuningJobName="t", StatusEquals="Failed", NextToken=first["NextToken"])
        assert second["TrainingJobSummaries"] == []
        assert "NextToken" in second
        by_name = [one["TrainingJobName"] for one in _children(virtual_sagemaker, "t")]
        assert by_name == sorted(by_name)
        assert len(by_name) == 25
        for by in ("Name", "CreationTime", "Status", "FinalObjectiveMetricValue"):
            found = _children(virtual_sagemaker, "t", SortBy=by, SortOrder="Descending")
            assert len({one["TrainingJobName"] for one in found}) == (23 if by == "FinalObjectiveMetricValue" else 25)
        values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in found]
        assert values == sorted(values, reverse=True)

    def test_delete(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A finished tuning job can be deleted; its training jobs stay, and a new one of its name makes new ones."""
        create, delete = (
            virtual_sagemaker.create_hyper_parameter_tuning_job,
            virtual_sagemaker.delete_hyper_parameter_tuning_job,
        )
        create(**tuning_request("t"))
        assert refused(delete, HyperParameterTuningJobName="t")[0] == "ResourceInUse"
        virtual_standin.advance(600)
        old = _children(virtual_sagemaker, "t")[0]["TrainingJobName"]
        delete(HyperParameterTuningJobName="t")
        assert _tuning(virtual_sagemaker)["HyperParameterTuningJobStatus"] == "Deleting"
        virtual_standin.advance(2)
        gone = refused(virtual_sagemaker.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName="t")
        assert gone[0] == "ResourceNotFound"
        create(**tuning_request("t"))
        virtual_standin.advance(600)
        names = [child["TrainingJobName"] for child in _children(virtual_sagemaker, "t")]
        assert old not in names
        assert virtual_sagemaker.describe_training_job(TrainingJobName=old)["TrainingJobStatus"] == "Completed"

    def test_deleted_training_jobs_are_not_listed(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A deleted training job leaves the list, but still counts."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t"))
        virtual_standin.advance(600)
        name = _children(virtual_sagemaker, "t")[0]["TrainingJobName"]
        virtual_sagemaker.delete_training_job(TrainingJobName=name)
        virtual_standin.advance(10)
        assert name not in [child["TrainingJobName"] for child in _children(virtual_sagemaker, "t")]
        assert _tuning(virtual_sagemaker)["TrainingJobStatusCounters"]["Completed"] == 4

    def test_control(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Control ends a tuning job, shows it in any status, also after its end, and ends its training jobs."""
        for name in ("ended", "shown"):
            virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name))
        virtual_standin.advance(2)
        virtual_standin.end_job("ended", "Failed", "InternalServerError: x")
        assert _tuning(virtual_sagemaker, "ended")["FailureReason"] == "InternalServerError: x"
        virtual_standin.show_job("ended", "DeleteFailed", reason="no luck")
        assert _tuning(virtual_sagemaker, "ended")["HyperParameterTuningJobStatus"] == "DeleteFailed"
        child = _children(virtual_sagemaker, "shown")[0]["TrainingJobName"]
        virtual_standin.end_job(child)
        counters = _tuning(virtual_sagemaker, "shown")["TrainingJobStatusCounters"]
        assert (counters["Completed"], counters["InProgress"]) == (1, 2)
        virtual_standin.show_job("shown", "Hibernating")
        virtual_standin.advance(600)
        assert _tuning(virtual_sagemaker, "shown")["HyperParameterTuningJobStatus"] == "Hibernating"
        kinds = [job["kind"] for job in virtual_standin.jobs()]
        assert (kinds.count("tuning"), kinds.count("training")) == (2, 5)

    def test_a_large_tuning_job(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A tuning job with a thousand training jobs is carried out in one jump of the clock, with names in order."""
        virtual_sagemaker.create_hyper_parameter_tuning_job(**tuning_request("t", most=1001, parallel=50))
        virtual_standin.advance(1e6)
        assert _tuning(virtual_sagemaker)["TrainingJobStatusCounters"]["Completed"] == 1001
        children = _children(virtual_sagemaker, "t", MaxResults=100)
        assert len({child["TrainingJobName"] for child in children}) == 1001
