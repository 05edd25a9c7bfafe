"""Values of flags, from text to what they mean. Each wrong one is a sentence that names flag, value and what is needed.

What is given comes from the command line or from the environment; the sentence says from where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from kubectl_smlogs import times
from kubectl_smlogs.flags import Flag

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}
_GREATEST = 2**63 - 1
_Value = TypeVar("_Value")


class UsageError(Exception):
    """The command line or the environment is wrong; the text says what."""


class Given(NamedTuple):
    """What was said about one flag.

    Attributes:
        flag: which one.
        texts: its values as they were written, the last one last.
        variable: it comes from the flag's environment variable.
    """

    flag: Flag
    texts: tuple[str, ...]
    variable: bool = False

    @property
    def name(self) -> str:
        """How error texts call where it comes from."""
        return f"the environment variable {self.flag.variable}" if self.variable else f"--{self.flag.name}"

    def wrong(self, text: str, needed: str) -> UsageError:
        """The error about a value: what is needed instead, with an example."""
        if self.variable:
            return UsageError(
                f'invalid value "{text}" of the environment variable {self.flag.variable} (flag "{self.flag.label}"): '
                f"{needed}"
            )
        return UsageError(f'invalid argument "{text}" for "{self.flag.label}" flag: {needed}')


class Values:
    """All that was said about a command's flags, by the flags' names.

    A flag that was not mentioned has no value: empty text, None, False. Every method raises UsageError for a value that
    is not as it has to be.
    """

    def __init__(self, given: Mapping[str, Given]) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """The text itself."""
        given = self.given.get(name)
        return given.texts[-1] if given else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """All texts of a flag that may be repeated."""
        given = self.given.get(name)
        return tuple(text for text in given.texts if text) if given else ()

    def parts(self, name: str) -> tuple[str, ...]:
        """All texts of a flag that may be repeated and whose texts are lists with commas; each once."""
        parts = (part.strip() for text in self.texts(name) for part in text.split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def switch(self, name: str) -> bool:
        """Whether a flag without a value is on."""
        return self._read(name, _switch) or False

    def whole(self, name: str, *, least: int, example: int) -> int | None:
        """A whole number."""

        def read(text: str, given: Given) -> int:
            number = int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else None
            if number is None or not least <= number <= _GREATEST:
                kind = "a whole number" if least < 0 else f"a whole number from {least} on"
                raise given.wrong(text, f"{kind} is needed, such as --{name}={example}")
            return number

        return self._read(name, read)

    def seconds(self, name: str, *, forever: str = "") -> float | None:
        """A duration, in seconds; infinite for the word `forever`."""

        def read(text: str, given: Given) -> float:
            if forever and text == forever:
                return float("inf")
            return duration(text, given)

        return self._read(name, read)

    def moment(self, name: str) -> int | None:
        """A moment, in milliseconds since 1970."""

        def read(text: str, given: Given) -> int:
            try:
                return max(0, times.moment(text))
            except ValueError as error:
                needed = f"{error}; a time such as 2026-11-24T10:00:00Z (RFC3339) is needed"
                raise given.wrong(text, needed) from error

        return self._read(name, read)

    def choice(self, name: str) -> str:
        """One of the flag's choices; empty where nothing was said."""

        def read(text: str, given: Given) -> str:
            known = [word for word, _ in given.flag.choices]
            if text not in known:
                needed = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
                raise given.wrong(text, f"{needed} is needed, as in --{name}={known[0]}")
            return text

        return self._read(name, read) or ""

    def patterns(self, name: str) -> tuple[re.Pattern[str], ...]:
        """Regular expressions."""
        given = self.given.get(name)
        return tuple(_pattern(text, given) for text in self.texts(name)) if given else ()

    def _read(self, name: str, read: Callable[[str, Given], _Value]) -> _Value | None:
        given = self.given.get(name)
        return read(given.texts[-1], given) if given else None


def duration(text: str, given: Given) -> float:
    """Seconds in a duration.

    Raises:
        UsageError: it is none.
    """
    try:
        return times.duration(text)
    except ValueError as error:
        name = given.flag.name
        raise given.wrong(text, f"a duration such as 30s, 2m or 1h is needed, as in --{name}=1h30m") from error


def _switch(text: str, given: Given) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise given.wrong(
        text,
        f'strconv.ParseBool: parsing "{text}": invalid syntax; true or false is needed, as in --{given.flag.name}=true',
    )


def _pattern(text: str, given: Given) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        needed = f"a regular expression is needed, as in --{given.flag.name}='loss=[0-9.]+'"
        raise given.wrong(text, f"{error}; {needed}") from error
