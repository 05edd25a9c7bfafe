"""From any spelling of a kind to the resource that is meant."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kubectl_smlogs import resources
from kubectl_smlogs.resources import ACK, ACK_ENDPOINT, ACK_GROUP, ACK_TRANSFORM_JOB, ALL, OURS, TUNING, Resource
from smkube import kinds


def test_the_table_agrees_with_the_operators() -> None:
    """What the plugin knows of our kinds is what the operator's table says, the tuning job's log group apart."""
    assert {one.kind for one in OURS} == set(kinds.BY_NAME)
    for one in OURS:
        kind = kinds.BY_NAME[one.kind]
        assert one.full == kind.resource
        assert one.api_version == kinds.API_VERSION
        assert one.short_names == kind.short_names
        assert (one.aws.noun, one.aws.api_name) == (kind.noun, kind.api.name)
        assert (one.fields.spec_name, one.fields.status_name) == (kind.spec_name, kind.status_name)
        assert one.fields.word == kind.status_word
        assert one.aws.log_group == (kinds.TRAINING_JOB.log_group if one.sort == TUNING else kind.log_group)


def test_nothing_is_imported_for_the_table() -> None:
    """The table is there before any library is."""
    code = "import sys; old = set(sys.modules); import kubectl_smlogs.resources; print(sorted(set(sys.modules) - old))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['__future__', 'kubectl_smlogs', 'kubectl_smlogs.resources']"


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.kind)
def test_every_spelling_of_our_kinds(one: Resource) -> None:
    """Any case, singular, plural, short, with the group or its beginning, with version and group."""
    for word in (one.kind, one.plural, *one.short_names):
        for spelled in (word, word.upper(), word.lower(), word.capitalize()):
            assert resources.find(spelled) is one
        for group in (one.group, f"v1.{one.group}", "sagemaker", one.group.upper()):
            assert resources.candidates(f"{word}.{group}") == (one,)


@pytest.mark.parametrize("one", ACK, ids=lambda one: one.kind)
def test_every_spelling_of_acks_kinds(one: Resource) -> None:
    """ACK's kinds are meant where the group is named, and come second where none is."""
    for word in (one.kind, one.plural, one.kind.upper()):
        assert resources.candidates(f"{word}.{ACK_GROUP}") == (one,)
        assert resources.candidates(f"{word}.v1alpha1.{ACK_GROUP}") == (one,)
        ours, theirs = resources.candidates(word)
        assert ours.ours
        assert theirs is one
        assert ours.aws is theirs.aws


def test_words_that_mean_none() -> None:
    """Other kinds, other groups, other versions and the beginning of a kind mean nothing."""
    words = ("", "pod", "trainingjo", "tj.apps", "tj.v2.sagemaker.aws.amazon.com", "tj.v1.sagemaker.services.k8s.aws")
    for word in (*words, f"hd.{ACK_GROUP}", ".sagemaker.aws.amazon.com", "train ingjob"):
        assert resources.candidates(word) == ()
        assert resources.find(word) is None


def test_every_label_leads_back() -> None:
    """The label that sentences use is understood on the command line, and means the same."""
    for one in ALL:
        assert resources.find(one.label) is one
    assert ACK_TRANSFORM_JOB.label == "TransformJob.sagemaker.services.k8s.aws"


def test_paths() -> None:
    """Paths of an object, a namespace and a cluster; names cannot leave their place."""
    tj = resources.TRAINING_JOB
    assert tj.path("ns", "x") == "/apis/sagemaker.aws.amazon.com/v1/namespaces/ns/trainingjobs/x"
    assert tj.path("ns") == kinds.resource_path(kinds.TRAINING_JOB, "ns")
    assert tj.path() == kinds.resource_path(kinds.TRAINING_JOB, None)
    assert tj.path("a/b", "c/d?e") == "/apis/sagemaker.aws.amazon.com/v1/namespaces/a%2Fb/trainingjobs/c%2Fd%3Fe"
    assert ACK_ENDPOINT.path("ns") == "/apis/sagemaker.services.k8s.aws/v1alpha1/namespaces/ns/endpoints"


def test_kind_and_name() -> None:
    """`kind/name` is taken apart at the first slash."""
    assert resources.split("tj/x") == ("tj", "x")
    assert resources.split("x") == ("", "x")
    assert resources.split("tj/") == ("tj", "")
