"""A TCP forwarder that can be shut: what a network failure between the operator and the API server looks like."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit


class Gate:
    """Forwards a loopback port to another while it is open; a context manager."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (target.hostname or "", target.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open = True
        self._flow = threading.Event()
        self._flow.set()
        self._ended = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        """Address of the near side."""
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._flow.set()
        self.shut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def shut(self) -> None:
        """Break every connection and accept no more."""
        with self._lock:
            self._open = False
            for pair in self._pairs:
                _break(pair)
            self._pairs.clear()

    def hold(self) -> None:
        """Keep connections and take new ones, but let nothing through."""
        self._flow.clear()

    def open(self) -> None:
        """Forward again."""
        with self._lock:
            self._open = True
        self._flow.set()

    def _accept(self) -> None:
        while not self._ended:
            with contextlib.suppress(OSError):
                near, _ = self._listener.accept()
                self._forward(near)

    def _forward(self, near: socket.socket) -> None:
        with self._lock:
            if not self._open:
                near.close()
                return
            try:
                far = socket.create_connection(self._target)
            except OSError:
                # Nobody is on the far side at the moment.
                near.close()
                return
            self._pairs.append((near, far))
        for source, sink in ((near, far), (far, near)):
            thread = threading.Thread(target=self._pump, args=[source, sink])
            self._threads.append(thread)
            thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flow.wait()
                sink.sendall(data)
        _break((source, sink))


def _break(pair: tuple[socket.socket, socket.socket]) -> None:
    for side in pair:
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()
