"""What a command line means before any library is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kubectl_smlogs import commands, exits
from kubectl_smlogs.dispatch import Answer, Complete, Run, decide

ORIGINAL = """\
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
"""What the user guide shows."""

GUIDE = """\
View Amazon SageMaker logs via Kubernetes

Usage:
  smlogs [command]

Aliases:
  smlogs, SMLogs, Smlogs

Available Commands:
  BatchTransformJob       View BatchTransformJob logs via Kubernetes
  HostingDeployment       View HostingDeployment logs via Kubernetes
  HyperParameterTuningJob View HyperParameterTuningJob logs via Kubernetes
  ProcessingJob           View ProcessingJob logs via Kubernetes
  TrainingJob             View TrainingJob logs via Kubernetes
  completion              Print a completion script for bash, zsh or fish
  doctor                  Check the installation and say what is wrong with it, and how to mend it
  help                    Help about any command
  list                    List the jobs and endpoints whose logs can be viewed
  logs                    View the logs of one or more objects of any kind
  options                 List the flags that say how to reach the cluster
  status                  Show what is known about a job or endpoint, and why it is so
  url                     Print links to a job or endpoint and its logs in the AWS console
  version                 Print the version

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
    """Without a command, the guide's help comes, with the new commands, and the exit code is 0."""
    answer = _answer(*arguments)
    assert (answer.text, answer.code, answer.error) == (GUIDE, exits.OK, False)


def test_lines_of_the_guide_are_unchanged() -> None:
    """Every line that the user guide shows is still there, to the byte and in the same order."""
    lines = iter(GUIDE.splitlines())
    assert all(line in lines for line in ORIGINAL.splitlines())
    listed = [line.split()[0] for line in GUIDE.partition("Available Commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert listed == sorted(command.name for command in commands.ALL)


@pytest.mark.parametrize("command", [one for one in commands.ALL if one.kind], ids=lambda one: str(one.name))
def test_every_listed_spelling_works(command: commands.Command) -> None:
    """The name and all aliases that a command's help lists mean that command."""
    for word in (command.name, *command.aliases):
        run = _run(word, "x")
        assert (run.command, run.kind) == (command, word)


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("TRAININGJOB", commands.TRAINING_JOB),
        ("tj", commands.TRAINING_JOB),
        ("btj", commands.BATCH_TRANSFORM_JOB),
        ("htj", commands.TUNING_JOB),
        ("HyperparameterTuningJob", commands.TUNING_JOB),
        ("hd", commands.HOSTING_DEPLOYMENT),
        ("trainingjobs.sagemaker.aws.amazon.com", commands.TRAINING_JOB),
        ("trainingjobs.v1.sagemaker.aws.amazon.com", commands.TRAINING_JOB),
        ("trainingjobs.sagemaker.services.k8s.aws", commands.TRAINING_JOB),
        ("transformjob", commands.BATCH_TRANSFORM_JOB),
        ("models", commands.LOGS),
    ],
)
def test_kinds_in_any_spelling(word: str, command: commands.Command) -> None:
    """Other capitals, short names, full names and ACK's kinds work too; the word stays as it was typed."""
    run = _run("-f", word, "x")
    assert (run.command, run.kind, run.arguments) == (command, word, ["-f", "x"])


def test_kind_and_name_in_one_word() -> None:
    """`KIND/NAME` in place of a command means `logs`."""
    run = _run("-n", "ns", "trainingjob/x", "pj/y")
    assert (run.command, run.kind, run.arguments) == (commands.LOGS, "", ["-n", "ns", "trainingjob/x", "pj/y"])
    assert _answer("pod/x").code == exits.ERROR


def test_completion_is_asked_for_first() -> None:
    """What follows `__complete` are the words to complete, whatever they look like."""
    found = decide(["__complete", "TrainingJob", "--help"])
    assert isinstance(found, Complete)
    assert (found.words, found.descriptions) == (["TrainingJob", "--help"], True)
    assert isinstance(decide(["__completeNoDesc", ""]), Complete)


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
    """A word like nothing we know gets no suggestion."""
    for word in ("deployments", "x"):
        expected = f'Error: unknown command "{word}" for "smlogs"\nRun \'smlogs --help\' for usage.\n'
        assert _answer(word).text == expected


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--follow-me",), "unknown flag: --follow-me"),
        (("--x=1",), "unknown flag: --x"),
        (("--sinc", "1h"), "unknown flag: --sinc. Did you mean --since?"),
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
    assert names == [f"--{flag.name}" for flag in commands.BATCH_TRANSFORM_JOB.flags]
    longest = max(len(line[: line.index("  ", 6)].rstrip()) for line in flags)
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
        (("options",), 0),
        (("completion", "bash"), 0),
        (("__complete", "Tr"), 0),
        (("__complete", "TrainingJob", "x", "--si"), 0),
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
