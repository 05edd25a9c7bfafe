"""Each job's end is told once, by whatever it is seen first; over the real controller and a simulated cluster."""

from __future__ import annotations

import random

import pytest

from sagemaker_operator.engine.ledger import Ledger
from sagemaker_operator.outcomes import Ended
from smkube import kinds
from smkube.kube import envelope
from tests.unit.operator.simulation import Process, World, spec

KIND = kinds.TRAINING_JOB


class Scene:
    """A process whose ledger hears what the manager would tell it."""

    def __init__(self, world: World, *, leads: bool = True) -> None:
        self.told: list[Ended] = []
        self.world = world
        self.ledger = Ledger(self.told.append, lambda: leads)
        self.process = Process(world)
        self.process.controller._on_write = lambda old, new: self.ledger.changed(KIND, old, new)
        self.process.controller._on_release = lambda obj, seen: self.ledger.released(KIND, obj, seen)

    def go_on(self, rounds: int = 20) -> None:
        """Time passes, and everybody does what there is to do."""
        for _ in range(rounds):
            for old, new in self.world.events:
                self.ledger.changed(KIND, old, new)
            self.process.deliver()
            self.process.news()
            self.process.run(10)
            self.world.now += 30

    @property
    def outcomes(self) -> list[str]:
        """What was told, in short."""
        return [one.outcome for one in self.told]


@pytest.fixture
def world() -> World:
    """A cluster and an account where nothing goes wrong."""
    made = World(random.Random(1), stale=False)
    for name in "abc":
        made.apply(name, spec())
    return made


def test_a_write_and_its_event_tell_of_one_end(world: World) -> None:
    """Our own write and the watch event of it both show the end; it is told once for each job."""
    scene = Scene(world)
    scene.go_on()

    assert len(scene.told) == 3
    assert set(scene.outcomes) <= {"Completed", "Failed"}


def test_after_a_restart_finished_jobs_are_no_news(world: World) -> None:
    """A new process lists objects whose jobs have ended, and says nothing of them."""
    Scene(world).go_on()
    again = Scene(world)
    again.go_on()

    assert again.told == []


def test_a_write_whose_answer_was_lost_is_told_by_its_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is written and the controller does not know; the watch brings the news."""
    scene = Scene(world)
    monkeypatch.setattr(scene.process.controller, "_on_write", lambda _old, _new: None)
    scene.go_on()

    assert len(scene.told) == 3


def test_who_only_watches_says_nothing(world: World) -> None:
    """A replica that does not lead sees the same events; the figures of all replicas may be summed."""
    watching = Scene(world, leads=False)
    watching.go_on()

    assert watching.told == []


def test_a_job_that_goes_with_its_object_is_told(world: World) -> None:
    """The object is let go once SageMaker says that its job has stopped; no status of it tells so."""
    scene = Scene(world)
    scene.process.deliver()
    scene.process.run(10)
    world.delete("a")
    scene.go_on()

    assert "Stopped" in scene.outcomes
    assert len(scene.told) == 3
    assert "ns/a" not in world.objects


def test_a_kind_without_an_end_is_passed_over(world: World) -> None:
    """Models have no job whose end could be told."""
    scene = Scene(world)
    scene.go_on()
    ended = world.objects["ns/b"]
    obj = envelope.Object(metadata=envelope.Metadata(uid="u"))
    scene.ledger.changed(kinds.MODEL, obj, obj)

    assert ended["status"]["conditions"]
    assert len(scene.told) == 3
