"""Taking over from the original operator, and from an earlier process of this one.

The module has a cluster and a stand-in of its own, because its operator is stopped and started. All objects are
written as the original leaves them before the operator starts; each test then looks at what became of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from smkube.kinds import BATCH_TRANSFORM_JOB, FINALIZER, TRAINING_JOB, TUNING_FINALIZER, Kind
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.conformance.operator_scene import Scene, condition, generated, status
from tests.stack.clusters import Shared
from tests.stack.stack import ACCOUNT, NAMESPACE, OPERATOR, Stack
from tests.stack.waiting import until

REGION = "eu-test-1"
WATCHED, UNWATCHED = "watched", "unwatched"
FIRST_WORD = "SynchronizingK8sJobWithSageMaker"
API_ERROR = 'ValidationException: Could not find model "x".\n\tstatus code: 400, request id: 1'
BOTH = pytest.mark.parametrize("kind", [TRAINING_JOB, BATCH_TRANSFORM_JOB], ids=lambda kind: kind.name)
OF_ANOTHER = [{"Key": "sagemaker-operator/uid", "Value": "00000000-0000-0000-0000-000000000001"}]


@dataclass(frozen=True)
class Left:
    """An object as the original operator leaves it.

    Attributes:
        word: its status word.
        job: its SageMaker job: none, running, ended, or of another object.
        additional: its text.
        deleted: the user has deleted it, and the finalizer holds it.
        finalizers: beside the original's own.
    """

    word: str
    job: str = ""
    additional: str = ""
    deleted: bool = False
    finalizers: tuple[str, ...] = ()


LEFT = {
    "begun": Left(FIRST_WORD),
    "begun-and-created": Left(FIRST_WORD, job="running"),
    "running": Left("InProgress", job="running"),
    "ended-meanwhile": Left("InProgress", job="ended"),
    "completed": Left("Completed", job="ended"),
    "completed-and-deleted-at-aws": Left("Completed"),
    "failed-and-deleted-at-aws": Left("Failed"),
    "vanished": Left("InProgress"),
    "of-another": Left("InProgress", job="another"),
    "deleted-and-running": Left("InProgress", job="running", deleted=True),
    "deleted-and-completed": Left("Completed", job="ended", deleted=True),
    "deleted-and-gone": Left("InProgress", deleted=True),
    "deleted-before-the-job": Left(FIRST_WORD, deleted=True),
    "spawned": Left("InProgress", job="running", deleted=True, finalizers=(TUNING_FINALIZER,)),
}
REFUSED = {
    TRAINING_JOB.name: Left("ReconcilingTrainingJob", additional=f"Unable to create training job: {API_ERROR}"),
    BATCH_TRANSFORM_JOB.name: Left("Failed", additional=API_ERROR),
}
"""Objects whose job the original could not create."""


@dataclass
class Estate:
    """What the original left, and the operator that takes over."""

    scene: Scene
    stack: Stack
    other: Scene
    jobs: dict[tuple[str, str], str] = field(default_factory=dict)
    """SageMaker job names by kind and object."""

    def start(self) -> None:
        """Start the operator on the watched namespace."""
        self.stack.run_operator(self.stack.folder / "operator.kubeconfig")

    def restart(self) -> None:
        """Stop the operator and start it again."""
        self.stack.processes.stop(OPERATOR)
        self.start()

    def leave(self, kind: Kind, name: str, left: Left) -> None:
        """Write one object and make its job."""
        finalizers = [FINALIZER, *left.finalizers]
        job = generated(self.scene.create(kind, name, finalizers=finalizers))
        self.jobs[kind.name, name] = job
        self.scene.edit(kind, name, **{kind.spec_name: job})
        shown: dict[str, Any] = {kind.status_word: left.word, "lastCheckTime": "2021-02-03T04:05:06Z"}
        if left.word != FIRST_WORD:
            shown |= {kind.status_name: job, "additional": left.additional}
        self.scene.patch(kind, name, {"status": shown}, "status")
        if left.job:
            self.scene.start_job(kind, job, OF_ANOTHER if left.job == "another" else ())
        if left.job == "ended":
            self.scene.control.end_job(job, region=REGION)
        if left.deleted:
            self.scene.delete(kind, name)


@pytest.fixture(scope="module")
def estate(cluster_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The original's objects, with the operator taking over."""
    with ControlPlane(tmp_path_factory.mktemp("estate"), cluster_binaries) as plane:
        flags = [f"--namespace={WATCHED}", "--consistency-window=1"]
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            Shared(plane, cluster_binaries.kubectl),
            standin_flags=["--phase", "starting=0.2", "pending=0.2", "downloading=0.2", "training=0.5",
                           "uploading=0.2", "transforming=0.5", "stopping=0.3"],
            operator_flags=flags,
        )  # fmt: skip
        try:
            stack.start_standin()
            stack.install()
            for name in (WATCHED, UNWATCHED):
                plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            made = Estate(Scene(stack, plane, WATCHED, REGION), stack, Scene(stack, plane, UNWATCHED, REGION))
            for kind in (TRAINING_JOB, BATCH_TRANSFORM_JOB):
                for name, left in LEFT.items():
                    made.leave(kind, name, left)
                made.leave(kind, "refused", REFUSED[kind.name])
            made.other.create(TRAINING_JOB, "elsewhere")
            stack.cluster.service_account_kubeconfig(stack.folder / "operator.kubeconfig", NAMESPACE, ACCOUNT)
            made.start()
            yield made
        finally:
            stack.stop()


