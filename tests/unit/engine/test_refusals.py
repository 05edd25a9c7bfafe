"""Refused lists and watches are explained."""

from __future__ import annotations

import pytest

from sagemaker_operator.engine.refusals import explain, parts
from smkube.errors import KubeError


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/configmaps", ("configmaps", "", "")),
        ("/api/v1/namespaces/x/configmaps", ("configmaps", "", "x")),
        ("/api/v1/namespaces", ("namespaces", "", "")),
        ("/apis/g.io/v1/things", ("things", "g.io", "")),
        ("/apis/g.io/v1/namespaces/x/things", ("things", "g.io", "x")),
    ],
)
def test_parts_of_a_path(path: str, expected: tuple[str, str, str]) -> None:
    """Resource, group and namespace are read from the URL path."""
    assert parts(path) == expected


def test_missing_right_names_verb_and_resource() -> None:
    """A 403 is explained by the rule that is missing."""
    text = explain("watch", "/apis/g.io/v1/namespaces/x/things", KubeError(403, "Forbidden", "nope"))
    assert "not allowed to watch things.g.io in namespace x" in text
    assert '"list" and "watch" on resource "things" of API group "g.io"' in text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, "does not accept our credentials to list things.g.io"),
        (404, "things.g.io is not known to the API server; install its CustomResourceDefinition"),
        (500, "cannot list things.g.io in all namespaces: nope"),
    ],
)
def test_other_refusals_say_what_was_asked_for(status: int, text: str) -> None:
    """Each kind of refusal has its own words."""
    assert text in explain("list", "/apis/g.io/v1/things", KubeError(status, "", "nope"))
