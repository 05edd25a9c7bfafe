"""Writes the tables of docs/smlogs.md and docs/guide.md out of the programs: commands, flags, exit codes, downloads.

    python packaging/docs/generate.py [--check]

A table stands between two comments, `<!-- generated: NAME -->` and `<!-- end -->`; what is around them is written by
hand.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "docs" / "smlogs.md", ROOT / "docs" / "guide.md")
sys.path[:0] = [str(ROOT), str(ROOT / "operator"), str(ROOT / "packaging" / "release")]

import regions  # noqa: E402 - found by the line above
import tables  # noqa: E402

from kubectl_smlogs import commands, exits, formats, records, resources, template  # noqa: E402
from kubectl_smlogs.flags import ALL_LOG_FLAGS, CONNECTION_FLAGS, HELP, Flag  # noqa: E402
from sagemaker_operator.crds import writing  # noqa: E402

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def command_table() -> str:
    """Commands with what they do."""
    rows = [(f"`{command.name}{_operand(command)}`", command.short) for command in commands.ALL]
    return table(("Command", "Does"), rows)


def kind_table() -> str:
    """Kinds with the words that mean them."""
    rows = [
        (one.kind, ", ".join(f"`{word}`" for word in (*one.words(), *one.aliases)), _ack(one))
        for one in resources.OURS
        if one.has_log
    ]
    return table(("Kind", "Words, in any capitals", f"Of ACK (`{resources.ACK_GROUP}`)"), rows)


def log_flag_table() -> str:
    """Flags of the commands that show logs, without kubectl's."""
    ours = [flag for flag in ALL_LOG_FLAGS if flag not in CONNECTION_FLAGS]
    return _flag_table(flag for flag in ours if flag is not HELP)


def other_flag_table() -> str:
    """Flags of the other commands."""
    rows = [
        (f"`{command.name}`", *_flag_cells(flag))
        for command in commands.ALL
        if not command.kind and command is not commands.LOGS
        for flag in command.flags
        if flag is not HELP and flag not in CONNECTION_FLAGS
    ]
    return table(("Command", "Flag", "Variable", "Means"), rows)


def connection_flag_table() -> str:
    """Kubectl's flags."""
    return _flag_table(CONNECTION_FLAGS)


def format_table() -> str:
    """Formats of lines."""
    return table(("`-o`", "A line is"), [(f"`{name}`", about) for name, about in formats.NAMES.items()])


def field_table() -> str:
    """Fields of templates and members of JSON objects."""
    members = dict(records.FIELDS)
    names = [*template.FIELDS, *(name for name in members if name not in template.FIELDS)]
    rows = [
        (f"`{{{name}}}`" if name in template.FIELDS else "", f"`{name}`" if name in members else "", _meaning(name))
        for name in names
    ]
    return table(("In a template", "In JSON", "Is"), rows)


def exit_table() -> str:
    """Exit codes, with the texts that stand under them in the source."""
    body = ast.parse(Path(exits.__file__).read_text(encoding="utf-8")).body
    rows = [
        (str(ast.literal_eval(code.value)), text.value.value)
        for code, text in itertools.pairwise(body)
        if isinstance(code, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    ]
    return table(("Code", "Means"), [(code, " ".join(str(text).split())) for code, text in rows])


def region_table() -> str:
    """Where a release's images and downloads are put."""
    publication = regions.read()
    return tables.markdown(publication, publication.tag)


TABLES: dict[str, Callable[[], str]] = {
    "commands": command_table,
    "kinds": kind_table,
    "log_flags": log_flag_table,
    "other_flags": other_flag_table,
    "connection_flags": connection_flag_table,
    "formats": format_table,
    "fields": field_table,
    "exits": exit_table,
    "regions": region_table,
}


def filled(text: str) -> str:
    """A document with its tables as they are now.

    Raises:
        KeyError: it asks for a table that there is none of.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[4]}", text)


def _operand(command: commands.Command) -> str:
    return f" {command.operand}" if command.operand else ""


def _ack(ours: resources.Resource) -> str:
    return ", ".join(f"{one.kind}" for one in resources.ACK if one.aws is ours.aws)


def _flag_table(flags: Iterable[Flag]) -> str:
    return table(("Flag", "Variable", "Means"), [_flag_cells(flag) for flag in flags])


def _flag_cells(flag: Flag) -> tuple[str, str, str]:
    short = f"`-{flag.short}`, " if flag.short else ""
    value = f" {flag.value}" if flag.value else ""
    default = f" Default: `{flag.default}`." if flag.default else ""
    return f"{short}`--{flag.name}{value}`", f"`{flag.variable}`", f"{_sentence(flag.usage)}{default}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", ")")) else f"{text}."


def _meaning(name: str) -> str:
    return template.FIELDS.get(name) or dict(records.FIELDS)[name]


def main(arguments: Sequence[str]) -> int:
    """Write what is not current, or with `--check` only tell; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the tables of docs/smlogs.md and docs/guide.md.")
    writing.add_check(parser)
    check = parser.parse_args(arguments).check
    documents = {path: filled(path.read_text(encoding="utf-8")) for path in DOCUMENTS}
    return writing.write(documents, "python packaging/docs/generate.py", check=check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
