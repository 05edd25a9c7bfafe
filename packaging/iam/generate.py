"""Writes the IAM policies: of the operator, of those who read logs, and the operator's trust policies.

    python packaging/iam/generate.py [--check]
    python packaging/iam/generate.py --kinds TrainingJob,ProcessingJob --region us-east-1 --account 123456789012
    python packaging/iam/generate.py --policy operator-push --queue my-events --region us-east-1 --account 123456789012
    python packaging/iam/generate.py --policy smlogs --account 123456789012 --partition aws-cn

Without a choice the checked-in files are written, for all kinds, with the guide's placeholders, and the tables of
docs/aws-rights.md. With one, a policy is printed. What is allowed is decided in `sagemaker_operator.rights`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "operator")]

from kubectl_smlogs.children import OPERATION as CHILDREN  # noqa: E402 - found by the line above
from sagemaker_operator import rights  # noqa: E402
from sagemaker_operator.crds import writing  # noqa: E402
from sagemaker_operator.rights import Right  # noqa: E402
from smkube import kinds  # noqa: E402
from smkube.aws import logs  # noqa: E402

Document = dict[str, Any]

PAGE = ROOT / "docs" / "aws-rights.md"
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

NAMESPACE, SERVICE_ACCOUNT = "sagemaker-k8s-operator-system", "sagemaker-k8s-operator-default"
QUEUE = "sagemaker-events"
"""What docs/push.md calls the queue of events."""
_DOMAINS = {"aws-cn": "amazonaws.com.cn"}
"""Domains of partitions, where they are not amazonaws.com."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a policy is for; the defaults are those of the checked-in files, with the guide's placeholders.

    Attributes:
        kinds: whose rights are wanted.
        partition: AWS partition.
        region: AWS region; `*` for any.
        account: AWS account.
        roles: whole ARNs of the roles that may be handed to SageMaker; empty for all of the account.
        cluster_region: region of the EKS cluster.
        oidc: identifier of the cluster's OIDC provider.
        namespace: where the operator runs.
        queue: name of the queue of events.
    """

    kinds: tuple[kinds.Kind, ...] = kinds.ALL
    partition: str = "aws"
    region: str = "*"
    account: str = "<AWS account number>"
    roles: tuple[str, ...] = ()
    cluster_region: str = "<EKS Cluster region>"
    oidc: str = "<OIDC ID>"
    namespace: str = NAMESPACE
    queue: str = QUEUE


def operator(place: Place) -> Document:
    """The operator's policy."""
    found: list[Right] = []
    for right in rights.of_kinds(place.kinds):
        chosen = place.roles if right.action == "iam:PassRole" else ()
        found += [rights.pass_role(role) for role in chosen] or [right]
    return _policy(found, place)


def operator_push(place: Place) -> Document:
    """What the operator calls besides where it listens to a queue of events."""
    return _policy(rights.of_queue(place.queue), place)


def smlogs(place: Place) -> Document:
    """All that `kubectl smlogs` calls."""
    found = [Right(f"logs:{name}", group) for group in _groups(place) for name in (logs.FILTER, logs.GET, logs.LIST)]
    tuning = [
        Right(f"sagemaker:{CHILDREN}", "arn:{partition}:sagemaker:{region}:{account}:hyper-parameter-tuning-job/*")
    ]
    return _policy(found + (tuning if kinds.TUNING_JOB in place.kinds else []), place)


def smlogs_doctor(place: Place) -> Document:
    """The same, and whom the operator's role trusts: what `kubectl smlogs doctor` calls."""
    trusted = Right("iam:GetRole", "arn:{partition}:iam::{account}:role/*")
    policy = smlogs(place)
    return {**policy, "Statement": [*_policy([trusted], place)["Statement"], *policy["Statement"]]}


def smlogs_minimal(place: Place) -> Document:
    """What `kubectl smlogs` cannot do without."""
    return _policy([Right(f"logs:{logs.FILTER}", group) for group in _groups(place)], place)


def _groups(place: Place) -> list[str]:
    """The log groups of the kinds; a tuning job's log is that of its training jobs."""
    wanted = {*place.kinds, *([kinds.TRAINING_JOB] if kinds.TUNING_JOB in place.kinds else [])}
    return [rights.log_group(kind.log_group) for kind in kinds.ALL if kind in wanted and kind.log_group]


def trust(place: Place) -> Document:
    """Who may be the operator's role: the service account, as the cluster's OIDC provider tells."""
    domain = _DOMAINS.get(place.partition, "amazonaws.com")
    provider = f"oidc.eks.{place.cluster_region}.{domain}/id/{place.oidc}"
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:{place.partition}:iam::{place.account}:oidc-provider/{provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{provider}:aud": "sts.amazonaws.com",
                    f"{provider}:sub": f"system:serviceaccount:{place.namespace}:{SERVICE_ACCOUNT}",
                }
            },
        }
    )


