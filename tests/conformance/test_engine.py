"""The engine's parts against a real API server: reflector, lease and events."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_operator.engine.cache import Cache, ChangeType
from sagemaker_operator.engine.events import Recorder
from sagemaker_operator.engine.lease import Elector
from sagemaker_operator.engine.reflector import Reflector
from smkube import kinds
from smkube.errors import KubeError
from smkube.kube import envelope
from smkube.kube.client import Client
from smkube.kube.connection import connect
from smkube.kube.kubeconfig import Overrides
from tests.cluster.controlplane import ControlPlane, Options
from tests.conformance.gate import Gate

if TYPE_CHECKING:
    from tests.cluster.binaries import Binaries

ROOT = Path(__file__).parents[2]


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


def client_of(plane: ControlPlane, **overrides: Any) -> Client:
    """Our client with the administrator's rights."""
    return Client(connect(Overrides(kubeconfig=str(plane.kubeconfig), **overrides)), user_agent="engine-test")


@pytest.fixture
def client(control_plane: ControlPlane) -> Iterator[Client]:
    """A client for the shared control plane."""
    made = client_of(control_plane)
    yield made
    made.close()


def config_map(name: str, **data: str) -> dict[str, Any]:
    """A ConfigMap, standing in for any object."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


class Mirror:
    """A running reflector with what it told."""

    def __init__(self, client: Client, path: str, **options: Any) -> None:
        self.cache = Cache()
        self.changes: list[tuple[str, str]] = []
        self.stop = threading.Event()
        self.reflector = Reflector(client, path, self.cache, self._tell, name="test", stop=self.stop, **options)

    def _tell(self, type_: ChangeType, old: envelope.Object | None, new: envelope.Object | None) -> None:
        obj = new or old
        assert obj is not None
        self.changes.append((type_.value, obj.metadata.name))

    def version(self, key: str) -> str:
        """The resourceVersion held for a key; empty when there is none."""
        obj = self.cache.get(key)
        return "" if obj is None else obj.metadata.resource_version


@contextmanager
def mirrored(client: Client, path: str, **options: Any) -> Iterator[Mirror]:
    """Run a reflector and stop it at the end."""
    mirror = Mirror(client, path, **options)
    mirror.reflector.start()
    try:
        assert mirror.reflector.synced.wait(20)
        yield mirror
    finally:
        mirror.reflector.stop()
        assert mirror.reflector.join(5)


def test_changes_arrive_and_own_writes_are_known_at_once(client: Client, namespace: str) -> None:
    """Objects from before and after the start arrive, with updates and deletions; an own write counts at once."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(5):
        client.post(path, config_map(f"before-{number}"))
    with mirrored(client, path, page_limit=2) as mirror:
        assert sorted(mirror.cache.keys()) == [f"{namespace}/before-{number}" for number in range(5)]
        client.post(path, config_map("after"))
        wait_for(lambda: ("ADDED", "after") in mirror.changes)
        answer = client.request(
            "PATCH", f"{path}/after", body={"data": {"a": "b"}}, content_type="application/merge-patch+json"
        )
        written = envelope.obj(answer)
        mirror.cache.put_newer(written)
        assert int(mirror.version(f"{namespace}/after")) >= int(written.metadata.resource_version)
        client.merge_patch(f"{path}/before-1", {"metadata": {"labels": {"x": "y"}}})
        wait_for(lambda: ("MODIFIED", "before-1") in mirror.changes)
        client.delete(f"{path}/after")
        wait_for(lambda: ("DELETED", "after") in mirror.changes)
        assert len(mirror.cache) == 5


def test_stop_ends_a_watch_over_tls_at_once(client: Client, namespace: str) -> None:
    """Stopping interrupts the read of an idle TLS watch."""
    with mirrored(client, f"/api/v1/namespaces/{namespace}/configmaps") as mirror:
        client.post(f"/api/v1/namespaces/{namespace}/configmaps", config_map("a"))
        wait_for(lambda: mirror.changes)
        start = time.monotonic()
        mirror.reflector.stop()
        assert mirror.reflector.join(5)
        assert time.monotonic() - start < 1


