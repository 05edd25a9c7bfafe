"""What a word on the command line may become: the answers to `__complete`, which shells and kubectl ask for.

The format is that of cobra, the Go library behind kubectl: a line for each candidate, with a description behind a tab,
and at the end a line with a number that tells the shell what else to do. Words that need neither cluster nor files are
answered without importing anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from kubectl_smlogs import commands, resources
from kubectl_smlogs.commands import Command
from kubectl_smlogs.flags import BOOL, CONNECTION_FLAGS, EVERY_FLAG, REPEATABLE, ROOT_FLAGS, Flag, by_name
from kubectl_smlogs.scan import Scanned, scan
from kubectl_smlogs.small import SHELLS

FAILED = 1
"""Candidates could not be found out."""
NO_SPACE = 2
"""The word goes on behind the candidate."""
NO_FILES = 4
"""Names of files will not do, whether there are candidates or not."""
FILES = 0
"""Names of files will do."""
FOLDERS = 16
"""Names of folders will do."""

Candidate = tuple[str, str]
"""A word and what it means."""

_PATHS = ("kubeconfig", "certificate-authority", "client-certificate", "client-key")
_PRINTED_DESCRIPTION = 100


class Completion:
    """The answer.

    Attributes:
        candidates: words with what they mean.
        directive: sum of the numbers above.
        trouble: why candidates could not be found out, else empty.
    """

    __slots__ = ("candidates", "directive", "trouble")

    def __init__(self, candidates: Iterable[Candidate] = (), directive: int = NO_FILES, trouble: str = "") -> None:
        self.candidates = list(candidates)
        self.directive = directive
        self.trouble = trouble

    def text(self, *, descriptions: bool) -> str:
        """As shells read it."""
        lines = [
            f"{word}\t{about[:_PRINTED_DESCRIPTION]}" if descriptions and about else word
            for word, about in self.candidates
            if word.isprintable()
        ]
        return "\n".join([*lines, f":{self.directive}\n"])


class Asked:
    """A command line up to the word in question.

    Attributes:
        word: the word as far as it is typed.
        scanned: everything before it.
        command: the command, None as long as there is none.
        kind: the kind where it was said, else empty.
        operands: the command's operands before the word, without the kind.
    """

    __slots__ = ("command", "kind", "operands", "scanned", "word")

    def __init__(self, words: Sequence[str]) -> None:
        self.word = words[-1] if words else ""
        self.scanned: Scanned = scan(words[:-1], by_name(EVERY_FLAG))
        self.command: Command | None = None
        self.kind = ""
        self.operands = list(self.scanned.operands)
        if self.operands:
            self.command, self.kind = commands.meant(self.operands[0])
            if self.command is not None and "/" not in self.operands[0]:
                del self.operands[0]
        if self.command is not None and self.command.objects and not self.kind and self.operands:
            self.kind = "" if "/" in self.operands[0] else self.operands.pop(0)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags that may be used."""
        return (*ROOT_FLAGS, *CONNECTION_FLAGS) if self.command is None else self.command.flags

    def flag(self, name: str) -> Flag | None:
        """The flag of a name, as the command has it; before a command, as most commands have it."""
        flags = EVERY_FLAG if self.command is None else self.command.flags
        return next((flag for flag in flags if flag.name == name), None)


