"""The operator's charts: what they render, what they refuse, and what becomes of a release in a cluster."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from smkube import kinds
from tests.cluster import binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.cluster.gobuild import HELM_MODULE
from tests.cluster.progress import Progress
from tests.cluster.versions import pinned_helm
from tests.install.conftest import NAMESPACE, PACKAGING, ROLE, Helm, Object, Objects, installer, read

CLUSTER, DEFINITIONS, NAMESPACED = "installer/rolebased", "namespaced/crd_chart", "namespaced/operator_chart"
MANAGER, ACCOUNT = "sagemaker-k8s-operator-controller-manager", "sagemaker-k8s-operator-default"
DEPLOYMENT, POLICY = ("Deployment", MANAGER), ("NetworkPolicy", MANAGER)
CHINA = (
    "--set=proxy.enabled=false",
    "--set=image.repository=099223943020.dkr.ecr.cn-northwest-1.amazonaws.com.cn/amazon-sagemaker-operator-for-k8s",
)
_OF_HELM = ("app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "helm.sh/chart")


def _render(helm: Helm, chart: str, *arguments: str, values: Object | None = None) -> Objects:
    command = ["template", "release", chart, *arguments]
    if values is None:
        return read(helm(*command))
    return read(helm(*command, "--values=-", stdin=json.dumps(values)))


def _operator(helm: Helm, values: Object, chart: str = NAMESPACED) -> Objects:
    """What the chart of one namespace makes of values."""
    return _render(helm, chart, "--namespace=team", values=values)


def _manager(objects: Objects) -> Object:
    manager: Object = objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"][0]
    return manager


# --- the same as the installers -----------------------------------------------------------------------------------


def _plain(one: Object) -> Object:
    """An object without what Helm's conventions add."""
    metadata = {**one["metadata"]}
    labels = metadata.pop("labels", {})
    annotations = metadata.pop("annotations", {})
    labels = {key: value for key, value in labels.items() if key not in _OF_HELM}
    annotations = {key: value for key, value in annotations.items() if key != "helm.sh/resource-policy"}
    return {**one, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


@pytest.mark.parametrize(
    ("chart", "arguments", "file", "namespace"),
    [
        (CLUSTER, (), "installer.yaml", NAMESPACE),
        (CLUSTER, CHINA, "china/installer_china.yaml", NAMESPACE),
        (DEFINITIONS, (), "namespaced/crd.yaml", "default"),
        (NAMESPACED, (), "namespaced/operator.yaml", "team"),
        (NAMESPACED, CHINA, "namespaced/china/operator_china.yaml", "team"),
    ],
)
def test_a_chart_is_its_installer(
    helm: Helm, chart: str, arguments: tuple[str, ...], file: str, namespace: str
) -> None:
    """A chart renders, object by object, what is in its installer; only the Namespace is left to the user."""
    rendered = _render(helm, chart, f"--namespace={namespace}", *arguments)
    wanted = read(installer(file, namespace))
    wanted.pop(("Namespace", NAMESPACE), None)

    assert rendered.keys() == wanted.keys()
    for key, one in wanted.items():
        assert _plain(rendered[key]) == _plain(one), key


@pytest.mark.parametrize("chart", [CLUSTER, DEFINITIONS, NAMESPACED])
def test_lint(helm: Helm, chart: str) -> None:
    """`helm lint --strict` has nothing to say but that there is no icon."""
    said = helm("lint", "--strict", chart)
    found = [line for line in said.splitlines() if line.startswith("[")]
    assert found == ["[INFO] Chart.yaml: icon is recommended"]


def test_labels_of_helm(helm: Helm) -> None:
    """Every object tells its release and chart, as Helm's conventions ask for; selectors know nothing of them."""
    rendered = _operator(helm, {})
    for one in rendered.values():
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "release"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["helm.sh/chart"].startswith("amazon-sagemaker-operator-for-k8s-install-operator-")
    assert rendered[DEPLOYMENT]["spec"]["selector"] == {"matchLabels": {"control-plane": "controller-manager"}}


# --- values -------------------------------------------------------------------------------------------------------

POD: Object = {
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
    ],
    # Helm adds maps of values to the chart's own.
    "nodeSelector": {"kubernetes.io/os": "linux", "pool": "system"},
    "priorityClassName": "system-cluster-critical",
    "imagePullSecrets": [{"name": "registry"}],
}
FLAGS = {
    "kinds": ["trainingjobs", "models"],
    "clusterName": "blue: one",
    "logFormat": "json",
    "logLevel": "debug",
    "extraArgs": ["--workers=16"],
}
EVERYTHING: Object = {
    **POD,
    **FLAGS,
    "roleArn": ROLE,
    "image": {"repository": "registry:5000/mine", "tag": "v9", "pullPolicy": "Always"},
    "replicas": 2,
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "podAnnotations": {"kubectl.kubernetes.io/default-container": "kube-rbac-proxy", "a": "b"},
    "podLabels": {"team": "ml"},
    "endpoint": "https://sagemaker.example",
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "serviceAccount": {"annotations": {"note": "mine"}},
    "proxy": {"image": "mirror/kube-rbac-proxy:v1", "resources": {"limits": {"memory": "64Mi"}}},
    "networkPolicy": {
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
        "egress": {"enabled": True, "instanceMetadata": True, "extra": [{"ports": [{"port": 3128}]}]},
    },
    "podDisruptionBudget": {"maxUnavailable": "50%"},
    "global": {"of": "a chart that this one is part of"},
}


