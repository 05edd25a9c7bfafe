"""A stand-in for the program `aws`: checks a command against the service's own description, and answers for a few.

What is checked: that the operation is there, that it has the parameters given, and that what they hold is as the
service wants it, with the policies that files hold being JSON. Run as `python aws_command.py SERVICE OPERATION ...`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from botocore.model import OperationModel

_OF_THE_PROGRAM = ("--output", "--query", "--region", "--profile")
_ANSWERS = {
    ("sts", "get-caller-identity"): "123456789012",
    ("eks", "describe-cluster"): "https://oidc.eks.us-east-1.amazonaws.com/id/D48675832CA65BD10A532F597OIDCID",
    ("iam", "create-role"): "ROLE\tarn:aws:iam::123456789012:role/sagemaker-operator",
    ("iam", "put-role-policy"): "",
    ("iam", "attach-role-policy"): "",
}
"""What is printed, with the `--query` of the guide."""


def main(words: Sequence[str]) -> int:
    """Check one command and print its answer; the exit code."""
    service, operation, *rest = words
    try:
        check(service, operation, rest)
    except (ValueError, OSError) as error:
        print(f"aws: error: {error}", file=sys.stderr)
        return 252
    print(_ANSWERS[service, operation])
    return 0


def check(service: str, operation: str, words: Sequence[str]) -> None:
    """Whether a command is one that AWS takes.

    Raises:
        ValueError: it is not; the text says why.
        OSError: a file that it names cannot be read.
    """
    model = botocore.session.Session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        raise ValueError(f"{service} has no operation {operation}")
    described = model.operation_model(names[operation])
    report = ParamValidator().validate(_parameters(described, words), described.input_shape)
    if report.has_errors():
        raise ValueError(report.generate_report())


def _parameters(described: OperationModel, words: Sequence[str]) -> dict[str, Any]:
    assert described.input_shape is not None
    members = {"--" + xform_name(name, "-"): name for name in described.input_shape.members}
    given: dict[str, Any] = {}
    left = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    while left:
        flag, value, *left = left
        if flag in _OF_THE_PROGRAM:
            continue
        if flag not in members:
            raise ValueError(f"unknown option {flag}")
        if value.startswith("file://"):
            value = Path(value.removeprefix("file://")).read_text(encoding="utf-8")
            json.loads(value)
        given[members[flag]] = value
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
