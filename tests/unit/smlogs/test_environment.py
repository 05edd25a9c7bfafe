"""Flags from the environment."""

from __future__ import annotations

import re

from kubectl_smlogs import commands, environment
from kubectl_smlogs.flags import ALL_LOG_FLAGS, EVERY_FLAG


def test_every_flag_has_its_own_variable() -> None:
    """The variable's name is the flag's, with three known exceptions, and no two flags share one."""
    for flag in EVERY_FLAG:
        if flag.name not in ("pager", "help"):
            assert flag.variable == "KUBECTL_SMLOGS_" + flag.name.upper().replace("-", "_")
    meanings: dict[str, set[str]] = {}
    for command in commands.ALL:
        for flag in command.flags:
            meanings.setdefault(flag.variable, set()).add(flag.usage)
            assert re.fullmatch(r"KUBECTL_SMLOGS_[A-Z_]+", flag.variable)
    assert all(len(usages) == 1 for usages in meanings.values())


def test_values() -> None:
    """A variable gives a value where the command line gives none; nothing is not a value; lists have lines."""
    environ = {
        "KUBECTL_SMLOGS_TAIL": "3",
        "KUBECTL_SMLOGS_SINCE": "",
        "KUBECTL_SMLOGS_FOLLOW": "1",
        "KUBECTL_SMLOGS_EXCLUDE": "one\n\ntwo",
        "KUBECTL_SMLOGS_HOST": "a,b",
        "SINCE": "1h",
    }
    assert environment.values(ALL_LOG_FLAGS, environ, {"follow"}) == {
        "tail": ("3",),
        "exclude": ("one", "two"),
        "host": ("a,b",),
    }


def test_what_a_given_flag_excludes() -> None:
    """A variable is left alone when a flag that it contradicts is given."""
    environ = {"KUBECTL_SMLOGS_SINCE": "1h", "KUBECTL_SMLOGS_USERNAME": "u", "KUBECTL_SMLOGS_PASSWORD": "p"}
    assert environment.values(ALL_LOG_FLAGS, environ, {"since-time", "token"}) == {}
    assert set(environment.values(ALL_LOG_FLAGS, environ, {"tail"})) == {"since", "username", "password"}
