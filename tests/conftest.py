"""Fixtures for all tests, and what no test may depend on."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest

pytest_plugins = [
    "tests.cluster.fixtures",
    "tests.standin.fixtures",
    "tests.stack.fixtures",
    "tests.unit.histories.summary",
]

_WAITING = ("faults", "install", "delivered", "conformance")
"""Folders of tests that wait for processes more than they compute, with the longest first."""
_THE_USERS_OWN = ("AWS_", "KUBECONFIG", "KUBERNETES_")

# API servers live for seconds here and collect garbage for much of them: half as often, for 130 MB more each.
os.environ.setdefault("GOGC", "200")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's job in the background ignores Ctrl-C, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches the user's own clusters or AWS accounts."""
    for name in list(os.environ):
        if name.startswith(_THE_USERS_OWN):
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that compute between those that wait: there is always both to do then, and nothing long comes last."""
    files = [list(each) for _, each in itertools.groupby(items, key=lambda item: item.path)]
    waiting = [file for folder in _WAITING for file in files if _folder(file) == folder]
    computing = [file for file in files if _folder(file) not in _WAITING]
    both = itertools.zip_longest(waiting, computing[::2], computing[1::2], fillvalue=())
    items[:] = [item for file in itertools.chain.from_iterable(both) for item in file]


def _folder(file: list[pytest.Item]) -> str:
    return file[0].path.relative_to(Path(__file__).parent).parts[0]
