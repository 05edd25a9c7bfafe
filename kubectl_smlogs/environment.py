"""Flags from the environment: KUBECTL_SMLOGS_SINCE for `--since`.

A flag of the command line goes before its variable, and before the variable of a flag that it excludes. A variable
that is set to nothing counts as not set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kubectl_smlogs.flags import ARRAY, Flag

EXCLUSIVE = (
    ("since", "since-time"),
    ("save", "pager"),
    ("quiet", "verbose"),
    ("token", "username"),
    ("token", "password"),
    ("certificate-authority", "insecure-skip-tls-verify"),
)
"""Flags that cannot both be meant."""


def values(flags: Iterable[Flag], environ: Mapping[str, str], given: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What the environment says of flags that the command line does not mention.

    Args:
        flags: the command's.
        environ: the environment.
        given: names of the flags on the command line.

    Returns:
        Values by the flag's name; several only for a flag that may be repeated, whose variable holds one per line.
    """
    found: dict[str, tuple[str, ...]] = {}
    for flag in flags:
        text = environ.get(flag.variable, "")
        if text and flag.name not in given and not _excluded(flag.name, given):
            found[flag.name] = tuple(line for line in text.splitlines() if line) if flag.kind == ARRAY else (text,)
    return found


def _excluded(name: str, given: Collection[str]) -> bool:
    return any(name in pair and any(other in given for other in pair if other != name) for pair in EXCLUSIVE)
