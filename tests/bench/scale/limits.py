"""The measurement with AWS's real limits: a burst of a large namespace, a small one behind it, and users in between."""

from __future__ import annotations

import time

from tests.bench.scale import ending, figures, loader
from tests.bench.scale.figures import Figures
from tests.bench.scale.options import Options
from tests.bench.scale.watching import Expectation, Watcher
from tests.bench.scale.world import Cost, World

CROWD, FEW, USERS = "crowd", "few", "users"
SMALL = 10
"""Objects of the small namespace."""
MIDST = 20.0
"""Seconds after the burst at which users edit and delete."""
BEFOREHAND = 60.0
"""Seconds that the jobs from before the burst may take."""
SLACK = 2.0
"""Times the least possible duration of the burst, after which it is followed no longer."""
PATIENCE = 60.0
"""Seconds that users wait at most."""


def burst(world: World, options: Options) -> Figures:
    """Apply many objects at once where AWS takes one Create a second.

    Raises:
        TimeoutError: not even the jobs before the burst came to run.
    """
    edited, deleted = (USERS, "edited"), (USERS, "deleted")
    _beforehand(world, [edited, deleted])
    before, began = world.read(), time.monotonic()
    crowd = [(CROWD, f"bench-{number}") for number in range(options.burst - SMALL)]
    few = [(FEW, f"few-{number}") for number in range(SMALL)]
    served = [world.watcher.expect(key, lambda shown: shown.runs) for key in few]
    applied = loader.apply(world.plane, [*crowd, *few])
    small_since = time.monotonic()
    time.sleep(MIDST)
    asked = ending.users(world, edited, deleted)
    # One whose turn is far off: nothing is to be stopped, and nobody is to wait for it.
    asked.append(world.watcher.expect(crowd[-1], lambda shown: shown.gone))
    world.delete(crowd[-1])
    world.watcher.wait(lambda: all(one.seen is not None for one in asked), PATIENCE)
    _follow(world.watcher, options, began)
    cost = Cost.between(before, world.read())
    creates = [one for one in world.stack.control.record(before.there) if one["operation"] == "CreateTrainingJob"]
    return {
        "failed": sum(shown.word == "Failed" for shown in world.watcher.shown.values()),
        "throttled_share": round(figures.throttled_share(cost.aws), 4),
        "small_namespace_s": _last(served, small_since),
        "users_s": _longest(asked),
        **dict(zip(("edit_s", "delete_s", "delete_waiting_s"), (_rounded(one) for one in asked), strict=True)),
        "applied_s": round(applied, 2),
        "followed_s": round(cost.seconds, 1),
        "running": dict(world.watcher.running),
        "creates_a_second": round(sum(one["outcome"] == "OK" for one in creates) / cost.seconds, 3),
        "sagemaker": dict(sorted(cost.aws.items())),
        "cpu_s": round(cost.cpu, 2),
        "peak_mb": round(cost.peak),
    }


def _beforehand(world: World, keys: list[loader.Key]) -> None:
    for name in (CROWD, FEW, USERS):
        world.namespace(name)
    loader.apply(world.plane, keys)
    if world.watcher.wait(lambda: world.watcher.running[USERS] == len(keys), BEFOREHAND) is None:
        raise TimeoutError(f"the first jobs do not run: {dict(world.watcher.words())}")


def _follow(watcher: Watcher, options: Options, began: float) -> None:
    """Wait until all run, or as long as was asked for."""
    longest = options.burst_seconds or SLACK * options.burst + PATIENCE
    left = began + longest - time.monotonic()
    # One was deleted.
    watcher.wait(lambda: watcher.running[CROWD] + watcher.running[FEW] >= options.burst - 1, max(0.0, left))


def _last(served: list[Expectation], since: float) -> float | None:
    """Seconds until the last of them was served; None if one was not."""
    times = [one.seen for one in served]
    return None if None in times else round(max(at for at in times if at is not None) - since, 1)


def _longest(asked: list[Expectation]) -> float | None:
    times = [_rounded(one) for one in asked]
    return None if None in times else max(time for time in times if time is not None)


def _rounded(one: Expectation) -> float | None:
    return None if one.seconds is None else round(one.seconds, 2)
