"""Answers of CloudWatch Logs become events, whole or block by block, whatever stands in the messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smkube.aws import logdecode
from smkube.logs.model import Event

# What could be taken for the border between two events, or for one of their members.
_ODD = [
    '},{"',
    '"},{"',
    '},{"message":"',
    '\\"},{\\"',
    '"timestamp":5,',
    "\\",
    '"',
    "\n",
    "é",
    "🎉",
    "x" * 50,
    "]",
    "[{",
]
_messages = st.lists(st.sampled_from(_ODD), max_size=6).map("".join)


def _events(messages: list[str]) -> list[dict[str, Any]]:
    return [
        {"timestamp": 1000 + number, "message": text, "ingestionTime": 2000 + number}
        for number, text in enumerate(messages)
    ]


def _json(value: object, *, ascii_only: bool = False) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only).encode()


@given(st.lists(_messages, max_size=30), st.integers(1, 200), st.booleans())
def test_blocks_hold_every_event_once(messages: list[str], size: int, ascii_only: bool) -> None:
    """Cut into blocks of any size, an array gives the events that it gives as a whole, however messages look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logdecode, "BLOCK", size)
        events = _json(_events(messages), ascii_only=ascii_only)
        found = [event for block in logdecode.blocks(events, logdecode.stream_decoder("s")) for event in block]
    assert found == [Event(1000 + number, "s", text, "", 2000 + number) for number, text in enumerate(messages)]


@given(st.lists(_messages, max_size=10))
def test_times_of_first_and_last_event(messages: list[str]) -> None:
    """The first and last time are those of events, not of what a message looks like."""
    last = 999 + len(messages)
    assert logdecode.bounds(_json(_events(messages))) == ((1000, last) if messages else (None, None))


def test_times_where_json_is_written_with_blanks() -> None:
    """JSON may be written otherwise than the service writes it today."""
    events = json.dumps(_events(["a", "b"]), indent=1).encode()
    assert logdecode.bounds(events) == (1000, 1001)
    assert [len(block) for block in logdecode.blocks(events, logdecode.stream_decoder("s"))] == [2]


def test_half_characters_are_kept() -> None:
    """A line that was cut in the middle of a character does not cost the page."""
    events = b'[{"timestamp":1,"message":"cut \\ud83d","ingestionTime":2},{"timestamp":3,"message":"\xff"}]'
    assert logdecode.of_stream(events, "s") == [
        Event(1, "s", "cut \ud83d", "", 2),
        Event(3, "s", "\ufffd", "", 3),
    ]


def test_search_keeps_accepted_streams_with_their_ids() -> None:
    """Events of other streams are dropped; the others have stream and id."""
    events = _json(
        [
            {"logStreamName": name, "timestamp": 1, "message": "m", "ingestionTime": 2, "eventId": f"id-{name}"}
            for name in ("a/1", "b/1", "a/2")
        ]
    )
    assert logdecode.of_search(events, lambda name: name.startswith("a/")) == [
        Event(1, "a/1", "m", "id-a/1", 2),
        Event(1, "a/2", "m", "id-a/2", 2),
    ]


def test_unknown_members_and_missing_ones() -> None:
    """The service may add members and leave out those that have no value."""
    body = _json({"events": [{"timestamp": 5, "new": [1]}], "searchedLogStreams": [], "more": {"a": 1}})
    found = logdecode.answer(body)
    assert (found.next_token, found.next_forward_token) == (None, None)
    assert logdecode.of_stream(bytes(found.events), "s") == [Event(5, "s", "", "", 5)]
