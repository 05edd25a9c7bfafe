"""Command lines and configuration files."""

import pytest
import yaml

from tests.cluster.flags import apiserver_flags, audit_policy, authentication_config, etcd_flags, kubeconfig
from tests.cluster.versions import Version


def test_access_is_controlled() -> None:
    """The API server authorises by RBAC, on loopback only, whether or not it keeps an audit log."""
    for audit in (False, True):
        flags = apiserver_flags(1234, audit=audit)
        assert "--authorization-mode=RBAC" in flags
        assert "--bind-address=127.0.0.1" in flags
        assert "--secure-port=1234" in flags
        assert ("--audit-log-path=audit.log" in flags) == audit


def test_etcd_is_not_on_the_network() -> None:
    """Every address etcd listens on is a Unix socket, as it asks nobody for credentials."""
    addresses = [flag.partition("=")[2] for flag in etcd_flags() if "-urls=" in flag]
    assert len(addresses) == 4
    assert all(address.startswith("unix://") for address in addresses)


@pytest.mark.parametrize(("version", "expected"), [(Version(1, 33, 9), "v1beta1"), (Version(1, 34, 0), "v1")])
def test_anonymous_requests_are_for_health_only(version: Version, expected: str) -> None:
    """Nobody gets in without credentials but to the health paths, in the format that the version reads."""
    config = yaml.safe_load(authentication_config(version))
    assert config["apiVersion"] == f"apiserver.config.k8s.io/{expected}"
    assert {condition["path"] for condition in config["anonymous"]["conditions"]} == {"/livez", "/readyz", "/healthz"}


def test_audit_keeps_every_request_of_others_once() -> None:
    """The last rule of the policy catches everything that the server does not do to itself."""
    policy = yaml.safe_load(audit_policy())
    assert policy["omitStages"] == ["RequestReceived"]
    assert policy["rules"][-1] == {"level": "Metadata"}


def test_kubeconfig_is_complete() -> None:
    """The current context leads to the cluster, the user and the namespace."""
    config = yaml.safe_load(kubeconfig(url="https://h", ca_path="/ca", user={"token": "t"}, namespace="n", context="c"))
    assert config["current-context"] == "c"
    context = config["contexts"][0]
    assert context["context"]["namespace"] == "n"
    assert config["users"] == [{"name": context["context"]["user"], "user": {"token": "t"}}]
    assert config["clusters"][0]["name"] == context["context"]["cluster"]
    assert config["clusters"][0]["cluster"] == {"server": "https://h", "certificate-authority": "/ca"}
