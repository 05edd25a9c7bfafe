"""Random histories of a HostingDeployment with crashes, lost answers and stale reads: what must hold at their ends."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from sagemaker_operator import reasons, steps
from sagemaker_operator.facts import Refusal
from smkube import kinds
from tests.unit.hosting.world import NAME, World, spec

SEEDS = 300
OPERATIONS = ("DescribeEndpoint", "CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "ListTags", "AddTags")
REASONS = (reasons.THROTTLED, reasons.SERVICE_ERROR, reasons.NO_ANSWER, reasons.ACCESS_DENIED, reasons.INVALID_SPEC)
IN_DOUBT = {reasons.SERVICE_ERROR, reasons.NO_ANSWER}


def play(world: World, rng: random.Random, length: int) -> None:
    """Let things happen."""
    for _ in range(length):
        rng.choice(HAPPENINGS)(world, rng)
        world.wait(rng.choice([0, 0.5, 5, 40]))
        if rng.random() < 0.3:
            world.stale = None


def _pass(world: World, rng: random.Random) -> None:
    world.run(look=rng.random() < 0.3, crash_after=rng.choice([*range(1, 15), 60, 60, 60]))


def _forced_pass(world: World, rng: random.Random) -> None:
    world.forced = True
    world.run(crash_after=rng.choice([3, 60]))
    world.forced = False


def _children_at_work(world: World, _rng: random.Random) -> None:
    world.make_children()


def _edit(world: World, rng: random.Random) -> None:
    tags = rng.choice([[], [{"key": "a", "value": "1"}], [{"key": "a", "value": "2"}]])
    world.edit(spec(f"image:{rng.randrange(3)}", **({"tags": tags} if tags else {})))


def _fault(world: World, rng: random.Random) -> None:
    reason, operation = rng.choice(REASONS), rng.choice(OPERATIONS)
    world.refuse[operation] = Refusal(operation, reason, f"{reason}: no", leaves_doubt=reason in IN_DOUBT)


def _stale_reads(world: World, _rng: random.Random) -> None:
    if NAME in world.endpoints:
        world.stale = replace(world.endpoint)


def _change_by_others(world: World, _rng: random.Random) -> None:
    if NAME in world.endpoints and world.endpoint.word == "InService":
        world.endpoint.modified = world.now


def _restart(world: World, _rng: random.Random) -> None:
    world.restart()


def _deletion_by_others(world: World, rng: random.Random) -> None:
    if rng.random() < 0.2:
        world.endpoints.clear()


def _trouble_with_a_child(world: World, rng: random.Random) -> None:
    if not world.children:
        return
    key = rng.choice(sorted(world.children))
    child = world.children[key]
    match rng.randrange(3):
        case 0:
            world.children[key] = replace(child, deleting=True)
        case 1:
            world.children[key] = replace(child, status={"status": "Error", "additional": "no"})
        case 2:
            world.children[key] = replace(child, spec={**child.spec, "region": "eu-west-1"})


def _end_of_work(world: World, rng: random.Random) -> None:
    word = world.endpoint.word if NAME in world.endpoints else ""
    if word == "Updating":
        end = rng.choice(["InService", "InService", "UpdateRollbackFailed", "Failed"])
        world.finish(end, rng.choice(["", "broken"]))
    elif word in {"Creating", "Deleting"}:
        world.finish(rng.choice(["InService", "InService", "Failed"]))


HAPPENINGS = (
    *(
        _pass,
        _pass,
        _pass,
        _pass,
        _forced_pass,
        _children_at_work,
        _children_at_work,
        _edit,
        _end_of_work,
        _end_of_work,
    ),
    *(_fault, _stale_reads, _change_by_others, _restart, _trouble_with_a_child, _deletion_by_others),
)


def in_use(world: World) -> dict[str, Any]:
    """The content of the configuration that the endpoint has, with the image of its model."""
    configs = {one.status.get("sageMakerEndpointConfigName"): one for one in world.children.values()}
    models = {one.status.get("sageMakerModelName"): one for one in world.children.values()}
    config = configs[world.endpoint.config]
    return dict(models[config.spec["productionVariants"][0]["modelName"]].spec)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_history_ends_well(seed: int) -> None:
    """At rest the endpoint has what the spec asks for or the status says why not; a deletion leaves nothing behind."""
    rng = random.Random(seed)
    world = World(spec())
    play(world, rng, 25)
    world.stale, world.refuse = None, {}
    world.settle()

    assert world.status["observedGeneration"] == world.generation
    stalled, ready = world.condition("Stalled"), world.condition("Ready")
    if stalled[0] == "False":
        assert ready[0] == "True", world.status
        asked = world.spec["models"][0]["containers"][0]["image"]
        assert in_use(world)["primaryContainer"]["image"] == asked
        assert len(world.children) == 2
        tags = {tag["Key"]: tag["Value"] for tag in world.endpoint.tags if not tag["Key"].startswith("sagemaker-")}
        assert tags == {tag["key"]: tag["value"] for tag in world.spec.get("tags", [])}
    else:
        assert stalled[1] in {reasons.UPDATE_FAILED, reasons.FAILED}
    assert world.word == world.endpoint.word
    assert world.status["endpointConfigName"] == world.endpoint.config
    assert not {"updateTo", "updateFrom"} & set(world.status["operatorState"])

    world.calls = []
    writes = world.writes
    assert world.run() == steps.Done()
    assert (world.calls, world.writes) == ([], writes)

    world.deleting = True
    play_end(world, rng)
    assert not world.endpoints
    assert not world.children


def play_end(world: World, rng: random.Random) -> None:
    """A deletion with troubles, which ends."""
    for _ in range(rng.randrange(6)):
        if world.run(crash_after=rng.choice([1, 3, 7, 60])) == steps.Release():
            return
        operation = rng.choice(OPERATIONS)
        world.refuse[operation] = Refusal(operation, rng.choice(REASONS), "no: no")
        world.wait(5)
    world.refuse = {}
    world.settle()
    assert world.released
    assert kinds.FINALIZER in world.finalizers
