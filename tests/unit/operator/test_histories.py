"""Random histories of a user, a cluster and an AWS account, and what must hold in each of them.

A history is a sequence of a user's acts (create, edit, delete), of faults (throttles, lost answers, stale reads,
conflicts, late watch events) and of crashes at any call. `HISTORIES=n` tries more; a failure names its seed, and
`SEED=n` tries that one alone.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter

import pytest

from smkube import names
from tests.unit.operator import simulation
from tests.unit.operator.simulation import REGION, START, Crash, Process, World, spec

HISTORIES = int(os.environ.get("HISTORIES", "400"))
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else list(range(HISTORIES))
BATCH = 50
FOREIGN = "somebody-elses"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of faults would be thousands of warnings."""
    caplog.set_level(logging.ERROR, "sagemaker_operator")


@pytest.mark.parametrize("first", range(0, len(SEEDS), BATCH))
def test_one_job_per_object_and_none_left_running(first: int) -> None:
    """Whatever happens: one job at most per object, none re-run, none left running behind a deleted object."""
    for seed in SEEDS[first : first + BATCH]:
        world = history(seed)
        check(world, seed)


def history(seed: int) -> World:
    """Play one history and let it come to rest."""
    rng = random.Random(seed)
    world = World(rng)
    foreign = {"Key": "sagemaker-operator/uid", "Value": "00000000-0000-0000-0000-000000000000"}
    world.jobs[REGION, FOREIGN] = simulation.Job(FOREIGN, REGION, -1000.0, [foreign], {"RoleArn": "r"}, ends=1e9)
    process = Process(world)
    world.faults, world.crashes = rng.choice([0.0, 0.05, 0.3]), rng.choice([0.0, 0.02, 0.1])
    for _ in range(rng.randint(5, 60)):
        act(world, rng)
        process = step(process, rng)
    world.faults, world.crashes = 0.0, 0.0
    for _ in range(400):
        world.now += rng.choice([1.0, 5.0, 60.0, 400.0])
        process = step(process, rng)
    return world


def act(world: World, rng: random.Random) -> None:
    """Something the user does, or time that passes."""
    name = rng.choice(["a", "b.c", "d" * 40])
    match rng.randint(0, 9):
        case 0 | 1:
            world.apply(name, {**stored(world, name), **spec(role=rng.choice(["good", "good", "bad"]))})
        case 2:
            world.apply(name, {**stored(world, name), **spec(region=rng.choice([REGION, "eu-west-1"]))})
        case 3:
            world.apply("named", spec(name=rng.choice(["chosen", FOREIGN])))
        case 4:
            world.delete(rng.choice([name, "named"]))
        case _:
            world.now += rng.choice([0.0, 0.5, 3.0, 20.0])


def stored(world: World, name: str) -> dict[str, object]:
    """The spec as it stands: an edit with kubectl keeps what the operator wrote into it."""
    found = world.objects.get(f"ns/{name}")
    return dict(found["spec"]) if found else {}


def step(process: Process, rng: random.Random) -> Process:
    """Let the process work for a moment; it may die and be started again."""
    try:
        process.deliver(rng.choice([0, 1, 1000]))
        if rng.random() < 0.5:
            process.news()
        process.run(rng.choice([1, 5, 20]))
    except Crash:
        return Process(process.world)
    return process


def check(world: World, seed: int) -> None:
    """What must hold at rest."""
    where = f"seed {seed}"
    per_object = Counter(uid for uid, _name in world.created)
    assert all(count == 1 for count in per_object.values()), f"{where}: a job was run twice: {world.created}"
    assert FOREIGN not in world.stopped, f"{where}: another's job was stopped"
    living = {stored["metadata"]["uid"] for stored in world.objects.values()}
    for (uid, name), job in zip(world.created, jobs_created(world), strict=True):
        if uid not in living:
            assert job.status(world.now) in simulation.TERMINAL, f"{where}: job {name} runs without its object"
    for stored_object in world.objects.values():
        assert not stored_object["metadata"].get("deletionTimestamp"), f"{where}: a deletion did not end"
        check_status(world, stored_object, where)


def jobs_created(world: World) -> list[simulation.Job]:
    """The jobs of `created`, in its order."""
    by_name: dict[str, list[simulation.Job]] = {}
    for job in sorted(world.jobs.values(), key=lambda one: one.created):
        by_name.setdefault(job.name, []).append(job)
    return [by_name[name].pop(0) if len(by_name[name]) > 1 else by_name[name][0] for _uid, name in world.created]


def check_status(world: World, stored_object: dict[str, object], where: str) -> None:
    """The status tells the truth."""
    meta, status, wanted = (dict(stored_object[part]) for part in ("metadata", "status", "spec"))  # type: ignore[call-overload]
    word = status.get("trainingJobStatus")
    stalled = next(one for one in status["conditions"] if one["type"] == "Stalled")
    lasting = {"SpecChanged", "NameConflict", "InvalidSpec", "Failed", "Stopped"}
    assert stalled["status"] == "False" or stalled["reason"] in lasting, f"{where}: a passing trouble stays: {stalled}"
    uid = meta["uid"]
    made = [name for owner, name in world.created if owner == uid]
    if made:
        state = status["operatorState"]
        job = world.jobs[state["jobRegion"], state["jobName"]]
        assert job.status(world.now) == word, f"{where}: the status says {word} of {job}"
        assert made == [status["sageMakerTrainingJobName"]], where
    elif wanted["roleArn"] == "bad":
        assert word == "ReconcilingTrainingJob", f"{where}: a refused object says {word}"
        assert "Could not assume role" in str(status["additional"]), where
    else:
        assert meta["name"] == "named", f"{where}: {meta['name']} never got its job: {status}"


def test_generated_names_hold_the_uid() -> None:
    """What the ownership rule relies on: a name cut to 63 characters still has the whole UID."""
    for length in (1, 30, 31, 62, 63, 200):
        name = names.generated("n" * length, "01234567-89ab-cdef-0123-456789abcdef", 63)

        assert name.endswith("0123456789abcdef0123456789abcdef")
        assert len(name) <= 63


def test_start_is_a_fixed_moment() -> None:
    """Histories do not depend on the day they are played."""
    assert START.year == 2026
