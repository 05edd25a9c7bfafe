"""What users are told to make for push is what the operator listens to, in words that AWS's tools know."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore import xform_name

from sagemaker_operator import pushes

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "push.md").read_text(encoding="utf-8")
COMMON = {"region"}


class Loader(yaml.SafeLoader):
    """CloudFormation's YAML, its functions as plain values."""


Loader.add_multi_constructor("!", lambda _loader, suffix, node: {suffix: node.value})


def commands() -> list[list[str]]:
    """The page's AWS commands, in words."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    text = re.sub(r"<<END.*?^END$", "", "\n".join(blocks), flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ")
    found = re.findall(r"^aws (?:[^'\n]|'[^']*')*", text, re.MULTILINE)
    return [shlex.split(one)[1:] for one in found]


def test_the_commands_are_ones_that_the_aws_cli_has() -> None:
    """Each command is an operation of its service, and each flag one of its members."""
    session = botocore.session.Session()
    seen = set()
    for service, command, *words in commands():
        if (service, command) == ("cloudformation", "deploy"):
            # The CLI's own, made of several operations.
            continue
        model = session.get_service_model(service)
        operation = {xform_name(name, "-"): name for name in model.operation_names}[command]
        members = {xform_name(name, "-") for name in model.operation_model(operation).input_shape.members}
        flags = {word.removeprefix("--") for word in words if word.startswith("--")}
        assert flags - COMMON <= members, (command, flags - members)
        seen.add(f"{service} {command}")

    assert seen == {"events put-rule", "events put-targets", "sqs create-queue", "iam put-role-policy"}


def test_the_rule_asks_for_what_is_understood() -> None:
    """The page's pattern and the template's are the kinds of events that are read, all of them."""
    wanted = {"source": [pushes.SOURCE], "detail-type": list(pushes.KINDS)}
    (rule,) = (words for words in commands() if words[1] == "put-rule")
    template: dict[str, Any] = yaml.load((ROOT / "packaging" / "push" / "queue.yaml").read_text(), Loader)  # noqa: S506 - a SafeLoader

    assert json.loads(rule[rule.index("--event-pattern") + 1]) == wanted
    assert template["Resources"]["Rule"]["Properties"]["EventPattern"] == wanted


def test_only_the_rule_may_send() -> None:
    """Both ways give the queue the same policy: EventBridge, for this rule, and nobody else."""
    attributes = json.loads(re.findall(r"<<END\n(.*?)\nEND", PAGE, re.DOTALL)[0])
    template: dict[str, Any] = yaml.load((ROOT / "packaging" / "push" / "queue.yaml").read_text(), Loader)  # noqa: S506 - a SafeLoader
    of_template = template["Resources"]["QueuePolicy"]["Properties"]["PolicyDocument"]

    for document in (json.loads(attributes["Policy"]), of_template):
        (statement,) = document["Statement"]
        assert (statement["Principal"], statement["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
        assert list(statement["Condition"]) == ["ArnEquals"]
        assert list(statement["Condition"]["ArnEquals"]) == ["aws:SourceArn"]
    queue = template["Resources"]["Queue"]["Properties"]
    assert str(queue["MessageRetentionPeriod"]) == attributes["MessageRetentionPeriod"]
