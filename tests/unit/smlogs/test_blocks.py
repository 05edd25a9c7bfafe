"""Lines that belong together stay together."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import blocks
from smkube.logs.model import Event
from tests.unit.smlogs.samples import event

_TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "train.py", line 3, in <module>',
    "KeyError: 'x'",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "train.py", line 5, in <module>',
    "torch.cuda.OutOfMemoryError: no",
]


def _messages(events: list[Event]) -> list[tuple[str, str]]:
    return [(one.stream.partition("/")[2].rpartition("-")[0], one.message) for one in events]


def test_tracebacks_of_hosts_come_apart() -> None:
    """Two tracebacks that were written line by line at the same time are shown one after the other."""
    mixed = [
        event(line, 2 * number + half, f"algo-{half + 1}") for number, line in enumerate(_TRACEBACK) for half in (0, 1)
    ]
    assert _messages(blocks.regrouped(mixed)) == [("algo-1", line) for line in _TRACEBACK] + [
        ("algo-2", line) for line in _TRACEBACK
    ]


def test_what_is_not_a_continuation_stays() -> None:
    """Lines that are not indented, come late, or follow a finished exception keep their place."""
    lines = [event("a", 0), event("b", 1, "algo-2"), event("c", 2), event("  late", 2000, "algo-2")]
    assert blocks.regrouped(lines) == lines
    after = [*[event(line) for line in _TRACEBACK], event("x", 1, "algo-2"), event("goes on", 2)]
    assert blocks.regrouped(after) == after


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", " y", "\tz", "", "Traceback (most recent call last):", "ValueError: x"]),
            st.sampled_from(["algo-1", "algo-2", "algo-3"]),
            st.integers(0, 1500),
        ),
        max_size=30,
    )
)
def test_nothing_is_lost_and_hosts_keep_their_order(lines: list[tuple[str, str, int]]) -> None:
    """Regrouping moves lines between those of other hosts and does nothing else; doing it again changes nothing."""
    times = itertools.accumulate(after for _, _, after in lines)
    events = [event(text, time, host) for (text, host, _), time in zip(lines, times, strict=True)]
    moved = blocks.regrouped(events)
    assert sorted(moved) == sorted(events)
    for host in {one.stream for one in events}:
        assert [one for one in moved if one.stream == host] == [one for one in events if one.stream == host]
    assert blocks.regrouped(moved) == moved
    if not blocks.may_help("\n".join(one.message for one in events)) and "Traceback" not in str(lines):
        # The first message of a page has no line before it, so its indentation is of no consequence.
        assert moved == events
