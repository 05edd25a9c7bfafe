"""What must not be told to everybody: credentials in any text, and what users keep secrets in. Pure.

A spec is read by whoever may read its object. The log and Events have other readers, so what is told there holds
neither hyperparameters nor environment variables, also where AWS repeats them in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "***"
SHORTEST = 4
"""Characters of a value that is looked for in texts: shorter ones (`8`, `0.1`, `gpu`) are everywhere."""
SEARCHED = 4000
"""Characters of AWS's text that are told; nobody reads more, and all of it is searched."""

_HINTS = ("bearer", "token", "key", "signature", "credential", "akia", "asia", "eyj", "@")
"""In small letters: a text without any of these holds no credential that is known here. Most texts hold none."""
_CREDENTIALS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}"),
    re.compile(r"(?<=://)[^/\s:@]{1,200}:[^/\s@]{1,200}(?=@)"),
    re.compile(
        r"(?i)(?P<keep>\bbearer\s+"
        r"|\b(?:aws_?)?(?:secret_?access_?key|session_?token|security_?token)[\"']?\s*[:=]\s*[\"']?"
        r"|\bX-Amz-(?:Security-Token|Signature|Credential)(?:[=:]|%3D)\s*"
        r"|\b(?:AWSAccessKeyId|Signature|Credential)=)[^\s\"'&,;]+"
    ),
)
_PRIVATE = ("hyperparameters", "environment", "containerarguments", "containerentrypoint")
"""Endings, in small letters, of the names of fields whose values users keep to themselves."""
_DIFFERENCE = re.compile(rf"(?im)^(\s*[\w.\[\]]*(?:{'|'.join(_PRIVATE)})[^:\n]*): the object says .*$")
"""A line of `drift.drift_text` about such a field; the value at AWS is one that the spec no longer has."""


def mask(text: str) -> str:
    """The text without what looks like a credential."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    for pattern in _CREDENTIALS:
        text = pattern.sub(_hide, text)
    return text


def told(text: str, spec: Mapping[str, Any], most: int = SEARCHED) -> str:
    """A text about an object as it may be told to all: without credentials, and without the spec's private values.

    Args:
        text: the text; what is longer is cut.
        spec: the object's spec.
        most: its greatest length, in characters.
    """
    text = _DIFFERENCE.sub(r"\1: they differ", text[:most])
    # The longest first: one may be a part of another.
    for value in sorted({value for value in _private(spec) if value in text}, key=len, reverse=True):
        text = text.replace(value, MASK)
    return mask(text)


def _hide(found: re.Match[str]) -> str:
    return f"{found.groupdict().get('keep') or ''}{MASK}"


def _private(value: Any, *, inside: bool = False) -> Iterator[str]:
    """The texts below the fields of `_PRIVATE`; of a list of names and values, the values."""
    if isinstance(value, Mapping):
        named = inside and value.keys() == {"name", "value"}
        for key, part in value.items():
            if not (named and key == "name"):
                yield from _private(part, inside=inside or str(key).lower().endswith(_PRIVATE))
    elif isinstance(value, list):
        for part in value:
            yield from _private(part, inside=inside)
    elif inside and isinstance(value, str) and len(value) >= SHORTEST:
        yield value
