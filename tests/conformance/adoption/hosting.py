"""What the Go operator leaves of hosting: deployments with their children and endpoints, at every step of its work.

Names, labels and the shape of the children are by the formulas of release 1.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smkube.kinds import ENDPOINT_CONFIG, FINALIZER, HOSTING_DEPLOYMENT, MODEL
from tests.conformance import specs
from tests.conformance.adoption.estate import CHECKED, Estate
from tests.conformance.adoption.left import FIRST_WORD, SUFFIX
from tests.conformance.operator_scene import Object, generated
from tests.stack.waiting import until

WAITING = "Unable to create Endpoint: Unable to reconcile Endpoint resources: Unable to reconcile EndpointConfigs: "
EDITED = "s3://bucket/edited.tar.gz"


@dataclass(frozen=True)
class Revision:
    """The children of one generation.

    Attributes:
        generation: of the deployment.
        data: where the model's data are.
        mode: how the Model child stands: as it was `made`, `persisted` by its controller, or `overwritten` after that.
        config: whether the EndpointConfig child was made.
        aws: whether SageMaker has what the children stand for.
        deleted: the Go operator has deleted the children, and their finalizers hold them.
    """

    generation: int = 1
    data: str = "s3://bucket/model.tar.gz"
    mode: str = "overwritten"
    config: bool = True
    aws: bool = True
    deleted: bool = False


@dataclass(frozen=True)
class Deployed:
    """A HostingDeployment as the Go operator leaves it, and what is to become of it.

    Attributes:
        word: its status word.
        revisions: its children, the oldest first.
        endpoint: the status of its endpoint; empty when there is none.
        serves: number of the revision that the endpoint has.
        updates: number of the revision that the endpoint is being brought to, if it is.
        generation: of the deployment.
        deleted: the user has deleted it.
        spec: fields over the ordinary spec.
        additional: its text.
        ends: the status word that it comes to; empty when it goes.
        ready: the status of its condition `Ready` then.
        calls: what the operator changes at AWS for deployment and children.
    """

    word: str
    revisions: Sequence[Revision] = (Revision(),)
    endpoint: str = "InService"
    serves: int = 0
    updates: int | None = None
    generation: int = 1
    deleted: bool = False
    spec: Mapping[str, Any] = field(default_factory=dict)
    additional: str = ""
    ends: str = "InService"
    ready: str = "True"
    calls: tuple[str, ...] = ()


_OLD, _NEW = Revision(), Revision(2, EDITED)
_GONE = ("DeleteEndpointConfig", "DeleteModel")
_ALL_GONE = ("DeleteEndpoint", *_GONE)
_UNWEIGHTED = {key: value for key, value in specs.variant("m").items() if key != "initialVariantWeight"}

DEPLOYMENTS: dict[str, Deployed] = {
    # In service, in all the forms in which the children may be left.
    "serves": Deployed("InService"),
    "serves-as-made": Deployed("InService", (Revision(mode="made"),)),
    "serves-persisted": Deployed("InService", (Revision(mode="persisted"),)),
    "serves-edited": Deployed("InService", (_NEW,), generation=2),
    "serves-third": Deployed("InService", (Revision(3),), generation=3),
    "serves-unweighted": Deployed("InService", spec={"productionVariants": [_UNWEIGHTED]}),
    "serves-tagged": Deployed("InService", spec={"tags": [{"key": "team", "value": "blue"}]}),
    "serves-retaining": Deployed("InService", spec={"retainAllVariantProperties": True}),
    "serves-named": Deployed("InService", spec={"endpointName": "chosen-endpoint"}),
    "serves-two-containers": Deployed("InService", spec={"models": [specs.hosting("")["models"][0] | {
        "containers": [
            {"containerHostname": "one", "image": specs.IMAGE, "environment": [{"name": "A", "value": "1"}]},
            {"containerHostname": "two", "image": specs.IMAGE, "mode": "SingleModel"},
        ],
    }]}),
    "first-seen": Deployed(FIRST_WORD),
    "throttled": Deployed(
        "ReconcilingEndpoint",
        additional=f"Unable to describe SageMaker endpoint: ThrottlingException: Rate exceeded{SUFFIX}",
    ),
    # On the way.
    "creating": Deployed("Creating", endpoint="Creating"),
    "created-unseen": Deployed("ReconcilingEndpoint", endpoint="Creating", additional=f"{WAITING}no name"),
    "updating": Deployed("Updating", (_OLD, _NEW), "Updating", updates=1, generation=2, calls=_GONE),
    "updated-unclean": Deployed("InService", (_OLD, _NEW), serves=1, generation=2, calls=_GONE),
    "updated-cleaning": Deployed(
        "InService", (Revision(deleted=True), _NEW), serves=1, generation=2, calls=_GONE
    ),
    "update-prepared": Deployed("InService", (_OLD, _NEW), generation=2, calls=("UpdateEndpoint", *_GONE)),
    "edited-meanwhile": Deployed(
        "InService", generation=2, calls=("CreateModel", "CreateEndpointConfig", "UpdateEndpoint", *_GONE)
    ),
    # Without an endpoint yet.
    "waits-for-model": Deployed(
        "ReconcilingEndpoint", (Revision(config=False, aws=False),), "",
        additional=f"{WAITING}Unable to resolve SageMaker model name for model 'default/m'",
        calls=("CreateModel", "CreateEndpointConfig", "CreateEndpoint"),
    ),
    "waits-for-config": Deployed(
        "ReconcilingEndpoint", (Revision(config=False),), "",
        additional=f"{WAITING}Awaiting endpoint config creation: 'default/x'",
        calls=("CreateEndpointConfig", "CreateEndpoint"),
    ),
    "waits-for-endpoint": Deployed("ReconcilingEndpoint", endpoint="", calls=("CreateEndpoint",)),
    # Failed for good: only an edit can help.
    "failed": Deployed("Failed", endpoint="Failed", ends="Failed", ready="False"),
    "out-of-service": Deployed("OutOfService", endpoint="OutOfService", ends="OutOfService", ready="False"),
    # Deleted, at each stage.
    "deleted-serving": Deployed("InService", deleted=True, ends="", calls=_ALL_GONE),
    "deleted-named": Deployed(
        "InService", deleted=True, ends="", calls=_ALL_GONE, spec={"endpointName": "chosen-deleted"}
    ),
    "deleted-failed": Deployed("Failed", endpoint="Failed", deleted=True, ends="", calls=_ALL_GONE),
    "deleted-two-revisions": Deployed(
        "InService", (_OLD, _NEW), serves=1, generation=2, deleted=True, ends="", calls=(*_ALL_GONE, *_GONE)
    ),
    "deleted-deleting": Deployed("Deleting", endpoint="Deleting", deleted=True, ends="", calls=_GONE),
    "deleted-gone": Deployed("Deleting", endpoint="", deleted=True, ends="", calls=_GONE),
    "deleted-children-going": Deployed(
        "Deleting", (Revision(deleted=True),), "", deleted=True, ends="", calls=_GONE
    ),
    "deleted-empty": Deployed("Deleting", (), "", deleted=True, ends=""),
    "deleted-unborn": Deployed(FIRST_WORD, (), "", deleted=True, ends=""),
}  # fmt: skip


def leave_deployment(made: Estate, name: str, left: Deployed) -> set[str]:
    """Write a deployment, its children and its endpoint; returns all its names at AWS."""
    scene = made.scene
    spec = specs.hosting(scene.region, **left.spec)
    obj = scene.apply(HOSTING_DEPLOYMENT, name, spec, finalizers=[FINALIZER])
    endpoint = generated(obj)
    made.aws[HOSTING_DEPLOYMENT.name, name] = endpoint
    obj = _edit(made, obj, left)
    configs, aws_names = [], {endpoint}
    for revision in left.revisions:
        models, config = _leave_children(made, obj, revision)
        configs.append(config)
        aws_names |= {*models, config} - {""}
    arn = _endpoint(made, endpoint, left, configs, spec) if left.endpoint else ""
    _write_status(made, name, endpoint, arn, left, configs[left.serves] if configs else "")
    if left.deleted:
        scene.delete(HOSTING_DEPLOYMENT, name)
    return aws_names


def _edit(made: Estate, obj: Object, left: Deployed) -> Object:
    """Bring the deployment to its generation, with the data of the last revision in its spec, or of a later one."""
    for generation in range(2, left.generation + 1):
        last = generation == left.generation
        found = [revision.data for revision in left.revisions if revision.generation == generation]
        data = (found or [EDITED if last else f"s3://bucket/{generation}.tar.gz"])[0]
        models = obj["spec"]["models"]
        container = {**models[0]["containers"][0], "modelDataUrl": data}
        obj = made.scene.edit(
            HOSTING_DEPLOYMENT, obj["metadata"]["name"], models=[{**models[0], "containers": [container]}]
        )
    return obj


def _leave_children(made: Estate, obj: Object, revision: Revision) -> tuple[list[str], str]:
    """The Model and EndpointConfig objects of a generation; returns their names at SageMaker."""
    name, spec, namespace = obj["metadata"]["name"], obj["spec"], obj["metadata"]["namespace"]
    suffix = f"{revision.generation}-{obj['metadata']['uid'].replace('-', '')}"
    labels = {"owner_HostingDeployment_namespace": namespace, "owner_HostingDeployment_name": name}
    shared = {key: spec[key] for key in ("region", "sageMakerEndpoint", "tags") if key in spec}
    word = "Created" if revision.aws else FIRST_WORD
    models = {}
    for entry in spec["models"]:
        child = _model(entry, shared, revision)
        models[entry["name"]] = made.leave_resource(
            MODEL,
            f"{entry['name']}-{suffix}",
            child,
            word,
            aws=revision.aws,
            stored=_stored(child, revision.mode),
            deleted=revision.deleted,
            labels=labels,
        )
    if not revision.config:
        return list(models.values()) if revision.aws else [], ""
    variants = [{**variant, "modelName": models[variant["modelName"]]} for variant in spec["productionVariants"]]
    config = made.leave_resource(
        ENDPOINT_CONFIG,
        f"{name}-{suffix}",
        {**shared, "productionVariants": variants},
        word,
        aws=revision.aws,
        deleted=revision.deleted,
        labels=labels,
    )
    return list(models.values()), config


def _model(entry: Object, shared: Object, revision: Revision) -> Object:
    containers = [dict(container) for container in entry["containers"]]
    if len(containers) > 1:
        return {**shared, "executionRoleArn": entry["executionRoleArn"], "containers": containers}
    only = {**containers[0], "modelDataUrl": revision.data}
    return {**shared, "executionRoleArn": entry["executionRoleArn"], "primaryContainer": only}


def _stored(child: Object, mode: str) -> list[Object]:
    """What the Go operator wrote to a Model child after making it: the mode, and away with it."""
    if mode == "made":
        return []
    persisted: Object
    overwritten: Object
    if "primaryContainer" in child:
        persisted = {"primaryContainer": {**child["primaryContainer"], "mode": "SingleModel"}}
        overwritten = {"primaryContainer": {**child["primaryContainer"], "mode": None}}
    else:
        persisted = {"containers": [{**container, "mode": "SingleModel"} for container in child["containers"]]}
        overwritten = {"containers": child["containers"]}
    return [persisted] if mode == "persisted" else [persisted, overwritten]


def _endpoint(made: Estate, name: str, left: Deployed, configs: Sequence[str], spec: Object) -> str:
    """Make the endpoint and bring it to its status; returns its ARN."""
    scene, client = made.scene, made.scene.sagemaker()
    lasting = "6" if left.endpoint in {"Creating", "Updating", "Deleting"} else "0.3"
    scene.control.rule(name, kind="endpoint", phases=dict.fromkeys(("creating", "updating", "deleting"), "0.3"))
    if left.endpoint == "Creating":
        scene.control.rule(name, kind="endpoint", phases={"creating": lasting})
    tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in spec.get("tags", ())]
    arn = client.create_endpoint(EndpointName=name, EndpointConfigName=configs[left.serves], Tags=tags)["EndpointArn"]
    if left.endpoint == "Creating":
        return str(arn)
    until(lambda: (scene.hosted("endpoints", name) or {}).get("status") == "InService", f"{name} in service")
    if left.updates is not None:
        scene.control.rule(name, kind="endpoint", phases={"updating": lasting})
        client.update_endpoint(EndpointName=name, EndpointConfigName=configs[left.updates])
    elif left.endpoint == "Deleting":
        scene.control.rule(name, kind="endpoint", phases={"deleting": lasting})
        client.delete_endpoint(EndpointName=name)
    elif left.endpoint != "InService":
        scene.control.show_endpoint(name, left.endpoint, "It broke." if left.endpoint == "Failed" else "", scene.region)
    return str(arn)


def _write_status(made: Estate, name: str, endpoint: str, arn: str, left: Deployed, config: str) -> None:
    shown: Object = {"endpointStatus": left.word, "lastCheckTime": CHECKED, "additional": left.additional}
    if left.word != FIRST_WORD:
        url = f"https://runtime.sagemaker.{made.scene.region}.amazonaws.com/endpoints/{endpoint}/invocations"
        shown |= {"endpointUrl": url, "endpointConfigName": config if arn else "", "modelNames": []}
    if arn and left.word != FIRST_WORD:
        shown |= {
            "endpointName": endpoint,
            "endpointArn": arn,
            "failureReason": "It broke." if left.endpoint == "Failed" else "",
            "creationTime": CHECKED,
            "lastModifiedTime": CHECKED,
        }
    made.scene.patch(HOSTING_DEPLOYMENT, name, {"status": shown}, "status")
