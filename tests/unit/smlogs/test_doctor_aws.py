"""What `doctor` finds at AWS and about one object, as a table: what is spoiled, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_smlogs.doctor import account, logs, names, subject
from kubectl_smlogs.doctor.facts import AwsFacts, Caller, GroupTrial, Region
from kubectl_smlogs.doctor.findings import (
    FAIL,
    FAILED,
    OK,
    SILENT,
    SKIP,
    WARN,
    Refusal,
    skipped,
)
from kubectl_smlogs.doctor.trust import Asker
from kubectl_smlogs.resources import MODEL, OURS, TRAINING_JOB
from sagemaker_operator import reasons
from tests.unit.smlogs import doctored as made
from tests.unit.smlogs.doctored import says
from tests.unit.smlogs.objects import target

ASSUMED = Caller("123456789012", "arn:aws:sts::123456789012:assumed-role/dev/jane")
SINGLE = Caller("123456789012", "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_dev_0a/jane")


@pytest.mark.parametrize(
    ("facts", "outcome", "words"),
    [
        (made.aws(), OK, ("123456789012", "user/jane")),
        (
            made.aws(caller=Refusal(FAILED, "NoCredentials: Unable to locate credentials")),
            FAIL,
            ("NoCredentials", "aws sso login --profile dev", "--aws-profile"),
        ),
        (made.aws(caller=Refusal(SILENT, "ConnectionError: x")), FAIL, ("ConnectionError", "network")),
    ],
)
def test_identity(facts: AwsFacts, outcome: str, words: tuple[str, ...]) -> None:
    """AWS knows us, or not."""
    says(account.identity(facts, "dev"), outcome, *words)


@pytest.mark.parametrize(
    ("chosen", "objects", "facts", "outcome", "words"),
    [
        ("eu-west-1", ["us-west-2"], made.aws(), OK, ("eu-west-1 (--region)", "your own is us-east-1")),
        ("", ["us-west-2", "us-east-1"], made.aws(), OK, ("us-west-2, us-east-1 (spec.region of objects)",)),
        ("", [], made.aws(), OK, ("us-east-1 (AWS_DEFAULT_REGION)",)),
        ("", [], made.aws(configured=None), SKIP, ("AWS_DEFAULT_REGION", "--region us-east-1")),
        ("", [], made.aws(configured=Refusal(FAILED, "ProfileNotFound: x")), FAIL, ("ProfileNotFound",)),
    ],
)
def test_region(chosen: str, objects: list[str], facts: AwsFacts, outcome: str, words: tuple[str, ...]) -> None:
    """The flag's region, else that of the objects, else our own; with who says so."""
    says(account.region(account.regions(facts, chosen, objects), facts), outcome, *words)


@pytest.mark.parametrize(
    ("facts", "expected", "outcome", "words"),
    [
        (made.aws(), {"123456789012": "the operator's role"}, OK, ("123456789012", "the operator's role")),
        (made.aws(), {"999999999999": "the objects"}, FAIL, ("999999999999 (the objects)", "--aws-profile")),
        (made.aws(), {}, SKIP, ("nothing in the cluster",)),
        (made.aws(caller=Refusal(FAILED, "x")), {"1": "x"}, SKIP, ("does not know",)),
    ],
)
def test_account(facts: AwsFacts, expected: dict[str, str], outcome: str, words: tuple[str, ...]) -> None:
    """Logs are in the account of the jobs."""
    says(account.account(facts, expected), outcome, *words)


def test_what_objects_tell() -> None:
    """Regions and accounts of objects, those of most first."""
    spec = {"region": "us-east-1", "roleArn": "arn:aws:iam::111111111111:role/x"}
    other = {"region": "eu-west-1", "roleArn": 7}
    status = {"sageMakerJobArn": "arn:aws:sagemaker:us-east-1:222222222222:training-job/x"}
    found = account.of_objects(({"spec": other}, {"spec": spec}, {"spec": spec, "status": status}))
    assert found == (["us-east-1", "eu-west-1"], ["111111111111", "222222222222"])
    assert account.of_objects(made.denied("list")) == ([], [])


@pytest.mark.parametrize(
    ("policy", "outcome", "words"),
    [
        (made.trust(), OK, ("role operator trusts system:serviceaccount:", "web identity")),
        (
            made.trust("system:serviceaccount:default:x"),
            FAIL,
            ("wants system:serviceaccount:default:x", "update-assume-role-policy --role-name operator"),
        ),
        (made.absent(), FAIL, ("there is no role", "kubectl annotate")),
        (made.denied("iam:GetRole on role operator"), SKIP, ("cannot be checked, needs iam:GetRole",)),
    ],
)
def test_trust(policy: Any, outcome: str, words: tuple[str, ...]) -> None:
    """The role of the annotation lets the ServiceAccount take it."""
    asker = Asker(names.NAMESPACE, names.ACCOUNT)
    says(account.trusted("arn:aws:iam::123456789012:role/path/operator", asker, policy), outcome, *words)


