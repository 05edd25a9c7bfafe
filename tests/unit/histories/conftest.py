"""The histories' own plug-in."""

from __future__ import annotations

from tests.unit.histories.summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
