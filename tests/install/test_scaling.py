"""The page about several operators, run as it stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.binaries import Binaries
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import Progress
from tests.install.conftest import ROLE
from tests.install.document import steps
from tests.install.test_guide import ROOT, Reader

PAGE = steps((ROOT / "docs" / "scaling.md").read_text(encoding="utf-8"))


def test_every_command(cluster_binaries: Binaries, fresh_plane: ControlPlane, tmp_path: Path) -> None:
    """Each command works in the order in which it stands there; at the end each shard has the namespaces it is told."""
    helm = binaries.helm(os.environ, Progress(sys.stderr))
    environ = {"KUBECONFIG": str(fresh_plane.kubeconfig), "ROLE_ARN": ROLE}
    reader = Reader(tmp_path, environ, {"kubectl": cluster_binaries.kubectl, "helm": helm})
    for step in PAGE:
        reader.type(step.commands)
    given = {}
    for shard in ("shard-1", "shard-2"):
        path = f"/apis/apps/v1/namespaces/{shard}/deployments/sagemaker-k8s-operator-controller-manager"
        pod = fresh_plane.admin.request("GET", path)["spec"]["template"]["spec"]
        given[shard] = [word for word in pod["containers"][0]["args"] if word.startswith("--namespace=")]

    assert given == {"shard-1": ["--namespace=team-a"], "shard-2": ["--namespace=team-b,team-c"]}
