"""Which kinds a process works on and watches, and what its Lease is called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sagemaker_operator
from sagemaker_operator import selection
from smkube import kinds

HOSTING = (kinds.MODEL, kinds.ENDPOINT_CONFIG, kinds.HOSTING_DEPLOYMENT)
SYSTEM = "sagemaker-k8s-operator-system"


@pytest.mark.parametrize(
    "text",
    [
        "trainingjobs,hyperparametertuningjobs",
        "htj, TJ",
        "HyperparameterTuningJob,trainingjob,TrainingJob",
        "trainingjobs.sagemaker.aws.amazon.com,hyperparametertuningjob.sagemaker.aws.amazon.com,",
    ],
)
def test_kinds_are_written_as_for_kubectl(text: str) -> None:
    """Kind, plural, short name, full name, in any case and order, each once."""
    assert selection.parse(text) == (kinds.TRAINING_JOB, kinds.TUNING_JOB)


def test_no_kinds_are_all_kinds() -> None:
    """An empty list is what it is without the flag, so that a chart may always write it."""
    assert selection.parse("") == selection.parse(" , ") == kinds.ALL


def test_an_unknown_kind_is_named() -> None:
    """The message shows the word that is none, and those that are."""
    with pytest.raises(
        ValueError, match=r"^'pods', 'x' is none of the kinds: trainingjobs \(tj\), .*policies \(hap\)$"
    ):
        selection.parse("tj,pods,x")


@pytest.mark.parametrize(
    ("chosen", "besides"),
    [
        ((kinds.TRAINING_JOB,), ()),
        ((kinds.TUNING_JOB,), (kinds.TRAINING_JOB,)),
        ((kinds.BATCH_TRANSFORM_JOB,), (kinds.MODEL,)),
        ((kinds.HOSTING_DEPLOYMENT,), (kinds.MODEL, kinds.ENDPOINT_CONFIG)),
        (HOSTING, ()),
        (kinds.ALL, ()),
    ],
)
def test_what_is_read_is_watched(chosen: tuple[kinds.Kind, ...], besides: tuple[kinds.Kind, ...]) -> None:
    """Kinds that only others work on are watched where decisions look for their objects."""
    assert selection.watched(chosen) == (*chosen, *besides)


def test_every_search_is_in_the_table() -> None:
    """No module of decisions speaks of another kind whose objects are not watched for the kinds it decides about."""
    source = Path(sagemaker_operator.__file__).parent
    names = {name: kind for name, kind in vars(kinds).items() if isinstance(kind, kinds.Kind)}
    decides = {
        "resource": (kinds.MODEL, kinds.ENDPOINT_CONFIG),
        "hosting": (kinds.HOSTING_DEPLOYMENT,),
        "scaling": (kinds.AUTOSCALING_POLICY,),
        "spawning": (kinds.TUNING_JOB,),
        "references.py": (kinds.BATCH_TRANSFORM_JOB,),
    }
    searching = {path for path in source.rglob("*.py") if re.search(r"\bFind\(", path.read_text(encoding="utf-8"))}
    searching -= {source / "steps.py", source / "engine" / "controller.py", source / "engine" / "decisions.py"}

    for path in searching:
        for kind in decides[path.relative_to(source).parts[0]]:
            spoken_of = {
                names[name] for name in re.findall(r"kinds\.([A-Z_]+)", path.read_text("utf-8")) if name in names
            }
            assert spoken_of - {kind} <= set(selection.READS[kind.name]), path.name
    assert searching


@pytest.mark.parametrize(
    ("chosen", "namespaces", "name"),
    [
        (kinds.ALL, "", "sagemaker-k8s-operator"),
        (kinds.ALL, SYSTEM, "sagemaker-k8s-operator"),
        (kinds.ALL, "team-a", "sagemaker-k8s-operator-team-a"),
        (kinds.ALL, "b,a", "sagemaker-k8s-operator-a.b"),
        (kinds.ALL, "a-b", "sagemaker-k8s-operator-a-b"),
        ((kinds.TRAINING_JOB, kinds.TUNING_JOB), "", "sagemaker-k8s-operator-tj-htj"),
        ((kinds.TRAINING_JOB,), "team-a", "sagemaker-k8s-operator-tj-team-a"),
    ],
)
def test_who_does_other_work_has_another_lease(chosen: tuple[kinds.Kind, ...], namespaces: str, name: str) -> None:
    """Replicas of one Deployment compete; Deployments for other kinds or namespaces do not wait for them."""
    assert selection.lease_name(chosen, selection.namespaces(namespaces), SYSTEM) == name


def test_a_lease_of_many_namespaces() -> None:
    """A name is cut where Kubernetes would not take it, and is another one for another list all the same."""
    many = [f"a-team-with-quite-a-long-name-{number}" for number in range(20)]
    names = {selection.lease_name(kinds.ALL, selection.namespaces(",".join(some)), SYSTEM) for some in (many, many[1:])}

    assert len(names) == 2
    assert all(len(name) <= 253 and re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name) for name in names)


def test_namespaces() -> None:
    """Each once and by name, whatever the order and the blanks; none are all."""
    assert selection.namespaces("team-b, team-a,team-b,") == ("team-a", "team-b")
    assert selection.namespaces("") == selection.namespaces(" , ") == ()


@pytest.mark.parametrize("text", ["*", "Team", "a,b_c", "-a", "a.b", "a" * 64])
def test_what_is_no_namespace(text: str) -> None:
    """A name that no namespace can have is a mistake; watching it would be silence."""
    with pytest.raises(ValueError, match=r"cannot be the name of a namespace$"):
        selection.namespaces(text)
