"""Logging on standard error: one record a line, as text or as JSON, safe whatever the text in it.

Fields are given with `extra={"object": "ns/name", ...}`. Texts from the cluster and from AWS can hold anything, so
control characters are escaped, and what looks like a credential is masked.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from sagemaker_operator.secrecy import mask

Format = Literal["text", "json"]

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes that every record has; all others are fields."""

_CHATTY = ("boto3", "botocore", "kubernetes", "s3transfer", "urllib3")
"""Libraries whose debug lines hold requests and credentials; they are never heard below WARNING."""


def configure(format_: Format = "text", *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logging of the process to standard error (or `stream`), replacing what was set up before.

    Args:
        format_: `text` for people, `json` for collectors.
        level: least level of our own loggers.
        stream: another place, for tests.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if format_ == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO  logger: message  field=value`; further lines of a trace are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """One record; only lines of a trace follow its first line, each indented."""
        fields = "".join(f" {name}={_word(value)}" for name, value in _fields(record).items())
        name = record.name.removeprefix("sagemaker_operator.")
        message = one_line(mask(record.getMessage()))
        text = f"{_time(record)} {record.levelname:<7} {name}: {message}{' ' if fields else ''}{fields}"
        trace = _trace(self, record)
        return text + "".join(f"\n    {one_line(line)}" for line in trace.splitlines())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, msg, the fields, and the trace as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as JSON in ASCII; a field never hides a member of ours."""
        entry: dict[str, Any] = {key: _plain(value) for key, value in _fields(record).items()}
        entry |= {
            "ts": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": mask(record.getMessage()),
        }
        trace = _trace(self, record)
        if trace:
            entry["error"] = trace
        return json.dumps(entry)


def one_line(text: str) -> str:
    """The text with everything escaped that could break or forge a line, or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return repr(char)[1:-1]


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return mask("\n".join(parts))


def _word(value: Any) -> str:
    text = one_line(mask(str(value)))
    return text if text and " " not in text and '"' not in text else json.dumps(text, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value))