def test_trust_is_not_always_looked_at() -> None:
    """IAM tells about roles of one's own account only."""
    says(account.no_trust("", "", made.CALLER) or skipped("", ""), SKIP, "no role")
    says(account.no_trust(made.ROLE, "9" * 12, made.CALLER) or skipped("", ""), SKIP, "in account 999999999999")
    says(account.no_trust(made.ROLE, "1", Refusal(FAILED, "x")) or skipped("", ""), SKIP, "does not know")
    assert account.no_trust(made.ROLE, "123456789012", made.CALLER) is None


def _trial(group: str = "/aws/sagemaker/TrainingJobs", exists: bool | None = True, **calls: Any) -> GroupTrial:
    return GroupTrial("us-east-1", group, {**dict.fromkeys(logs.OPERATIONS), **calls}, exists, lines=bool(exists))


GET_DENIED = made.denied("logs:GetLogEvents on arn:aws:logs:us-east-1:1:log-group:g:*")


@pytest.mark.parametrize(
    ("trials", "caller", "expected"),
    [
        (
            [_trial()],
            made.CALLER,
            [
                (OK, ("FilterLogEvents, DescribeLogStreams, GetLogEvents are allowed",)),
                (OK, ("there are /aws/sagemaker/TrainingJobs",)),
            ],
        ),
        (
            [_trial(exists=False)],
            made.CALLER,
            [(OK, ()), (OK, ("not yet /aws/sagemaker/TrainingJobs", "first job of that kind, nothing is wrong"))],
        ),
        ([_trial("/aws/sagemaker/Endpoints/", exists=False)], made.CALLER, [(OK, ())]),
        (
            [_trial(GetLogEvents=GET_DENIED)],
            made.CALLER,
            [
                (
                    WARN,
                    (
                        "slowly",
                        "arn:aws:logs:us-east-1:1:log-group:g:*",
                        "put-user-policy --user-name jane",
                        names.LOG_POLICY,
                    ),
                ),
                (OK, ()),
            ],
        ),
        (
            [_trial(FilterLogEvents=made.denied("logs:FilterLogEvents on x"), exists=None)],
            ASSUMED,
            [(FAIL, ("cannot be read", "put-role-policy --role-name dev"))],
        ),
        (
            [_trial(FilterLogEvents=made.denied("logs:FilterLogEvents on x"), exists=None)],
            SINGLE,
            [(FAIL, ("permission set of AWSReservedSSO_dev_0a", "logs:FilterLogEvents"))],
        ),
        ([_trial(FilterLogEvents=Refusal(SILENT, "no answer"), exists=None)], made.CALLER, [(SKIP, ("no answer",))]),
    ],
)
def test_logs(trials: list[GroupTrial], caller: Caller, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """Rights that are missing by their action and resource; a group that is not there yet is nothing wrong."""
    found = list(logs.checked(trials, made.aws(caller=caller)))
    assert len(found) == len(expected)
    for each, (outcome, words) in zip(found, expected, strict=True):
        says(each, outcome, *words)


def test_regions_are_few() -> None:
    """Not more regions are tried than is quick."""
    found = account.regions(made.aws(), "", ["a", "b", "c", "d"])
    assert found == [Region(name, "spec.region of objects") for name in ("a", "b", "c")]


def test_group_of_each_kind() -> None:
    """Each kind that writes logs has its group tried."""
    assert TRAINING_JOB.aws.log_group in logs.groups()
    assert set(logs.groups()) == {one.aws.log_group for one in OURS if one.has_log}


def test_the_same_right_on_several_groups() -> None:
    """A right that is missing on several groups is named once."""
    names_of_groups = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs")
    trials = [
        _trial(group, GetLogEvents=made.denied(f"logs:GetLogEvents on arn:aws:logs:r:1:log-group:{group}:*"))
        for group in names_of_groups
    ]
    found = next(logs.checked(trials, made.aws()))
    says(found, WARN, "want of logs:GetLogEvents on arn:aws:logs:r:1:log-group:/aws/sagemaker/*")
    assert found.found.count("GetLogEvents") == 1


# --- an object -----------------------------------------------------------------------------------------------------


def _condition(type_: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"type": type_, "status": "True", "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        ({"trainingJobStatus": "InProgress", "secondaryStatus": "Training"}, OK, ("InProgress, Training",)),
        (
            {"trainingJobStatus": "Failed", "failureReason": "no data"},
            FAIL,
            ("Failed: no data", "kubectl smlogs TrainingJob x -n ns --tail 100"),
        ),
        (
            {"trainingJobStatus": "Failed", "conditions": [_condition("Stalled", "AccessDenied", "AWS said no")]},
            FAIL,
            ("AccessDenied: AWS said no", names.OPERATOR_POLICY),
        ),
        (
            {"conditions": [_condition("Stalled", "InvalidSpec", "bad")]},
            FAIL,
            ("no status, InvalidSpec: bad", "replace --force"),
        ),
        (
            {"conditions": [_condition("Stalled", "Unheard", "")]},
            FAIL,
            ("Unheard", "kubectl smlogs status TrainingJob x -n ns"),
        ),
        ({"conditions": [_condition("Paused", "Paused", "on your word")]}, WARN, ("Paused: on your word", "pause-")),
        (
            {"conditions": [_condition("Reconciling", "QuotaExceeded", "limit 0")]},
            WARN,
            ("QuotaExceeded: limit 0", "service-quotas"),
        ),
        ({"conditions": [_condition("Reconciling", "InProgress", "runs")]}, OK, ("InProgress: runs",)),
        (
            {"trainingJobStatus": "Failed", "conditions": [_condition("Stalled", "Failed", "x")], "additional": "why"},
            FAIL,
            ("Failed: why", "--tail 100"),
        ),
        ({}, FAIL, ("120m after it was made", "the operator has not looked")),
    ],
)
def test_object(status: dict[str, Any], outcome: str, words: tuple[str, ...]) -> None:
    """Status and conditions, with the next step for a reason that needs somebody."""
    asked = target(status=status, creationTimestamp=made.EARLIER)
    found = {each.check: each for each in subject.checks(asked, served=True, now=made.NOW)}
    says(found["object"], OK, "made 120m ago")
    says(found["status"], outcome, *words)


