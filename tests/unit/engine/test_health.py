"""Health endpoints over real HTTP, and the signs of life behind them."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from sagemaker_operator.engine import health
from sagemaker_operator.engine.health import HealthServer, Heartbeats, parse_address
from smkube.errors import ConfigError
from tests.unit.engine.scripted import eventually


class Process:
    """What the endpoints are asked about."""

    def __init__(self) -> None:
        self.live: list[str] = []
        self.ready: list[str] = []
        self.server = HealthServer(
            ("127.0.0.1", 0),
            live=lambda: self.live,
            ready=lambda: self.ready,
            metrics=lambda accept: ("text/plain", f"metrics for {accept}".encode()),
        )

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and body of a request."""
        return _get(self.server, path, method)


def _get(server: HealthServer, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path, headers={"Accept": "all"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.fixture
def process() -> Iterator[Process]:
    """A running server."""
    made = Process()
    made.server.start()
    yield made
    made.server.stop()


def test_endpoints_tell_what_is_wrong(process: Process) -> None:
    """All well is 200 and `ok`; otherwise 503 with one line for each problem."""
    assert process.get("/healthz") == (200, "ok")
    assert process.get("/readyz?verbose") == (200, "ok")
    process.ready.append("cache of TrainingJob is not synced")
    process.live.append("worker-1: no sign of life for 61 s")
    assert process.get("/readyz") == (503, "cache of TrainingJob is not synced\n")
    assert process.get("/healthz") == (503, "worker-1: no sign of life for 61 s\n")
    assert process.get("/metrics") == (200, "metrics for all")
    assert process.get("/metrics", "HEAD") == (200, "")
    assert process.get("/other")[0] == 404
    assert process.get("/healthz", "POST")[0] == 501


def test_silent_clients_do_not_lock_others_out(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections beyond the limit are closed at once, and room comes back when silent clients are given up."""
    monkeypatch.setattr(health._Handler, "timeout", 0.5)
    silent = [socket.create_connection(("127.0.0.1", process.server.port)) for _ in range(health.MOST_REQUESTS + 5)]
    silent[-1].settimeout(5)
    assert silent[-1].recv(1) == b""

    def answered() -> bool:
        try:
            return process.get("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    assert eventually(answered)
    for connection in silent:
        connection.close()


def test_error_in_a_check_is_an_answer(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that fails unexpectedly answers 500 and does not end the server."""

    def broken(_path: str, _accept: str) -> tuple[int, str, bytes]:
        raise RuntimeError("broken")

    monkeypatch.setattr(process.server._server.RequestHandlerClass, "answer", staticmethod(broken))
    assert process.get("/healthz")[0] == 500
    monkeypatch.undo()
    assert process.get("/healthz")[0] == 200


def test_health_checks_may_stand_apart() -> None:
    """A second address has the same health checks and no metrics; the first has all, as before."""
    late = ["worker: no sign of life for 61 s"]
    made = health.servers(
        *("127.0.0.1:0", "localhost:0"),
        live=lambda: late,
        ready=list,
        metrics=lambda _accept: ("text/plain", b"figures"),
    )
    try:
        for server in made:
            server.start()
        answers = [[_get(server, path) for path in ("/healthz", "/readyz", "/metrics", "/healthz/")] for server in made]
    finally:
        for server in made:
            server.stop()

    assert answers[0] == [(503, f"{late[0]}\n"), (200, "ok"), (200, "figures"), (404, "not found\n")]
    assert answers[1] == [(503, f"{late[0]}\n"), (200, "ok"), (404, "not found\n"), (404, "not found\n")]


@pytest.mark.parametrize(
    ("addresses", "count"), [(("0", "0"), 0), (("0", "127.0.0.1:0"), 1), (("[::1]:0", "[::1]:0"), 2)]
)
def test_servers_are_there_as_asked_for(addresses: tuple[str, str], count: int) -> None:
    """`0` is no server, and port 0 is a new port each time."""
    made = _servers(*addresses)

    assert len(made) == count


def test_one_address_is_one_server() -> None:
    """The same address twice is no conflict."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert len(_servers(f"127.0.0.1:{port}", f"127.0.0.1:{port}")) == 1


def _servers(*addresses: str) -> tuple[HealthServer, ...]:
    made = health.servers(*addresses, live=list, ready=list, metrics=lambda _accept: ("", b""))
    for server in made:
        server.stop()
    return made


def test_all_interfaces_means_both_families() -> None:
    """An address without a host is reachable by IPv4, and by IPv6 where the machine has it."""
    server = HealthServer(("", 0), live=list, ready=list, metrics=lambda _accept: ("", b""))
    server.start()
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
        if socket.has_dualstack_ipv6():
            socket.create_connection(("::1", server.port), timeout=5).close()
    finally:
        server.stop()


def test_address_in_use_is_said_clearly(process: Process) -> None:
    """A port that is taken is a clear error."""
    with pytest.raises(ConfigError, match=r"Cannot listen on 127\.0\.0\.1"):
        HealthServer(("127.0.0.1", process.server.port), live=list, ready=list, metrics=lambda _accept: ("", b""))


def test_thread_that_keeps_its_promise_is_alive() -> None:
    """A thread is late when its time is over without a beat; one that was removed is not."""
    moment = [0.0]
    beats = Heartbeats(lambda: moment[0])
    beats.beat("worker")
    beats.beat("reflector", within=400)
    beats.beat("ended")
    moment[0] = 59.0
    assert beats.late() == []
    beats.remove("ended")
    moment[0] = 61.0
    assert beats.late() == ["worker: no sign of life for 61 s"]
    beats.beat("worker")
    assert beats.late() == []


def test_an_answer_is_a_sign_of_life() -> None:
    """Who gets an answer has its whole time again; a name that never beat does not begin to."""
    moment = [0.0]
    beats = Heartbeats(lambda: moment[0])
    beats.beat("feed", within=100)
    moment[0] = 90.0
    beats.renew("feed")
    beats.renew("stranger")
    moment[0] = 189.0
    assert beats.late() == []
    moment[0] = 191.0
    assert beats.late() == ["feed: no sign of life for 101 s"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":8080", ("", 8080)),
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:9", ("localhost", 9)),
        ("0", None),
    ],
)
def test_addresses_in_go_syntax(text: str, expected: tuple[str, int] | None) -> None:
    """Go's forms of a listening address are understood."""
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["", "8080", "host", ":x", ":70000", "::1:80", ":-1", ":٣"])
def test_other_addresses_are_refused(text: str) -> None:
    """Anything else is refused with an example of what is right."""
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:8080"):
        parse_address(text)
