"""The tags that say whose a job is: written, fitted in beside the user's, and read."""

from __future__ import annotations

import pytest

from sagemaker_operator import marks
from sagemaker_operator.facts import Owner

UID = "01234567-89ab-cdef-0123-456789abcdef"


def test_a_mark_names_object_and_cluster() -> None:
    """UID, `Kind/namespace/name` and cluster, each a tag; no tag for a cluster without a name."""
    assert marks.marks("TrainingJob", "ns", "job", UID, "prod") == [
        {"Key": "sagemaker-operator/uid", "Value": UID},
        {"Key": "sagemaker-operator/object", "Value": "TrainingJob/ns/job"},
        {"Key": "sagemaker-operator/cluster", "Value": "prod"},
    ]
    assert [tag["Key"] for tag in marks.marks("TrainingJob", "ns", "job", UID, "")] == [marks.UID, marks.OBJECT]


@pytest.mark.parametrize(
    ("cluster", "value"),
    [("a b_c.d:e/f=g+h-i@j", "a b_c.d:e/f=g+h-i@j"), ("prod,eu!", "prod-eu-"), ("x" * 300, "x" * 256)],
)
def test_values_are_what_aws_takes(cluster: str, value: str) -> None:
    """Characters and lengths that AWS refuses in a tag's value are replaced and cut."""
    assert marks.marks("TrainingJob", "ns", "job", UID, cluster)[2]["Value"] == value


@pytest.mark.parametrize(("users", "keys"), [(0, 3), (47, 3), (48, 2), (49, 1), (50, 0), (60, 0)])
def test_the_users_tags_come_first(users: int, keys: int) -> None:
    """Of the 50 tags AWS allows the user's are never displaced; of ours the UID goes last."""
    own = marks.marks("TrainingJob", "ns", "job", UID, "prod")

    assert marks.fitting(users, own) == own[:keys]


@pytest.mark.parametrize(
    ("tags", "owner", "text"),
    [
        ({}, Owner.UNMARKED, ""),
        ({"team": "blue"}, Owner.UNMARKED, ""),
        ({marks.OBJECT: "TrainingJob/ns/job"}, Owner.UNMARKED, ""),
        ({marks.UID: UID}, Owner.OURS, ""),
        ({marks.UID: UID, marks.OBJECT: "TrainingJob/other/name"}, Owner.OURS, ""),
        ({marks.UID: "x"}, Owner.FOREIGN, "the object with UID x (UID x)"),
        ({marks.UID: "x", marks.OBJECT: "K/n/o"}, Owner.FOREIGN, "K/n/o (UID x)"),
        ({marks.UID: "x", marks.OBJECT: "K/n/o", marks.CLUSTER: "c"}, Owner.FOREIGN, "K/n/o in cluster c (UID x)"),
    ],
)
def test_the_owner_is_told_by_the_uid(tags: dict[str, str], owner: Owner, text: str) -> None:
    """Only the UID decides; names are for people."""
    assert marks.owner([{"Key": key, "Value": value} for key, value in tags.items()], UID) == (owner, text)


def test_the_jobs_of_a_tuning_job_belong_to_its_objects() -> None:
    """SageMaker hands a tuning job's tags on to its training jobs; an empty tag is nobody's controller."""
    tags = [{"Key": marks.UID, "Value": "tuning-uid"}]

    assert marks.owner(tags, UID, "tuning-uid")[0] is Owner.OURS
    assert marks.owner(tags, UID)[0] is Owner.FOREIGN
    assert marks.owner([{"Key": marks.UID, "Value": ""}], UID)[0] is Owner.FOREIGN
