"""The installers: current, complete, applicable to a fresh cluster and over the original's objects."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from smkube import __version__, kinds
from tests.cluster.controlplane import ControlPlane
from tests.cluster.errors import ApiError
from tests.install.conftest import NAMESPACE, PACKAGING, Object, Objects, installer, read, without_definitions

PREFIX = "sagemaker-k8s-operator-"
ACCOUNT = f"{PREFIX}default"
MANAGER = f"{PREFIX}controller-manager"
SERVICE = f"{MANAGER}-metrics-service"
PLACEHOLDER = "eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/DELETE_ME"
DEFINITIONS = {("CustomResourceDefinition", kind.resource) for kind in kinds.ALL}
CLUSTER = ("installer.yaml", "china/installer_china.yaml")
DEFINED = ("namespaced/crd.yaml", "namespaced/china/crd.yaml")
NAMESPACED = ("namespaced/operator.yaml", "namespaced/china/operator_china.yaml")

ORIGINAL = Path(__file__).parent / "upgrade" / "original" / "installer.yaml"
"""The original's cluster-scoped installer without definitions."""


# --- the generator ------------------------------------------------------------------------------------------------


def _generate(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "packaging" / "install" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_checked_in_is_current() -> None:
    """The installers and charts of the checkout are what the generator makes."""
    done = _generate(PACKAGING.parent, "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_names_what_is_not_current(tmp_path: Path) -> None:
    """Changed, missing and left-over files are named by the check, and put right without it."""
    for folder in ("install", "crds", "rbac", "release", "charts"):
        shutil.copytree(PACKAGING / folder, tmp_path / "packaging" / folder)
    (tmp_path / "operator").symlink_to(PACKAGING.parent / "operator")
    charts = tmp_path / "packaging" / "charts"
    changed = tmp_path / "packaging" / "release" / "rolebased" / "installer.yaml"
    changed.write_text(changed.read_text().replace("patch", "get"))
    (missing := charts / "namespaced" / "operator_chart" / "values.yaml").unlink()
    (left := charts / "installer" / "rolebased" / "templates" / "old.yaml").touch()

    done = _generate(tmp_path, "--check")
    named = [line.removeprefix("stale: ").partition(";")[0] for line in done.stderr.splitlines()]

    assert done.returncode == 1
    assert sorted(named) == sorted(map(str, (changed, missing, left)))
    assert _generate(tmp_path).returncode == 0
    assert _generate(tmp_path, "--check").returncode == 0
    assert not left.exists()
    assert missing.read_text() == (PACKAGING / missing.relative_to(tmp_path / "packaging")).read_text()


# --- what is in the files -----------------------------------------------------------------------------------------


def _names(objects: Objects) -> set[tuple[str, str]]:
    """Kind and name of what is no definition, the prefix left out."""
    return {(kind, name.removeprefix(PREFIX)) for kind, name in objects if kind != "CustomResourceDefinition"}


PROXY = {("ClusterRole", "proxy-role"), ("ClusterRole", "metrics-reader"), ("ClusterRoleBinding", "proxy-rolebinding")}
USERS = {("ClusterRole", "user-view-role"), ("ClusterRole", "user-edit-role")}
IN_NAMESPACE = {
    ("ServiceAccount", "default"),
    ("Role", "leader-election-role"),
    ("RoleBinding", "leader-election-rolebinding"),
    ("Service", "controller-manager-metrics-service"),
    ("NetworkPolicy", "controller-manager"),
    ("PodDisruptionBudget", "controller-manager"),
    ("Deployment", "controller-manager"),
}


@pytest.mark.parametrize(("name", "proxy"), [(CLUSTER[0], PROXY), (CLUSTER[1], set())])
def test_objects_for_the_cluster(name: str, proxy: set[tuple[str, str]]) -> None:
    """The installer for a cluster has the original's objects under their names, and ours beside them."""
    found = read(installer(name))

    manager = {("ClusterRole", "manager-role"), ("ClusterRoleBinding", "manager-rolebinding")}
    assert _names(found) == {("Namespace", "system"), *manager, *USERS, *IN_NAMESPACE, *proxy}
    assert found.keys() >= DEFINITIONS
    spaces = {one["metadata"].get("namespace", NAMESPACE) for one in found.values()}
    assert spaces == {NAMESPACE}


@pytest.mark.parametrize(("name", "proxy"), [(NAMESPACED[0], PROXY), (NAMESPACED[1], set())])
def test_objects_for_a_namespace(name: str, proxy: set[tuple[str, str]]) -> None:
    """The installer for a namespace has its rights in a Role there; only the proxy's are for the cluster."""
    found = read(installer(name, "team"))

    manager = {("Role", "manager-role"), ("RoleBinding", "manager-rolebinding")}
    assert _names(found) == {*manager, *IN_NAMESPACE, *((kind, f"{own}-team") for kind, own in proxy)}
    assert "--namespace=team" in _manager(found)["args"]
    assert {one["metadata"].get("namespace", "team") for one in found.values()} == {"team"}


@pytest.mark.parametrize("name", DEFINED)
def test_objects_for_all_namespaces(name: str) -> None:
    """Definitions and users' roles are apart from the operators of single namespaces."""
    found = read(installer(name))
    assert _names(found) == USERS
    assert found.keys() >= DEFINITIONS


@pytest.mark.parametrize("name", [CLUSTER[0], DEFINED[0]])
def test_definitions_are_the_generated_ones(name: str) -> None:
    """An installer's definitions are those of packaging/crds, but for labels that tell the version."""
    found = read(installer(name))
    for kind, resource in DEFINITIONS:
        made = found[kind, resource]
        assert made["metadata"].pop("labels")["app.kubernetes.io/version"] == __version__
        assert made == read((PACKAGING / "crds" / f"{resource}.yaml").read_text(encoding="utf-8"))[kind, resource]


@pytest.mark.parametrize("name", [*CLUSTER, *NAMESPACED])
def test_one_line_to_edit(name: str) -> None:
    """The role's placeholder stands once in the file, below a comment that says that it is the one thing to edit."""
    lines = [line.strip() for line in installer(name).splitlines()]
    assert lines.count(PLACEHOLDER) == 1
    assert "The one thing to edit" in lines[lines.index(PLACEHOLDER) - 1]
    assert installer(name).startswith("# Generated by `python packaging/install/generate.py`")


def test_no_right_on_secrets() -> None:
    """No role of any installer reaches Secrets, ConfigMaps, Pods or everything."""
    for name in (*CLUSTER, *DEFINED, *NAMESPACED):
        for one in read(without_definitions(installer(name))).values():
            for rule in one.get("rules", []):
                assert not {"", "*"} & {*rule.get("apiGroups", []), *rule.get("resources", [])}, one["metadata"]


@pytest.mark.parametrize("name", ["china/installer_china.yaml", "namespaced/china/operator_china.yaml"])
def test_china_has_metrics_without_the_proxy(name: str) -> None:
    """Where the proxy's image is out of reach the Service leads to the operator's own port, which is open."""
    found = read(without_definitions(installer(name)))
    service, manager = found["Service", SERVICE], _manager(found)

    assert [one["name"] for one in _pod(found)["containers"]] == ["manager"]
    assert ".dkr.ecr.cn-northwest-1.amazonaws.com.cn/" in manager["image"]
    assert "--metrics-addr=:8080" in manager["args"]
    assert service["metadata"]["annotations"]["prometheus.io/port"] == "8080"
    [port] = service["spec"]["ports"]
    assert {"name": port["targetPort"], "containerPort": 8080, "protocol": "TCP"} in manager["ports"]
    [ingress] = found["NetworkPolicy", MANAGER]["spec"]["ingress"]
    assert [one["port"] for one in ingress["ports"]] == [8080, 8081]


def test_the_image_is_the_versions() -> None:
    """What is installed is the image of the version that the definitions and labels tell."""
    for name in (*CLUSTER, *NAMESPACED):
        tag = _manager(read(without_definitions(installer(name))))["image"].rpartition(":")[2]
        assert tag.startswith(f"v{__version__}")


def test_rights_for_an_operator_outside() -> None:
    """The file with rights alone gives the same as the installer, to the same account."""
    alone = read((PACKAGING / "rbac" / "operator.yaml").read_text(encoding="utf-8"))
    every = read(without_definitions(installer("installer.yaml")))
    account = every["ServiceAccount", ACCOUNT]
    del account["metadata"]["annotations"]
    assert alone == {key: every[key] for key in alone}
    assert _names(alone) == {
        ("Namespace", "system"),
        ("ServiceAccount", "default"),
        ("ClusterRole", "manager-role"),
        ("ClusterRoleBinding", "manager-rolebinding"),
        ("Role", "leader-election-role"),
        ("RoleBinding", "leader-election-rolebinding"),
    }


def _pod(objects: Objects) -> Object:
    pod: Object = objects["Deployment", MANAGER]["spec"]["template"]["spec"]
    return pod


def _manager(objects: Objects) -> Object:
    manager: Object = next(one for one in _pod(objects)["containers"] if one["name"] == "manager")
    return manager


# --- at the API server --------------------------------------------------------------------------------------------


def _path(one: Object) -> str:
    version, name = one["apiVersion"], one["metadata"]["name"]
    plural = {"NetworkPolicy": "networkpolicies"}.get(one["kind"], f"{one['kind'].lower()}s")
    place = f"/namespaces/{one['metadata']['namespace']}" if "namespace" in one["metadata"] else ""
    return f"/{'apis' if '/' in version else 'api'}/{version}{place}/{plural}/{name}"


def _differences(wanted: object, there: object, path: str = "") -> Iterator[str]:
    """Where an object at the server is not as it was sent; what the server has put in by default does not count.

    In what people write into a list of containers, rules, ports or arguments nothing is put in by default.
    """
    if isinstance(wanted, dict) and isinstance(there, dict):
        for key, value in wanted.items():
            yield from _differences(value, there.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        for number, value in enumerate(wanted):
            yield from _differences(value, there[number], f"{path}[{number}]")
    elif wanted != there and (wanted or there):
        yield f"{path}: {there!r} instead of {wanted!r}"


def _check(plane: ControlPlane, objects: Objects) -> dict[str, str]:
    """Compare with what is at the server; identity and generation of the objects there, by path."""
    versions: dict[str, str] = {}
    for one in objects.values():
        path = _path(one)
        there = plane.admin.request("GET", path)
        assert list(_differences(one, there, one["kind"])) == []
        # Not the version: the server writes a definition's status by and by.
        versions[path] = f"{there['metadata']['uid']} {there['metadata'].get('generation')}"
    return versions


def _apply(plane: ControlPlane, text: str) -> list[str]:
    """Apply as a user does, but with the strictest validation and no warnings; what kubectl says, line by line."""
    done = plane.kubectl("apply", "--validate=strict", "--warnings-as-errors", "-f", "-", stdin=text)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_fresh_cluster(fresh_plane: ControlPlane) -> None:
    """The installer applies as it is to a cluster that has nothing of it, and a second time changes nothing."""
    text = installer("installer.yaml")
    assert {line.split()[1] for line in _apply(fresh_plane, text)} == {"created"}
    there = _check(fresh_plane, read(text))
    # kubectl says "configured" each time: the server stores neither `value: ""` nor `preserveUnknownFields: false`.
    _apply(fresh_plane, text)
    assert _check(fresh_plane, read(text)) == there


@pytest.mark.parametrize("name", ["installer.yaml", "china/installer_china.yaml"])
def test_over_the_originals_objects(fresh_plane: ControlPlane, name: str) -> None:
    """The installer takes the original's objects over: rules, containers, ports and arguments are ours alone."""
    namespace = f"original-{len(name)}"
    _apply(fresh_plane, ORIGINAL.read_text(encoding="utf-8").replace(NAMESPACE, namespace))
    text = without_definitions(installer(name)).replace(NAMESPACE, namespace)

    said = _apply(fresh_plane, text)

    deployment = f"deployment.apps/{MANAGER} configured"
    assert deployment in said
    ours = read(text)
    _check(fresh_plane, ours)
    there = fresh_plane.admin.request("GET", _path(ours["Deployment", MANAGER]))
    limits = {one["name"]: one["resources"]["limits"] for one in there["spec"]["template"]["spec"]["containers"]}
    assert limits["manager"] == {"memory": "512Mi"}
    assert limits.keys() == {one["name"] for one in _pod(ours)["containers"]}


def test_one_operator_beside_another(fresh_plane: ControlPlane) -> None:
    """Operators of two namespaces do not take each other's rights, nor those of the whole cluster's operator."""
    names = ("team-a", "team-b")
    for name in names:
        fresh_plane.kubectl("create", "namespace", name)
        _apply(fresh_plane, installer("namespaced/operator.yaml", name))
    for name in names:
        _check(fresh_plane, read(installer("namespaced/operator.yaml", name)))


def test_pods_are_restricted(fresh_plane: ControlPlane) -> None:
    """Pods of every variant's template pass the Pod Security Standard 'restricted', which the server enforces."""
    name = "restricted"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    fresh_plane.admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    account = {"metadata": {"name": ACCOUNT}}
    fresh_plane.admin.request("POST", f"/api/v1/namespaces/{name}/serviceaccounts", account)

    def create(spec: Object) -> Object:
        body = {"metadata": {"generateName": "pod-"}, "spec": spec}
        pod: Object = fresh_plane.admin.request("POST", f"/api/v1/namespaces/{name}/pods", body)
        return pod

    for variant in (*CLUSTER, *NAMESPACED):
        made = create(_pod(read(without_definitions(installer(variant)))))
        assert made["spec"]["serviceAccountName"] == ACCOUNT
    with pytest.raises(ApiError, match="violates PodSecurity"):
        create({"serviceAccountName": ACCOUNT, "containers": [{"name": "other", "image": "other"}]})


def test_the_installers_namespace_is_restricted() -> None:
    """The operator's own namespace asks the server for just that; a team's namespace is left as it is."""
    own = read(without_definitions(installer("installer.yaml")))["Namespace", NAMESPACE]["metadata"]["labels"]
    assert own["pod-security.kubernetes.io/enforce"] == "restricted"
    assert own["control-plane"] == "controller-manager"
    assert not [kind for kind, _ in read(installer("namespaced/operator.yaml")) if kind == "Namespace"]
