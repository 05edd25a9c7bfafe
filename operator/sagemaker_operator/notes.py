"""What is told as a Kubernetes Event. Only data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell as a Kubernetes Event; `type` is Normal or Warning."""

    type: Literal["Normal", "Warning"]
    reason: str
    text: str
