"""What the tests that disturb things share: killing the operator, and the story that must come out right all the same.

The story: an object has exactly one SageMaker job, its status says what that job is doing, and when the object is
deleted its job is stopped and the object goes.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from smkube.kinds import BATCH_TRANSFORM_JOB, TRAINING_JOB, Kind
from tests.conformance.operator_scene import Object, Scene, condition, status
from tests.stack.errors import StackError
from tests.stack.stack import OPERATOR
from tests.stack.waiting import until

BOTH = (TRAINING_JOB, BATCH_TRANSFORM_JOB)
PATIENCE = 30.0
"""Seconds until something that is waited for counts as missing."""


@dataclass
class Rough:
    """A scene whose parts may be disturbed."""

    scene: Scene

    def __post_init__(self) -> None:
        self.stack, self.plane, self.control = self.scene.stack, self.scene.plane, self.scene.control

    # --- the operator -----------------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the operator by SIGKILL."""
        if not self.stack.processes.stop(OPERATOR, patience=0.0):
            raise StackError(f"the operator had ended by itself:\n{self.stack.processes.tail(OPERATOR)}")

    def restart(self) -> None:
        """Start the operator anew."""
        self.stack.start_operator()

    def pid(self) -> int:
        """The operator's process id."""
        who = self.stack.processes.identity(OPERATOR)
        if who is None:
            raise StackError(f"the operator does not run:\n{self.stack.processes.tail(OPERATOR)}")
        return who.pid

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the operator stand still, as a machine that is suspended does."""
        pid = self.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    # --- many objects -----------------------------------------------------------------------------------------

    def create_all(self, objects: Iterable[tuple[Kind, str]]) -> None:
        """Create objects, several at a time."""
        with ThreadPoolExecutor(4) as pool:
            for made in [pool.submit(self.scene.create, kind, name) for kind, name in objects]:
                made.result()

    def objects(self, kind: Kind) -> list[Object]:
        """All objects of the namespace."""
        return list(self.plane.admin.request("GET", self.scene.path(kind))["items"])

    def until_all(self, objects: Iterable[tuple[Kind, str]], word: str, seconds: float = PATIENCE) -> None:
        """Wait until all these objects show a status word."""
        wanted = set(objects)

        def shown() -> dict[tuple[Kind, str], Object]:
            found = [(kind, obj) for kind in BOTH for obj in self.objects(kind)]
            return {(kind, str(obj["metadata"]["name"])): status(obj) for kind, obj in found}

        def reached() -> bool:
            return {key for key, said in shown().items() if said.get(key[0].status_word) == word} >= wanted

        try:
            until(reached, f"{len(wanted)} objects to be {word}", seconds=seconds, pause=0.2)
        except StackError as error:
            error.add_note("\n".join(f"{kind.name} {name}: {said}" for (kind, name), said in shown().items()))
            raise

    def until_gone(self, objects: Iterable[tuple[Kind, str]]) -> None:
        """Wait until none of these objects is there."""
        for kind, name in objects:
            self.scene.until_gone(kind, name, seconds=PATIENCE)

    def until_true(self, kind: Kind, seconds: float = PATIENCE) -> None:
        """Wait until each object's status says what its job shows at AWS."""

        def differences() -> list[str]:
            jobs = {job["name"]: job for job in self.scene.jobs()}
            shown = [(status(obj), jobs.get(status(obj).get(kind.status_name, ""))) for obj in self.objects(kind)]
            return [
                f"{said} but {job}" for said, job in shown if job is None or said[kind.status_word] != job["status"]
            ]

        try:
            until(lambda: not differences(), "statuses that are true", seconds=seconds, pause=0.2)
        except StackError as error:
            error.add_note("\n".join(differences()))
            raise

    def delete_all(self) -> None:
        """Ask for all objects of the namespace to go."""
        for kind in BOTH:
            self.plane.admin.request("DELETE", self.scene.path(kind))

    # --- what must be true ------------------------------------------------------------------------------------

    def jobs_of(self, kind: Kind, obj: Object) -> list[Object]:
        """The SageMaker jobs that were made for an object: by its mark, or by the name it asks for."""
        uid, name = obj["metadata"]["uid"], obj["spec"].get(kind.spec_name)
        jobs = [job for job in self.scene.jobs() if job["kind"] == _STANDIN_WORD[kind.name]]
        return [job for job in jobs if uid in job["tags"].values() or job["name"] == name]

    def check_one_job(self, kind: Kind, name: str) -> Object:
        """The object has exactly one job, and its status says so; returns the job."""
        obj = self.scene.get(kind, name)
        assert obj is not None
        jobs = self.jobs_of(kind, obj)
        assert [job["name"] for job in jobs] == [status(obj)[kind.status_name]]
        created = [entry["outcome"] for entry in self.scene.requests(kind.api.create, jobs[0]["name"])]
        assert created.count("OK") + created.count("LostAnswer") <= 1, created
        return jobs[0]

    def check_story(self, objects: Iterable[tuple[Kind, str]]) -> None:
        """Each living object's job runs and is its only one; when the objects are deleted all come to their end."""
        jobs: dict[tuple[Kind, str], str] = {}
        for kind, name in objects:
            found = self.scene.until_word(kind, name, "InProgress")
            assert condition(found, "Succeeded")["status"] == "Unknown"
            job = self.check_one_job(kind, name)
            assert job["status"] == "InProgress"
            jobs[kind, name] = job["name"]
        for kind, name in jobs:
            self.scene.delete(kind, name)
        for (kind, name), job_name in jobs.items():
            self.check_end(kind, name, job_name)

    def check_end(self, kind: Kind, name: str, job: str) -> None:
        """An object that was deleted goes, and not before its job is stopped."""
        self.scene.until_gone(kind, name, seconds=PATIENCE)
        assert self.scene.job(job)["status"] == "Stopped"


_STANDIN_WORD = {TRAINING_JOB.name: "training", BATCH_TRANSFORM_JOB.name: "transform"}
