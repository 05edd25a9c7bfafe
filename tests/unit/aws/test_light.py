"""The light import of botocore's session: no placeholder is kept, and an ordinary import can come after it."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from smkube.aws import light


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", light._OF_CLIENTS)
def test_placeholders_stand_for_what_there_is(name: str) -> None:
    """Each is a module of botocore and has the names that are asked of it; constants have their true values."""
    module = importlib.import_module(name)

    for attribute, value in light._OF_CLIENTS[name].items():
        assert hasattr(module, attribute)
        if isinstance(value, int):
            assert getattr(module, attribute) == value


def test_nothing_that_is_kept_has_a_placeholder() -> None:
    """Modules that stay imported would be broken for everybody if they held one."""
    code = """
import sys, types
from smkube import placeholders
made = []
empty = placeholders._empty
placeholders._empty = lambda *arguments: made.append(empty(*arguments)) or made[-1]
from smkube.aws import light
session = light.session()
assert type(session).__module__ == light.__name__ and len(made) == len(light._OF_CLIENTS)
kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "botocore"}
values = [value for module in made for value in vars(module).values() if isinstance(value, type)]
print(sorted(f"{name}.{attribute}" for name, module in kept.items() for attribute, value in vars(module).items()
    if any(value is one for one in made)))
print(sorted(set(kept) & set(light._OF_CLIENTS)), "botocore.session" in kept)
"""
    assert _run(code).splitlines() == ["[]", "[] False"]


def test_an_ordinary_session_later_on() -> None:
    """A client can be made in the same process, by the ordinary session and through the light one."""
    code = """
from smkube.aws import light
first = light.session()
import botocore.session
second = botocore.session.Session()
clients = [session.create_client("sts", region_name="eu-west-1") for session in (first, second)]
print(type(first).__module__, type(second).__module__, *{client.meta.endpoint_url for client in clients})
"""
    assert _run(code) == "smkube.aws.light botocore.session https://sts.eu-west-1.amazonaws.com"


def test_another_version_of_botocore() -> None:
    """Where the session's module asks for something else, it is imported in the ordinary way."""
    code = """
from smkube.aws import light
light._OF_CLIENTS["botocore.parsers"] = {}
session = light.session()
print(type(session).__module__, session.create_client("sts", region_name="eu-west-1").meta.region_name)
"""
    assert _run(code) == "botocore.session eu-west-1"


def test_a_session_that_is_imported_already() -> None:
    """Then there is nothing to be saved."""
    code = """
import botocore.session
from smkube.aws import light
print(type(light.session()).__module__)
"""
    assert _run(code) == "botocore.session"
