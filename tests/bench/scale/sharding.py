"""The measurements of two operators, each with a namespace of its own: at once, at rest, and with AWS's limits."""

from __future__ import annotations

import time

from tests.bench import measure
from tests.bench.scale import figures, loader
from tests.bench.scale.figures import Figures
from tests.bench.scale.options import Options
from tests.bench.scale.phases import SETTLE, patience
from tests.bench.scale.world import Cost, World
from tests.stack.stack import OPERATOR
from tests.stack.waiting import until

MOST = 600
"""Objects of the burst; more of them only take longer."""
SHARDS = {"shard-a": "team-a", "shard-b": "team-b"}
"""The operators, and the namespace of each."""


def together(world: World, objects: int, options: Options) -> Figures:
    """Apply many objects over both namespaces at once, and let them run.

    Raises:
        TimeoutError: they did not come to run, or to train.
    """
    _split(world)
    watcher, before, used = world.watcher, world.read(), _cpu(world)
    began = time.monotonic()
    loader.apply(world.plane, _keys(objects))
    running = watcher.wait(lambda: sum(watcher.running.values()) >= objects, patience(objects))
    if running is None:
        raise TimeoutError(f"not all are InProgress: {dict(watcher.words())}")
    cpu = {name: round(now - used[name], 2) for name, now in _cpu(world).items()}
    creates = (world.read().aws - before.aws)["CreateTrainingJob"]
    if watcher.wait(lambda: watcher.training >= objects, 3 * options.lead + patience(objects)) is None:
        raise TimeoutError(f"not all are Training: {dict(watcher.words())}")
    time.sleep(SETTLE)
    rest, used = world.read(), _cpu(world)
    time.sleep(options.rest)
    cost = Cost.between(rest, world.read())
    minutes = cost.seconds / 60
    return {
        "in_progress_s": round(running - began, 2),
        "cpu_s": cpu,
        "twice": creates - objects,
        "lists_a_minute": round(cost.aws["ListTrainingJobs"] / minutes, 1),
        "rest_cpu_a_minute": {name: round((now - used[name]) / minutes, 3) for name, now in _cpu(world).items()},
        "memory_mb": {name: round(_usage(world, name).memory) for name in SHARDS},
    }


def burst(world: World, objects: int, options: Options) -> Figures:
    """Apply a burst over both namespaces where AWS takes one Create a second from both operators together."""
    _split(world)
    watcher, before = world.watcher, world.read()
    loader.apply(world.plane, _keys(objects))
    longest = options.burst_seconds or 2.0 * objects + 60.0
    half = watcher.wait(lambda: sum(watcher.running.values()) >= objects // 2, longest)
    at_half = {namespace: watcher.running[namespace] for namespace in SHARDS.values()}
    watcher.wait(lambda: sum(watcher.running.values()) >= objects, longest)
    cost = Cost.between(before, world.read())
    return {
        "failed": sum(shown.word == "Failed" for shown in watcher.shown.values()),
        "throttled_share": round(figures.throttled_share(cost.aws), 4),
        "at_half": at_half,
        "evenness": None if half is None else round(min(at_half.values()) / max(1, *at_half.values()), 2),
        "running": dict(watcher.running),
        "creates_a_second": round(cost.aws["CreateTrainingJob"] / cost.seconds, 3),
        "followed_s": round(cost.seconds, 1),
        "sagemaker": dict(sorted(cost.aws.items())),
    }


def _split(world: World) -> None:
    """Put two operators in the place of the one."""
    world.stack.processes.stop(OPERATOR)
    flags = list(world.stack.operator_flags)
    for name, namespace in SHARDS.items():
        world.namespace(namespace)
        world.stack.operator_flags = [*flags, f"--namespace={namespace}"]
        world.start_operator(name)
        world.leader = name
        until(lambda: "we are the leader" in world.stack.processes.tail(name, 50), f"{name} to lead")  # noqa: B023 - called at once


def _keys(objects: int) -> list[loader.Key]:
    namespaces = tuple(SHARDS.values())
    return [(namespaces[number % len(namespaces)], f"bench-{number}") for number in range(objects)]


def _usage(world: World, name: str) -> measure.Usage:
    world.leader = name
    return world.usage()


def _cpu(world: World) -> dict[str, float]:
    return {name: _usage(world, name).cpu for name in SHARDS}
