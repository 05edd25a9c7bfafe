"""What a command line means before any library is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kubectl_smlogs import commands, exits
from kubectl_smlogs.dispatch import Answer, Run, decide

GUIDE = """\
View Amazon SageMaker logs via Kubernetes

Usage:
  smlogs [command]

Aliases:
  smlogs, SMLogs, Smlogs

Available Commands:
  BatchTransformJob       View BatchTransformJob logs via Kubernetes
  TrainingJob             View TrainingJob logs via Kubernetes
  help                    Help about any command

Flags:
  -h, --help   help for smlogs

Use "smlogs [command] --help" for more information about a command.
"""


def _answer(*arguments: str) -> Answer:
    found = decide(arguments)
    assert isinstance(found, Answer)
    return found


def _run(*arguments: str) -> Run:
    found = decide(arguments)
    assert isinstance(found, Run)
    return found


@pytest.mark.parametrize(
    "arguments", [(), ("-h",), ("--help",), ("help",), ("-n", "x"), ("-n", "x", "--help"), ("--",)]
)
def test_root_help_is_the_guides(arguments: tuple[str, ...]) -> None:
    """Without a command, the guide's help comes, to the byte, and the exit code is 0."""
    answer = _answer(*arguments)
    assert (answer.text, answer.code, answer.error) == (GUIDE, exits.OK, False)


@pytest.mark.parametrize(
    "word",
    ["TrainingJob", *commands.TRAINING_JOB.aliases, "TRAININGJOB", "tj", "trainingjobs.sagemaker.aws.amazon.com"],
)
def test_kind_in_any_spelling(word: str) -> None:
    """The listed aliases, any other capitals, the short name and the full resource name mean the kind."""
    run = _run(word, "x")
    assert run.command is commands.TRAINING_JOB
    assert run.arguments == ["x"]


@pytest.mark.parametrize("word", ["BatchTransformJob", *commands.BATCH_TRANSFORM_JOB.aliases, "btj"])
def test_transform_spellings(word: str) -> None:
    """All aliases of the original work."""
    assert _run(word, "x").command is commands.BATCH_TRANSFORM_JOB


@pytest.mark.parametrize("word", ["HyperParameterTuningJob", *commands.TUNING_JOB.aliases])
def test_tuning_jobs_give_the_hint(word: str) -> None:
    """The hidden command says where to look, whatever its arguments are."""
    answer = _answer(word, "a", "b", "--nonsense")
    assert answer.code == exits.ERROR
    assert answer.text == (
        "Error: For HPO logs, Refer to the the Spawned Training Jobs. "
        "Use `kubectl get TrainingJob` to list resource names.\n"
    )


def test_unknown_command_with_suggestion() -> None:
    """A slip in the command's name is answered with the nearest, in the original's layout."""
    answer = _answer("TrainingJo", "x")
    assert answer.error
    assert answer.code == exits.ERROR
    assert answer.text == (
        'Error: unknown command "TrainingJo" for "smlogs"\n\nDid you mean this?\n\tTrainingJob\n\n'
        "Run 'smlogs --help' for usage.\n"
    )


def test_unknown_command_without_suggestion() -> None:
    """A word like nothing we know gets no suggestion, nor does the hidden command."""
    for word in ("ProcessingJobs", "HyperParameterTuningJo"):
        expected = f'Error: unknown command "{word}" for "smlogs"\nRun \'smlogs --help\' for usage.\n'
        assert _answer(word).text == expected


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--follow-me",), "unknown flag: --follow-me"),
        (("--x=1",), "unknown flag: --x"),
        (("-z",), "unknown shorthand flag: 'z' in -z"),
    ],
)
def test_unknown_flag_without_command(arguments: tuple[str, ...], text: str) -> None:
    """Unknown flags are named."""
    answer = _answer(*arguments)
    assert (answer.text, answer.code) == (f"Error: {text}\n", exits.ERROR)


def test_flags_may_stand_anywhere() -> None:
    """Flags before the command are those of the command; a flag's value is not taken for the command."""
    run = _run("-n", "TrainingJob", "--context=c", "-fp", "algo-1", "BatchTransformJob", "x", "-f")
    assert run.command is commands.BATCH_TRANSFORM_JOB
    assert run.arguments == ["-n", "TrainingJob", "--context=c", "-fp", "algo-1", "x", "-f"]


@pytest.mark.parametrize(
    "arguments",
    [("TrainingJob", "--help"), ("TrainingJob", "x", "-fh"), ("-h", "TrainingJob"), ("help", "trainingjobs")],
)
def test_help_of_a_command(arguments: tuple[str, ...]) -> None:
    """Help may be asked for in each way kubectl users know."""
    answer = _answer(*arguments)
    assert answer.code == exits.OK
    assert answer.text.startswith("View TrainingJob logs via Kubernetes\n\nUsage:\n  smlogs TrainingJob RESOURCE_NAME")


def test_help_as_a_value_is_no_request() -> None:
    """What follows a flag that takes a value is its value; what follows `--` is a name."""
    assert _run("TrainingJob", "-n", "--help", "x").arguments == ["-n", "--help", "x"]
    assert _run("TrainingJob", "--", "--help").arguments == ["--", "--help"]


def test_command_help_layout() -> None:
    """A command's help has cobra's sections, sorted flags and aligned texts."""
    text = _answer("BatchTransformJob", "-h").text
    sections = [line for line in text.splitlines() if line.endswith(":")]
    assert sections == ["Usage:", "Aliases:", "Examples:", "Flags:"]
    assert '\t# Get logs for BatchTransform job named "xgboost-mnist-batch" in the default namespace.\n' in text
    assert "  -p, --logSearchPrefix -p algo-4 " in text
    assert '(default "0")' in text
    flags = text.partition("Flags:\n")[2].splitlines()
    names = [line[6:].split()[0] for line in flags]
    assert names == sorted(names)
    assert len(names) == 20
    longest = len("      --certificate-authority string")
    assert all(line[longest : longest + 3] == "   " and line[longest + 3] != " " for line in flags)


def test_unknown_help_topic() -> None:
    """Help about something that does not exist says so and fails."""
    answer = _answer("help", "nothing")
    assert answer.code == exits.ERROR
    assert answer.text == f"Unknown help topic `nothing`\n{GUIDE}"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 0),
        (("--help",), 0),
        (("TrainingJob", "--help"), 0),
        (("version",), 0),
        (("TrainingJo",), 1),
        (("TrainingJob",), 1),
        (("TrainingJob", "x", "--nonsense"), 1),
    ],
)
def test_quick_answers_import_nothing_heavy(arguments: tuple[str, ...], code: int) -> None:
    """Help, version and usage errors load neither the AWS nor the Kubernetes libraries; help not even click."""
    heavy = ["boto3", "botocore", "kubernetes", "rich", "urllib3", "yaml", "sagemaker_operator"]
    if arguments != ("TrainingJob",) and "--nonsense" not in arguments:
        heavy += ["click", "dataclasses", "json"]
    probe = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"sys.argv = ['kubectl-smlogs', *{list(arguments)!r}]\n"
        "from kubectl_smlogs.__main__ import main\n"
        "code = main()\n"
        f"loaded = sorted((set(sys.modules) - before) & {set(heavy)!r})\n"
        "assert not loaded, loaded\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
