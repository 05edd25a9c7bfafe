"""Turns the regular expressions of AWS's service model into what a Kubernetes API server accepts.

AWS writes Java expressions and matches them against the whole value; the API server takes RE2 (Go's `regexp`)
and searches. So expressions are anchored, and what RE2 cannot say is translated or refused. Pure.

Source: https://github.com/google/re2/wiki/Syntax; Go refuses repeat counts above 1000.
"""

from __future__ import annotations

import re

MAX_REPEAT = 1000

_POSIX = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "Lower": "a-z", "Upper": "A-Z", "Print": " -~"}
_XML = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"
"""What an XML document can hold: all but some control characters. RE2 knows no surrogates."""
_FREE = frozenset({".*", r"[\S\s]*", r"[\s\S]*", "(.*)", _XML, _XML.replace(r"\r\n", "")})
_NOT_EMPTY = frozenset({".+", r"[\S\s]+", r"[\s\S]+"})
_TOKEN = re.compile(r"\\p\{(?P<posix>\w{2,})\}|\{(?P<low>\d+),(?P<high>\d+)\}|\\.|.", re.DOTALL)
_FOREIGN = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|[+*?]\+|[\d,]\}\+")


class PatternError(ValueError):
    """RE2 has no equal of the expression; the overlay has to say what to put in its place."""


def says_nothing(pattern: str) -> bool:
    """Whether the expression allows every text (a lower length bound takes the place of `.+`)."""
    return pattern.strip("^$") in _FREE | _NOT_EMPTY


def demands_text(pattern: str) -> bool:
    """Whether all that the expression asks for is that the text is not empty."""
    return pattern.strip("^$") in _NOT_EMPTY


def to_re2(pattern: str, *, empty: bool = False) -> str:
    """The expression anchored and in RE2's words.

    A repeat with an upper bound above 1000 loses that bound; the length limit beside it stays.

    Args:
        pattern: an expression of the service model.
        empty: whether the empty text is to match too.

    Raises:
        PatternError: the expression looks around, refers back, or uses a class that RE2 does not have.
    """
    if _FOREIGN.search(pattern):
        raise PatternError(f"no equal in RE2: {pattern}")
    body = pattern.removeprefix("^")
    body = body if body.endswith(r"\$") else body.removesuffix("$")
    return f"^(?:{_translated(body)}){'?' if empty else ''}$"


def _translated(body: str) -> str:
    """The expression token by token, with the words that RE2 lacks replaced."""
    out: list[str] = []
    in_class = False
    for token in _TOKEN.finditer(body):
        text = token[0]
        in_class = (in_class or text == "[") and text != "]"
        if token["posix"]:
            text = _posix(token["posix"], in_class=in_class)
        elif token["low"] and not in_class:
            text = _repeat(text, int(token["low"]), int(token["high"]))
        out.append(text)
    return "".join(out)


def _posix(name: str, *, in_class: bool) -> str:
    if name not in _POSIX:
        raise PatternError(f"RE2 has no class {name}")
    return _POSIX[name] if in_class else f"[{_POSIX[name]}]"


def _repeat(text: str, low: int, high: int) -> str:
    if low > MAX_REPEAT:
        raise PatternError(f"a repeat count above {MAX_REPEAT} has no equal in RE2: {text}")
    if high <= MAX_REPEAT:
        return text
    return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