def trust_pod_identity(place: Place) -> Document:
    """The same for EKS Pod Identity, which tells namespace and account as tags of the session."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/kubernetes-namespace": place.namespace,
                    "aws:RequestTag/kubernetes-service-account": SERVICE_ACCOUNT,
                }
            },
        }
    )


POLICIES: Mapping[str, Callable[[Place], Document]] = {
    "operator": operator,
    "operator-push": operator_push,
    "smlogs": smlogs,
    "smlogs-minimal": smlogs_minimal,
    "smlogs-doctor": smlogs_doctor,
    "trust": trust,
    "trust-pod-identity": trust_pod_identity,
}


def _policy(found: Sequence[Right], place: Place) -> Document:
    """Statements for rights: actions that share resources and condition stand together."""
    by_action: dict[tuple[str, str, str], set[str]] = {}
    for right in found:
        filled = right.resource.format(partition=place.partition, region=place.region, account=place.account)
        by_action.setdefault((right.action, right.key, right.value), set()).add(filled)
    groups: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for (action, key, value), resources in by_action.items():
        groups.setdefault((tuple(sorted(resources)), key, value), []).append(action)
    return _document(*(_statement(sorted(actions), *what) for what, actions in sorted(groups.items())))


def _statement(actions: list[str], resources: tuple[str, ...], key: str, value: str) -> Document:
    condition = {"Condition": {"StringEquals": {key: value}}} if key else {}
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources), **condition}


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def text(document: Document) -> str:
    """A policy as JSON, one word a line, so that a placeholder is replaced by `sed` once a line."""
    return json.dumps(document, indent=2) + "\n"


def generated() -> Iterator[tuple[Path, str]]:
    """Every checked-in file with its text."""
    for name, make in POLICIES.items():
        yield FOLDER / f"{name}.json", text(make(Place()))
    yield PAGE, _BLOCK.sub(lambda found: found[1] + _TABLES[found[2]]() + found[4], PAGE.read_text(encoding="utf-8"))


# --- tables ------------------------------------------------------------------------------------------------------


def _calls() -> str:
    """What the operator calls, by kind; what is the same for all of them is told in the page's text."""
    lines = ["| Kind | Calls |\n", "|---|---|\n"]
    for kind in kinds.ALL:
        calls = dict.fromkeys(right.action for right in rights.of_kinds([kind]) if not right.implied)
        lines.append(f"| `{kind.name}` | {', '.join(f'`{action}`' for action in sorted(calls))} |\n")
    return "".join(lines)


def _implied() -> str:
    """What AWS asks for although the operator does not call it."""
    because: dict[str, list[str]] = {}
    for right in rights.of_kinds(kinds.ALL):
        if right.implied:
            because.setdefault(right.implied, []).append(f"`{right.action}`")
    rows = [f"| {', '.join(dict.fromkeys(actions))} | {reason} |\n" for reason, actions in because.items()]
    return "".join(["| Right | Because |\n", "|---|---|\n", *rows])


_TABLES: Mapping[str, Callable[[], str]] = {"calls": _calls, "implied": _implied}


# --- command line ------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Print the policy that is asked for, or write (with `--check` only tell) what is not current; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        place = _place(given)
    except ValueError as error:
        parser.error(str(error))
    if given.policy or place != Place():
        sys.stdout.write(text(POLICIES[given.policy or "operator"](place)))
        return 0
    return writing.write(dict(generated()), "python packaging/iam/generate.py", check=given.check)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Writes the IAM policies, or prints one.")
    writing.add_check(parser)
    parser.add_argument("--policy", choices=list(POLICIES), help="which one to print (default: operator)")
    parser.add_argument("--kinds", help="kinds with commas between, such as TrainingJob,Model (default: all)")
    parser.add_argument("--partition", choices=["aws", "aws-cn", "aws-us-gov"], help="default: aws")
    parser.add_argument("--region", help="region of the jobs (default: any)")
    parser.add_argument("--account", help="account of the jobs")
    parser.add_argument("--pass-role", action="append", dest="roles", help="ARN of a role that jobs may run with")
    parser.add_argument("--cluster-region", help="region of the EKS cluster, for trust")
    parser.add_argument("--oidc", help="identifier of the cluster's OIDC provider, for trust")
    parser.add_argument("--queue", help=f"name of the queue of events (default: {QUEUE})")
    parser.add_argument("--namespace", help=f"where the operator runs (default: {NAMESPACE})")
    return parser


def _place(given: argparse.Namespace) -> Place:
    """What the flags ask for.

    Raises:
        ValueError: there is no such kind.
    """
    names = ("partition", "region", "account", "cluster_region", "oidc", "namespace", "queue")
    chosen = {name: value for name in names if (value := getattr(given, name)) is not None}
    if given.roles:
        chosen["roles"] = tuple(given.roles)
    if given.kinds is not None:
        chosen["kinds"] = tuple(_kind(name.strip()) for name in given.kinds.split(","))
    return replace(Place(), **chosen)


def _kind(name: str) -> kinds.Kind:
    found = {kind.name.lower(): kind for kind in kinds.ALL}.get(name.lower())
    if found is None:
        raise ValueError(f"there is no kind {name!r}; there are {', '.join(kinds.BY_NAME)}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
