"""Progress bars, the log agent's codes, and colours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import folding
from kubectl_smlogs.folding import Piece


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("plain", [Piece("plain")]),
        ("", [Piece("")]),
        ("a\nb\n", [Piece("a"), Piece("b")]),
        ("a#011b", [Piece("a\tb")]),
        ("#033[31mred#033[0m and \x1b[1;38;5;9mbold\x1b[m", [Piece("red and bold")]),
        ("windows\r\nlines\r\n", [Piece("windows"), Piece("lines")]),
        ("windows#015", [Piece("windows")]),
        ("step 3 of 7\r", [Piece("step 3 of 7")]),
        ("  10%|#   | 1/10\r", [Piece("10%|#   | 1/10", bar=True, open=True)]),
        ("#015  0%|  | 0/9#015 50%|# | 4/9", [Piece("50%|# | 4/9", bar=True, open=True)]),
        ("#015 50%|# | 4/9#015100%|##| 9/9", [Piece("100%|##| 9/9", bar=True)]),
        ("\r7/7 [====] - loss: 0.1", [Piece("7/7 [====] - loss: 0.1", bar=True)]),
        ("\r17/7 [====]", [Piece("17/7 [====]", bar=True, open=True)]),
        ("#015 40%\nnext", [Piece("40%", bar=True), Piece("next")]),
        ("\r10%\r\r   ", [Piece("10%", bar=True, open=True)]),
        ("\x1b[?25l\r\x1b[K 3%\x1b[A", [Piece("3%", bar=True, open=True)]),
        ("\x1b]0;title\x07", [Piece("\x1b]0;title\x07")]),
    ],
)
def test_pieces(message: str, expected: list[Piece]) -> None:
    """A line shows what a terminal would show in the end; what may still move is open."""
    assert folding.pieces(message) == expected


@given(st.text(st.sampled_from("ab %/015#\r\n\x1b[m")))
def test_any_text(message: str) -> None:
    """Any message has at least one piece, none has a line break, and only the last may be open."""
    pieces = folding.pieces(message)
    assert pieces
    assert not any("\n" in piece.text for piece in pieces)
    assert not any(piece.open for piece in pieces[:-1])
    assert all(piece.bar for piece in pieces if piece.open)
    if not folding.has_controls(message):
        assert [piece.text for piece in pieces] == message.removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("state", "complete"),
    [
        ("100%|###|", True),
        ("100.0 %", True),
        ("10/10", True),
        ("1100%", False),
        ("10.100%", False),
        ("1/10", False),
        ("10/100", False),
        ("99%", False),
        ("5/5/2020", False),
        ("Epoch 5/5:  10%|#", False),
        ("Epoch 5/5: 100%|#", True),
        ("Epoch 4/5 100/100 [==]", False),
        ("loading", False),
    ],
)
def test_complete(state: str, *, complete: bool) -> None:
    """A bar is complete at a hundred per cent, or when all of it is done."""
    assert folding.is_complete(state) is complete
