"""Objects, watch lines and answers that are not what they should be, against the real engine.

What must hold: no error but the declared ones, no control character in a log or an Event, no write that the API
server would refuse, no job twice, no outcome that AWS never told of, an end to all writing, and a healthy object served
beside.
`python -m tests.fuzz` plays many more worlds.
"""

from __future__ import annotations

import pytest

from tests.fuzz import engine

SEEDS = (0, 2, 3, 4, 5, 8, 9, 10, 11, 12)


@pytest.mark.parametrize("seed", SEEDS)
def test_anything_may_come_from_the_cluster_and_from_aws(seed: int) -> None:
    """A third of all objects and most answers are changed at random; the operator stays as it should be."""
    assert engine.run(seed, sound=True) == []
