r"""Makes foreign text harmless for a terminal: log lines, fields of objects, messages of servers. Pure.

A log line may hold anything. Control characters could move the cursor, forge or hide lines, set the window's title or
make the terminal type answers; direction overrides make text read differently from what it is. They are shown as
escapes (`\x1b`, `\r`), everywhere and always: what is piped ends on a terminal as well (`| grep`, `| less -R`), and
SageMaker's own log agent already writes them as `#033` and `#015`. TAB and line feed stay.

Whole pages are checked as bytes, because a regular expression over every character of a long log costs more than
everything else that is done with it.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORT = {"\r": "\\r", "\x07": "\\a", "\x08": "\\b", "\x0b": "\\v", "\x0c": "\\f", "\n": "\\n"}

_SUSPECTS = b"\xc2\xe2"
"""First bytes in UTF-8 of the unsafe characters beyond ASCII, and of many harmless ones."""
_HARMLESS = bytes(byte for byte in range(256) if (byte >= 0x20 or byte in b"\t\n") and byte not in b"\x7f" + _SUSPECTS)
_UNSAFE_BEYOND_ASCII = re.compile(b"\xc2[\x80-\x9f]|\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")


def text(value: str) -> str:
    """The text with unsafe characters as escapes; line feeds and tabs as they are."""
    return _UNSAFE.sub(_escape, value) if _UNSAFE.search(value) else value


def line(value: str) -> str:
    """The text as one line: white space around line breaks becomes a single blank."""
    return text(" ".join(part.strip() for part in value.splitlines() if part.strip()))


def is_harmless(encoded: bytes) -> bool:
    """Whether UTF-8 text holds nothing that `text` would change."""
    left = encoded.translate(None, _HARMLESS)
    if not left:
        return True
    return not left.strip(_SUSPECTS) and _UNSAFE_BEYOND_ASCII.search(encoded) is None


def encode(value: str) -> bytes:
    """UTF-8 of any text; half a surrogate pair, which UTF-8 does not have, becomes an escape."""
    return value.encode("utf-8", "backslashreplace")


def page(value: str) -> bytes:
    """Many lines, made safe and encoded."""
    encoded = encode(value)
    return encoded if is_harmless(encoded) else encode(_UNSAFE.sub(_escape, value))


def json_page(value: str) -> bytes:
    r"""Lines of JSON, made safe and encoded: unsafe characters within its strings become `\u001b`."""
    encoded = encode(value)
    return encoded if is_harmless(encoded) else encode(_UNSAFE.sub(_json_escape, value))


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