def test_short_watches_lose_nothing(client: Client, namespace: str) -> None:
    """While watches end every second, every one of a hundred changes arrives, without a second list."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    with mirrored(client, path, watch_seconds=lambda: 1) as mirror:
        for number in range(100):
            client.post(path, config_map(f"n-{number}"))
            if number % 10 == 0:
                wait_for(lambda: mirror.changes[-1:] == [("ADDED", f"n-{number}")])  # noqa: B023 - called at once
        wait_for(lambda: len(mirror.changes) == 100)
        assert mirror.changes == [("ADDED", f"n-{number}") for number in range(100)]


def test_kind_that_appears_later_is_followed(client: Client, control_plane: ControlPlane, namespace: str) -> None:
    """A reflector that starts before its CustomResourceDefinition picks the kind up when it is installed."""
    plural = f"late{namespace.removeprefix('test-')}s"
    mirror = Mirror(client, f"/apis/engine.example.com/v1/namespaces/{namespace}/{plural}")
    mirror.reflector.start()
    try:
        assert not mirror.reflector.synced.wait(0.5)
        control_plane.admin.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd(plural))
        assert mirror.reflector.synced.wait(30)
        body = {"apiVersion": "engine.example.com/v1", "kind": "Late", "metadata": {"name": "one"}, "spec": {"n": 1}}
        client.post(f"/apis/engine.example.com/v1/namespaces/{namespace}/{plural}", body)
        wait_for(lambda: mirror.changes == [("ADDED", "one")])
        obj = mirror.cache.get(f"{namespace}/one")
        assert obj is not None
        assert obj.spec_dict() == {"n": 1}
    finally:
        mirror.reflector.stop()
        assert mirror.reflector.join(5)


def test_server_restart_and_lost_history(
    cluster_binaries: Binaries, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An API server restart is survived; what was missed behind a broken network, deletions above all, is told."""
    path = "/api/v1/namespaces/default/configmaps"
    caplog.set_level("INFO", logger="sagemaker_operator")
    # An API server with open watches takes its time to end; the second stop is a crash.
    with ControlPlane(tmp_path / "plane", cluster_binaries, Options(stop_timeout=2)) as plane, Gate(plane.url) as gate:
        direct, through = client_of(plane), client_of(plane, server=gate.url)
        for name in ("kept", "gone"):
            direct.post(path, config_map(name))
        with mirrored(through, path) as mirror:
            wait_for(lambda: len(mirror.cache) == 2)
            plane.restart_apiserver()
            direct.post(path, config_map("later"))
            wait_for(lambda: ("ADDED", "later") in mirror.changes, 40)
            gate.shut()
            direct.delete(f"{path}/gone")
            direct.merge_patch(f"{path}/kept", {"data": {"a": "b"}})
            # The new server's history begins after these changes: the old version cannot be watched from.
            plane.kill_apiserver()
            plane.start_apiserver()
            gate.open()
            wait_for(lambda: ("DELETED", "gone") in mirror.changes, 60)
            assert ("MODIFIED", "kept") in mirror.changes
            assert mirror.cache.get("default/gone") is None
        assert "listing anew" in caplog.text
        direct.close()
        through.close()


