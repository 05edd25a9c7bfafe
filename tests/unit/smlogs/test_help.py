"""Help, options and version: what is answered at once."""

from __future__ import annotations

import json

import pytest

from kubectl_smlogs import commands, exits, helptext, small
from kubectl_smlogs.dispatch import Answer, decide
from kubectl_smlogs.flags import CONNECTION_FLAGS
from smkube import __version__


def answered(*arguments: str) -> Answer:
    """The answer to a command line."""
    found = decide(arguments)
    assert isinstance(found, Answer)
    return found


@pytest.mark.parametrize("command", commands.ALL, ids=lambda one: str(one.name))
def test_every_command_has_help(command: commands.Command) -> None:
    """Help of each command has its use line, its aliases, examples that mean it, and all its flags, aligned."""
    text = answered(command.name, "--help").text
    assert text.startswith(f"{command.long}\n\nUsage:\n  smlogs {command.name}")
    assert all(alias in text for alias in command.aliases)
    lines = text.partition("\nFlags:\n")[2].splitlines()
    assert [line[6:].split()[0] for line in lines] == [f"--{flag.name}" for flag in command.flags]
    columns = {len(line) - len(line[line.index("  ", 6) :].lstrip()) for line in lines}
    assert len(columns) == 1
    for example in command.example:
        if example.startswith("kubectl smlogs"):
            found = commands.meant(example.split()[2])[0]
            assert found is command


def test_flags_of_the_original_keep_their_texts() -> None:
    """The original's flags stand in the help with its words and its defaults."""
    text = " ".join(helptext.subcommand(commands.TRAINING_JOB).split())
    for line in (
        "-f, --follow Whether or not to tail AWS CloudWatchLogs",
        "--hide-log-stream-name Whether or not to show the log stream name with each log line.",
        "-p, --logSearchPrefix -p algo-4 Filters the results to include only events from instances that have names",
        "-h, --help help for TrainingJob",
        "--max-log-requests int How many objects may be followed at the same time. (default 10)",
        '--timeout duration Give up after this long, with exit code 124; 0 for never. (default "0")',
    ):
        assert line in text


def test_options_are_kubectls() -> None:
    """`options` lists the connection flags in the layout of `kubectl options`."""
    text = answered("options").text
    assert text.startswith("The following options can be passed to")
    for flag in CONNECTION_FLAGS:
        assert f"--{flag.name}=" in text
        assert f"\n\t{flag.usage}\n" in text
    assert "\n    -n, --namespace='':\n\tIf present, the namespace scope for this CLI request\n" in text
    assert "\n    --insecure-skip-tls-verify=false:\n" in text
    assert "\n    --as-group=[]:\n" in text


@pytest.mark.parametrize("arguments", [("version",), ("--version",), ("-n", "x", "--version")])
def test_version(arguments: tuple[str, ...]) -> None:
    """The version comes as a command and as a flag."""
    answer = answered(*arguments)
    assert (answer.text, answer.code) == (f"kubectl-smlogs {__version__}\n", exits.OK)


@pytest.mark.parametrize("arguments", [("-o", "json"), ("-ojson",), ("--output=json",), ("-o=json",)])
def test_version_for_programs(arguments: tuple[str, ...]) -> None:
    """The version comes as JSON, laid out as kubectl's."""
    assert json.loads(answered("version", *arguments).text)["clientVersion"]["version"] == __version__
    assert small.answer(commands.VERSION, [], {"KUBECTL_SMLOGS_VERSION_OUTPUT": "json"}).startswith("{")
    with pytest.raises(small.Slip, match='"yaml" of the environment variable KUBECTL_SMLOGS_VERSION_OUTPUT'):
        small.answer(commands.VERSION, [], {"KUBECTL_SMLOGS_VERSION_OUTPUT": "yaml"})


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("version", "x"), "smlogs version takes no names (got x)"),
        (
            ("version", "-o", "yaml"),
            'invalid argument "yaml" for "-o, --output" flag: json is needed, as in --output=json',
        ),
        (
            ("version", "-o", "json", "--output="),
            'invalid argument "" for "-o, --output" flag: json is needed, as in --output=json',
        ),
        (("version", "-o"), "flag needs an argument: --output"),
        (("version", "--tail=3"), "unknown flag: --tail (smlogs version does not take it; it is for smlogs Batch"),
        (("options", "--nope"), "unknown flag: --nope"),
        (("completion",), "name one shell of bash, zsh, fish (got [])"),
        (("completion", "bash", "--no-descriptions=x"), 'invalid argument "x" for "--no-descriptions" flag: strconv'),
        (("completion", "csh"), "name one shell of bash, zsh, fish (got [csh])"),
        (("completion", "bash", "zsh"), "name one shell of bash, zsh, fish (got [bash,zsh])"),
    ],
)
def test_slips(arguments: tuple[str, ...], text: str) -> None:
    """Slips are told in one line on standard error."""
    answer = answered(*arguments)
    assert (answer.code, answer.error) == (exits.ERROR, True)
    assert answer.text.startswith(f"Error: {text}")
    assert answer.text.count("\n") == 1
