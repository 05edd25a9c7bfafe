"""Command lines taken apart as pflag does it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs.flags import EVERY_FLAG, by_name
from kubectl_smlogs.scan import scan

KNOWN = by_name(EVERY_FLAG)


@pytest.mark.parametrize(
    ("words", "operands", "texts"),
    [
        (["tj", "x", "-f"], ["tj", "x"], {"follow": ("true",)}),
        (["-fn", "ns", "x"], ["x"], {"follow": ("true",), "namespace": ("ns",)}),
        (["-fnns", "-n=other"], [], {"follow": ("true",), "namespace": ("ns", "other")}),
        (["--tail", "-1", "--since=1h"], [], {"tail": ("-1",), "since": ("1h",)}),
        (["--wait", "x"], ["x"], {"wait": ("forever",)}),
        (["--wait=5m", "-f=false"], [], {"wait": ("5m",), "follow": ("false",)}),
        (["-", "--", "-f", "--"], ["-", "-f", "--"], {}),
    ],
)
def test_flags_and_operands(words: list[str], operands: list[str], texts: dict[str, tuple[str, ...]]) -> None:
    """Long and short flags, joined and apart, with values that look like flags."""
    found = scan(words, KNOWN)
    assert (found.operands, found.texts(), found.unknown, found.pending) == (operands, texts, [], None)


def test_what_is_unfinished_or_unknown() -> None:
    """A flag that waits for its value and words that are no flags are told."""
    pending = scan(["tj", "-fn"], KNOWN).pending
    assert pending is not None
    assert pending.name == "namespace"
    found = scan(["--nope=1", "-fz", "tj"], KNOWN)
    assert (found.unknown, found.operands) == (["--nope=1", "-fz"], ["tj"])
    assert scan(["--", "x"], KNOWN).dashes


@given(st.lists(st.text("-=fnx", max_size=5)))
def test_no_word_is_lost(words: list[str]) -> None:
    """Each word is an operand, a flag, a value or unknown; none counts twice as an operand."""
    found = scan(words, KNOWN)
    assert len(found.operands) <= len(words)
    assert all(word in words for word in (*found.operands, *found.unknown))
