"""What `doctor` finds in a cluster, as a table: what is spoiled, and what is said of it; and how all of it is shown."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from kubectl_smlogs.doctor import cluster, names
from kubectl_smlogs.doctor.findings import (
    FAIL,
    OK,
    SILENT,
    SKIP,
    WARN,
    Finding,
    Refusal,
    document,
    skipped,
    troubles,
    unknown,
)
from kubectl_smlogs.doctor.report import lines, summary
from kubectl_smlogs.resources import OURS
from sagemaker_operator import identity
from tests.unit.smlogs import doctored as made
from tests.unit.smlogs.doctored import one, says

PLURALS = [each.plural for each in OURS]


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, OK, ("v1.37.2", "https://cluster", '"home"', '"jane"')),
        ({"user": made.denied("x"), "context": ""}, OK, ("v1.37.2 answers at https://cluster",)),
        ({"version": made.denied("get /version")}, FAIL, ("credentials", "get-contexts")),
        ({"version": Refusal(SILENT, "cannot be reached: timed out")}, FAIL, ("timed out", "network")),
        ({"version": Refusal(SILENT, "self-signed certificate")}, FAIL, ("--certificate-authority",)),
    ],
)
def test_cluster(changes: dict[str, Any], outcome: str, words: tuple[str, ...]) -> None:
    """The server answers, refuses us, or says nothing."""
    says(cluster.reached(made.facts(**changes)), outcome, *words)


def _definitions(**changes: Any) -> dict[str, Any]:
    found = {plural: made.definition(plural) for plural in PLURALS}
    return {"definitions": {**found, **changes}}


@pytest.mark.parametrize(
    ("changes", "operators_there", "outcome", "words"),
    [
        ({}, ["0.1.0"], OK, ("8 of 8", "established", "version 0.1.0", "of this operator")),
        (_definitions(**dict.fromkeys(PLURALS, made.absent())), [], FAIL, ("none of the 8", names.INSTALLER)),
        (
            _definitions(trainingjobs=made.definition("trainingjobs", established=False)),
            [],
            FAIL,
            ("not established", "trainingjobs (wait)", "kubectl describe crd trainingjobs."),
        ),
        (
            _definitions(**{plural: made.original_definition(plural) for plural in PLURALS}),
            [],
            WARN,
            ("original operator: all", names.MIGRATION),
        ),
        (
            _definitions(models=made.original_definition("models")),
            ["0.1.0"],
            FAIL,
            ("original operator: models", "needs its own", names.DEFINITIONS),
        ),
        (
            _definitions(models={"metadata": {}, "status": made.definition("models")["status"]}),
            [],
            WARN,
            ("neither of this operator", "models"),
        ),
        (
            _definitions(models=made.definition("models", annotations={names.CRD_VERSION: "0.0.9"})),
            [],
            WARN,
            ("different versions: 0.0.9, 0.1.0",),
        ),
        ({}, ["0.2.0"], WARN, ("version 0.1.0, but the operator is 0.2.0",)),
        (
            _definitions(**dict.fromkeys(PLURALS, made.denied("get customresourcedefinitions"))),
            [],
            OK,
            ("8 of 8 kinds served, of this operator", "without the right"),
        ),
        (
            {
                **_definitions(**dict.fromkeys(PLURALS, made.denied("get x"))),
                "served": {plural: {} for plural in PLURALS},
            },
            [],
            WARN,
            ("original operator by their looks",),
        ),
        (
            {**_definitions(**dict.fromkeys(PLURALS, made.denied("get x"))), "served": made.absent()},
            [],
            FAIL,
            ("none of the 8",),
        ),
        (
            {**_definitions(**dict.fromkeys(PLURALS, made.denied("get x"))), "served": made.denied("get y")},
            [],
            SKIP,
            ("needs get y",),
        ),
    ],
)
def test_definitions(changes: dict[str, Any], operators_there: list[str], outcome: str, words: tuple[str, ...]) -> None:
    """Kinds that are missing, not established, of somebody else, or of another version."""
    found = list(cluster.definitions(made.facts(**changes), operators_there))
    says(found[0], outcome, *words)


def test_some_definitions_missing() -> None:
    """The kinds that are missing are named, and the others still judged."""
    missing = {"models": made.absent(), "endpointconfigs": made.absent()}
    first, second = cluster.definitions(made.facts(**_definitions(**missing)))
    says(first, FAIL, "2 of 8 kinds are not there", "models.sagemaker.aws.amazon.com, endpointconfigs.")
    says(second, OK, "6 of 8", "version 0.1.0")


def test_version_by_label() -> None:
    """Definitions out of the installers say their version in a label."""
    labels = {names.NAME_LABEL: names.APPLICATION, names.VERSION_LABEL: "0.1.0"}
    assert cluster.maker({"metadata": {"labels": labels}}) == (cluster.OUR, "0.1.0")
    assert cluster.maker({"spec": {"names": {"categories": ["sagemaker"]}}}) == (cluster.OUR, "")


def test_ack_is_only_noted() -> None:
    """ACK's kinds are no problem."""
    says(one(cluster.ack(made.facts(ack=("TrainingJob",)))), OK, "sagemaker.services.k8s.aws", "no conflict")
    assert list(cluster.ack(made.facts())) == []


