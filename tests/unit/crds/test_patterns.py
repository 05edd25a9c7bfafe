"""Java's regular expressions become RE2's, anchored."""

from __future__ import annotations

import re

import pytest

from sagemaker_operator.crds import overlay, patterns


@pytest.mark.parametrize(
    ("java", "re2"),
    [
        ("[a-z]+", "^(?:[a-z]+)$"),
        ("^[a-z]+$", "^(?:[a-z]+)$"),
        ("a|b", "^(?:a|b)$"),
        (r"a\$", r"^(?:a\$)$"),
        (r"arn:[\p{Alnum}\-]+", r"^(?:arn:[a-zA-Z0-9\-]+)$"),
        (r"\p{Alnum}+", "^(?:[a-zA-Z0-9]+)$"),
        (r"[\p{L}\p{N}]*", r"^(?:[\p{L}\p{N}]*)$"),
        (r"\p{Print}+", "^(?:[ -~]+)$"),
        (r"[\S]{1,2048}", r"^(?:[\S]+)$"),
        ("a{0,1023}b{5,1500}c{1,63}d{3}", "^(?:a*b{5,}c{1,63}d{3})$"),
    ],
)
def test_translation(java: str, re2: str) -> None:
    """Anchors are added, classes spelled out, and repeats that Go refuses lose their upper bound."""
    assert patterns.to_re2(java) == re2


def test_optional_values_may_be_empty() -> None:
    """The expression of an optional field matches the empty text besides what AWS takes, and nothing else."""
    expression = re.compile(patterns.to_re2("ab|c", empty=True))
    assert [bool(expression.search(each)) for each in ("", "ab", "c", "abc", "b")] == [True, True, True, False, False]


@pytest.mark.parametrize("java", ["a(?<!-)", "(?=a)b", "(?!a)b", r"(a)\1", "a++", r"\p{Greek}", "a{1001,2000}"])
def test_what_has_no_equal_is_refused(java: str) -> None:
    """Look-around, back references, possessive repeats and unknown classes raise instead of changing meaning."""
    with pytest.raises(patterns.PatternError):
        patterns.to_re2(java)


def test_patterns_without_a_demand() -> None:
    """Expressions that allow every text are known as such; `.+` only asks for some text."""
    assert all(patterns.says_nothing(each) for each in (".*", "^.*$", r"[\S\s]*", ".+"))
    assert patterns.says_nothing(r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*")
    assert patterns.demands_text(".+")
    assert not patterns.demands_text(".*")
    assert not patterns.says_nothing("a.*")


@pytest.mark.parametrize(
    ("service", "shape", "good", "bad"),
    [
        ("sagemaker", "MetricsEndpointPath", ["/metrics", "/a/b.c", "/.", "/a.", "/.a.b"], ["metrics", "/", "/a..b"]),
        ("sagemaker", "AlarmName", ["", "a b", " a"], [" ", "\t"]),
        (
            "sagemaker",
            "VersionedArnOrName",
            ["name", "name/12", "arn:aws:sagemaker:us-west-2:123456789012:model-package/name/1", ""],
            ["name-", "name/", "-name"],
        ),
        (
            "application-autoscaling",
            "ScheduledActionName",
            ["a", "by day", "a-b"],
            ["", " a", "a ", "a:b", "a|b", "a/b"],
        ),
    ],
)
def test_own_words_for_what_has_no_equal(service: str, shape: str, good: list[str], bad: list[str]) -> None:
    """Where AWS looks ahead or behind, the overlay's expression takes and refuses the same texts."""
    expression = re.compile(overlay.SHAPES[service][shape].keywords["pattern"])
    assert [text for text in good if not expression.search(text)] == []
    assert [text for text in bad if expression.search(text)] == []
