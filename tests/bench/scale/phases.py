"""The measurements of a number of TrainingJobs: start, rest, changes. Each returns its figures."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence

from sagemaker_operator import feedstate
from tests.bench.scale import figures, loader
from tests.bench.scale.figures import Figures
from tests.bench.scale.loader import Key
from tests.bench.scale.options import Options
from tests.bench.scale.watching import Expectation, Shown
from tests.bench.scale.world import Cost, World

SETTLE = feedstate.OVERLAP + feedstate.WIDE_EVERY + 2 * feedstate.SLOW
"""Seconds after the last change until the operator is at rest."""
GAP = 10.0
"""Seconds that a job uploads before it ends."""
LATE = 60.0
"""Seconds after which a change that is not shown counts as never shown."""
NAMESPACE = "default"


def patience(objects: int) -> float:
    """Seconds that so many jobs may take to start; far above any bound."""
    return 120.0 + objects * 0.1


def start(world: World, objects: int, able: Figures) -> Figures:
    """Apply all at once, and wait until all run.

    Raises:
        TimeoutError: they did not; the text says what they show instead.
    """
    keys = [key_of(number) for number in range(objects)]
    watcher, before = world.watcher, world.read()
    began = time.monotonic()
    applying = loader.apply(world.plane, keys)
    running = watcher.wait(lambda: watcher.running[NAMESPACE] == objects, patience(objects))
    if running is None:
        raise TimeoutError(f"not all are InProgress after {patience(objects):.0f} s: {dict(watcher.words())}")
    cost = Cost.between(before, world.read())
    record = world.stack.control.record(before.there)
    highest = figures.peak(float(one["time"]) for one in record)
    return {
        "in_progress_s": round(running - began, 2),
        "applied_s": round(applying, 2),
        "standin_peak_a_second": highest,
        # Of its slowest common operation.
        "standin_share": round(highest / min(able["creates_a_second"], able["describes_a_second"]), 3),
        **_cost(cost),
    }


def rest(world: World, objects: int, options: Options) -> Figures:
    """Let the jobs run, and count what that costs.

    Raises:
        TimeoutError: the jobs did not come to train.
    """
    watcher = world.watcher
    if watcher.wait(lambda: watcher.training == objects, 3 * options.lead + patience(objects)) is None:
        raise TimeoutError(f"not all are Training: {dict(watcher.words())}")
    time.sleep(SETTLE)
    before = world.read()
    with world.scraped():
        time.sleep(options.rest)
    cost = Cost.between(before, world.read())
    lists = figures.by_region(world.stack.control.record(before.there), "List")
    minutes = cost.seconds / 60
    return {
        "lists_a_minute": {name: round(number / minutes, 1) for name, number in lists.items()},
        "other_requests": sum(number for name, number in cost.aws.items() if not name.startswith("List")),
        "writes": cost.writes(),
        "cpu_a_minute": round(cost.cpu / minutes, 3),
        **_cost(cost),
    }


def changes(world: World, objects: int, options: Options) -> Figures:
    """Move jobs on at a steady rate, and see when their objects show it; each of these jobs comes to its end."""
    control = world.stack.control
    # Spread over all jobs: those created one after the other may lie side by side in a page.
    step = max(1, objects // math.ceil(options.changing * options.rate / 2))
    by_job = {world.job(key_of(number)): number for number in range(0, objects, step)}
    before = world.read()
    expected: list[Expectation] = []
    plan = figures.schedule(list(by_job), options.rate, options.changing, GAP)
    began = time.monotonic()
    for turn, (at, job, change) in enumerate(plan):
        time.sleep(max(0.0, began + at - time.monotonic()))
        key = key_of(by_job[job])
        if change == "upload":
            expected.append(world.watcher.expect(key, lambda shown: shown.secondary == "Uploading"))
            control.show_job(job, "InProgress", "Uploading")
            continue
        word = "Failed" if turn % 10 == 0 else "Completed"
        expected.append(world.watcher.expect(key, _word(word)))
        control.end_job(job, word, reason="AlgorithmError: the benchmark's" if word == "Failed" else "")
    world.watcher.wait(lambda: all(one.seen is not None for one in expected), LATE)
    cost = Cost.between(before, world.read())
    ended = [job for _, job, change in plan if change == "end"]
    return {**freshness(expected), **_lives(world, ended), "changes": len(plan), **_cost(cost)}


def freshness(expected: Sequence[Expectation]) -> Figures:
    """How long changes took to be shown."""
    seconds = [one.seconds for one in expected if one.seconds is not None]
    return {
        "fresh_p50_s": round(figures.percentile(seconds, 0.5), 2),
        "fresh_p99_s": round(figures.percentile(seconds, 0.99), 2),
        "fresh_max_s": round(max(seconds, default=0.0), 2),
        "never_shown": len(expected) - len(seconds),
    }


def _lives(world: World, ended: Sequence[str]) -> Figures:
    """What was asked about each job from its creation to its end."""
    found = figures.describes_by_job(world.stack.control.record(), ended)
    numbers = sorted(found.values())
    return {
        "describes_a_life": round(sum(numbers) / max(1, len(numbers)), 2),
        "describes_most": max(numbers, default=0),
        "lives_by_describes": {str(number): len(list(same)) for number, same in itertools.groupby(numbers)},
    }


def _word(word: str) -> Callable[[Shown], bool]:
    return lambda shown: shown.word == word


def _cost(cost: Cost) -> Figures:
    """What every phase tells of its cost."""
    return {
        "seconds": round(cost.seconds, 1),
        "cpu_s": round(cost.cpu, 2),
        "memory_mb": round(cost.memory),
        "peak_mb": round(cost.peak),
        "sagemaker": dict(sorted(cost.aws.items())),
        "api_server": cost.requests(),
        "cpu_of_others_s": {name: round(cpu, 1) for name, cpu in sorted(cost.others.items())},
        "foreign_processors": round(cost.foreign, 2),
    }


def key_of(number: int) -> Key:
    """The object of that number."""
    return NAMESPACE, f"bench-{number}"
