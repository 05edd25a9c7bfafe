"""Objects of all kinds in every state, as the operator leaves them: for tests of what others make of a status.

Nothing is written by hand: the operator's own controllers run over a cluster in memory and the AWS stand-in in virtual
time, and each state is an act or two away from a new object.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sagemaker_operator import controls, families, marks
from sagemaker_operator.kinds import SPECIAL
from smkube import kinds
from smkube.aws.session import Address
from smkube.errors import AwsError
from tests.conformance import specs
from tests.standin import control_api
from tests.standin.clock import Clock
from tests.standin.control import ControlMethods
from tests.standin.settings import DEFAULT_PHASES, LogPlan, Settings
from tests.unit.histories.aws import REGION, Account
from tests.unit.histories.chance import Chance
from tests.unit.histories.process import Process
from tests.unit.histories.world import NAMESPACE, Cluster

CRDS = Path(__file__).resolve().parents[2] / "packaging" / "crds"
START = 1_795_500_000.0
NAME = "thing"
LONG = {"training": 9e6, "transforming": 9e6, "processing": 9e6}
ANOTHERS = [{"Key": marks.UID, "Value": "00000000-0000-0000-0000-000000000001"}]
DENIED = AwsError(
    "any",
    "AccessDeniedException",
    "User: arn:aws:iam::123456789012:role/operator is not authorized to perform: this",
    status=400,
    request_id="1",
)
THROTTLED = AwsError("any", "ThrottlingException", "Rate exceeded", status=400, request_id="1")
INVALID = AwsError("any", "ValidationException", "1 validation error detected", status=400, request_id="1")
JOB, RESOURCE, ENDPOINT, SCALING = kinds.Family

Object = dict[str, Any]


class Refusing(Account):
    """An account in which single operations can be refused."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refused: dict[str, AwsError] = {}

    def call(self, address: Address, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A call of the operator."""
        error = self.refused.get(operation)
        if error is not None:
            raise AwsError(operation, error.code, error.message, status=error.status, request_id=error.request_id)
        return super().call(address, operation, parameters)


class _Control(ControlMethods):
    """The control functions of the account's stand-in."""

    def __init__(self, account: Account) -> None:
        self._world = account.world

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out one request of the control endpoint."""
        return control_api.handle(self._world, method, path, body or {})


class Stage:
    """A cluster, an AWS account and the operator, all in this process and in virtual time."""

    def __init__(self, kind: kinds.Kind) -> None:
        self.kind = kind
        self.clock = Clock(START, 0.0)
        chance = Chance(random.Random(1))
        phases = dict.fromkeys(DEFAULT_PHASES, (2.0, 2.0))
        self.account = Refusing(self.clock, chance, Settings(phases=phases, logs=LogPlan(rate=0.0)))
        self.control = _Control(self.account)
        self.control.create_model(specs.MODEL, REGION)
        self.cluster = Cluster(chance.rng, self.clock.now)
        self.operator = Process(self.cluster, self.account, chance, kinds.ALL)

    def make(self, annotations: Mapping[str, str] | None = None, **spec: Any) -> None:
        """Create the object, and let the operator do what it can do at once."""
        self.put(annotations, **spec)
        self.settle()

    def put(self, annotations: Mapping[str, str] | None = None, **spec: Any) -> None:
        """Create or edit the object."""
        if self.cluster.get(self.kind.name, NAME) is not None:
            self.cluster.patch((self.kind.name, NAMESPACE, NAME), {"spec": spec})
            return
        whole = specs.SPECS[self.kind.name](REGION, **spec)
        self.cluster.apply(self.kind.name, NAME, whole, annotations=annotations)

    def settle(self) -> None:
        """Let the operator work until only time brings anything new."""
        self.operator.deliver(1000)
        while self.operator.run(50):
            self.operator.deliver(1000)

    def wait(self, seconds: float) -> None:
        """Time passes, and the operator works."""
        for _ in range(max(1, round(seconds))):
            self.clock.advance(1.0)
            self.operator.deliver(1000)
            self.operator.feeds.poll(self.operator.chance.rng)
            self.settle()

    def refuse(self, operation: str, error: AwsError) -> None:
        """From now on AWS refuses an operation."""
        self.account.refused[operation] = error

    def job(self) -> str:
        """The object's name at AWS."""
        status = self.snapshot()["status"]
        return str((status.get("operatorState") or {}).get("jobName") or status[self.kind.status_name])

    def snapshot(self) -> Object:
        """The object as the API server gives it to anybody who asks."""
        stored = self.cluster.get(self.kind.name, NAME)
        if stored is None:
            raise LookupError(f"{self.kind.name} {NAME} is gone")
        status = {**_default_status(self.kind), **(stored.get("status") or {})}
        shown = {"apiVersion": kinds.API_VERSION, "kind": self.kind.name, **stored}
        return {**shown, "status": status} if status else shown


@dataclass(frozen=True, slots=True)
class State:
    """A state, how to come to it, and what tools are to make of it.

    Args:
        reach: brings a new stage there.
        kstatus: the word of the kstatus library.
        argocd: the word of the health script.
        families: the families that know it.
        only: names of kinds, where not the whole family does.
    """

    reach: Callable[[Stage], None]
    kstatus: str
    argocd: str
    families: tuple[kinds.Family, ...] = tuple(kinds.Family)
    only: tuple[str, ...] = field(default=())

    def fits(self, kind: kinds.Kind) -> bool:
        """Whether objects of a kind can be in this state."""
        return kind.family in self.families and (not self.only or kind.name in self.only)


def all_states() -> list[tuple[kinds.Kind, str]]:
    """Every kind that the operator reconciles in each of its states."""
    return [(kind, name) for kind in kinds.ALL if _ready(kind) for name, state in STATES.items() if state.fits(kind)]


@functools.cache
def reached(kind: kinds.Kind, name: str) -> Object:
    """An object of a kind in a state."""
    stage = Stage(kind)
    STATES[name].reach(stage)
    return stage.snapshot()


def _ready(kind: kinds.Kind) -> bool:
    return kind.family in families.WAYS and (kind.family is not JOB or kind.name in SPECIAL)


def _default_status(kind: kinds.Kind) -> Object:
    """What the API server puts into a status that nobody has written yet."""
    crd = yaml.load((CRDS / f"{kind.resource}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    found = dict(schema.get("default") or {})
    inner = {name: one["default"] for name, one in schema["properties"].items() if "default" in one}
    return {**inner, **found} if found or inner else {}


# --- how to come to a state --------------------------------------------------------------------------------------


def _new(stage: Stage) -> None:
    stage.put()


def _refused(operation: Callable[[kinds.Kind], str], error: AwsError) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.refuse(operation(stage.kind), error)
        stage.make()

    return reach


def _first_call(kind: kinds.Kind) -> str:
    """The call that brings the thing about: what is refused when the object cannot be carried out."""
    if kind.family is ENDPOINT:
        return "CreateModel"
    return "RegisterScalableTarget" if kind.family is SCALING else kind.api.create


def _conflict(stage: Stage) -> None:
    """Somebody else's thing has the name that the spec chooses."""
    if stage.kind is kinds.HOSTING_DEPLOYMENT:
        stage.account.act("CreateEndpointConfig", _endpoint_config("theirs"))
        theirs = {"EndpointName": "theirs", "EndpointConfigName": "theirs", "Tags": ANOTHERS}
        stage.account.act("CreateEndpoint", theirs)
    else:
        from sagemaker_operator.mapping import request

        spec = specs.SPECS[stage.kind.name](REGION)
        made = request.to_request(stage.kind.name, spec, "theirs", ANOTHERS)
        stage.account.act(stage.kind.api.create, made)
    stage.make(None, **{stage.kind.spec_name: "theirs"})


def _endpoint_config(name: str) -> Object:
    variant = {
        "VariantName": "all",
        "ModelName": specs.MODEL,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    return {"EndpointConfigName": name, "ProductionVariants": [variant]}


def _paused_new(stage: Stage) -> None:
    stage.make({controls.PAUSE: "true"})


def _paused_ready(stage: Stage) -> None:
    _goal(stage)
    stage.cluster.annotate(stage.kind.name, NAME, controls.PAUSE, "true")
    stage.settle()


def _miswritten(stage: Stage) -> None:
    if stage.kind.family is SCALING:
        _serve(stage)
    stage.make({controls.DELETION_POLICY: "keep"})
    stage.wait(40)


def _goal(stage: Stage) -> None:
    """The object is what it asks for."""
    if stage.kind.family is SCALING:
        _serve(stage)
    stage.make()
    stage.wait(60)


def _serve(stage: Stage) -> None:
    """An endpoint that somebody else has in service."""
    stage.account.act("CreateEndpointConfig", _endpoint_config("endpoint"))
    stage.account.act("CreateEndpoint", {"EndpointName": "endpoint", "EndpointConfigName": "endpoint"})
    stage.clock.advance(10)


def _edited(stage: Stage) -> None:
    """The user has changed the spec and the operator has not looked yet."""
    _goal(stage)
    stage.put(tags=[{"key": "new", "value": "tag"}])


def _long(stage: Stage) -> None:
    stage.control.rule("*", phases=dict(LONG))


def _running(stage: Stage) -> None:
    _long(stage)
    stage.make()
    stage.wait(30)


def _stopping(stage: Stage) -> None:
    stage.control.rule("*", phases={**LONG, "stopping": 9e6})
    stage.make()
    stage.wait(30)
    stage.account.act(stage.kind.api.stop, {stage.kind.api.name: stage.job()})
    stage.wait(20)


def _ended(word: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        _running(stage)
        stage.control.end_job(stage.job(), word, "AlgorithmError: no" if word == "Failed" else "", region=REGION)
        stage.wait(20)

    return reach


def _spec_changed(stage: Stage) -> None:
    _running(stage)
    stage.put(**_other(stage.kind))
    stage.settle()


def _other(kind: kinds.Kind) -> Object:
    """A change that SageMaker cannot make of a job."""
    if kind is kinds.TUNING_JOB:
        limits = {"maxNumberOfTrainingJobs": 5, "maxParallelTrainingJobs": 2}
        config = specs.tuning(REGION)["hyperParameterTuningJobConfig"]
        return {"hyperParameterTuningJobConfig": {**config, "resourceLimits": limits}}
    return {"maxPayloadInMB": 7} if kind is kinds.BATCH_TRANSFORM_JOB else {"roleArn": f"{specs.ROLE}-other"}


def _deleted_at_aws(stage: Stage) -> None:
    stage.make()
    stage.wait(60)
    stage.account.act(stage.kind.api.delete, {stage.kind.api.name: stage.job()})
    stage.clock.advance(60)
    stage.cluster.annotate(stage.kind.name, NAME, controls.RECONCILE_NOW, "1")
    stage.wait(5)


def _being_deleted_at_aws(stage: Stage) -> None:
    stage.control.rule("*", phases={"deleting": 9e6})
    stage.make()
    stage.wait(60)
    stage.account.act(stage.kind.api.delete, {stage.kind.api.name: stage.job()})
    stage.cluster.annotate(stage.kind.name, NAME, controls.RECONCILE_NOW, "1")
    stage.wait(5)


def _vanished(stage: Stage) -> None:
    _running(stage)
    stage.control.end_job(stage.job(), "Stopped", region=REGION)
    stage.account.act(stage.kind.api.delete, {stage.kind.api.name: stage.job()})
    stage.clock.advance(60)
    stage.cluster.annotate(stage.kind.name, NAME, controls.RECONCILE_NOW, "1")
    stage.wait(5)


def _denied_while_running(stage: Stage) -> None:
    _running(stage)
    stage.refuse(stage.kind.api.describe, DENIED)
    stage.cluster.annotate(stage.kind.name, NAME, controls.RECONCILE_NOW, "1")
    stage.settle()


def _deleting_job(stage: Stage) -> None:
    stage.control.rule("*", phases={**LONG, "stopping": 9e6})
    stage.make()
    stage.wait(30)
    stage.cluster.delete((stage.kind.name, NAMESPACE, NAME))
    stage.wait(5)


def _deleting_denied(stage: Stage) -> None:
    if stage.kind.family is JOB:
        _running(stage)
    else:
        _goal(stage)
    stage.refuse(stage.kind.api.stop or stage.kind.api.delete, DENIED)
    stage.cluster.delete((stage.kind.name, NAMESPACE, NAME))
    stage.wait(5)


def _waiting_for_model(stage: Stage) -> None:
    stage.refuse("CreateModel", DENIED)
    stage.cluster.apply(kinds.MODEL.name, "wanted", specs.model(REGION))
    stage.make(modelName="wanted")


def _config_without_model(stage: Stage) -> None:
    stage.make(productionVariants=[specs.variant("not-yet")])


def _waiting_for_endpoint(stage: Stage) -> None:
    stage.make()
    stage.wait(10)


def _endpoint(words: Mapping[str, Any], **edit: Any) -> Callable[[Stage], None]:
    """An endpoint in service whose update goes as a rule says."""

    def reach(stage: Stage) -> None:
        _goal(stage)
        stage.control.rule("*", kind="endpoint", **words)
        stage.put(**edit)
        stage.wait(40)

    return reach


def _more_instances() -> Object:
    return {"productionVariants": [specs.variant("m", initialInstanceCount=2)]}


def _fails(ends: str) -> Object:
    return {"fail": {"reason": "The image is broken.", "phase": "updating", "after": 1, "ends": ends}}


def _shown(word: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        _goal(stage)
        stage.control.show_endpoint(stage.job(), word, "For a reason." if word.endswith("Failed") else "", REGION)
        stage.wait(30)

    return reach


def _creating(stage: Stage) -> None:
    stage.control.rule("*", kind="endpoint", phases={"creating": 9e6})
    stage.make()
    stage.wait(30)


def _creation_failed(stage: Stage) -> None:
    stage.control.rule("*", kind="endpoint", fail={"reason": "The image is broken.", "after": 1})
    stage.make()
    stage.wait(40)


def _deleting_endpoint(stage: Stage) -> None:
    stage.control.rule("*", kind="endpoint", phases={"deleting": 9e6})
    _goal(stage)
    stage.cluster.delete((stage.kind.name, NAMESPACE, NAME))
    stage.wait(5)


PROGRESS = ("InProgress", "Progressing")
BROKEN = ("Failed", "Degraded")
GOAL = ("Current", "Healthy")
DELETING = ("Terminating", "Progressing")
_RUNS = (JOB,)
_NAMED = tuple(kind.name for kind in (kinds.TRAINING_JOB, kinds.TUNING_JOB, kinds.BATCH_TRANSFORM_JOB))
_RECORDS = (kinds.TRAINING_JOB.name, kinds.PROCESSING_JOB.name)

STATES: dict[str, State] = {
    "new": State(_new, *PROGRESS),
    "refused": State(_refused(_first_call, INVALID), *BROKEN),
    "denied": State(_refused(_first_call, DENIED), *BROKEN),
    "throttled": State(_refused(_first_call, THROTTLED), *PROGRESS),
    "name taken": State(_conflict, *BROKEN, only=(*_NAMED, kinds.HOSTING_DEPLOYMENT.name)),
    "paused at once": State(_paused_new, "InProgress", "Suspended"),
    "paused later": State(_paused_ready, "Current", "Suspended"),
    "miswritten annotation": State(_miswritten, *GOAL),
    "as asked": State(_goal, *GOAL),
    "edited": State(_edited, *PROGRESS),
    "deletion denied": State(_deleting_denied, *DELETING),
    # Jobs
    "running": State(_running, *PROGRESS, _RUNS),
    "stopping": State(_stopping, *PROGRESS, _RUNS),
    "completed": State(_ended("Completed"), *GOAL, _RUNS),
    "failed": State(_ended("Failed"), *BROKEN, _RUNS),
    "stopped": State(_ended("Stopped"), *BROKEN, _RUNS),
    "edited in vain": State(_spec_changed, *BROKEN, _RUNS),
    "vanished": State(_vanished, *BROKEN, _RUNS, _RECORDS),
    "completed and deleted at AWS": State(_deleted_at_aws, *GOAL, _RUNS, _RECORDS),
    "completed and being deleted at AWS": State(_being_deleted_at_aws, *GOAL, _RUNS, _RECORDS),
    "denied while running": State(_denied_while_running, *BROKEN, _RUNS),
    "being deleted": State(_deleting_job, *DELETING, _RUNS),
    "waiting for a Model": State(_waiting_for_model, *PROGRESS, _RUNS, (kinds.BATCH_TRANSFORM_JOB.name,)),
    # Hosting
    "waiting for a model": State(_config_without_model, *PROGRESS, (RESOURCE,), (kinds.ENDPOINT_CONFIG.name,)),
    "waiting for the endpoint": State(_waiting_for_endpoint, *PROGRESS, (SCALING,)),
    "creating": State(_creating, *PROGRESS, (ENDPOINT,)),
    "creation failed": State(_creation_failed, *BROKEN, (ENDPOINT,)),
    "updating": State(_endpoint({"phases": {"updating": 9e6}}, **_more_instances()), *PROGRESS, (ENDPOINT,)),
    "updated": State(_endpoint({"phases": {"updating": 1}}, **_more_instances()), *GOAL, (ENDPOINT,)),
    "rolled back": State(_endpoint(_fails("rollback"), **_more_instances()), *BROKEN, (ENDPOINT,)),
    "rollback failed": State(_endpoint(_fails("rollback_failed"), **_more_instances()), *BROKEN, (ENDPOINT,)),
    "update failed": State(_endpoint(_fails("failed"), **_more_instances()), *BROKEN, (ENDPOINT,)),
    "system update": State(_shown("SystemUpdating"), *PROGRESS, (ENDPOINT,)),
    "rolling back": State(_shown("RollingBack"), *PROGRESS, (ENDPOINT,)),
    "out of service": State(_shown("OutOfService"), *BROKEN, (ENDPOINT,)),
    "endpoint being deleted": State(_deleting_endpoint, *DELETING, (ENDPOINT,)),
}
