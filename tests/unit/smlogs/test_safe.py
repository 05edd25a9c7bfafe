"""Nothing in foreign text can command a terminal."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from kubectl_smlogs import safe

_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("\x00\x1b\r\n\t\x7f\x80\x9f\xa0â\u2028\u202a\u202e\u2066\u2069"))
)


@given(_TEXT)
def test_nothing_unsafe_passes(text: str) -> None:
    """Whatever comes in, no control character but TAB and line feed comes out, and harmless text stays as it is."""
    shown = safe.text(text)
    assert not [one for one in shown if unicodedata.category(one) == "Cc" and one not in "\t\n"]
    if not [one for one in text if unicodedata.category(one) in ("Cc", "Cf")]:
        assert shown == text


@given(_TEXT)
@example("\x80")
@example("\u202e")
@example("â\x80")
@example("…")
def test_pages_are_judged_as_texts_are(text: str) -> None:
    """The quick look at encoded pages finds exactly what the rules for texts would change."""
    assert safe.is_harmless(safe.encode(text)) == (safe.text(text) == text)
    assert safe.page(text) == safe.encode(safe.text(text))


@given(_TEXT)
def test_json_stays_the_same_value(text: str) -> None:
    """Unsafe characters within JSON become its own escapes, so a reader gets the text back."""
    page = safe.json_page(json.dumps(text, ensure_ascii=False))
    assert safe.is_harmless(page)
    assert json.loads(page) == text


@given(_TEXT)
def test_messages_of_others_are_one_line(text: str) -> None:
    """Foreign text inside our own messages cannot start a line of its own."""
    assert "\n" not in safe.line(text)
    assert "\r" not in safe.line(text)