def test_values_of_the_pod(helm: Helm) -> None:
    """What the values say about pods is in the pod template, word by word."""
    rendered = _operator(helm, EVERYTHING)
    spec = rendered[DEPLOYMENT]["spec"]
    template = spec["template"]

    assert {key: template["spec"][key] for key in POD} == POD
    assert spec["replicas"] == 2
    assert template["metadata"]["labels"]["team"] == "ml"
    assert template["metadata"]["annotations"].items() >= EVERYTHING["podAnnotations"].items()
    manager, proxy = template["spec"]["containers"]
    assert (manager["image"], manager["imagePullPolicy"]) == ("registry:5000/mine:v9", "Always")
    assert manager["resources"] == EVERYTHING["resources"]
    assert proxy["image"] == "mirror/kube-rbac-proxy:v1"
    assert proxy["resources"]["limits"] == {"memory": "64Mi"}


def test_values_of_the_operator(helm: Helm) -> None:
    """What the values say about the operator is in its flags and its environment; the fixed ones stay."""
    manager = _manager(_operator(helm, EVERYTHING))

    assert manager["args"][-6:] == [
        "--kinds=trainingjobs,models",
        "--lease-name=sagemaker-k8s-operator",
        "--cluster-name=blue: one",
        "--log-format=json",
        "--log-level=debug",
        "--workers=16",
    ]
    assert manager["args"][:-6] == _manager(_operator(helm, {}))["args"]
    env = {one["name"]: one.get("value") for one in manager["env"]}
    assert env["AWS_DEFAULT_SAGEMAKER_ENDPOINT"] == "https://sagemaker.example"
    assert env["HTTPS_PROXY"] == "http://proxy:3128"
    assert "POD_NAME" in env


def test_flags_are_the_operators(helm: Helm) -> None:
    """The operator understands every flag that the charts can set."""
    from sagemaker_operator import settings

    understood = settings.parse(_manager(_operator(helm, EVERYTHING))["args"], {})
    assert understood.namespaces == ("team",)
    assert understood.enable_leader_election
    assert understood.cluster_name == "blue: one"
    assert understood.kinds == (kinds.TRAINING_JOB, kinds.MODEL)


