"""`doctor` on the command line: what it may be asked, and in which order the checks come."""

from __future__ import annotations

import pytest

from kubectl_smlogs.commands import DOCTOR
from kubectl_smlogs.completing import complete
from kubectl_smlogs.doctor.command import Examined
from kubectl_smlogs.doctor.facts import ClusterFacts, Installs
from kubectl_smlogs.doctor.findings import FAIL, FAILED, OK, SILENT, SKIP, Finding, Refusal
from kubectl_smlogs.options import Options, Where
from kubectl_smlogs.parse import parse
from kubectl_smlogs.values import UsageError
from tests.unit.smlogs import doctored as made

CLUSTER = ["cluster", "crds", "rights", "operator", "role", "pod-role", "leader", "other-operators"]


def of_cluster(facts: ClusterFacts | Refusal) -> list[Finding]:
    """All findings about a cluster."""
    return list(Examined(Options(Where()), facts, None, made.NOW).of_cluster())


@pytest.mark.parametrize(
    ("words", "kind", "names"),
    [
        ([], "", ()),
        (["-q"], "", ()),
        (["trainingjob/x"], "", ("trainingjob/x",)),
        (["tj", "x", "-n", "ns"], "tj", ("x",)),
        (["Model", "x"], "Model", ("x",)),
    ],
)
def test_operands(words: list[str], kind: str, names: tuple[str, ...]) -> None:
    """Nothing, or one object in each of the usual ways."""
    where = parse(DOCTOR, words, environ={}).where
    assert (where.kind, where.names) == (kind, names)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["tj/x", "tj/y"], "one object at most (got [tj/x,tj/y])"),
        (["tj"], "Exactly one Kubernetes resource name must be specified"),
        (["nonsense/x"], 'unknown kind "nonsense"'),
        (["tj/x", "-l", "a=b"], "unknown shorthand flag: 'l'"),
        (["-o", "yaml"], "smlogs doctor knows json"),
    ],
)
def test_slips(words: list[str], text: str) -> None:
    """Slips are told."""
    with pytest.raises(UsageError) as caught:
        parse(DOCTOR, words, environ={})
    assert text in str(caught.value)


def test_variables() -> None:
    """What is set for logs does not silence doctor."""
    variables = {"KUBECTL_SMLOGS_QUIET": "true", "KUBECTL_SMLOGS_OUTPUT": "raw", "KUBECTL_SMLOGS_REGION": "r"}
    options = parse(DOCTOR, [], environ=variables)
    assert (options.showing.quiet, options.showing.output, options.reading.region) == (False, "", "r")
    assert parse(DOCTOR, [], environ={"KUBECTL_SMLOGS_DOCTOR_QUIET": "1"}).showing.quiet


def test_completion() -> None:
    """The command, kinds for its object, and nothing behind one."""
    assert [word for word, _ in complete(["doc"]).candidates] == ["doctor"]
    assert ("trainingjob", "SageMaker training job") in complete(["doctor", "tr"]).candidates
    assert "--aws-profile" in [word for word, _ in complete(["doctor", "--aws"]).candidates]
    assert complete(["doctor", "tj/x", ""]).candidates == []


def test_order() -> None:
    """The checks come in the same order each time."""
    found = of_cluster(made.facts())
    assert [one.check for one in found] == CLUSTER
    assert {one.outcome for one in found} == {OK}


@pytest.mark.parametrize(
    "facts",
    [Refusal(FAILED, "no kubeconfig"), Refusal(SILENT, "no answer"), made.facts(version=Refusal(SILENT, "no answer"))],
    ids=["configuration", "silence", "unreachable"],
)
def test_without_a_cluster(facts: ClusterFacts | Refusal) -> None:
    """What needs a cluster is skipped, and each check still has its line."""
    found = of_cluster(facts)
    assert [one.check for one in found] == CLUSTER
    assert [one.outcome for one in found] == [FAIL, *[SKIP] * (len(CLUSTER) - 1)]


def test_several_operators() -> None:
    """Ours comes first; one that was scaled down beside another is in nobody's way."""
    old = made.install(made.deployment(ours=False, namespace="a-old", replicas=0))
    found = of_cluster(made.facts(installs=Installs((old, made.install()))))
    assert {one.outcome for one in found} == {OK}
    first, second = (one.found for one in found if one.check == "operator")
    assert first.startswith("operator 0.1.0")
    assert "a-old" in second
    assert "scaled to 0" in second


def test_namespace_without_an_operator() -> None:
    """Operators that work on other namespaces do not help the one that was named."""
    other = made.install(made.deployment("--namespace=team", namespace="team"))
    facts = made.facts(installs=Installs((other,)), chosen=True)
    found = {one.check: one for one in of_cluster(facts)}
    made.says(found["operator"], FAIL, 'no operator works on namespace "ns"', "team/", "namespace team only")
    assert found["role"].outcome == SKIP
