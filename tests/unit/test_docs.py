"""The documents say what the code does, where that can be compared."""

from __future__ import annotations

import re
from pathlib import Path

from sagemaker_operator import controls, reasons

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_reason_is_documented() -> None:
    """Scripts match reasons: each constant has its row in docs/status.md."""
    text = (DOCS / "status.md").read_text(encoding="utf-8")
    known = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}

    assert known - set(re.findall(r"`(\w+)`", text)) == set()


def test_every_control_is_documented() -> None:
    """Each annotation that the operator reads is explained in docs/lifecycle.md."""
    text = (DOCS / "lifecycle.md").read_text(encoding="utf-8")
    names = {controls.PAUSE, controls.RECONCILE_NOW, controls.DELETION_POLICY, controls.TIME_TO_LIVE, controls.SPAWN}

    assert {name for name in names if name not in text} == set()