def creates(estate: Estate, kind: Kind, name: str) -> int:
    """How many Create calls the operator sent for an object; what this module sent itself is not counted."""
    left = LEFT.get(name)
    own = 1 if left is not None and left.job else 0
    return len(estate.scene.requests(kind.api.create, estate.jobs[kind.name, name])) - own


@BOTH
@pytest.mark.parametrize("name", ["begun", "refused"])
def test_what_never_ran_is_run(estate: Estate, kind: Kind, name: str) -> None:
    """An object whose job the original did not get to create gets exactly one, under the original's name for it."""
    shown = estate.scene.until_word(kind, name, "Completed")

    assert shown[kind.status_name] == estate.jobs[kind.name, name]
    assert "additional" not in shown
    assert creates(estate, kind, name) == 1


@BOTH
@pytest.mark.parametrize("name", ["begun-and-created", "running"])
def test_a_running_job_is_followed_on(estate: Estate, kind: Kind, name: str) -> None:
    """A running job of the original's is found by its name, followed, and never created again."""
    shown = estate.scene.until_reason(kind, name, "Succeeded", "InProgress")

    assert shown[kind.status_word] == "InProgress"
    assert shown[kind.status_name] == estate.jobs[kind.name, name]
    assert creates(estate, kind, name) == 0


@BOTH
@pytest.mark.parametrize("name", ["ended-meanwhile", "completed"])
def test_an_outcome_is_kept_or_learned(estate: Estate, kind: Kind, name: str) -> None:
    """A job that is over, known to the original or not, is described once and Succeeded."""
    shown = estate.scene.until_reason(kind, name, "Succeeded", "Completed")

    assert shown[kind.status_word] == "Completed"
    assert len(estate.scene.requests(kind.api.describe, estate.jobs[kind.name, name])) == 1
    assert creates(estate, kind, name) == 0


@BOTH
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("completed-and-deleted-at-aws", "Completed"),
        ("failed-and-deleted-at-aws", "Failed"),
        ("vanished", "Failed"),
    ],
)
def test_what_ran_and_is_gone_is_not_run_again(estate: Estate, kind: Kind, name: str, word: str) -> None:
    """An object that shows that its job ran is not run again when SageMaker no longer has the job."""
    shown = estate.scene.until_reason(kind, name, "Succeeded", "DeletedExternally")

    assert shown[kind.status_word] == word
    assert condition(shown, "Succeeded")["status"] == ("True" if word == "Completed" else "False")
    assert creates(estate, kind, name) == 0


@BOTH
def test_a_job_of_another_object_is_no_job_of_ours(estate: Estate, kind: Kind) -> None:
    """A generated name holds the object's UID, so a job of that name is the object's whatever its tags say."""
    shown = estate.scene.until_reason(kind, "of-another", "Succeeded", "InProgress")

    assert shown[kind.status_name] == estate.jobs[kind.name, "of-another"]
    assert creates(estate, kind, "of-another") == 0


@BOTH
@pytest.mark.parametrize("name", [name for name, left in LEFT.items() if left.deleted and not left.finalizers])
def test_deleted_objects_go_when_their_job_is_over(estate: Estate, kind: Kind, name: str) -> None:
    """Objects that the original's finalizer holds go: at once without a running job, else when it was stopped."""
    estate.scene.until_gone(kind, name)

    jobs = {job["name"]: job["status"] for job in estate.scene.jobs() if job["kind"] in kind.log_group.lower()}
    expected = {"deleted-and-running": "Stopped", "deleted-and-completed": "Completed"}
    assert jobs.get(estate.jobs[kind.name, name]) == expected.get(name)
    assert creates(estate, kind, name) == 0


