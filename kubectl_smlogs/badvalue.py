"""A value of the user's that cannot be used: a time zone, a template, a format, a folder."""

from __future__ import annotations


class BadValue(Exception):  # noqa: N818 - says what it is about, like Failure
    """The text is a sentence for the user: what is wrong and what to write instead."""
