"""The stand-in's jobs, lists, models and tags through real botocore clients: what it answers is what AWS answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.standin.clients import ROLE, refused, training_request, transform_request
from tests.standin.control import ControlError

if TYPE_CHECKING:
    from tests.standin.app import StandIn

ACCOUNT = "123456789012"


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{name}"


class TestTrainingJobs:
    """Create, Describe, Stop, Delete."""

    def test_from_creation_to_the_model(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A job goes through its statuses by the clock and ends with artifacts, times and all transitions."""
        assert virtual_sagemaker.create_training_job(**training_request("j"))["TrainingJobArn"] == _arn(
            "training-job", "j"
        )
        seen = []
        for _ in range(15):
            seen.append(virtual_sagemaker.describe_training_job(TrainingJobName="j")["SecondaryStatus"])
            virtual_standin.advance(1)
        assert list(dict.fromkeys(seen)) == ["Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"]
        job = virtual_sagemaker.describe_training_job(TrainingJobName="j")
        assert job["TrainingJobStatus"] == "Completed"
        assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bucket/models/j/output/model.tar.gz"
        assert job["BillableTimeInSeconds"] == 12
        assert job["TrainingEndTime"] - job["TrainingStartTime"] == timedelta(seconds=12)
        assert job["LastModifiedTime"] == job["TrainingEndTime"]
        assert job["EnableNetworkIsolation"] is False
        assert "Tags" not in job

    def test_duplicate_name(self, virtual_sagemaker: Any) -> None:
        """A second job of the same name is ResourceInUse, with the ARN of the first."""
        virtual_sagemaker.create_training_job(**training_request("j"))
        code, text = refused(virtual_sagemaker.create_training_job, **training_request("j"))
        assert code == "ResourceInUse"
        assert text == (
            "Training job names must be unique within an AWS account and region, and a training job with this name "
            f"already exists ({_arn('training-job', 'j')})"
        )

    def test_statuses_nobody_knows(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A job can be shown in any status, for programs that must bear new ones, and ended later."""
        virtual_sagemaker.create_training_job(**training_request("j"))
        virtual_standin.show_job("j", "Hibernating", "Dreaming")
        virtual_standin.advance(3600)
        job = virtual_sagemaker.describe_training_job(TrainingJobName="j")
        assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Hibernating", "Dreaming")
        virtual_standin.end_job("j", "Failed", "InternalServerError: woke up badly")
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["FailureReason"].startswith(
            "InternalServerError"
        )

    @pytest.mark.parametrize("operation", ["describe_training_job", "stop_training_job", "delete_training_job"])
    def test_not_found(self, virtual_sagemaker: Any, operation: str) -> None:
        """A job that is not there is a ValidationException with the training jobs' own text."""
        answer = refused(getattr(virtual_sagemaker, operation), TrainingJobName="nope")
        assert answer == ("ValidationException", "Requested resource not found.")

    def test_validation_text(self, virtual_sagemaker: Any) -> None:
        """Several broken constraints come in one ValidationException with their number."""
        code, text = refused(
            virtual_sagemaker.create_training_job, **training_request("a_b", Tags=[{"Key": "k;", "Value": ""}])
        )
        assert code == "ValidationException"
        assert text.startswith("2 validation errors detected: Value 'a_b' at 'trainingJobName' failed to satisfy")
        assert (
            "Value 'k;' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression"
            in text
        )

    def test_stop(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A stopped job is Stopping, then Stopped; stopping it again is fine at first and refused at the end."""
        virtual_sagemaker.create_training_job(**training_request("j"))
        virtual_standin.advance(5)
        for _ in range(2):
            virtual_sagemaker.stop_training_job(TrainingJobName="j")
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "Stopping"
        virtual_standin.advance(2)
        job = virtual_sagemaker.describe_training_job(TrainingJobName="j")
        assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
        assert refused(virtual_sagemaker.stop_training_job, TrainingJobName="j") == (
            "ValidationException",
            "The request was rejected because the training job is in status Stopped.",
        )

    def test_delete_frees_the_name(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A finished job can be deleted, is Deleting for a while, and its name can then be used again."""
        virtual_sagemaker.create_training_job(**training_request("j"))
        assert refused(virtual_sagemaker.delete_training_job, TrainingJobName="j")[0] == "ResourceInUse"
        virtual_standin.advance(60)
        virtual_sagemaker.delete_training_job(TrainingJobName="j")
        assert virtual_sagemaker.describe_training_job(TrainingJobName="j")["TrainingJobStatus"] == "Deleting"
        assert refused(virtual_sagemaker.create_training_job, **training_request("j"))[0] == "ResourceInUse"
        virtual_standin.advance(2)
        assert refused(virtual_sagemaker.describe_training_job, TrainingJobName="j")[0] == "ValidationException"
        assert virtual_sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        virtual_sagemaker.create_training_job(**training_request("j"))

    def test_debugger_rules_outlive_the_job(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Debugger's rules run until a little after the end of their job, and then have found nothing."""
        rule = {"RuleConfigurationName": "LossNotDecreasing", "RuleEvaluatorImage": "rules:1"}
        virtual_sagemaker.create_training_job(**training_request("t"), DebugRuleConfigurations=[rule])

        def shown() -> tuple[str, str]:
            job = virtual_sagemaker.describe_training_job(TrainingJobName="t")
            (status,) = job["DebugRuleEvaluationStatuses"]
            assert status["RuleEvaluationJobArn"].startswith(_arn("processing-job", "t-lossnotdecreasing-"))
            return job["TrainingJobStatus"], status["RuleEvaluationStatus"]

        assert shown() == ("InProgress", "InProgress")
        virtual_standin.advance(14.5)
        assert shown() == ("Completed", "InProgress")
        virtual_standin.advance(1)
        assert shown() == ("Completed", "NoIssuesFound")

    def test_rules_make_jobs_fail_or_be_slow(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Rules by name: one job fails with its reason, another trains for an hour; `end_job` ends that one."""
        virtual_standin.rule("doomed-*", fail={"reason": "AlgorithmError: no data", "after": 1})
        virtual_standin.rule("slow-*", phases={"training": 3600})
        for name in ("doomed-1", "slow-1"):
            virtual_sagemaker.create_training_job(**training_request(name))
        virtual_standin.advance(60)
        doomed = virtual_sagemaker.describe_training_job(TrainingJobName="doomed-1")
        assert (doomed["TrainingJobStatus"], doomed["FailureReason"]) == ("Failed", "AlgorithmError: no data")
        assert "ModelArtifacts" not in doomed
        assert virtual_sagemaker.describe_training_job(TrainingJobName="slow-1")["SecondaryStatus"] == "Training"
        virtual_standin.end_job("slow-1")
        assert virtual_sagemaker.describe_training_job(TrainingJobName="slow-1")["TrainingJobStatus"] == "Completed"
        with pytest.raises(ControlError, match="no running job"):
            virtual_standin.end_job("slow-1")

    def test_quota(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Instances above the quota are ResourceLimitExceeded with limit, use and request; finished jobs free it."""
        virtual_standin.settings(quotas={"ml.m5.large": 2})
        virtual_sagemaker.create_training_job(**training_request("a", instances=2))
        code, text = refused(virtual_sagemaker.create_training_job, **training_request("b"))
        assert code == "ResourceLimitExceeded"
        assert text.startswith(
            "The account-level service limit 'ml.m5.large for training job usage' is 2 Instances, with current "
            "utilization of 2 Instances and a request delta of 1 Instances."
        )
        virtual_standin.advance(60)
        virtual_sagemaker.create_training_job(**training_request("b"))

    def test_bad_requests_beyond_the_model(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A role that cannot be assumed, two sources of the algorithm, spot without a wait: refused with a reason."""
        virtual_standin.settings(missing_roles=["*execution"])
        code, text = refused(virtual_sagemaker.create_training_job, **training_request("j"))
        assert (code, text.split(".")[0]) == ("ValidationException", f"Could not assume role {ROLE}")
        virtual_standin.settings(missing_roles=[])
        spot = training_request("j", EnableManagedSpotTraining=True)
        assert "MaxWaitTimeInSeconds" in refused(virtual_sagemaker.create_training_job, **spot)[1]
        both = {"TrainingImage": "i", "AlgorithmName": "a", "TrainingInputMode": "File"}
        assert (
            "one of"
            in refused(virtual_sagemaker.create_training_job, **training_request("j", AlgorithmSpecification=both))[1]
        )
        assert virtual_standin.jobs() == []


class TestListing:
    """ListTrainingJobs and its traps."""

    def test_default_page_is_ten(self, virtual_sagemaker: Any) -> None:
        """Without MaxResults a page has ten jobs, and a token if there are more."""
        for number in range(12):
            virtual_sagemaker.create_training_job(**training_request(f"j-{number}"))
        page = virtual_sagemaker.list_training_jobs()
        assert len(page["TrainingJobSummaries"]) == 10
        rest = virtual_sagemaker.list_training_jobs(NextToken=page["NextToken"])
        assert [job["TrainingJobName"] for job in rest["TrainingJobSummaries"]] == ["j-10", "j-11"]
        assert "NextToken" not in rest
        summary = rest["TrainingJobSummaries"][0]
        assert summary["SecondaryStatus"] == "Starting"
        assert "FailureReason" not in summary

    def test_status_filter_gives_empty_pages_with_tokens(
        self, virtual_standin: StandIn, virtual_sagemaker: Any
    ) -> None:
        """With StatusEquals a page is cut first: the first ones are empty and have a token."""
        for number in range(30):
            virtual_sagemaker.create_training_job(**training_request(f"j-{number}"))
        virtual_standin.advance(60)
        virtual_sagemaker.create_training_job(**training_request("last"))
        page = virtual_sagemaker.list_training_jobs(StatusEquals="InProgress")
        assert page["TrainingJobSummaries"] == []
        assert "NextToken" in page
        pages = virtual_sagemaker.get_paginator("list_training_jobs").paginate(StatusEquals="InProgress")
        assert [job["TrainingJobName"] for found in pages for job in found["TrainingJobSummaries"]] == ["last"]

    def test_modified_after_shows_what_changed(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """LastModifiedTimeAfter finds the jobs that moved since, and only these."""
        virtual_standin.rule("slow", phases={"training": 3600})
        for name in ("slow", "quick"):
            virtual_sagemaker.create_training_job(**training_request(name))
        virtual_standin.advance(8)
        mark = datetime.fromtimestamp(virtual_standin.now(), UTC)
        virtual_standin.advance(20)
        changed = virtual_sagemaker.list_training_jobs(LastModifiedTimeAfter=mark)["TrainingJobSummaries"]
        assert [(job["TrainingJobName"], job["TrainingJobStatus"]) for job in changed] == [("quick", "Completed")]

    def test_other_filters_and_orders(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """NameContains, creation times and sort orders do what they say."""
        for name in ("b-1", "a-1", "a-2"):
            virtual_sagemaker.create_training_job(**training_request(name))
            virtual_standin.advance(10)

        def names(**params: Any) -> list[str]:
            return [
                job["TrainingJobName"] for job in virtual_sagemaker.list_training_jobs(**params)["TrainingJobSummaries"]
            ]

        assert names(NameContains="a-") == ["a-1", "a-2"]
        assert names(SortBy="Name", SortOrder="Descending") == ["b-1", "a-2", "a-1"]
        start = virtual_standin.jobs()[0]["created"]
        assert names(CreationTimeAfter=datetime.fromtimestamp(start + 5, UTC)) == ["a-1", "a-2"]
        assert names(CreationTimeBefore=datetime.fromtimestamp(start + 5, UTC)) == ["b-1"]

    def test_secondary_status_may_be_missing(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """Summaries can be made to lack members that AWS doesn't promise."""
        virtual_standin.settings(omit=["SecondaryStatus"])
        virtual_sagemaker.create_training_job(**training_request("j"))
        (summary,) = virtual_sagemaker.list_training_jobs()["TrainingJobSummaries"]
        assert "SecondaryStatus" not in summary
        assert summary["TrainingJobStatus"] == "InProgress"

    def test_bad_token(self, virtual_sagemaker: Any) -> None:
        """A token that is none is refused."""
        assert refused(virtual_sagemaker.list_training_jobs, NextToken="rubbish")[0] == "ValidationException"


class TestTransformJobsAndModels:
    """Transform jobs, models, tags."""

    def test_transform_job(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A transform job runs to its end, with the values AWS fills in and without secondary statuses."""
        answer = virtual_sagemaker.create_transform_job(**transform_request("t", "model"))
        assert answer["TransformJobArn"] == _arn("transform-job", "t")
        job = virtual_sagemaker.describe_transform_job(TransformJobName="t")
        assert job["TransformJobStatus"] == "InProgress"
        assert job["TransformInput"]["SplitType"] == "None"
        assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
        assert "TransformStartTime" not in job
        virtual_standin.advance(60)
        job = virtual_sagemaker.describe_transform_job(TransformJobName="t")
        assert job["TransformJobStatus"] == "Completed"
        assert job["TransformEndTime"] > job["TransformStartTime"] > job["CreationTime"]
        (summary,) = virtual_sagemaker.list_transform_jobs()["TransformJobSummaries"]
        assert summary["LastModifiedTime"] == job["TransformEndTime"]

    def test_transform_refusals(self, virtual_standin: StandIn, virtual_sagemaker: Any) -> None:
        """A missing model, a doubled name, an unknown job and a finished one are refused with AWS's texts."""
        missing = refused(virtual_sagemaker.create_transform_job, **transform_request("t", "nope"))
        assert missing == ("ValidationException", f'Could not find model "{_arn("model", "nope")}".')
        virtual_sagemaker.create_transform_job(**transform_request("t", "model"))
        assert refused(virtual_sagemaker.create_transform_job, **transform_request("t", "model"))[0] == "ResourceInUse"
        code, text = refused(virtual_sagemaker.describe_transform_job, TransformJobName="nope")
        assert (code, text.split(":")[0]) == ("ValidationException", "Could not find requested job with name")
        virtual_sagemaker.stop_transform_job(TransformJobName="t")
        virtual_standin.advance(5)
        assert refused(virtual_sagemaker.stop_transform_job, TransformJobName="t") == (
            "ValidationException",
            "The request was rejected because the transform job is in status Stopped.",
        )

    def test_failed_transform_shows_the_reason_in_the_list(
        self, virtual_standin: StandIn, virtual_sagemaker: Any
    ) -> None:
        """Summaries of transform jobs carry the failure reason, unlike those of training jobs."""
        virtual_standin.rule("t", fail="ClientError: See job logs for more information")
        virtual_sagemaker.create_transform_job(**transform_request("t", "model"))
        virtual_standin.advance(60)
        (summary,) = virtual_sagemaker.list_transform_jobs()["TransformJobSummaries"]
        assert (summary["TransformJobStatus"], summary["FailureReason"][:11]) == ("Failed", "ClientError")

    def test_models(self, virtual_sagemaker: Any) -> None:
        """A model is created once, described, listed and deleted."""
        request = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}}
        virtual_sagemaker.create_model(**request)
        already = refused(virtual_sagemaker.create_model, **request)
        assert already == ("ValidationException", f'Cannot create already existing model "{_arn("model", "m")}".')
        assert virtual_sagemaker.describe_model(ModelName="m")["PrimaryContainer"]["Mode"] == "SingleModel"
        names = {model["ModelName"] for model in virtual_sagemaker.list_models()["Models"]}
        assert names == {"m", "model"}
        virtual_sagemaker.delete_model(ModelName="m")
        for operation in (virtual_sagemaker.describe_model, virtual_sagemaker.delete_model):
            assert refused(operation, ModelName="m")[1].startswith("Could not find model")

    def test_tags(self, virtual_sagemaker: Any) -> None:
        """Tags of the Create request can be listed, overwritten and removed; reserved keys are refused."""
        arn = virtual_sagemaker.create_training_job(**training_request("j", Tags=[{"Key": "uid", "Value": "1"}]))[
            "TrainingJobArn"
        ]
        virtual_sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "uid", "Value": "2"}, {"Key": "b", "Value": ""}])
        virtual_sagemaker.delete_tags(ResourceArn=arn, TagKeys=["b", "never"])
        assert virtual_sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "uid", "Value": "2"}]
        assert (
            refused(virtual_sagemaker.add_tags, ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": ""}])[0]
            == "ValidationException"
        )
        assert refused(virtual_sagemaker.list_tags, ResourceArn=arn + "x")[0] == "ValidationException"
