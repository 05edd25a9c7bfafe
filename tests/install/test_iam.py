"""The IAM policies are what the programs need and nothing else, shown by runs that were bound to them.

The stand-in lets an access key do what its policy allows, also where a service acts in the caller's name: a call that
was refused is a right that is missing, and a right that no call asked for is one too many.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import botocore.session
import pytest

from kubectl_smlogs import exits
from sagemaker_operator import rights
from sagemaker_operator.rights import Right
from smkube import kinds
from smkube.kinds import HOSTING_DEPLOYMENT, MODEL, PROCESSING_JOB, TRAINING_JOB, TUNING_JOB, Kind
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Object
from tests.install import lives
from tests.install.lives import ACCOUNT, NAMESPACE, Lives, generator, name_of, policy
from tests.stack.stack import ROOT, Stack
from tests.standin.iam import Demand, Policy

EACH_KIND = pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
READER = "AKIAREADEROFLOGS0000"
MOST = 6144
"""Characters without blanks that a managed policy can have (IAM quotas)."""

NOT_ASKED: dict[tuple[str, str], str] = {
    ("sagemaker:CreateTrainingJob", "reserved-capacity"): "AWS asks for it beside the training plan; no call names one",
}
"""Rights that no recorded call asks for: action and resource type, and why they are given."""


@pytest.fixture(scope="module")
def played(operator_stack: Stack, control_plane: ControlPlane) -> Iterator[Lives]:
    """All lives, done, each kind's under its own policy."""
    numbers = itertools.count(1)
    try:
        yield lives.play(operator_stack, control_plane, lambda: f"us-iam-{next(numbers)}")
    finally:
        operator_stack.control.set_faults(policies={})


def filled(right: Right) -> Policy:
    """A policy of one right."""
    resource = right.resource.format(partition="aws", region="*", account=ACCOUNT)
    return Policy(({"Action": right.action, "Resource": resource},))


# --- the operator ------------------------------------------------------------------------------------------------


@EACH_KIND
def test_a_kind_lives_with_its_own_policy(played: Lives, kind: Kind) -> None:
    """Where the policy is made for one kind, nothing of that kind's whole life is refused."""
    assert played.denied(kind) == []
    assert len(played.demands[kind.name]) > 5


def test_no_right_is_too_many(played: Lives) -> None:
    """Each action is asked for on each type of resource that it is allowed on."""
    asked = [Demand(*one) for one in set().union(*played.demands.values())]
    unused = {right for right in rights.of_kinds(kinds.ALL) if not any(filled(right).allows(one) for one in asked)}

    assert {(right.action, right.resource.rpartition(":")[2].partition("/")[0]) for right in unused} == set(NOT_ASKED)


def test_what_is_called_is_told_from_what_is_implied(played: Lives) -> None:
    """The table names as calls of the operator's just those that it makes."""
    called = {f"{service}:{operation}" for service, operation in played.called()}

    assert called == {right.action for right in rights.of_kinds(kinds.ALL) if not right.implied}


def test_every_operation_that_the_source_names_is_in_the_table() -> None:
    """A call that is added to the source is added to the table, though no run may come by it."""
    loader = botocore.session.Session()
    known = {
        name
        for service in ("sagemaker", "application-autoscaling", "logs", "cloudwatch", "sts", "iam", "s3", "ec2")
        for name in loader.get_service_model(service).operation_names
    }
    folder = ROOT / "operator" / "sagemaker_operator"
    # The generator of the custom resource definitions reads operations' shapes and calls none.
    calling = [path for path in folder.rglob("*.py") if folder / "crds" not in path.parents]
    named = {
        node.value
        for path in calling
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known
    }

    assert named - {right.action.partition(":")[2] for right in rights.of_kinds(kinds.ALL)} == set()


def test_policies_of_kinds_can_be_put_together() -> None:
    """The policy for several kinds is what those of the single kinds allow, and a part of the policy for all."""
    every = set(rights.of_kinds(kinds.ALL))

    assert set().union(*(rights.of_kinds([kind]) for kind in kinds.ALL)) == every
    assert set(rights.of_kinds([MODEL, PROCESSING_JOB])) == {
        *rights.of_kinds([MODEL]),
        *rights.of_kinds([PROCESSING_JOB]),
    }
    assert len(rights.of_kinds(kinds.ALL)) == len(every)