def test_a_spawned_object_is_not_stuck(estate: Estate) -> None:
    """A TrainingJob that the original spawned for a tuning job goes once its job is stopped, both finalizers off."""
    estate.scene.until_gone(TRAINING_JOB, "spawned")

    assert estate.scene.job(estate.jobs[TRAINING_JOB.name, "spawned"])["status"] == "Stopped"


def test_another_namespace_is_left_alone(estate: Estate) -> None:
    """With --namespace, objects elsewhere get neither finalizer nor status nor job."""
    estate.scene.until_word(TRAINING_JOB, "begun", "Completed")

    obj = estate.other.get(TRAINING_JOB, "elsewhere")

    assert obj is not None
    assert "finalizers" not in obj["metadata"]
    # What the API server puts in place of no status.
    assert obj.get("status") == {"observedGeneration": -1}
    assert estate.scene.requests("CreateTrainingJob", "elsewhere") == []


def test_a_restart_finds_everything_as_it_was(estate: Estate) -> None:
    """A new process writes nothing for objects at rest, creates nothing, and sees what happened meanwhile."""
    scene, name = estate.scene, "across-restarts"
    scene.long(name)
    job = generated(scene.create(TRAINING_JOB, name))
    scene.until_word(TRAINING_JOB, name, "InProgress")
    resting = {each: scene.get(TRAINING_JOB, each) for each in ("completed", "vanished", "begun")}
    made = len(scene.requests("CreateTrainingJob"))
    estate.stack.processes.stop(OPERATOR)
    scene.control.end_job(job, "Failed", "AlgorithmError: while nobody looked", region=REGION)

    estate.start()

    assert scene.until_word(TRAINING_JOB, name, "Failed")["additional"] == "AlgorithmError: while nobody looked"
    assert {each: scene.get(TRAINING_JOB, each) for each in resting} == resting
    assert len(scene.requests("CreateTrainingJob")) == made


def test_a_job_deleted_at_aws_is_never_run_again(estate: Estate) -> None:
    """DeleteTrainingJob behind the operator's back: Failed with the reason, no new job, not after a restart either."""
    # In a region of its own: the feed's first sweep there is for this job alone.
    region = "eu-test-2"
    scene, name = Scene(estate.stack, estate.scene.plane, WATCHED, region), "deleted-behind-our-back"
    scene.long(name)
    job = generated(scene.create(TRAINING_JOB, name))
    scene.until_word(TRAINING_JOB, name, "InProgress")
    estate.stack.processes.stop(OPERATOR)
    scene.control.settings(phases={"deleting": "0"})
    scene.control.end_job(job, "Stopped", region=region)
    scene.sagemaker().delete_training_job(TrainingJobName=job)
    until(lambda: job not in {each["name"] for each in scene.jobs()}, "the job to be gone")

    estate.start()

    shown = scene.until_reason(TRAINING_JOB, name, "Succeeded", "DeletedExternally")
    assert shown["trainingJobStatus"] == "Failed"
    assert shown["additional"] == (
        f"The SageMaker training job {job} no longer exists in {region}: it was deleted outside of Kubernetes. It is "
        "not run again; create a new object for that."
    )
    assert {reason for _, reason, _ in scene.until_noted(name, "DeletedExternally")} >= {"Created"}
    before = scene.get(TRAINING_JOB, name)
    estate.restart()
    scene.edit(TRAINING_JOB, name, tags=[{"key": "touch", "value": "1"}])
    generation = (before or {})["metadata"]["generation"] + 1
    scene.until(
        TRAINING_JOB, name, lambda obj: status(obj).get("observedGeneration") == generation, "a look at the edit"
    )
    assert len(scene.requests("CreateTrainingJob", job)) == 1


def test_expired_credentials_stop_nothing_for_good(estate: Estate) -> None:
    """Expired credentials are told as such; when new ones hold, the next edit is tried at once."""
    scene, name = estate.scene, "without-credentials"
    scene.control.set_faults(credentials={"*": "expired"})
    try:
        scene.create(BATCH_TRANSFORM_JOB, name)
        shown = scene.until_reason(BATCH_TRANSFORM_JOB, name, "Stalled", "CredentialsInvalid")
    finally:
        scene.control.set_faults(credentials={"*": "valid"})

    assert shown["additional"].startswith(
        "ExpiredTokenException: The security token included in the request is expired"
    )
    scene.edit(BATCH_TRANSFORM_JOB, name, maxPayloadInMB=5)
    scene.until_word(BATCH_TRANSFORM_JOB, name, "Completed")
