"""The measurement with push: changes now and then, told of by events in an SQS queue that the operator listens to."""

from __future__ import annotations

import random
import time

from tests.bench.scale import phases
from tests.bench.scale.figures import Figures
from tests.bench.scale.options import Options
from tests.bench.scale.phases import key_of
from tests.bench.scale.watching import Expectation
from tests.bench.scale.world import Cost, World
from tests.stack.stack import OPERATOR
from tests.stack.waiting import until

QUEUE = "sagemaker-events"
FLAG = f"--events-queue=arn:aws:sqs:us-east-1:123456789012:{QUEUE}"
ON_THE_WAY = (0.1, 1.0)
"""Seconds from a change to its message in the queue; AWS promises none, and says that most take less than a second."""
GAPS = (1.0, 9.0)
"""Seconds between two changes: now behind another one, now at rest, where a feed alone polls every seven."""
SPARED = 10
PATIENCE = 180.0
"""Seconds that the operator may take to start."""


def push(world: World, objects: int, options: Options) -> Figures:
    """Start the operator anew, listening to a queue, and see how soon changes are shown; jobs end as they do."""
    _listening(world, objects)
    before = world.read()
    expected = _change(world, objects, options)
    world.watcher.wait(lambda: all(one.seen is not None for one in expected), phases.LATE)
    cost = Cost.between(before, world.read())
    minutes = cost.seconds / 60
    (queue,) = world.stack.control.queues()
    return {
        **phases.freshness(expected),
        "changes": len(expected),
        "on_the_way_s": list(ON_THE_WAY),
        "messages": {name: number for name, number in queue.items() if isinstance(number, int)},
        "lists_a_minute": round(cost.aws["ListTrainingJobs"] / minutes, 1),
        "receives_a_minute": round(cost.aws["ReceiveMessage"] / minutes, 1),
        "cpu_a_minute": round(cost.cpu / minutes, 3),
        "memory_mb": round(cost.memory),
        "sagemaker": dict(sorted(cost.aws.items())),
    }


def _listening(world: World, objects: int) -> None:
    """An operator with a queue, which has looked at every object and is at rest; later ones are started without it."""
    stack = world.stack
    stack.control.queue(QUEUE, delay=list(ON_THE_WAY))
    plain = stack.operator_flags
    stack.processes.stop(OPERATOR)
    stack.operator_flags = [*plain, FLAG]
    try:
        world.start_operator(OPERATOR)
    finally:
        stack.operator_flags = plain
    passes = {"controller": "trainingjob"}
    until(
        lambda: world.metric("controller_runtime_reconcile_total", **passes) >= objects,
        "each object to be looked at",
        seconds=PATIENCE + objects * 0.02,
    )
    time.sleep(phases.SETTLE)


def _change(world: World, objects: int, options: Options) -> list[Expectation]:
    """Change running jobs one by one: the one begins to upload, the next ends.

    Raises:
        TimeoutError: no job is in training.
    """
    dice, control = random.Random(objects), world.stack.control
    # The last few are left to the measurements that follow.
    keys = map(key_of, range(objects - SPARED))
    training = [key for key in keys if world.watcher.shown[key].secondary == "Training"]
    if not training:
        raise TimeoutError(f"no job is in training: {dict(world.watcher.words())}")
    dice.shuffle(training)
    ends, found = time.monotonic() + options.pushing, list[Expectation]()
    for number, key in enumerate(training):
        if time.monotonic() > ends:
            break
        job = world.job(key)
        if number % 2:
            found.append(world.watcher.expect(key, lambda shown: shown.word == "Completed"))
            control.end_job(job)
        else:
            found.append(world.watcher.expect(key, lambda shown: shown.secondary == "Uploading"))
            control.show_job(job, "InProgress", "Uploading")
        time.sleep(dice.uniform(*GAPS))
    return found
