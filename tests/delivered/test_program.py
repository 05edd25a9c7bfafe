"""The program in the one file is the plugin: same answers, quick, nothing missing, harmless to other programs."""

from __future__ import annotations

import ast
import base64
import importlib
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_smlogs import commands
from tests.delivered.building import ROOT, Delivery
from tests.delivered.running import PLUGIN, User, installed, make_user

CPU_OF_AN_ANSWER = 0.030
"""Seconds of help, version and completion, from the second start on."""


@pytest.fixture(scope="module")
def program(delivery: Delivery, folder: Path) -> list[str | Path]:
    """The command that runs the one file, unpacked before."""
    return ["env", f"XDG_CACHE_HOME={folder.parents[1]}", delivery.program]


def told(user: User, command: list[str | Path], *arguments: str) -> tuple[str, str, int]:
    """What a run printed, and its exit code."""
    done = user.run(*command, *arguments, cwd=ROOT)
    return done.stdout, done.stderr, done.returncode


@pytest.mark.parametrize("name", [command.name for command in commands.ALL])
def test_help_is_the_plugins(program: list[str | Path], place: Path, name: str) -> None:
    """Help is that of the plugin to the byte, for every command."""
    user = make_user(place, "home")
    assert told(user, program, name, "--help") == told(user, PLUGIN, name, "--help")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--help",),
        ("help", "logs"),
        ("completion", "bash"),
        ("options",),
        ("__complete", "Tr"),
        ("no-such-command",),
        ("trainingjob", "x", "--no-such-flag"),
        ("trainingjob", "x", "--since", "yesterday"),
        ("trainingjob", "x", "--timezone", "Europe/Nowhere"),
        ("trainingjob", "x", "--include", "("),
        ("trainingjob", "x"),
        ("list", "-o", "wide"),
    ],
)
def test_answers_without_a_cluster_are_the_plugins(
    program: list[str | Path], place: Path, arguments: tuple[str, ...]
) -> None:
    """What needs no cluster, and what is said where there is none, is the plugin's to the byte."""
    user = make_user(place, "home")
    assert told(user, program, *arguments) == told(user, PLUGIN, *arguments)


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("__complete", "Tr")])
def test_quick_answers(program: list[str | Path], place: Path, arguments: tuple[str, ...]) -> None:
    """From the second start on, the launcher and the answer take little of the processor."""
    user = make_user(place, "home")
    command = [str(word) for word in program]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(user.home), **dict([command[1].split("=", 1)])}
    taken = []
    for _ in range(15):
        before = _children_seconds()
        subprocess.run([*command[2:], *arguments], env=environ, capture_output=True, check=True)
        taken.append(_children_seconds() - before)
    # The least: what else the machine does can only add to it.
    assert min(taken) <= CPU_OF_AN_ANSWER


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# --- nothing is missing --------------------------------------------------------------------------------------------


def test_every_import_is_there(folder: Path) -> None:
    """Each module that the plugin's sources import anywhere is in the program, or in Python itself."""
    held = _held(folder)
    wanted = set().union(*(_imports(path) for path in _sources()))
    assert {"kubectl_smlogs.show", "botocore.session", "click", "rich.table", "yaml"} <= wanted
    assert sorted(name for name in wanted if name not in held and name not in sys.builtin_module_names) == []


def _held(folder: Path) -> set[str]:
    """Names of the modules in the program and beside it."""
    inside = folder / "_internal"
    # It ships no types.
    readers = importlib.import_module("PyInstaller.archive.readers")
    archive = readers.CArchiveReader(str(folder / "kubectl-smlogs"))
    names = {*archive.toc, *archive.open_embedded_archive("PYZ.pyz").toc}
    with zipfile.ZipFile(inside / "base_library.zip") as library:
        names |= {_dotted(Path(name)) for name in library.namelist()}
    for path in inside.rglob("*.so"):
        parts = path.relative_to(inside).parts
        names.add(_dotted(Path(*parts[2:] if "lib-dynload" in parts else parts)))
    return names


def _dotted(path: Path) -> str:
    return ".".join([*path.parts[:-1], path.name.partition(".")[0]]).removesuffix(".__init__")


def _sources() -> Iterator[Path]:
    for root in ("kubectl_smlogs", "operator/smkube"):
        yield from (ROOT / root).rglob("*.py")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in _executed(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below `if TYPE_CHECKING`."""
    yield node
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _executed(child)


# --- beside other programs -----------------------------------------------------------------------------------------


def write_kubeconfig(path: Path, user: dict[str, object]) -> Path:
    """A kubeconfig of a server that nobody runs, with a user's credentials."""
    cluster = {"server": "https://127.0.0.1:9"}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("libraries", [None, "/somewhere"])
def test_environment_of_other_programs(program: list[str | Path], place: Path, libraries: str | None) -> None:
    """A credential helper runs in the user's environment, not in that of the frozen program."""
    user = make_user(place, "home")
    helper, heard = place / "helper", place / "environment"
    helper.write_text(f'#!/bin/sh\nenv >"{heard}"\nexit 3\n', encoding="utf-8")
    helper.chmod(0o755)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(helper), "interactiveMode": "Never"}
    config = write_kubeconfig(place / "config", {"exec": plugin})
    if libraries:
        user.environment["LD_LIBRARY_PATH"] = libraries
    done = user.run(*program, "trainingjob", "x", "--kubeconfig", str(config))
    assert done.returncode == 1, done.stderr
    names = dict(line.partition("=")[::2] for line in heard.read_text(encoding="utf-8").splitlines())
    assert names.get("LD_LIBRARY_PATH") == libraries
    assert not [name for name in names if name.startswith(("_PYI", "_MEI", "LD_LIBRARY_PATH_"))]


def test_every_way_of_signing_in(program: list[str | Path], place: Path) -> None:
    """A kubeconfig of an OIDC provider needs more of the kubernetes package than others: it is there."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 4_000_000_000}).encode()).decode().rstrip("=")
    token = {"id-token": f"e30.{claims}.e30", "idp-issuer-url": "https://127.0.0.1:9", "client-id": "x"}
    config = write_kubeconfig(place / "config", {"auth-provider": {"name": "oidc", "config": token}})
    user = make_user(place, "home")
    ours = told(user, program, "trainingjob", "x", "--kubeconfig", str(config))
    assert ours == told(user, PLUGIN, "trainingjob", "x", "--kubeconfig", str(config))
    assert "127.0.0.1:9 cannot be reached" in ours[1]


def test_damaged_folder(delivery: Delivery, place: Path) -> None:
    """A part that is missing from the unpacked program is told in one line."""
    user = make_user(place, "home")
    assert user.run(delivery.program, "version").returncode == 0
    [made] = installed(user.cache)
    for library in (made / "_internal" / "python3.11" / "lib-dynload").glob("_json*"):
        library.unlink()
    for library in (made / "_internal" / "python3.11" / "lib-dynload").glob("math*"):
        library.unlink()
    done = user.run(delivery.program, "trainingjob", "x")
    assert (done.stdout, done.returncode) == ("", 1)
    assert (
        done.stderr == f"Error: {made} is damaged (No module named 'math'): delete it, and it will be unpacked again.\n"
    )