def complete(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> Completion:
    """How the last of some words may go on.

    Args:
        words: the command line without the program's name; the last word may be empty.
        environ: the environment.
    """
    asked = Asked(words)
    if asked.scanned.pending is not None:
        return _value(asked, asked.scanned.pending.name, asked.word, environ)
    if asked.word.startswith("-") and not asked.scanned.dashes:
        name, equals, text = asked.word.partition("=")
        if not equals:
            return Completion(_flags(asked))
        return _value(asked, name.removeprefix("--"), text, environ) if name.startswith("--") else Completion()
    return _operand(asked, environ)


def main() -> int:
    """Entry point of `kubectl_complete-smlogs`, which kubectl runs with the words typed so far."""
    from kubectl_smlogs.__main__ import run
    from smkube.leaving import leave_with

    return leave_with(lambda: run(["__complete", *sys.argv[1:]]))


def _flags(asked: Asked) -> Iterable[Candidate]:
    given = asked.scanned.texts()
    for flag in asked.flags:
        if flag.name in given and flag.kind not in REPEATABLE:
            continue
        about = flag.usage.replace("{command}", asked.command.name if asked.command else commands.PROGRAM)
        for spelled in (f"--{flag.name}", f"-{flag.short}"):
            if len(spelled) > 1 and spelled.startswith(asked.word):
                yield spelled, about.partition(", e.g. ")[0].partition(". ")[0]


def _value(asked: Asked, name: str, word: str, environ: Mapping[str, str]) -> Completion:
    flag = asked.flag(name)
    if flag is None:
        return Completion()
    if flag.kind == BOOL:
        return Completion(_begun(word, (("true", ""), ("false", ""))))
    if name in _PATHS:
        return Completion(directive=FILES)
    if name == "save":
        return Completion(directive=FOLDERS)
    found = list(_begun(word, flag.choices))
    if found and all(text.endswith("=") for text, _ in found):
        return Completion(found, NO_FILES | NO_SPACE)
    look = _LOOKED_UP.get(name)
    if look is None:
        return Completion(found)
    return _looked_up(asked, look, word, environ, found)


def _looked_up(
    asked: Asked, look: str, word: str, environ: Mapping[str, str], first: Sequence[Candidate] = ()
) -> Completion:
    """Candidates that have to be looked up, of a value that may be a list with commas."""
    from kubectl_smlogs import lookups

    before, comma, last = word.rpartition(",") if look == "hosts" else ("", "", word)
    try:
        found = lookups.find(look, asked, environ)
    except lookups.LookupFailed as error:
        return Completion(directive=NO_FILES | FAILED, trouble=str(error))
    taken = before.split(",")
    more = ((f"{before}{comma}{text}", about) for text, about in found if text.startswith(last) and text not in taken)
    return Completion([*first, *more])


_LOOKED_UP = {
    "namespace": "namespaces",
    "context": "contexts",
    "cluster": "clusters",
    "user": "users",
    "host": "hosts",
    "logSearchPrefix": "hosts",
    "variant": "variants",
    "timezone": "timezones",
    "aws-profile": "profiles",
}
"""What to look up for the values of a flag."""


def _operand(asked: Asked, environ: Mapping[str, str]) -> Completion:
    command = asked.command
    if command is None:
        if asked.operands:  # A word that is no command stands before.
            return Completion()
        return _names(asked, environ) if "/" in asked.word else Completion(_commands(asked.word))
    if command is commands.COMPLETION:
        return Completion(_begun(asked.word, ((shell, "") for shell in SHELLS)) if not asked.operands else ())
    if command is commands.HELP:
        return Completion(_commands(asked.word) if not asked.operands else ())
    if not command.kind and not command.objects:
        return Completion()
    if command.objects and not asked.kind and not asked.operands and "/" not in asked.word:
        return Completion(_kinds(command, asked.word))
    if command is commands.LIST or (command is commands.DOCTOR and asked.operands):
        return Completion()
    return _names(asked, environ)


def _names(asked: Asked, environ: Mapping[str, str]) -> Completion:
    """Names of objects; with the kind before them where names stand with their kinds."""
    if asked.kind and "/" not in asked.word:
        found = _looked_up(asked, "objects", asked.word, environ)
        found.candidates = [one for one in found.candidates if one[0] not in asked.operands]
        return found
    kind, slash, name = asked.word.partition("/")
    if asked.kind or resources.find(kind) is None:
        return Completion()
    if not slash:
        return Completion(((f"{text}/", about) for text, about in _kinds(commands.LOGS, kind)), NO_FILES | NO_SPACE)
    asked.kind = kind
    found = _looked_up(asked, "objects", name, environ)
    with_kind = [(f"{kind}/{text}", about) for text, about in found.candidates]
    found.candidates = [one for one in with_kind if one[0] not in asked.operands]
    return found


def _commands(word: str) -> list[Candidate]:
    """Commands by name; where no name begins so, kinds as they are written in small letters."""
    found = list(_begun(word, ((command.name, command.short) for command in commands.ALL)))
    return found or list(_kinds(commands.LOGS, word))


def _kinds(command: Command, word: str) -> Iterable[Candidate]:
    """Kinds, written as the word begins."""
    spelled: Callable[[str], str] = str if word[:1].isupper() else str.lower
    for one in resources.OURS:
        if one.has_log or command is not commands.LOGS:
            yield from _begun(word, ((spelled(one.kind), f"SageMaker {one.aws.noun}"),))


def _begun(word: str, candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    return (one for one in candidates if one[0].startswith(word))