def test_queues_of_events(helm: Helm) -> None:
    """Each queue of the values is listened to."""
    from sagemaker_operator import settings

    queues = [
        "arn:aws:sqs:us-east-1:123456789012:sagemaker-events",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
    ]
    args = _manager(_operator(helm, {"eventsQueues": queues}))["args"]

    assert [queue.region for queue in settings.parse(args, {}).events_queues] == ["us-east-1", "eu-west-1"]


def test_role(helm: Helm) -> None:
    """The role is the account's annotation beside others; an empty one leaves it away, for EKS Pod Identity."""
    key = ("ServiceAccount", ACCOUNT)
    metadata = _operator(helm, EVERYTHING)[key]["metadata"]
    assert metadata["annotations"] == {"eks.amazonaws.com/role-arn": ROLE, "note": "mine"}
    assert "annotations" not in _operator(helm, {"roleArn": ""})[key]["metadata"]


def test_another_role_makes_new_pods(helm: Helm) -> None:
    """A pod has the role it was made with, so the template changes with the role."""
    roles = ("", ROLE, f"{ROLE}-2")
    templates = [_operator(helm, {"roleArn": role})[DEPLOYMENT]["spec"]["template"]["metadata"] for role in roles]
    found = [one["annotations"].get("sagemaker.aws.amazon.com/role-arn", "") for one in templates]
    assert found == list(roles)


