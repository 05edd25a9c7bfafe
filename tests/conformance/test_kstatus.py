"""What tools that follow kstatus (kpt, Flux, ...) make of objects of each kind in each state: the real library says."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

import pytest

from smkube import kinds
from tests.cluster.progress import Progress
from tests.conformance import states
from tests.conformance.kstatus import build

Verdicts = Mapping[tuple[str, str], Mapping[str, str]]


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """What the library says of all objects, by kind and state."""
    program = build.find(os.environ, Progress(sys.__stderr__ or sys.stderr))
    every = states.all_states()
    answer = build.run(program, json.dumps([states.reached(kind, name) for kind, name in every]))
    return {(kind.name, name): result for (kind, name), result in zip(every, json.loads(answer), strict=True)}


# The first build takes longer than a test may.
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "name"), states.all_states(), ids=lambda value: getattr(value, "name", value))
def test_kstatus_sees_what_the_state_is(verdicts: Verdicts, kind: kinds.Kind, name: str) -> None:
    """Current only as asked, Failed when nothing more will come, InProgress on the way, Terminating at the end."""
    found = verdicts[kind.name, name]

    assert found["Status"] == states.STATES[name].kstatus, (found, states.reached(kind, name).get("status"))


def test_every_kind_is_seen_in_several_states() -> None:
    """The table of states leaves no kind out."""
    seen = {kind.name: 0 for kind in kinds.ALL}
    for kind, _name in states.all_states():
        seen[kind.name] += 1

    assert min(seen.values()) >= 10
