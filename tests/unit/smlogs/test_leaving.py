"""How the process of the plugin ends: with the right exit code whatever its threads do, and without its files."""

from __future__ import annotations

import base64
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import certifi
import pytest

from kubectl_smlogs import exits

PLUGIN = str(Path(sys.executable).with_name("kubectl-smlogs"))
_RUNS = 40
"""Before it was mended, one run in four ended in a segmentation fault."""


class _NothingThere(http.server.BaseHTTPRequestHandler):
    """An API server that has no object."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer 404, as the API server does."""
        status = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}
        body = json.dumps(status).encode()
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def nothing_there() -> Iterator[str]:
    """URL of an API server that has no object."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _NothingThere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_code_while_a_thread_is_busy(nothing_there: str, tmp_path: Path) -> None:
    """An object that is not found ends the process while AWS's certificates are still being read; that is no crash."""
    bundle = tmp_path / "many.pem"
    bundle.write_text(Path(certifi.where()).read_text() * 20)
    environment = _environment(tmp_path) | {"AWS_CA_BUNDLE": str(bundle), "AWS_REGION": "us-east-1"}

    def run(_: int) -> tuple[int, str]:
        command = [PLUGIN, "TrainingJob", "missing", "--server", nothing_there]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.partition(" ")[0]

    with ThreadPoolExecutor(2) as pool:
        ends = set(pool.map(run, range(_RUNS)))
    assert ends == {(exits.NOT_FOUND, "Error:")}


def test_no_file_stays_behind(nothing_there: str, tmp_path: Path) -> None:
    """Keys out of a kubeconfig, which the Kubernetes library writes to files, are removed at the end."""
    data = base64.b64encode(Path(certifi.where()).read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": nothing_there, "certificate-authority-data": data}}],
        "users": [{"name": "me", "user": {"client-certificate-data": data, "client-key-data": data}}],
    }
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(json.dumps(config))
    files = tmp_path / "files"
    files.mkdir()
    environment = _environment(tmp_path) | {"KUBECONFIG": str(kubeconfig), "TMPDIR": str(files)}
    command = [PLUGIN, "TrainingJob", "missing"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == exits.NOT_FOUND, done.stderr
    assert list(files.iterdir()) == []


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "KUBECONFIG": "", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
