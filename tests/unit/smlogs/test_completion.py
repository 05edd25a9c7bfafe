"""What a word may become, and the scripts by which shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import commands, completion
from kubectl_smlogs.completing import FAILED, FOLDERS, NO_FILES, NO_SPACE, complete
from kubectl_smlogs.flags import ALL_LOG_FLAGS, BOOL

KUBECONFIG = """\
contexts:
- {name: "arn:aws:eks:eu:1:cluster/x", context: {cluster: c-one, user: u-one, namespace: ml}}
- {name: local, context: {cluster: c-two, user: u-two}}
clusters:
- {name: c-one, cluster: {server: "https://one"}}
- {name: c-two, cluster: {server: "https://two"}}
users:
- {name: u-one, user: {token: secret}}
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a kubeconfig and AWS's files."""
    (tmp_path / "kubeconfig").write_text(KUBECONFIG, encoding="utf-8")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\n[profile one]\nregion = x\n[sso-session two]\n", "utf-8")
    (tmp_path / ".aws" / "credentials").write_text("[one]\n[three]\n", "utf-8")
    return {"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "kubeconfig")}


def words(line: str, environ: dict[str, str] | None = None) -> list[str]:
    """The candidates for the end of a line."""
    return [word for word, _ in complete(line.split(" "), environ or {}).candidates]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("", [command.name for command in commands.ALL]),
        ("Tr", ["TrainingJob"]),
        ("l", ["list", "logs"]),
        ("tr", ["trainingjob"]),
        ("hyper", ["hyperparametertuningjob"]),
        ("x", []),
        ("nonsense ", []),
        ("help st", ["status"]),
        ("help status ", []),
        ("completion ", ["bash", "zsh", "fish"]),
        ("completion bash ", []),
        ("version ", []),
        ("options -", ["--help", "-h"]),
        ("logs Pr", ["ProcessingJob"]),
        ("list mod", ["model"]),
        ("logs mod", []),
        ("list tj ", []),
        ("version -o ", ["json"]),
        ("list --output=", ["wide", "name", "json"]),
        ("-n x trainingjob y --sin", ["--since", "--since-time"]),
        ("TrainingJob y -o e", ["extjson"]),
        ("TrainingJob y -fo e", ["extjson"]),
        ("TrainingJob y --color ", ["auto", "always", "never"]),
        ("TrainingJob y --follow=", ["true", "false"]),
        ("TrainingJob y --wait ", []),
        ("TrainingJob y --children ", []),
        ("HyperParameterTuningJob y --children f", ["failed"]),
        ("TrainingJob -- -", []),
        ("--since ", []),
    ],
)
def test_words_that_need_no_cluster(line: str, candidates: list[str]) -> None:
    """Commands, kinds, flags and their values, wherever they may stand."""
    assert words(line) == candidates


def test_flags_of_a_command() -> None:
    """All flags are offered, those that were given no more, and repeatable ones again."""
    every = [f"--{flag.name}" for flag in ALL_LOG_FLAGS]
    assert words("logs --") == every
    rest = words("logs --follow --host a --tail=3 --")
    assert set(every) - set(rest) == {"--follow", "--tail"}
    assert {"--follow", "-f", "-p"} <= set(words("logs -"))


def test_files_and_folders() -> None:
    """Shells complete paths themselves; they are told when, and when not."""
    assert complete(["TrainingJob", "--kubeconfig", ""], {}).directive == 0
    assert complete(["TrainingJob", "--save", ""], {}).directive == FOLDERS
    assert complete(["TrainingJob", "--template", ""], {}).directive == NO_FILES
    assert complete(["TrainingJob", "x", "-o", "te"], {}).directive == NO_FILES | NO_SPACE


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("TrainingJob --context ", ["arn:aws:eks:eu:1:cluster/x", "local"]),
        ("TrainingJob --context=lo", ["local"]),
        ("TrainingJob --cluster c-o", ["c-one"]),
        ("TrainingJob --user ", ["u-one"]),
        ("--context lo", ["local"]),
        ("TrainingJob --kubeconfig /nowhere --context ", []),
        ("TrainingJob --aws-profile ", ["default", "one", "three"]),
    ],
)
def test_names_out_of_files(line: str, candidates: list[str], environ: dict[str, str]) -> None:
    """Contexts, clusters, users and profiles are those of the user's files."""
    assert words(line, environ) == candidates


def test_trouble_is_silent(environ: dict[str, str]) -> None:
    """What cannot be found out gives no candidates, and cobra's directive for an error."""
    environ["KUBECONFIG"] = "/nowhere"
    found = complete(["TrainingJob", ""], environ)
    assert (found.candidates, found.directive) == ([], NO_FILES | FAILED)
    assert "No kubeconfig was found" in found.trouble
    assert found.text(descriptions=True) == ":5\n"


def test_format() -> None:
    """Candidates stand one per line, with descriptions behind a tab or without, and the directive at the end."""
    found = complete(["TrainingJob", "--color", "a"], {})
    assert found.text(descriptions=False) == "auto\nalways\n:4\n"
    assert found.text(descriptions=True).splitlines()[1] == "always\talso into files and pipes"


@given(st.lists(st.text("-=/,anx:T\n\t ", max_size=6), max_size=5))
def test_no_words_break_it(line: list[str]) -> None:
    """Whatever was typed, there is an answer, and every candidate goes on from the word."""
    found = complete(line, {"HOME": "/nowhere"})
    word = line[-1] if line else ""
    rest = word.partition("=")[2] if word.startswith("-") and "=" in word else word
    assert all(text.startswith((rest, word.lower())) for text, _ in found.candidates)
    assert found.text(descriptions=True).endswith(f":{found.directive}\n")


