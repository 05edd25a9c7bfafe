"""Fixtures for all tests, and what no test may depend on."""

from __future__ import annotations

import os

import pytest

pytest_plugins = [
    "tests.cluster.fixtures",
    "tests.standin.fixtures",
    "tests.stack.fixtures",
    "tests.unit.histories.summary",
]

_THE_USERS_OWN = ("AWS_", "KUBECONFIG", "KUBERNETES_")


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches the user's own clusters or AWS accounts."""
    for name in list(os.environ):
        if name.startswith(_THE_USERS_OWN):
            monkeypatch.delenv(name)