@pytest.mark.parametrize(
    ("rights", "outcome", "words"),
    [
        (made.with_rights(), OK, ("get, list, watch all 8 kinds", '"ns"')),
        (made.with_rights(watch=("models",)), WARN, ("watch: models", "kubectl create rolebinding", "--user=jane")),
        (made.with_rights(get=tuple(PLURALS)), FAIL, ("get: none of the kinds",)),
        ({("models", "get"): made.denied("create selfsubjectaccessreviews")}, SKIP, ("selfsubjectaccessreviews",)),
    ],
)
def test_rights(rights: dict[tuple[str, str], Any], outcome: str, words: tuple[str, ...]) -> None:
    """What we may not do is named; without `get` there are no logs."""
    says(cluster.rights(made.facts(rights=rights)), outcome, *words)


def test_text() -> None:
    """A line for each finding, one more with the way to mend it, and a summary; foreign text cannot forge lines."""
    found = [Finding("cluster", OK, "fine"), Finding("role", FAIL, "bad\nok   forged\x1b[2J", "mend it")]
    assert lines(found, colored=False) == (
        "ok    cluster         fine\nfail  role            bad ok   forged\\x1b[2J\n      fix: mend it\n"
    )
    assert "\x1b[1;31mfail\x1b[0m" in lines(found, colored=True)
    assert summary(found) == "2 checks: 1 ok, 1 failure.\n"
    many = [unknown("x", made.denied("get x")), skipped("y", "z"), Finding("z", WARN, "")]
    assert summary(many) == "3 checks: 1 warning, 2 skipped.\n"


def test_document() -> None:
    """For scripts: the same keys each time, and the numbers of all findings also where few are shown."""
    found = [Finding("cluster", OK, "fine"), Finding("role", FAIL, "bad", "mend it")]
    assert document(found, troubles(found)) == {
        "summary": {"ok": 1, "warn": 0, "fail": 1, "skip": 0},
        "checks": [{"check": "role", "outcome": "fail", "found": "bad", "fix": "mend it"}],
    }


def test_names_are_the_installers() -> None:
    """What doctor looks for is what the installers make and the operator uses."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "packaging" / "install"))
    try:
        variants = importlib.import_module("variants")
    finally:
        sys.path.pop(0)
    assert (names.NAMESPACE, names.ACCOUNT, names.DEPLOYMENT) == (
        variants.NAMESPACE,
        variants.ACCOUNT,
        variants.MANAGER,
    )
    assert {names.NAME_LABEL: names.APPLICATION} == variants.APPLICATION
    assert dict([names.SELECTOR.split("=")]) == variants.SELECTOR
    assert names.ROLE_ANNOTATION == variants.ROLE_ANNOTATION
    assert variants.ROLE_PLACEHOLDER.endswith(names.PLACEHOLDER)
    assert f":{identity.PLACEHOLDER}" == names.PLACEHOLDER
