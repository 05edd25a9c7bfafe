"""Which lines are shown."""

from __future__ import annotations

import re

import pytest

from kubectl_smlogs.expressions import Expressions
from tests.unit.smlogs.samples import event

_LINES = ("loss 1", "loss 2", "error 1", "other")


@pytest.mark.parametrize(
    ("include", "exclude", "shown"),
    [
        ([], [], _LINES),
        (["loss"], [], _LINES[:2]),
        (["loss", "error"], [], _LINES[:3]),
        ([], ["1"], (_LINES[1], _LINES[3])),
        ([], ["1", "other"], _LINES[1:2]),
        (["loss", "error"], ["2"], (_LINES[0], _LINES[2])),
        (["^1"], [], ()),
    ],
)
def test_include_and_exclude(include: list[str], exclude: list[str], shown: tuple[str, ...]) -> None:
    """A line needs one of the included and none of the excluded expressions."""
    expressions = Expressions([re.compile(one) for one in include], [re.compile(one) for one in exclude])
    assert tuple(one.message for one in expressions.chosen([event(line) for line in _LINES])) == shown
    assert expressions.given == bool(include or exclude)
