"""Log lines stay one line each, whatever text is in them, and hold no credentials."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.engine.complaints import Complaints
from sagemaker_operator.engine.logging_setup import JsonFormatter, TextFormatter, configure, one_line
from sagemaker_operator.secrecy import mask


def record(message: str, *args: Any, **fields: Any) -> logging.LogRecord:
    """A log record with fields."""
    made = logging.makeLogRecord(
        {"name": "sagemaker_operator.engine.x", "levelname": "INFO", "levelno": 20, "msg": message, "args": args}
    )
    made.__dict__.update(fields)
    return made


@pytest.fixture
def restored() -> Iterator[None]:
    """Put the process's logging back after a test that sets it up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@given(message=st.text(), value=st.text())
def test_any_text_makes_one_line(message: str, value: str) -> None:
    """Neither message nor field can break the line or send a control sequence."""
    for formatter in (TextFormatter(), JsonFormatter()):
        line = formatter.format(record("%s", message, object=value))
        assert line.isprintable()


def test_text_line_has_time_level_logger_message_and_fields() -> None:
    """The text form is for people: short logger name, fields at the end."""
    line = TextFormatter().format(record("job created", object="ns/a", note="two words"))
    _, rest = line.split(" ", 1)
    assert rest == 'INFO    engine.x: job created  object=ns/a note="two words"'


def test_json_line_has_fields_that_hide_nothing() -> None:
    """The JSON form holds the fields, and a field named like one of ours does not take its place."""
    entry = json.loads(JsonFormatter().format(record("job created", object="ns/a", count=3, level="fake")))
    assert entry["msg"] == "job created"
    assert entry["level"] == "info"
    assert entry["object"] == "ns/a"
    assert entry["count"] == 3


def test_traces_are_indented_and_cannot_forge_a_record() -> None:
    """A trace follows its line, indented, also where the exception's own text has line breaks."""
    error = RuntimeError("first\n2026-01-01T00:00:00.000Z ERROR   forged\x1b[2J")
    made = record("failed", exc_info=(RuntimeError, error, None))
    text = TextFormatter().format(made)
    first, *others = text.split("\n")
    assert "failed" in first
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert "forged" in json.loads(JsonFormatter().format(made))["error"]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer SECRET.a-b",
        "aws_secret_access_key=SECRET",
        '{"SecretAccessKey": "SECRET"}',
        "x-amz-security-token: SECRET",
        "https://x/?X-Amz-Signature=SECRET&a=b",
        "AWS4-HMAC-SHA256 Credential=a, Signature=SECRET",
    ],
)
def test_credentials_are_masked(text: str) -> None:
    """What looks like a credential does not reach the log."""
    assert "SECRET" not in mask(text)
    assert "***" in mask(text)


def test_ordinary_text_is_left_alone() -> None:
    """Masking changes nothing else."""
    text = "ThrottlingException: Rate exceeded (arn:aws:sagemaker:eu-west-1:123456789012:training-job/a)"
    assert mask(text) == text
    assert one_line("Grüße, 世界") == "Grüße, 世界"


@pytest.mark.usefixtures("restored")
def test_configured_logging_writes_to_the_stream_and_silences_libraries() -> None:
    """One set-up for the process: the chosen form, and no debug lines of libraries that hold credentials."""
    stream = io.StringIO()
    configure("json", level=logging.DEBUG, stream=stream)
    logging.getLogger("sagemaker_operator.x").debug("ours", extra={"object": "ns/a"})
    logging.getLogger("botocore.auth").debug("theirs")
    logging.getLogger("urllib3.connectionpool").info("theirs")
    lines = stream.getvalue().splitlines()
    assert [json.loads(line)["msg"] for line in lines] == ["ours"]


def test_lasting_trouble_is_told_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    """The same trouble is logged at once, then once a minute, and taken back once."""
    caplog.set_level(logging.INFO)
    moment = [0.0]
    complaints = Complaints(logging.getLogger("x"), lambda: moment[0])
    complaints.resolved("well")
    for second in range(130):
        moment[0] = float(second)
        complaints.complain("broken")
    complaints.complain("broken otherwise")
    complaints.resolved("well")
    complaints.resolved("well")
    assert [entry.getMessage() for entry in caplog.records] == [
        "broken",
        "broken (attempt 61)",
        "broken (attempt 121)",
        "broken otherwise (attempt 131)",
        "well",
    ]