def test_a_tuning_job_creates_no_training_job() -> None:
    """SageMaker creates them: the operator follows, stops and deletes them, and hands no role over for them."""
    allowed = {right.action for right in rights.of_kinds([TUNING_JOB])}

    assert {"sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "iam:PassRole"} <= allowed
    assert "sagemaker:CreateTrainingJob" not in allowed


def test_a_deployment_makes_its_models() -> None:
    """The policy for deployments is enough for their children."""
    allowed = {right.action for right in rights.of_kinds([HOSTING_DEPLOYMENT])}

    assert {"sagemaker:CreateModel", "sagemaker:DeleteEndpointConfig", "iam:PassRole"} <= allowed


# --- who reads logs ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """`kubectl smlogs` with an access key that is bound to a policy."""

    stack: Stack

    def run(self, document: Object, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the plugin under a policy."""
        self.stack.control.set_faults(policies={READER: document})
        return subprocess.run(
            ["kubectl", "smlogs", *words, "-n", NAMESPACE],
            env={**self.stack.environ(), "AWS_ACCESS_KEY_ID": READER},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def demanded(self) -> set[str]:
        """The actions that the last run asked for."""
        return {action for action, _resource in self.stack.control.set_faults()["demanded"][READER]}


@pytest.fixture
def reader(played: Lives, operator_stack: Stack) -> Iterator[Reader]:
    """Somebody who reads the logs that the lives have left."""
    assert played.demands
    try:
        yield Reader(operator_stack)
    finally:
        operator_stack.control.set_faults(policies={})


LOGS: tuple[tuple[Kind, str], ...] = (
    *((kind, name_of(kind, "failed")) for kind in kinds.JOBS),
    (HOSTING_DEPLOYMENT, "broken"),
)


def test_logs_of_every_kind_take_one_right(reader: Reader) -> None:
    """With nothing but FilterLogEvents the log of each kind is shown, a long one as well."""
    for kind, name in LOGS:
        done = reader.run(policy("smlogs-minimal"), kind.name, name)

        assert (done.returncode, bool(done.stdout)) == (exits.OK, True), done.stderr
        # A long log is tried by streams first.
        assert "logs:FilterLogEvents" in reader.demanded()


def test_the_whole_policy_of_readers_is_used_and_is_enough(reader: Reader) -> None:
    """A long log read by streams, and a tuning job's failed training jobs, take all of it and no more."""
    document, demanded = policy("smlogs"), set[str]()
    for words in (
        ("TrainingJob", name_of(TRAINING_JOB, "failed")),
        ("HyperparameterTuningJob", name_of(TUNING_JOB, "failed"), "--children", "failed"),
    ):
        done = reader.run(document, *words)
        assert (done.returncode, bool(done.stdout)) == (exits.OK, True), done.stderr
        demanded |= reader.demanded()

    assert demanded == {action for statement in document["Statement"] for action in statement["Action"]}


def test_verbs_about_objects_take_no_right_at_aws(reader: Reader) -> None:
    """`status`, `url` and `list` ask the cluster alone."""
    name = f"tj/{name_of(TRAINING_JOB, 'failed')}"
    for words in (("status", name), ("url", name), ("list",)):
        assert reader.run({"Version": "2012-10-17", "Statement": []}, *words).returncode == exits.OK
        assert reader.demanded() == set()


def test_without_its_right_the_plugin_names_it(reader: Reader) -> None:
    """The policies are enforced: a policy for another kind's log does not do."""
    done = reader.run(policy("smlogs-minimal", PROCESSING_JOB), "TrainingJob", name_of(TRAINING_JOB, "failed"))

    assert done.returncode == exits.NO_PERMISSION
    assert "Allow the action logs:FilterLogEvents" in done.stderr


def test_every_right_that_the_plugin_names_is_in_its_policies() -> None:
    """What it tells users to allow, also in `doctor`, is what its widest policy allows; STS answers everybody."""
    folders = (ROOT / "kubectl_smlogs", ROOT / "operator" / "smkube")
    source = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    named = set(re.findall(r"\b(?:iam|logs|sagemaker|cloudwatch|s3):[A-Z][A-Za-z]+", source))
    allowed = {action for statement in policy("smlogs-doctor")["Statement"] for action in statement["Action"]}

    assert named <= allowed
    assert allowed >= {action for statement in policy("smlogs")["Statement"] for action in statement["Action"]}


# --- the files ---------------------------------------------------------------------------------------------------


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the generator as its users do."""
    program = ROOT / "packaging" / "iam" / "generate.py"
    return subprocess.run([sys.executable, program, *words], capture_output=True, text=True, timeout=60, check=False)


def test_checked_in_policies_are_current() -> None:
    """They are what the generator makes of today's source."""
    done = run("--check")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "packaging" / "iam").glob("*.json")), ids=lambda path: path.stem)
