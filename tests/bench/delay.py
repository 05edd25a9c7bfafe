"""A TCP proxy that is as far away as one likes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

_CHUNK = 65536


@contextlib.contextmanager
def distant(port: int, round_trip: float) -> Iterator[int]:
    """A port on loopback behind which another one answers as over a network with that round trip, in seconds.

    A connection to it is accepted at once, since the kernel does that; so the round trip that connecting takes is added
    to the first bytes that the client sends.
    """
    loop = asyncio.new_event_loop()
    proxy = _Proxy(port, round_trip)
    server = loop.run_until_complete(asyncio.start_server(proxy.serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="distance")
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Proxy:
    """The connections of one proxy; all in one event loop."""

    def __init__(self, port: int, round_trip: float) -> None:
        self._port = port
        self._round_trip = round_trip
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry the bytes of one connection, until either side closes it."""
        task = asyncio.current_task()
        assert task is not None
        open_ends = self._connections[task] = [writer]
        delay = self._round_trip / 2
        try:
            # Either side may go away at any time.
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", self._port)
                open_ends.append(back)
                ways = (_carry(reader, back, delay, first=2 * delay), _carry(there, writer, delay))
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            del self._connections[task]
            for end in open_ends:
                end.close()

    async def stop(self, server: asyncio.Server) -> None:
        """Close all connections."""
        server.close()
        tasks = list(self._connections)
        for ends in self._connections.values():
            for end in ends:
                end.transport.abort()
        await asyncio.gather(*tasks)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, *, first: float = 0) -> None:
    """Bring bytes to the other side, each after its delay, in their order and without holding up those that follow."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    delivery = asyncio.create_task(_deliver(under_way, writer))
    data, extra = b"-", first
    try:
        while data:
            data = await reader.read(_CHUNK)
            under_way.put_nowait((loop.time() + delay + extra, data))
            extra = 0
        await delivery
    finally:
        delivery.cancel()


async def _deliver(under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    data = b"-"
    while data:
        due, data = await under_way.get()
        await asyncio.sleep(due - loop.time())
        if data:
            writer.write(data)
            await writer.drain()
    writer.write_eof()
