"""Reading versions and pinning them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.gobuild import MODULE
from tests.cluster.versions import Version, link_flags, parse_version, pinned_versions, required_go

GO_MOD = """\
module example

go 1.26.0

require (
\tgo.etcd.io/etcd/server/v3 v3.7.3
\tk8s.io/kubernetes v1.37.2 // indirect
)

replace k8s.io/kubernetes => k8s.io/kubernetes v9.9.9
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kubernetes v1.37.2", (1, 37, 2)),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", (1, 32, 4)),
        ("go1.26", (1, 26, 0)),
        ("go1.27rc1", (1, 27, 0)),
    ],
)
def test_version_is_found_in_what_programs_print(text: str, expected: tuple[int, int, int]) -> None:
    """The first version of a program's output is read, whatever stands around it."""
    assert parse_version(text) == expected


def test_text_without_version_is_refused() -> None:
    """A text without a version is an error that shows the text."""
    with pytest.raises(ValueError, match="devel"):
        parse_version("devel")


@given(st.tuples(*[st.integers(0, 999)] * 3))
def test_version_survives_printing(numbers: tuple[int, int, int]) -> None:
    """What a version prints reads back as the same version."""
    assert parse_version(str(Version(*numbers))) == numbers


def test_pinned_versions_come_from_the_requirements() -> None:
    """The version of a component is the one its module is required at, not one of a replacement."""
    assert pinned_versions(GO_MOD) == {
        "kube-apiserver": (1, 37, 2),
        "kubectl": (1, 37, 2),
        "etcd": (3, 7, 3),
    }
    assert required_go(GO_MOD) == (1, 26, 0)


def test_missing_module_is_named() -> None:
    """A go.mod without one of the modules is an error that names it."""
    with pytest.raises(ValueError, match=r"k8s\.io/kubernetes"):
        pinned_versions("module example\n")


def test_replacements_belong_to_the_pinned_release() -> None:
    """Every module that Kubernetes publishes from one source tree is replaced by the version of that release."""
    text = (MODULE / "go.mod").read_text(encoding="utf-8")
    kubernetes = pinned_versions(text)["kube-apiserver"]
    replaced = [line.split() for line in text.splitlines() if "=>" in line]
    assert len(replaced) > 30
    for original, _, replacement, version in replaced:
        assert (original, version) == (replacement, f"v0.{kubernetes.minor}.{kubernetes.patch}")


def test_link_flags_carry_the_version() -> None:
    """The programs are told their version in the three pieces that kubectl reads."""
    flags = link_flags(Version(1, 37, 2))
    assert "version.gitVersion=v1.37.2 " in flags
    assert "version.gitMajor=1 " in flags
    assert "version.gitMinor=37 " in flags
