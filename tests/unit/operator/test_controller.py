"""The controller at single moments that are hard to meet with real processes, over the simulated cluster and AWS."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from smkube import kinds
from smkube.aws.session import Address
from tests.unit.operator.simulation import REGION, Process, World, spec


class Counting(World):
    """A world that counts the calls to AWS."""

    def __init__(self) -> None:
        super().__init__(random.Random(1), stale=False)
        self.calls: Counter[str] = Counter()

    def aws(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A call, counted."""
        self.calls[operation] += 1
        return super().aws(address, operation, parameters)


@pytest.mark.parametrize("passes", range(4))
def test_an_object_that_vanished_gets_no_create(passes: int) -> None:
    """While the cache still shows an object that the API server no longer has, no Create is sent for it."""
    world = Counting()
    process = Process(world)
    world.apply("a", {**spec(role="bad")})
    process.deliver()
    process.run(passes)
    sent = world.calls["CreateTrainingJob"]
    # Gone without a trace, finalizers and all, as by a restore of etcd or a finalizer that was taken off by hand; the
    # watch has not told yet.
    del world.objects["ns/a"]
    world.events.clear()

    for _ in range(20):
        world.now += 400
        process.queue.add("ns/a")
        process.run(5)

    assert process.cache.get("ns/a") is not None
    assert world.calls["CreateTrainingJob"] == sent
    assert world.created == []


def test_an_own_write_that_comes_back_as_an_event_is_no_reason_to_try_again() -> None:
    """A refused object is left alone until its back-off is over, whatever wakes it: events, relists, the feed."""
    world = Counting()
    process = Process(world)
    world.apply("a", spec(role="bad"))
    process.deliver()
    process.run(1)
    assert world.calls["CreateTrainingJob"] == 1

    for _ in range(5):
        process.deliver()
        process.queue.add("ns/a")
        process.controller.on_news("ns/a", look=True)
        process.run(5)

    assert world.calls["CreateTrainingJob"] == 1
    world.now += 1000
    process.run(5)
    assert world.calls["CreateTrainingJob"] == 2


def test_an_edit_breaks_the_back_off() -> None:
    """A corrected spec is tried at once, not when the back-off is over."""
    world = Counting()
    process = Process(world)
    world.apply("a", spec(role="bad"))
    process.deliver()
    process.run(5)

    world.apply("a", {**world.objects["ns/a"]["spec"], "roleArn": "good"})
    process.deliver()
    process.run(5)

    assert len(world.created) == 1


def test_a_deletion_breaks_the_back_off() -> None:
    """A refused object that is deleted goes at once."""
    world = Counting()
    process = Process(world)
    world.apply("a", spec(role="bad"))
    process.deliver()
    process.run(5)

    world.delete("a")
    process.deliver()
    process.run(5)

    assert world.objects == {}
    assert world.calls["DescribeTrainingJob"] == 0


def test_a_pass_that_breaks_keeps_its_errand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that somebody asked for is not lost when the pass fails half-way, by whatever error."""
    world = Counting()
    process = Process(world)
    world.apply("a", spec())
    process.deliver()
    process.run(5)
    assert len(world.created) == 1
    real = world.aws
    monkeypatch.setattr(world, "aws", lambda *_: 1 / 0)
    process.controller.on_news("ns/a", look=True)
    process.run(1)
    monkeypatch.setattr(world, "aws", real)
    before = world.calls["DescribeTrainingJob"]

    world.now += 5
    process.run(5)

    assert world.calls["DescribeTrainingJob"] == before + 1


def test_a_job_is_stopped_in_the_region_it_was_created_in() -> None:
    """The deletion looks where the job was made, not where the spec points by now."""
    world = Counting()
    process = Process(world)
    world.apply("a", spec())
    process.deliver()
    process.run(5)
    world.apply("a", {**world.objects["ns/a"]["spec"], "region": "eu-west-1"})
    world.delete("a")

    for _ in range(5):
        process.deliver()
        process.run(5)
        world.now += 70

    assert world.objects == {}
    assert [(region, job.status(world.now)) for (region, _), job in world.jobs.items()] == [(REGION, "Stopped")]
    assert world.kind is kinds.TRAINING_JOB
