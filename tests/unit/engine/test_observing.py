"""docs/observing.md names each metric of the operator's own, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "operator" / "sagemaker_operator"
PAGE = ROOT / "docs" / "observing.md"


def test_each_metric_is_documented() -> None:
    """By the names in the program's text, and those on the page."""
    texts = (path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    made = {name for text in texts for name in re.findall(r'"(sagemaker_operator_[a-z_]+)"', text)}
    told = set(re.findall(r"`(sagemaker_operator_[a-z_]+)`", PAGE.read_text(encoding="utf-8")))

    assert {name.removesuffix("_total") for name in told} == {name.removesuffix("_total") for name in made}
