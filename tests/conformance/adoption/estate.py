"""The Go operator's estate: its objects written to the real API server, and the matching SageMaker state.

Nothing of the project's own code is used for names and contents: they are what the operator is to find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from smkube import kinds
from smkube.kinds import FINALIZER, Kind
from tests.conformance import specs
from tests.conformance.adoption.left import FIRST_WORD, REASON, Left
from tests.conformance.operator_scene import LONG, Object, Scene, condition, generated, request_of, status
from tests.stack.stack import OPERATOR, Stack
from tests.stack.waiting import until

CHECKED = "2021-02-03T04:05:06Z"
_OURS = frozenset(
    {"conditions", "observedGeneration", "operatorState", "startTime", "completionTime", "sageMakerJobArn"}
)
"""Status fields that the Go operator does not know."""
_ALWAYS_CHECKED = (kinds.BATCH_TRANSFORM_JOB, kinds.PROCESSING_JOB)
"""Kinds of jobs for which the Go operator filled in `lastCheckTime`."""


@dataclass
class Estate:
    """What the Go operator left, and the operator that takes over.

    Attributes:
        scene: the namespace and region of it all.
        stack: the operator and the stand-in.
        aws: what objects are called at AWS, by kind and object.
        ending: jobs that are to be Completed before the operator starts.
    """

    scene: Scene
    stack: Stack
    aws: dict[tuple[str, str], str] = field(default_factory=dict)
    ending: set[str] = field(default_factory=set)

    # --- the operator ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the operator, once all jobs are where they are to be; what was called before it is forgotten."""
        until(lambda: not self.ending & self._running(), "jobs to be Completed")
        self.scene.control.reset("requests")
        self.stack.run_operator(self.stack.folder / "operator.kubeconfig")

    def stop(self) -> None:
        """Stop the operator."""
        self.stack.processes.stop(OPERATOR)

    def run(self) -> None:
        """Start it again."""
        self.stack.run_operator(self.stack.folder / "operator.kubeconfig")

    def restart(self) -> None:
        """Stop the operator and start it again."""
        self.stop()
        self.run()

    def calls(self, kind: Kind, name: str) -> Counter[str]:
        """What the operator has changed at AWS for an object since its first start, by operation."""
        aws = self.aws[kind.name, name]
        return Counter(operation for operation, called in self.scene.changes() if called == aws)

    def all_calls(self) -> Counter[tuple[str, str]]:
        """Everything the operator has changed at AWS."""
        return Counter(self.scene.changes())

    def leave(self, writers: Iterable[Callable[[], object]]) -> None:
        """Write many things at once: most of it is waiting."""
        self.scene.sagemaker()
        self.scene.scaling()
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(writer) for writer in writers]:
                done.result()

    def _running(self) -> set[str]:
        return {job["name"] for job in self.scene.all_jobs() if job["status"] != "Completed"}

    # --- jobs -----------------------------------------------------------------------------------------------------

    def leave_job(self, kind: Kind, name: str, left: Left) -> Object:
        """Write one object of a job, and make its job."""
        job = self._object(kind, name)
        shown = _job_status(kind, job, left, self.scene.region)
        self.scene.patch(kind, name, {"status": shown}, "status")
        if left.job:
            # Stopping takes as long as the operator needs to be seen at it.
            lasting = {} if left.job == "Completed" else dict(LONG)
            stopping = "3" if left.job == "Stopping" else "0.3"
            self.scene.control.rule(f"{job}*", phases={**lasting, "stopping": stopping})
            self.scene.start_job(kind, job, long=False)
            self._bring(kind, job, left.job)
            self.ending |= {job} if left.job == "Completed" else set()
        if left.deleted:
            self.scene.delete(kind, name)
        return self.scene.get(kind, name) or {}

    def _object(self, kind: Kind, name: str) -> str:
        """An object with finalizer and, where the Go operator wrote it there, the name in the spec."""
        spec = specs.SPECS[kind.name](self.scene.region)
        made = self.scene.apply(kind, name, spec, finalizers=[FINALIZER])
        job = generated(made)
        self.aws[kind.name, name] = job
        if kind.writes_name:
            self.scene.edit(kind, name, **{kind.spec_name: job})
        return job

    def _bring(self, kind: Kind, job: str, word: str) -> None:
        if word in {"Failed", "Stopped"}:
            reason = REASON if word == "Failed" else ""
            self.scene.control.end_job(job, word, reason, region=self.scene.region)
        elif word == "Stopping":
            self.scene.stop_job(kind, job)

    # --- models and endpoint configurations -----------------------------------------------------------------------

    def leave_resource(
        self,
        kind: Kind,
        name: str,
        spec: Mapping[str, Any],
        word: str = "Created",
        *,
        aws: bool = True,
        stored: Iterable[Mapping[str, Any]] = (),
        additional: str = "",
        deleted: bool = False,
        **metadata: Any,
    ) -> str:
        """Write a Model or an EndpointConfig, and make what it stands for; returns its name at SageMaker.

        Args:
            kind: one of the two.
            name: the object's name.
            spec: its spec; that of the request, too.
            word: its status word.
            aws: whether SageMaker has it.
            stored: what the Go operator has changed of the spec, one write after the other.
            additional: its text.
            deleted: the user has deleted it.
            metadata: labels, for example.
        """
        made = self.scene.apply(kind, name, spec, finalizers=[FINALIZER], **metadata)
        sagemaker_name = generated(made)
        self.aws[kind.name, name] = sagemaker_name
        for change in stored:
            self.scene.patch(kind, name, {"spec": dict(change)})
        arn = ""
        if aws:
            arn = self.create(kind, sagemaker_name, spec)
        shown: Object = {kind.status_word: word}
        if word != FIRST_WORD:
            shown |= {"additional": additional, "lastUpdateTime": CHECKED}
            shown |= {kind.status_name: sagemaker_name if aws else "", _arn_field(kind): arn}
        self.scene.patch(kind, name, {"status": shown}, "status")
        if deleted:
            self.scene.delete(kind, name)
        return sagemaker_name

    def create(self, kind: Kind, name: str, spec: Mapping[str, Any]) -> str:
        """Make a model or an endpoint configuration as the Go operator asked for it; returns its ARN."""
        request = {**request_of(dict(spec)), kind.api.name: name}
        client = self.scene.sagemaker()
        make = client.create_model if kind is kinds.MODEL else client.create_endpoint_config
        return str(make(**request)[kind.api.arn])

    def as_the_other_wrote(self, kind: Kind, name: str) -> None:
        """What a status write of the Go operator makes of an object of ours: it knows its own fields only."""
        obj = self.scene.get(kind, name) or {}
        obj["status"] = {field: value for field, value in status(obj).items() if field not in _OURS}
        self.scene.plane.admin.request("PUT", self.scene.path(kind, name, "status"), obj)

    # --- looking --------------------------------------------------------------------------------------------------

    def until_settled(self, kind: Kind, name: str, word: str, type_: str, reason: str) -> Object:
        """Wait until an object has a status word and a condition its reason; returns its status."""

        def there(obj: Object) -> bool:
            return status(obj).get(kind.status_word) == word and condition(obj, type_).get("reason") == reason

        return status(self.scene.until(kind, name, there, f"{kind.name} {name}: {word}, {type_} because of {reason}"))

    def snapshot(self, every: Iterable[Kind]) -> dict[tuple[str, str], str]:
        """The version of each object, by kind and name."""
        return {
            (kind.name, obj["metadata"]["name"]): obj["metadata"]["resourceVersion"]
            for kind in every
            for obj in self.scene.all(kind)
        }

    def until_quiet(self, every: Iterable[Kind], seconds: float = 20.0) -> dict[tuple[str, str], str]:
        """Wait until no object has changed between two looks a second apart; returns their versions."""
        kinds_, seen = list(every), [self.snapshot(every)]

        def still() -> bool:
            seen.append(self.snapshot(kinds_))
            return seen[-1] == seen[-2]

        until(still, "all objects to be at rest", seconds=seconds, pause=1.0)
        return seen[-1]


def _job_status(kind: Kind, job: str, left: Left, region: str) -> Object:
    """The fields that the Go operator wrote."""
    known = left.word != FIRST_WORD
    shown: Object = {
        kind.status_word: left.word,
        kind.status_name: job if known else "",
        "additional": left.additional,
    }
    if kind in (kinds.TRAINING_JOB, kinds.PROCESSING_JOB):
        shown["cloudWatchLogUrl"] = (
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logStream:group={kind.log_group};"
            f"prefix={job if known else ''};streamFilter=typeLogStreamPrefix"
        )
    if kind is kinds.TRAINING_JOB:
        shown["secondaryStatus"] = {"InProgress": "Training"}.get(left.word, left.word) if left.job else ""
        if left.word == "Completed":
            # Plain concatenation, as the path in the spec has no slash at its end.
            shown["modelPath"] = f"s3://bucket/models{job}/output/model.tar.gz"
    if kind is kinds.TUNING_JOB:
        shown["trainingJobStatusCounters"] = {}
    if kind in _ALWAYS_CHECKED:
        shown["lastCheckTime"] = CHECKED
    return shown


def _arn_field(kind: Kind) -> str:
    return "modelArn" if kind is kinds.MODEL else "endpointConfigArn"
