"""AWS's HTML becomes short plain text."""

from __future__ import annotations

import pytest

from sagemaker_operator.crds import text


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>The <code>Region</code> of\n   the job.</p>", "The Region of the job."),
        ("<p>First.</p> <note> <p>Second &amp; third.</p> </note>", "First.\nSecond & third."),
        ("<p>One of:</p> <ul> <li> <p> <code>a</code> </p> </li> <li>b</li> </ul>", "One of:\n- a\n- b"),
        ('<p>See <a href="https://example.com">this</a> .</p>', "See this."),
        ("no markup", "no markup"),
        ("<p>An Amazon Web Services Region</p>", "An AWS Region"),
        ("", ""),
        ("<p> </p>", ""),
    ],
)
def test_markup_is_removed(html: str, plain: str) -> None:
    """Paragraphs and list items become lines; entities and spaces are resolved."""
    assert text.plain(html) == plain


def test_long_text_ends_with_a_sentence() -> None:
    """A text above the limit is cut between sentences."""
    html = "<p>" + " ".join(f"Sentence number {number}." for number in range(100)) + "</p>"
    plain = text.plain(html, 60)
    assert plain == "Sentence number 0. Sentence number 1. Sentence number 2."


def test_one_endless_sentence_is_cut_at_a_word() -> None:
    """A first sentence above the limit is cut between words, and the cut is shown."""
    plain = text.plain("<p>" + "word " * 50 + "</p>", 30)
    assert plain == "word word word word word ..."


def test_no_line_promises_what_was_cut() -> None:
    """A line that ends with a colon goes when the list behind it did not fit."""
    assert text.plain(f"<p>A text.</p><p>Examples:</p><ul><li>{'x' * 90}</li></ul>", 60) == "A text."