def test_words_without_cluster_import_nothing_heavy() -> None:
    """Commands and flags are answered without a library; names out of the kubeconfig without the Kubernetes one."""
    for line, heavy in (
        (
            ["TrainingJob", "--s"],
            {"click", "typing", "contextlib", "dataclasses", "json", "yaml", "re", "urllib3", "kubernetes"},
        ),
        (["TrainingJob", "--context", ""], {"click", "urllib3", "kubernetes", "boto3", "botocore", "rich"}),
    ):
        code = (
            "import sys; before = set(sys.modules)\n"
            "from kubectl_smlogs.__main__ import run\n"
            f"assert run(['__complete', *{line!r}]) == 0\n"
            f"loaded = (set(sys.modules) - before) & {heavy!r}\n"
            "assert not loaded, loaded\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={"HOME": "/nowhere"})


# --- scripts -------------------------------------------------------------------------------------------------------

_HARNESS = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=${3:-9} COLUMNS=80
shift 3
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
compopt() { echo "compopt $*"; }
_kubectl_smlogs
printf '[%s]\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def bash(tmp_path: Path, environ: dict[str, str]) -> Path:
    """A folder with the script, and the program on PATH."""
    (tmp_path / "script").write_text(completion.script("bash", descriptions=True), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl-smlogs").symlink_to(Path(sys.executable).parent / "kubectl-smlogs")
    environ["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    return tmp_path


def replies(folder: Path, environ: dict[str, str], line: list[str], *, kind: int = 9) -> list[str]:
    """What bash is given for a line; its words are as Readline cuts them, with a blank before the first of each."""
    text = "".join(line).lstrip()
    cut = [word.strip() for word in line]
    done = subprocess.run(
        ["bash", "--norc", "-c", _HARNESS, "bash", str(folder / "script"), text, str(kind), *cut],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ([" kubectl-smlogs", " Tr"], ["[TrainingJob]"]),
        ([" kubectl-smlogs", " TrainingJob", " x", " --color", "=", "al"], ["[always]"]),
        ([" kubectl-smlogs", " TrainingJob", " x", " --color", "="], ["[auto", "[always", "[never"]),
        ([" kubectl-smlogs", " TrainingJob", " x", " --color=al"], ["[--color=always]"]),
        ([" kubectl-smlogs", " TrainingJob", " --context", " arn", ":", "aws", ":"], ["[eks:eu:1:cluster/x]"]),
        ([" kubectl-smlogs", " TrainingJob", " --context", "=", "arn", ":", "aw"], ["[aws:eks:eu:1:cluster/x]"]),
        ([" kubectl-smlogs", " TrainingJob", " -o", " te"], ["compopt -o nospace", "[template=]"]),
        ([" kubectl-smlogs", " TrainingJob", " --nothing", " "], ["[]"]),
    ],
)
def test_bash(line: list[str], wanted: list[str], bash: Path, environ: dict[str, str]) -> None:
    """Words cut at `=` and `:` are put together, and candidates fit what Readline completes."""
    found = replies(bash, environ, line)
    assert len(found) == len(wanted)
    assert all(one.startswith(start) for one, start in zip(found, wanted, strict=True)), found


def test_bash_descriptions(bash: Path, environ: dict[str, str]) -> None:
    """Several candidates carry descriptions, unless bash inserts them one after the other."""
    line = [" kubectl-smlogs", " TrainingJob", " --color", " a"]
    assert replies(bash, environ, line)[0] == "[auto    (on a terminal, unless NO_COLOR is set)]"
    assert replies(bash, environ, line, kind=37) == ["[auto]", "[always]"]


def test_bash_paths(bash: Path, environ: dict[str, str]) -> None:
    """Where paths will do, bash completes files or folders."""
    folder = str(bash / "b")
    assert replies(bash, environ, [" kubectl-smlogs", " list", " --kubeconfig", f" {bash}/kube"]) == [
        "compopt -o filenames",
        f"[{bash}/kubeconfig]",
    ]
    assert replies(bash, environ, [" kubectl-smlogs", " TrainingJob", " --save", "=", folder])[-1] == f"[{bash}/bin]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_have_no_syntax_error(shell: str, tmp_path: Path) -> None:
    """Each shell can read its script, and asks in the way that was chosen."""
    for descriptions, word in ((True, " __complete "), (False, " __completeNoDesc ")):
        text = completion.script(shell, descriptions=descriptions)
        assert text.count(word) == 1
        assert "@" not in text.replace('"$@"', "").replace("[@]", "").replace("(@", "")
        (tmp_path / shell).write_text(text, encoding="utf-8")
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(tmp_path / shell)], check=True)


def test_every_flag_with_a_value_is_thought_of() -> None:
    """A flag's values are completed from its choices, by looking them up, or by the shell; the rest are free texts."""
    free = {
        "filter-pattern", "limit-bytes", "max-log-requests", "since", "since-time", "tail", "timeout", "until", "wait",
        "region", "selector", "exclude", "highlight", "include", "template", "as", "as-group", "as-uid",
        "as-user-extra", "password", "request-timeout", "server", "tls-server-name", "token", "username",
    }  # fmt: skip
    from kubectl_smlogs.completing import _LOOKED_UP, _PATHS

    offered = {flag.name for flag in ALL_LOG_FLAGS if flag.choices} | set(_LOOKED_UP) | set(_PATHS) | {"save"}
    assert {flag.name for flag in ALL_LOG_FLAGS if flag.kind != BOOL} == free | offered