def test_policies_are_as_iam_wants_them(path: Path) -> None:
    """Small enough to be managed ones, each placeholder once a line for `sed`, and no action with a `*`."""
    text = path.read_text(encoding="utf-8")
    found = [re.findall("<[^>]+>", line) for line in text.splitlines()]
    actions = [action for one in json.loads(text)["Statement"] for action in one["Action"]]

    assert len(re.sub(r"\s", "", text)) <= MOST
    assert [line for line in found if len(line) > len(set(line))] == []
    assert set(itertools.chain(*found)) <= {"<AWS account number>", "<EKS Cluster region>", "<OIDC ID>"}
    assert not any("*" in action for action in actions)


def test_a_policy_for_a_place() -> None:
    """Kinds, region, account, partition and roles are put in, and nothing of them is left open."""
    role = "arn:aws-cn:iam::111122223333:role/training"
    flags = ("--region", "cn-northwest-1", "--account", "111122223333", "--partition", "aws-cn", "--pass-role", role)
    done = run("--kinds", "TrainingJob,ProcessingJob", *flags)
    resources = {resource for one in json.loads(done.stdout)["Statement"] for resource in one["Resource"]}

    assert done.returncode == 0, done.stderr
    assert role in resources
    assert all(resource == "*" or ":111122223333:" in resource for resource in resources)
    assert all(resource == "*" or resource.startswith("arn:aws-cn:") for resource in resources)
    assert not any("endpoint" in resource or "<" in resource for resource in resources)


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    """A slip in a name gives no policy with less in it."""
    done = run("--kinds", "TrainingJobs")

    assert (done.returncode, done.stdout) == (2, "")
    assert "there are TrainingJob, ProcessingJob" in done.stderr


def test_trust_is_for_the_service_account_alone() -> None:
    """The guide's trust policy and the one for EKS Pod Identity let just the operator's account take the role."""
    place = generator().Place()
    (web,) = generator().trust(place)["Statement"]
    (pod,) = generator().trust_pod_identity(place)["Statement"]

    conditions = web["Condition"]["StringEquals"]
    subject = conditions["oidc.eks.<EKS Cluster region>.amazonaws.com/id/<OIDC ID>:sub"]
    assert subject == "system:serviceaccount:sagemaker-k8s-operator-system:sagemaker-k8s-operator-default"
    assert set(conditions.values()) == {subject, "sts.amazonaws.com"}
    assert set(pod["Condition"]["StringEquals"].values()) == set(subject.split(":")[2:])
    china = generator().trust(generator().Place(partition="aws-cn", cluster_region="cn-north-1"))
    assert "oidc.eks.cn-north-1.amazonaws.com.cn/id/" in json.dumps(china)


# --- the measure itself --------------------------------------------------------------------------------------------


def test_the_stand_in_judges_as_iam_does() -> None:
    """`*` spans slashes and colons, a condition must hold, and a policy that is more than is played is refused."""
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:x/algo-1"
    played = Policy.parse(
        {
            "Statement": [
                {"Effect": "Allow", "Action": ["logs:Get*"], "Resource": "arn:aws:logs:*:*:log-group:/aws/*"},
                {
                    "Effect": "Allow",
                    "Action": "iam:PassRole",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}},
                },
            ]
        }
    )

    assert played.allows(Demand("logs:GetLogEvents", arn))
    assert not played.allows(Demand("logs:FilterLogEvents", arn))
    assert not played.allows(Demand("logs:GetLogEvents", arn.replace("/aws/", "/own/")))
    assert played.allows(Demand("iam:PassRole", "x", {"iam:PassedToService": "sagemaker.amazonaws.com"}))
    assert not played.allows(Demand("iam:PassRole", "x", {"iam:PassedToService": "ec2.amazonaws.com"}))
    assert not played.allows(Demand("iam:PassRole", "x"))
    with pytest.raises(ValueError, match="not played"):
        Policy.parse({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