def crd(plural: str) -> dict[str, Any]:
    """A CustomResourceDefinition with a free spec."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": free}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.engine.example.com"},
        "spec": {
            "group": "engine.example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": plural[:-1], "kind": "Late"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


class Candidate:
    """An elector in a process of its own."""

    def __init__(self, plane: ControlPlane, namespace: str, identity: str, seconds: float) -> None:
        self.lines: list[tuple[str, float]] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.conformance.elector"),
                *(str(plane.kubeconfig), namespace, "lease", identity, str(seconds)),
            ],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'operator'}", "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, moment = line.split()
            self.lines.append((word, float(moment)))

    def times(self, word: str) -> list[float]:
        """When it said a word."""
        return [moment for said, moment in self.lines if said == word]

    def end(self) -> None:
        """Kill it if it still runs."""
        self.process.kill()
        self.process.wait(5)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def candidates(plane: ControlPlane, namespace: str, *, seconds: float = 2.0) -> Iterator[tuple[Candidate, Candidate]]:
    """Two candidates for a lease of so many seconds, of which the first leads."""
    first = Candidate(plane, namespace, "first", seconds)
    try:
        wait_for(lambda: first.times("acting"))
        second = Candidate(plane, namespace, "second", seconds)
        try:
            yield first, second
        finally:
            second.end()
    finally:
        first.end()


def test_killed_leader_is_followed_after_the_lease_ran_out(control_plane: ControlPlane, namespace: str) -> None:
    """After SIGKILL of the leader the other takes over, not before the lease can have run out, and never both."""
    with candidates(control_plane, namespace) as (first, second):
        wait_for(lambda: len(first.times("acting")) > 20)
        assert second.times("started") == []
        first.process.send_signal(signal.SIGKILL)
        wait_for(lambda: second.times("acting"), 15)
        pause = second.times("acting")[0] - first.times("acting")[-1]
        assert 1.0 < pause < 6
        lease = control_plane.admin.request("GET", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/lease")
        assert lease["spec"]["holderIdentity"] == "second"
        assert lease["spec"]["leaseTransitions"] == 1


def test_leader_that_stops_in_order_hands_over_at_once(control_plane: ControlPlane, namespace: str) -> None:
    """A clean stop gives the lease back, so that the other starts long before it would run out."""
    with candidates(control_plane, namespace, seconds=60.0) as (first, second):
        wait_for(lambda: len(first.times("acting")) > 10)
        stopped_at = time.monotonic()
        first.process.send_signal(signal.SIGTERM)
        wait_for(lambda: second.times("acting"), 15)
        assert first.process.wait(10) == 0
        assert first.times("acting")[-1] < second.times("started")[0]
        assert second.times("started")[0] - stopped_at < 10


def test_frozen_leader_notices_before_it_acts(control_plane: ControlPlane, namespace: str) -> None:
    """A leader that was frozen until another took over does not act when it wakes, and says that it lost."""
    with candidates(control_plane, namespace) as (first, second):
        first.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: second.times("acting"), 15)
        first.process.send_signal(signal.SIGCONT)
        woken_at = time.monotonic()
        wait_for(lambda: first.times("stopped"), 5)
        assert first.process.wait(10) == 0
        assert first.times("stopped")[0] - woken_at < 1.0
        assert [moment for moment in first.times("acting") if moment > second.times("started")[0]] == []


def test_leader_cut_off_stops_before_its_lease_runs_out(control_plane: ControlPlane, namespace: str) -> None:
    """When every call hangs, leadership ends at the renew deadline and not when a call gives up."""
    stopped: list[float] = []
    started = threading.Event()
    with Gate(control_plane.url) as gate:
        cut_off = client_of(control_plane, server=gate.url)
        elector = Elector(
            cut_off,
            *(namespace, "lease", "me"),
            on_started=started.set,
            on_stopped=lambda: stopped.append(time.monotonic()),
            lease_duration=3.0,
            renew_deadline=2.0,
            retry_period=0.4,
        )
        elector.start()
        assert started.wait(10)
        assert elector.is_leader()
        gate.hold()
        held_at = time.monotonic()
        wait_for(lambda: stopped, 10)
        assert 1.0 < stopped[0] - held_at < 3.0
        assert not elector.is_leader()
        gate.open()
        elector.stop()
        cut_off.close()
    lease = control_plane.admin.request("GET", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/lease")
    assert lease["spec"]["holderIdentity"] == "me"


def test_missing_right_to_the_lease_is_named(
    control_plane: ControlPlane, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without rights to Leases nobody leads, and the log names the rule that is missing."""
    nobody = client_of(control_plane, as_user="nobody")
    elector = Elector(nobody, namespace, "lease", "me", on_started=lambda: None, on_stopped=lambda: None)
    elector.start()
    wait_for(lambda: '"update" on resource "leases"' in caplog.text)
    assert not elector.is_leader()
    elector.stop()
    nobody.close()
    with pytest.raises(KubeError, match="not found"):
        client_of(control_plane).get(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/lease")


def training_job(namespace: str, name: str, uid: str) -> envelope.Object:
    """An object that Events can be about; it need not exist."""
    return envelope.Object(
        metadata=envelope.Metadata(name=name, namespace=namespace, uid=uid, resource_version="1", generation=1)
    )


@contextmanager
def recording(client: Client, **options: Any) -> Iterator[Recorder]:
    """Run a recorder; it is flushed at the end."""
    recorder = Recorder(client, instance="pod-1", **options)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop(10)


def test_events_appear_once_and_are_counted(control_plane: ControlPlane, client: Client, namespace: str) -> None:
    """Events are valid to the API server and seen by kubectl; repetitions raise the count, also after a restart."""
    job = training_job(namespace, "job", "11111111-1111-1111-1111-111111111111")
    for _ in range(2):
        with recording(client) as recorder:
            for _ in range(3):
                recorder.event(job, kinds.TRAINING_JOB, "Warning", "CreateFailed", "AWS said no.", "Create")
            recorder.event(job, kinds.TRAINING_JOB, "Normal", "Created", "Created the training job.", "Create")
        assert recorder.dropped == 0
    events = client.get(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")["items"]
    found = {event["reason"]: event for event in events}
    assert len(events) == len(found) == 2
    assert found["CreateFailed"]["series"]["count"] == 6
    assert found["Created"]["series"]["count"] == 2
    assert found["CreateFailed"]["regarding"]["name"] == "job"
    seen = control_plane.kubectl("get", "events", "--namespace", namespace).stdout
    assert "AWS said no." in seen


def test_longest_texts_are_taken(client: Client, namespace: str) -> None:
    """Texts at and above every limit, names with dots, and control characters make valid Events."""
    name = "a" * 120 + "." + "b" * 132
    job = training_job(namespace, name, "22222222-2222-2222-2222-222222222222")
    with recording(client) as recorder:
        for note in ("\N{LATIN SMALL LETTER E WITH ACUTE}" * 2000, "x" * 1024, "line\nbreak\x1b[2J\x00end"):
            recorder.event(job, kinds.TRAINING_JOB, "Warning", "R" * 200, note, "A" * 200)
    assert recorder.dropped == 0
    events = client.get(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")["items"]
    assert sorted(len(event["note"].encode()) for event in events) == [18, 1023, 1024]


def test_object_without_a_namespace_has_its_events_in_default(client: Client) -> None:
    """An Event about a cluster-scoped object goes to the namespace `default`, as the API server demands."""
    job = training_job("", "cluster-wide", "33333333-3333-3333-3333-333333333333")
    with recording(client) as recorder:
        recorder.event(job, kinds.TRAINING_JOB, "Normal", "Seen", "Seen.", "Watch")
    assert recorder.dropped == 0
    events = client.get("/apis/events.k8s.io/v1/namespaces/default/events")["items"]
    assert [event["reason"] for event in events if event["regarding"].get("name") == "cluster-wide"] == ["Seen"]


def test_events_without_the_right_are_dropped(
    control_plane: ControlPlane, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the right to create Events they are counted as dropped, and the log names the missing rule."""
    nobody = client_of(control_plane, as_user="nobody")
    with recording(nobody) as recorder:
        recorder.event(training_job(namespace, "a", "u"), kinds.TRAINING_JOB, "Normal", "Seen", "Seen.", "Watch")
        wait_for(lambda: recorder.dropped == 1)
    assert '"create", "get" and "patch" on resource "events" of API group "events.k8s.io"' in caplog.text
    nobody.close()
