"""Command lines and configuration files of etcd and kube-apiserver; pure, it must not touch the system.

Both run in the data folder, so paths are relative to it. etcd listens on a Unix socket there: no port to
collide, no path length limit to hit, and no other user of the machine can reach it.
"""

from typing import Any, Final

import yaml

from tests.cluster.versions import Version

#: Issuer of service account tokens, the value that kubeadm sets.
ISSUER: Final = "https://kubernetes.default.svc.cluster.local"

_SOCKET: Final = "unix://etcd.sock"
_PEER_SOCKET: Final = "unix://etcd-peer.sock"


def etcd_flags() -> list[str]:
    """Return etcd's arguments.

    Without fsync nothing is lost when a process is killed, only when the whole machine stops; on a busy disk
    each write is many times faster.
    """
    return [
        "--name=local",
        "--data-dir=etcd",
        f"--listen-client-urls={_SOCKET}",
        f"--advertise-client-urls={_SOCKET}",
        f"--listen-peer-urls={_PEER_SOCKET}",
        f"--initial-advertise-peer-urls={_PEER_SOCKET}",
        f"--initial-cluster=local={_PEER_SOCKET}",
        f"--quota-backend-bytes={4 * 2**30}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver_flags(port: int, *, audit: bool) -> list[str]:
    """Return kube-apiserver's arguments; with `audit` it logs each request, before it answers it."""
    flags = [
        f"--etcd-servers={_SOCKET}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        # Together with the socket that the caller has bound, nobody else gets the port while we restart.
        "--permit-port-sharing",
        f"--secure-port={port}",
        # The address is loopback: an endpoint of the service "kubernetes" would be wrong for everybody.
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--cert-dir=pki",
        "--tls-cert-file=pki/server.crt",
        "--tls-private-key-file=pki/server.key",
        "--client-ca-file=pki/ca.crt",
        "--authentication-config=authentication.yaml",
        "--authorization-mode=RBAC",
        f"--service-account-issuer={ISSUER}",
        "--service-account-key-file=pki/service-account.pub",
        "--service-account-signing-key-file=pki/service-account.key",
        "--allow-privileged",
        "--profiling=false",
    ]
    if audit:
        flags += ["--audit-policy-file=audit-policy.yaml", "--audit-log-path=audit.log", "--audit-log-mode=blocking"]
    return flags


def authentication_config(version: Version) -> str:
    """Return the configuration that lets nobody in without credentials, except to ask about health."""
    return yaml.safe_dump(
        {
            # v1 since Kubernetes 1.34, v1beta1 since 1.30.
            "apiVersion": f"apiserver.config.k8s.io/{'v1' if version >= (1, 34, 0) else 'v1beta1'}",
            "kind": "AuthenticationConfiguration",
            "anonymous": {
                "enabled": True,
                "conditions": [{"path": "/livez"}, {"path": "/readyz"}, {"path": "/healthz"}],
            },
        }
    )


def audit_policy() -> str:
    """Return the policy: one record for each finished request, without bodies.

    What the API server does to itself (leases, default objects) and health checks are left out.
    """
    return yaml.safe_dump(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "users": ["system:apiserver"]},
                {"level": "None", "nonResourceURLs": ["/livez*", "/readyz*", "/healthz*"]},
                {"level": "Metadata"},
            ],
        }
    )


def kubeconfig(
    *, url: str, ca_path: str, user: dict[str, str], namespace: str = "default", context: str = "local"
) -> str:
    """Return a kubeconfig with one context.

    Args:
        url: address of the API server.
        ca_path: absolute path of the certificate authority's file.
        user: the credentials, in the words of kubeconfig's ``user`` (``token``, ``client-certificate`` ...).
        namespace: namespace of the context.
        context: its name.
    """
    content: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": url, "certificate-authority": ca_path}}],
        "users": [{"name": context, "user": user}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context, "namespace": namespace}}],
        "current-context": context,
    }
    return yaml.safe_dump(content, sort_keys=False)
