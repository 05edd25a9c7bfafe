r"""Makes foreign text harmless for a terminal: log lines, fields of objects, messages of servers. Pure.

A log line may hold anything. Control characters could move the cursor, forge or hide lines, set the window's title or
make the terminal type answers; direction overrides make text read differently from what it is. They are shown as
escapes (`\x1b`, `\r`), everywhere and always: what is piped ends on a terminal as well (`| grep`, `| less -R`), and
SageMaker's own log agent already writes them as `#033` and `#015`. TAB and line feed stay.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORT = {"\r": "\\r", "\x07": "\\a", "\x08": "\\b", "\x0b": "\\v", "\x0c": "\\f", "\n": "\\n"}


def text(value: str) -> str:
    """The text with unsafe characters as escapes; line feeds and tabs as they are."""
    return _UNSAFE.sub(_escape, value) if _UNSAFE.search(value) else value


def line(value: str) -> str:
    """The text as one line: white space around line breaks becomes a single blank."""
    return text(" ".join(part.strip() for part in value.splitlines() if part.strip()))


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