def test_every_reason_that_needs_somebody_has_a_next_step() -> None:
    """Reasons of the operator that do not pass by themselves are told with what to do."""
    needing = {reason for reason in reasons.RETRY if reason not in reasons.PASSING}
    for reason in (*needing, reasons.SPEC_CHANGED, reasons.UPDATE_FAILED, reasons.DELETED_EXTERNALLY):
        asked = target(status={"conditions": [_condition("Stalled", reason)]})
        finding = next(each for each in subject.checks(asked, served=True, now=made.NOW) if each.check == "status")
        assert finding.fix
        assert "smlogs status" not in finding.fix


def test_object_without_an_operator() -> None:
    """An object that nobody has looked at, because nobody works on its namespace; and one that is just new."""
    old, new = (target(creationTimestamp=when) for when in (made.EARLIER, "2026-11-24T11:59:50Z"))
    says(list(subject.checks(old, served=False, now=made.NOW))[1], FAIL, "no operator works on its namespace")
    says(list(subject.checks(new, served=True, now=made.NOW))[1], OK, "new")


def test_job_of_an_object() -> None:
    """SageMaker's name and region, as far as there are any."""
    named = {"trainingJobName": "job"}
    for spec, outcome, words in (
        ({**named, "region": "us-east-1"}, OK, "training job job in us-east-1"),
        (named, WARN, "--region"),
        ({}, SKIP, "no training job for it"),
    ):
        says(list(subject.checks(target(spec=spec), served=True, now=made.NOW))[2], outcome, words)


@pytest.mark.parametrize(
    ("found", "status", "outcome", "words"),
    [
        (_trial(), {}, OK, ("streams job/* are in log group", "kubectl smlogs TrainingJob x -n ns")),
        (_trial(exists=False), {}, OK, ("there is no log group", "--wait")),
        (_trial(exists=False), {"trainingJobStatus": "Failed"}, WARN, ("never wrote a line",)),
        (GroupTrial("us-east-1", "g", {}, exists=True), {}, OK, ("no stream job/* in log group g",)),
        (
            _trial(exists=None, FilterLogEvents=made.denied("logs:FilterLogEvents on x")),
            {},
            SKIP,
            ("needs logs:FilterLogEvents",),
        ),
        (Refusal(SILENT, "no answer"), {}, SKIP, ("no answer",)),
    ],
)
def test_log_of_an_object(found: Any, status: dict[str, Any], outcome: str, words: tuple[str, ...]) -> None:
    """Its streams are there, not yet, or any more."""
    says(subject.log(target(status=status), "job/", found), outcome, *words)


def test_objects_without_a_log() -> None:
    """What writes none, what has no job, and what is nowhere."""
    says(subject.no_log(target(MODEL), "r") or skipped("", ""), SKIP, "Model writes none")
    says(subject.no_log(target(), "r") or skipped("", ""), SKIP, "no job")
    with_job = target(spec={"trainingJobName": "job"})
    says(subject.no_log(with_job, "") or skipped("", ""), SKIP, "region")
    assert subject.no_log(with_job, "r") is None
