"""Runs `kubectl smlogs doctor`: asks the cluster and AWS side by side, and prints what the checks find as it is known.

A check that cannot be made, or that another one stands in the way of, says so; the others go on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kubectl_smlogs import exits
from kubectl_smlogs.agent import USER_AGENT
from kubectl_smlogs.doctor import account, cluster, health, leader, logs, operators, report, role, subject, trust
from kubectl_smlogs.doctor.asking import Asking, configuration
from kubectl_smlogs.doctor.awsasking import AwsAsking
from kubectl_smlogs.doctor.crew import Deadline, Pending, side_by_side
from kubectl_smlogs.doctor.facts import AwsFacts, ClusterFacts, GroupTrial, Install, Region
from kubectl_smlogs.doctor.findings import FAIL, SILENT, Answer, Finding, Refusal, counts, document, skipped, troubles
from kubectl_smlogs.doctor.operators import Operator
from kubectl_smlogs.failures import Failure
from kubectl_smlogs.finding import Cluster, find
from kubectl_smlogs.requests import Requests
from kubectl_smlogs.target import Target
from smkube.errors import ConfigError
from smkube.kube.client import Client

if TYPE_CHECKING:
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.terminal import Terminal

_CLUSTER_SECONDS, _AWS_SECONDS, _ALL_SECONDS = 9.0, 9.0, 14.0
"""By when the cluster, AWS about who we are, and all the rest has to have answered, counted from the start."""
_REQUEST_SECONDS = 4.0
"""For one request to the API server, where the user sets no --request-timeout; it is sent again once."""

Facts = tuple[ClusterFacts, Target | Failure | None]


def run(options: Options, write: Callable[[str], None], *, terminal: Terminal, now: datetime) -> int:
    """Run the command; the exit code.

    Args:
        options: the command line.
        write: standard output.
        terminal: what standard output is connected to.
        now: the time, with a zone.
    """
    found: list[Finding] = []
    quiet, as_json = options.showing.quiet, options.showing.output == "json"
    for finding in examine(options, now):
        found.append(finding)
        if not as_json and finding in (troubles([finding]) if quiet else [finding]):
            write(report.lines([finding], colored=bool(terminal.colors)))
    if as_json:
        write(json.dumps(document(found, troubles(found) if quiet else found), indent=2) + "\n")
    elif not quiet or troubles(found):
        write(report.summary(found))
    return exits.UNSOUND if counts(found)[FAIL] else exits.OK


def examine(options: Options, now: datetime) -> Iterator[Finding]:
    """All findings, in a fixed order, each as soon as those before it are known."""
    end = Deadline(_ALL_SECONDS)
    aws = AwsAsking(Requests(options.reading.aws_profile, USER_AGENT), USER_AGENT)
    asked = Pending(lambda: _cluster_facts(options), "the API server")
    known = Pending(lambda: aws.facts(options.reading.region), "AWS")
    facts, target = _told(asked.answer(Deadline(_CLUSTER_SECONDS + 1)))
    examined = Examined(options, facts, target, now)
    yield from examined.of_cluster()
    told = known.answer(Deadline(min(end.left, _AWS_SECONDS)))
    aws_facts = AwsFacts(told, told) if isinstance(told, Refusal) else told
    yield from examined.of_aws(aws_facts, aws, end)


def _told(answer: Answer[Facts | Refusal]) -> tuple[ClusterFacts | Refusal, Target | Failure | None]:
    return (answer, None) if isinstance(answer, Refusal) else answer


def _cluster_facts(options: Options) -> Facts | Refusal:
    """What the API server says, also of the object that was named; refused where there is no usable configuration."""
    deadline = Deadline(_CLUSTER_SECONDS)
    try:
        found = Cluster.of(options.where, user_agent=USER_AGENT, pool_size=8)
        connection = found.client.connection
        if not connection.timeout:
            connection = dataclasses.replace(connection, timeout=_REQUEST_SECONDS)
        client = Client(connection, user_agent=USER_AGENT, pool_size=8)
        client.prepare()
        chosen = bool(options.where.connection.namespace or options.where.names)
        asking = Asking(client, found.context, found.namespace, chosen=chosen, deadline=deadline)
        target = None
        if options.where.names:
            place = Cluster(client, found.namespace, found.context)
            target = Pending(lambda: _target(options, place), "the API server")
        facts = asking.facts()
        if target is None or isinstance(facts.version, Refusal):
            return facts, None
        answer = target.answer(deadline)
        return facts, Failure(answer.text) if isinstance(answer, Refusal) else answer
    except ConfigError as error:
        return configuration(error)


def _target(options: Options, where: Cluster) -> Target | Failure:
    try:
        return find(where, options.where, log=False).targets[0]
    except Failure as failure:
        return failure


class Examined:
    """One run's checks.

    Args:
        options: the command line.
        facts: what the API server said.
        target: the object that was named; None where none was, or nothing can be said of it.
        now: the time.
    """

    def __init__(
        self, options: Options, facts: ClusterFacts | Refusal, target: Target | Failure | None, now: datetime
    ) -> None:
        self._options = options
        self._facts = facts
        self._target = target
        self._now = now
        installs = () if isinstance(facts, Refusal) else facts.installs.found
        pairs = [(operators.read(one.deployment), one) for one in installs]
        self._pairs = sorted(pairs, key=lambda pair: (not pair[0].ours, not pair[0].wanted, pair[0].title))

    # --- the cluster -----------------------------------------------------------------------------------------------

    def of_cluster(self) -> Iterator[Finding]:
        """Of the API server, the kinds, our rights, and the operators."""
        facts = self._facts
        if isinstance(facts, Refusal):
            fix = "check the network" if facts.why == SILENT else "name a kubeconfig with --kubeconfig or KUBECONFIG"
            yield Finding("cluster", FAIL, facts.text, f"{fix}, {cluster.OTHER}")
            yield from cluster.of_nothing("there is no cluster to look at")
            return
        yield cluster.reached(facts)
        if isinstance(facts.version, Refusal):
            yield from cluster.of_nothing("the API server cannot be asked")
            return
        yield from cluster.definitions(facts, [one.version for one, _ in self._pairs if one.ours and one.wanted])
        yield from cluster.ack(facts)
        yield cluster.rights(facts)
        yield from self._of_operators(facts)

    def _of_operators(self, facts: ClusterFacts) -> Iterator[Finding]:
        pairs = self._relevant()
        if not pairs:
            yield self._none(facts)
            for check in ("role", "pod-role", "leader", "other-operators"):
                yield skipped(check, "no operator was found")
            return
        for operator, install in pairs:
            if not operator.wanted and pairs[0][0].wanted:
                yield health.resting(operator)
                continue
            yield from health.running(operator, install, self._now)
            yield role.annotation(operator, install)
            yield role.of_pods(operator, install)
            yield leader.leads(operator, install, self._now)
        refusal = facts.installs.refusal
        yield from operators.others([one for one, _ in self._pairs], refusal if isinstance(refusal, Refusal) else None)

    def _none(self, facts: ClusterFacts) -> Finding:
        if not self._pairs:
            return health.absent(facts.installs, facts.objects)
        elsewhere = ", ".join(f"{one.title} ({one.where()})" for one, _ in self._pairs)
        found = f'no operator works on namespace "{facts.namespace}"; there is {elsewhere}'
        return Finding("operator", FAIL, found, "see docs/guide.md: install it for this namespace, or for all")

    def _relevant(self) -> list[tuple[Operator, Install]]:
        """The operators to look at: all, or those that have to do with the namespace that was named."""
        facts = self._facts
        if isinstance(facts, Refusal) or not facts.chosen:
            return self._pairs
        place = facts.namespace
        return [pair for pair in self._pairs if pair[0].serves(place) or pair[0].namespace == place]

    # --- AWS -------------------------------------------------------------------------------------------------------

    def of_aws(self, facts: AwsFacts, aws: AwsAsking, end: Deadline) -> Iterator[Finding]:
        """Of who we are, the role's trust, the logs, and at last of the object."""
        places, accounts = account.of_objects(() if isinstance(self._facts, Refusal) else self._facts.objects)
        if isinstance(self._target, Target) and self._target.region:
            places = [self._target.region]
        regions = account.regions(facts, self._options.reading.region, places)
        asked_role = self._role()
        no_trust = account.no_trust(asked_role[0] if asked_role else "", _account(asked_role), facts.caller)
        policy = None
        if asked_role and no_trust is None:
            name = account.role_name(asked_role[0])
            policy = Pending(lambda: aws.trust_policy(name), "IAM")
        trials = self._trials(regions, facts, aws, end)
        yield account.identity(facts, self._options.reading.aws_profile)
        yield account.region(regions, facts)
        yield account.account(facts, self._accounts(accounts))
        if policy is not None and asked_role:
            yield account.trusted(*asked_role, policy.answer(end))
        elif no_trust is not None:
            yield no_trust
        yield from self._of_logs(trials, facts)
        yield from self._of_target(aws, end)

    def _role(self) -> tuple[str, trust.Asker] | None:
        """The role of the operator at hand, and who asks for it."""
        facts = self._facts
        issuer = "" if isinstance(facts, Refusal) or isinstance(facts.issuer, Refusal) else facts.issuer
        for operator, install in self._relevant():
            named = role.annotated(install)
            if role.usable(named):
                asker = trust.Asker(operator.namespace, operator.account, issuer.removeprefix("https://"))
                return named, asker
        return None

    def _accounts(self, of_objects: list[str]) -> dict[str, str]:
        """Accounts that the jobs may be in, each with who says so."""
        asked = self._role()
        found = {_account(asked): "the operator's role"} if asked else {}
        return found or dict.fromkeys(of_objects, "the objects")

    def _trials(
        self, regions: list[Region], facts: AwsFacts, aws: AwsAsking, end: Deadline
    ) -> list[GroupTrial] | Finding:
        if isinstance(facts.caller, Refusal) and facts.caller.why != SILENT:
            return skipped("log-rights", "AWS does not know who you are")
        if not regions:
            return skipped("log-rights", "no region is known")
        pairs = [(one.name, group) for one in regions for group in self._groups()]
        asks = {pair: _trial(aws, *pair) for pair in pairs}
        told = side_by_side(asks, "CloudWatch Logs", end)
        return [_silent(pair, one) if isinstance(one, Refusal) else one for pair, one in told.items()]

    def _groups(self) -> list[str]:
        """The log group of the object, else those of the kinds."""
        if isinstance(self._target, Target):
            return [self._target.group()] if self._target.resource.has_log and self._target.job else logs.groups()
        return logs.groups()

    def _of_logs(self, trials: list[GroupTrial] | Finding, facts: AwsFacts) -> Iterator[Finding]:
        if isinstance(trials, Finding):
            yield trials
        else:
            yield from logs.checked(trials, facts)

    # --- one object ------------------------------------------------------------------------------------------------

    def _of_target(self, aws: AwsAsking, end: Deadline) -> Iterator[Finding]:
        if not self._options.where.names:
            return
        if not isinstance(self._target, Target):
            if isinstance(self._target, Failure):
                fix = "kubectl smlogs list -A" if self._target.code == exits.NOT_FOUND else ""
                yield Finding("object", FAIL, self._target.text, fix)
            else:
                yield skipped("object", "the API server cannot be asked")
            for check in ("status", "job", "log"):
                yield skipped(check, "the object is not there to look at")
            return
        target = self._target
        yield from subject.checks(target, served=bool(self._relevant()), now=self._now)
        no_log = subject.no_log(target, self._options.reading.region or target.region)
        if no_log is not None:
            yield no_log
            return
        place = target.logs(self._options.reading)
        prefix = place.selection.prefix
        trial = Pending(lambda: aws.trial(place.region, place.group, prefix), "CloudWatch Logs")
        yield subject.log(target, prefix, trial.answer(end))


def _account(asked: tuple[str, trust.Asker] | None) -> str:
    return role.account_of(asked[0]) if asked else ""


def _trial(aws: AwsAsking, region: str, group: str) -> Callable[[], Answer[GroupTrial]]:
    return lambda: aws.trial(region, group)


def _silent(pair: tuple[str, str], refusal: Refusal) -> GroupTrial:
    return GroupTrial(*pair, {logs.FILTER: refusal})
