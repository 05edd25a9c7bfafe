"""Request validation from the service models."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.clients import training_request
from tests.standin.errors import AwsError
from tests.standin.services import services
from tests.standin.validate import java_pattern, validation_text


def _errors(operation: str, params: dict[str, Any], service: str = "sagemaker") -> list[str]:
    check = services()[service].operations[operation].check
    assert check is not None
    found: list[str] = []
    check(params, "", found)
    return found


def test_a_valid_request_passes() -> None:
    """The smallest valid request has nothing to complain about."""
    assert _errors("CreateTrainingJob", training_request("job-1")) == []


NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
S3_PATTERN = "(https|s3)://([^/]+)/?(.*)"
FAILED = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"TrainingJobName": "a_b"},
            f"Value 'a_b' at 'trainingJobName' {FAILED} satisfy regular expression pattern: {NAME_PATTERN}",
        ),
        ({"TrainingJobName": None}, f"Value null at 'trainingJobName' {FAILED} not be null"),
        (
            {"ResourceConfig": {"InstanceCount": -1}},
            f"Value '-1' at 'resourceConfig.instanceCount' {FAILED} have value greater than or equal to 0",
        ),
        (
            {"Tags": [{"Key": "", "Value": "v"}]},
            f"Value '' at 'tags.1.member.key' {FAILED} have length greater than or equal to 1",
        ),
        (
            {"OutputDataConfig": {"S3OutputPath": "x"}},
            f"Value 'x' at 'outputDataConfig.s3OutputPath' {FAILED} satisfy regular expression pattern: {S3_PATTERN}",
        ),
    ],
)
def test_texts(change: dict[str, Any], text: str) -> None:
    """A broken constraint is worded as AWS words it."""
    assert text in _errors("CreateTrainingJob", {**training_request("job-1"), **change})


def test_enum_text_lists_the_values() -> None:
    """An unknown value of an enumeration is answered with the set of values."""
    (text,) = _errors("ListTrainingJobs", {"SortOrder": "Up"})
    assert text == (
        "Value 'Up' at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set: "
        "[Ascending, Descending]"
    )


def test_map_keys_and_length() -> None:
    """Map keys are checked as a whole, the size of the map too."""
    many = {f"k{number}": "v" for number in range(101)}
    texts = _errors("CreateTrainingJob", training_request("j", HyperParameters={**many, "k" * 300: "v"}))
    assert any("Member must have length less than or equal to 100" in text for text in texts)
    assert any("Map keys must satisfy constraint: [Member must have length less than" in text for text in texts)


def test_several_errors_are_counted() -> None:
    """The sentence around the errors has their number and the plural."""
    assert validation_text(["a"]) == "1 validation error detected: a"
    assert validation_text(["a", "b"]) == "2 validation errors detected: a; b"


def test_wrong_types_are_serialization_errors() -> None:
    """A text where a number belongs is no validation error but a SerializationException."""
    with pytest.raises(AwsError, match="STRING_VALUE can not be converted to an Integer") as caught:
        _errors("ListTrainingJobs", {"MaxResults": "many"})
    assert caught.value.code == "SerializationException"


def test_unknown_members_are_dropped() -> None:
    """Members that the model does not know are ignored, at any depth."""
    check = services()["sagemaker"].operations["ListTrainingJobs"].check
    assert check is not None
    assert check({"Nonsense": 1, "MaxResults": 5}, "", []) == {"MaxResults": 5}


def test_every_pattern_can_be_used() -> None:
    """The patterns of the operations played here all have a Python form; Java's classes are translated."""
    pattern = java_pattern(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)")
    assert pattern is not None
    assert pattern.match("Ünïcode team:a/b=c 1")
    assert not pattern.match("no;semicolon")