def test_network_policy(helm: Helm) -> None:
    """Metrics for some only, connections out restricted, both switched off: as the values say."""
    spec = _operator(helm, EVERYTHING)[POLICY]["spec"]
    metrics, health = spec["ingress"]
    assert [one["port"] for one in metrics["ports"]] == [8443]
    assert metrics["from"] == EVERYTHING["networkPolicy"]["metricsFrom"]
    assert health == {"ports": [{"port": 8081, "protocol": "TCP"}]}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    ports = [[port["port"] for port in rule["ports"]] for rule in spec["egress"]]
    assert ports == [[53, 53], [443, 6443], [80], [80], [3128]]
    assert {"ipBlock": {"cidr": "169.254.169.254/32"}} in spec["egress"][3]["to"]

    closed = {"networkPolicy": {"egress": {"enabled": True}}}
    assert len(_operator(helm, closed)[POLICY]["spec"]["egress"]) == 3
    off = {"networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False}}
    assert not {POLICY, ("PodDisruptionBudget", MANAGER)} & _operator(helm, off).keys()


def test_service_monitor(helm: Helm) -> None:
    """Asked for, it finds the metrics behind the proxy with the token of Prometheus, or the open ones without."""
    key = ("ServiceMonitor", MANAGER)
    assert key not in _operator(helm, {})
    asked = {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "interval": "30s"}}
    found = _operator(helm, asked)
    service = found["Service", f"{MANAGER}-metrics-service"]
    [endpoint] = found[key]["spec"]["endpoints"]

    assert found[key]["metadata"]["labels"]["release"] == "prometheus"
    wanted = found[key]["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert (endpoint["port"], endpoint["scheme"], endpoint["interval"]) == ("https", "https", "30s")
    assert endpoint["bearerTokenFile"]
    example = (PACKAGING / "monitoring" / "servicemonitor.yaml").read_text(encoding="utf-8")
    assert found[key]["spec"]["selector"] == read(example)[key]["spec"]["selector"]
    assert {**endpoint, "interval": ""} == {**read(example)[key]["spec"]["endpoints"][0], "interval": ""}
    [open_one] = _operator(helm, {**asked, "proxy": {"enabled": False}})[key]["spec"]["endpoints"]
    assert open_one == {"port": "http", "scheme": "http", "path": "/metrics", "interval": "30s"}


def test_what_is_for_the_cluster_can_be_left_out(helm: Helm) -> None:
    """Without definitions, users' roles and proxy nothing of them is rendered; a namespace's chart is all inside it."""
    values = {"crds": {"install": False}, "userRoles": {"create": False}, "proxy": {"enabled": False}}
    rendered = _operator(helm, values, CLUSTER)
    outside = {key for key, one in rendered.items() if "namespace" not in one["metadata"]}
    assert outside == {
        ("ClusterRole", "sagemaker-k8s-operator-manager-role"),
        ("ClusterRoleBinding", "sagemaker-k8s-operator-manager-rolebinding"),
    }
    assert all(
        one["metadata"]["namespace"] == "team" for one in _operator(helm, {"proxy": {"enabled": False}}).values()
    )


@pytest.mark.parametrize(("keep", "policy"), [(True, "keep"), (False, None)])
def test_keeping_definitions_is_a_value(helm: Helm, keep: bool, policy: str | None) -> None:
    """The definitions carry Helm's policy to keep them, unless one says otherwise."""
    rendered = _operator(helm, {"crds": {"keep": keep}}, DEFINITIONS)
    for kind in kinds.ALL:
        metadata = rendered["CustomResourceDefinition", kind.resource]["metadata"]
        assert metadata.get("annotations", {}).get("helm.sh/resource-policy") == policy


def _leaves(schema: Object, values: Object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths in the schema's properties that have no default in the values."""
    for name, member in schema.get("properties", {}).items():
        if member is False:
            continue
        if name not in values:
            yield (*path, name)
        elif isinstance(values[name], dict):
            yield from _leaves(member, values[name], (*path, name))


@pytest.mark.parametrize("chart", [CLUSTER, DEFINITIONS, NAMESPACED])
def test_every_value_has_a_default(chart: str) -> None:
    """Whatever the schema allows stands in values.yaml with its default, but for what Helm itself passes."""
    folder = PACKAGING / "charts" / chart
    values = yaml.safe_load((folder / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((folder / "values.schema.json").read_text(encoding="utf-8"))
    assert list(_leaves(schema, values)) == [("global",)]


WRONG: list[tuple[str, Any, str]] = [
    ("rolearn", ROLE, "rolearn"),
    ("image", {"registry": "mine"}, "registry"),
    ("image", {"tag": 1.2}, "/image/tag"),
    ("roleArn", "my-role", "/roleArn"),
    ("eventsQueues", ["sagemaker-events"], "/eventsQueues/0"),
    ("replicas", "two", "/replicas"),
    ("replicas", -1, "/replicas"),
    ("resources", {"limit": {}}, "limit"),
    ("imagePullSecrets", ["registry"], "/imagePullSecrets/0"),
    ("podLabels", {"control-plane": "mine"}, "/podLabels/control-plane"),
    ("logFormat", "xml", "/logFormat"),
    ("logLevel", "verbose", "/logLevel"),
    ("kinds", "trainingjobs", "/kinds"),
    ("extraArgs", ["workers=2"], "/extraArgs/0"),
    ("extraEnv", [{"value": "x"}], "/extraEnv/0"),
    ("endpoint", "sagemaker.example", "/endpoint"),
    ("proxy", {"enabled": "no"}, "/proxy/enabled"),
    ("networkPolicy", {"egress": True}, "/networkPolicy/egress"),
    ("podDisruptionBudget", {"maxUnavailable": "half"}, "/podDisruptionBudget/maxUnavailable"),
    ("serviceMonitor", {"interval": "often"}, "/serviceMonitor/interval"),
    ("crds", {"install": True}, "crds"),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_wrong_values_are_refused(helm: Helm, name: str, value: object, told: str) -> None:
    """An unknown key or a wrong type is refused, and the message says which."""
    done = helm.run("template", "release", NAMESPACED, "--values=-", stdin=json.dumps({name: value}))
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    assert told in done.stderr


@pytest.mark.parametrize("chart", [CLUSTER, DEFINITIONS])
def test_wrong_values_of_definitions_are_refused(helm: Helm, chart: str) -> None:
    """So it is in the charts with the definitions."""
    done = helm.run("template", "release", chart, "--set=crds.kept=true")
    assert done.returncode != 0
    assert "kept" in done.stderr


# --- the command --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "taken"), [("v4.1.0+g1", True), ("v3.19.0+g1", False), ("dev", False)])
def test_which_helm_is_used(tmp_path: Path, version: str, taken: bool) -> None:
    """The user's own helm, if it is new enough for the tests' flags; else the one that is built once and kept."""
    own = tmp_path / "bin" / "helm"
    own.parent.mkdir()
    own.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    own.chmod(0o755)
    pinned = pinned_helm((HELM_MODULE / "go.mod").read_text(encoding="utf-8"))
    cache = binaries.cache_folder({"XDG_CACHE_HOME": str(tmp_path)})
    built = binaries.cached_path(cache, "helm", pinned, platform.system(), platform.machine())
    built.parent.mkdir(parents=True)
    built.touch()

    found = binaries.helm({"XDG_CACHE_HOME": str(tmp_path), "PATH": str(own.parent)}, Progress(sys.stderr))

    assert found == (own if taken else built)


# --- in a cluster -------------------------------------------------------------------------------------------------

MODEL = "/apis/sagemaker.aws.amazon.com/v1/namespaces/default/models"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


@pytest.fixture(scope="module")
def cluster(fresh_plane: ControlPlane, helm_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm with an API server that has nothing of ours."""
    for name in (NAMESPACE, "team-a", "team-b"):
        fresh_plane.kubectl("create", "namespace", name)
    return Helm(helm_program, tmp_path_factory.mktemp("helm"), fresh_plane.kubeconfig)


def _there(plane: ControlPlane, path: str) -> bool:
    try:
        plane.admin.request("GET", path)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True


def test_a_release_and_its_end(cluster: Helm, fresh_plane: ControlPlane) -> None:
    """Installed as in the guide, upgraded, uninstalled: definitions and objects stay, and the next release has them."""
    place = f"--namespace={NAMESPACE}"
    deployment = f"{DEPLOYMENTS.format(NAMESPACE)}/{MANAGER}"

    said = cluster("install", place, "sagemaker-operator", CLUSTER)
    assert "WARNING: roleArn is still the placeholder" in said
    finalizers = ["sagemaker-operator-finalizer"]
    spec = {"region": "us-east-1", "executionRoleArn": ROLE}
    body = {"apiVersion": "sagemaker.aws.amazon.com/v1", "kind": "Model", "spec": spec}
    fresh_plane.admin.request("POST", MODEL, {**body, "metadata": {"name": "kept", "finalizers": finalizers}})
    listed = json.loads(cluster("list", place, "--output=json"))
    assert [(one["name"], one["status"]) for one in listed] == [("sagemaker-operator", "deployed")]

    said = cluster("upgrade", place, "sagemaker-operator", CLUSTER, f"--set=roleArn={ROLE},replicas=2")
    assert f"Its role is {ROLE}" in said
    assert "WARNING" not in said
    assert fresh_plane.admin.request("GET", deployment)["spec"]["replicas"] == 2

    said = cluster("uninstall", place, "sagemaker-operator")
    assert f"[CustomResourceDefinition] {kinds.MODEL.resource}" in said
    assert not _there(fresh_plane, deployment)
    assert not _there(fresh_plane, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}")
    kept = fresh_plane.admin.request("GET", f"{MODEL}/kept")["metadata"]
    assert "deletionTimestamp" not in kept

    assert cluster("install", place, "sagemaker-operator", CLUSTER, "--dry-run=server", "--output=json")


def test_the_pair_for_namespaces(cluster: Helm, fresh_plane: ControlPlane) -> None:
    """The definitions once, taken over from whoever left them; operators come and go without each other's rights."""
    cluster("install", "crds", DEFINITIONS, "--take-ownership", "--force-conflicts")
    for name in ("team-a", "team-b"):
        said = cluster("install", f"--namespace={name}", "op", NAMESPACED, "--set=roleArn=")
        assert "EKS Pod Identity" in said
    cluster("uninstall", "--namespace=team-a", "op")
    said = cluster("uninstall", "crds")

    assert f"[CustomResourceDefinition] {kinds.TRAINING_JOB.resource}" in said
    names = fresh_plane.kubectl("get", "deployments,clusterrolebindings", "-A", "-o", "name").stdout.split()
    assert {name for name in names if "sagemaker" in name} == {
        f"deployment.apps/{MANAGER}",
        "clusterrolebinding.rbac.authorization.k8s.io/sagemaker-k8s-operator-proxy-rolebinding-team-b",
    }
    assert _there(fresh_plane, f"{DEPLOYMENTS.format('team-b')}/{MANAGER}")


def test_shards(cluster: Helm, fresh_plane: ControlPlane) -> None:
    """One chart, several releases: their rights lie in their namespaces only, and no two make the same object."""
    for name in ("shard-1", "shard-2", "shard-3"):
        fresh_plane.kubectl("create", "namespace", name)
    role = "--set=roleArn="
    said = cluster("install", "--namespace=shard-1", "op", NAMESPACED, role, "--set=namespaces={team-a,team-b}")
    cluster("install", "--namespace=shard-2", "op", NAMESPACED, role, "--set=namespaces={team-b,shard-2},kinds={tj}")
    cluster(
        "install", "--namespace=shard-3", "op", NAMESPACED, role, "--set=namespaces={*},kinds={models,endpointconfigs}"
    )
    shards = [fresh_plane.admin.request("GET", f"{DEPLOYMENTS.format(f'shard-{one}')}/{MANAGER}") for one in (1, 2, 3)]
    arguments = [one["spec"]["template"]["spec"]["containers"][0]["args"] for one in shards]
    may = {
        (shard, place): fresh_plane.kubectl(
            "auth", "can-i", "list", "models.sagemaker.aws.amazon.com", "-n", place,
            f"--as=system:serviceaccount:{shard}:{ACCOUNT}", check=False,
        ).stdout.strip()
        for shard in ("shard-1", "shard-2", "shard-3")
        for place in ("team-a", "team-b", "shard-2")
    }  # fmt: skip
    events = fresh_plane.kubectl(
        "auth",
        "can-i",
        "create",
        "events.events.k8s.io",
        "-n",
        "shard-1",
        f"--as=system:serviceaccount:shard-1:{ACCOUNT}",
    ).stdout.strip()

    assert "It works on all kinds in team-a, team-b." in said
    assert "--namespace=team-a,team-b" in arguments[0]
    assert {"--namespace=team-b,shard-2", "--kinds=tj"} <= set(arguments[1])
    assert not any(one.startswith("--namespace") for one in arguments[2])
    assert all("--lease-name=sagemaker-k8s-operator" in one for one in arguments)
    assert [pair for pair, allowed in may.items() if allowed == "yes"] == [
        ("shard-1", "team-a"), ("shard-1", "team-b"), ("shard-2", "team-b"), ("shard-2", "shard-2"),
        ("shard-3", "team-a"), ("shard-3", "team-b"), ("shard-3", "shard-2"),
    ]  # fmt: skip
    assert events == "yes"
    for name in ("shard-1", "shard-2", "shard-3"):
        cluster("uninstall", f"--namespace={name}", "op")


@pytest.mark.usefixtures("cluster")
def test_every_value_is_what_the_server_takes(fresh_plane: ControlPlane, helm: Helm) -> None:
    """With every value set the objects pass the API server's strict validation."""
    rendered = helm("template", "release", NAMESPACED, "--namespace=team-a", "--values=-", stdin=json.dumps(EVERYTHING))
    arguments = ("--validate=strict", "--dry-run=server", "--warnings-as-errors")
    assert fresh_plane.kubectl("apply", *arguments, "-f", "-", stdin=rendered).stderr == ""
