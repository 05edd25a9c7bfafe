"""A kind that is not watched never looks like one without objects."""

from __future__ import annotations

import pytest

from sagemaker_operator.engine.cache import Cache
from sagemaker_operator.engine.neighbours import Neighbours
from sagemaker_operator.engine.watched import Watched
from sagemaker_operator.steps import Find
from smkube import kinds


def test_a_search_among_the_unwatched_fails() -> None:
    """A decision that looked for owners in a cache that does not exist would take everything for abandoned."""
    watched = Watched({kinds.MODEL.name: Cache()})
    neighbours = Neighbours(None, watched, "ns")  # type: ignore[arg-type]

    assert neighbours.find(Find("mine", kinds.MODEL.name)) == ()
    with pytest.raises(RuntimeError, match="HostingDeployment is not watched by this process"):
        neighbours.find(Find("owner", kinds.HOSTING_DEPLOYMENT.name))
    assert list(watched) == [kinds.MODEL.name]
    assert len(watched) == 1
