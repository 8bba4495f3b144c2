"""A wire between a client and a server on loopback, which breaks when it is told to: cut, stalled or half-open.

It runs in a thread of its own, so that synchronous and asynchronous callers can use it alike.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

CHUNK: Final = 65_536
END_S: Final = 10.0


class Fault(StrEnum):
    """What is wrong with a wire."""

    CUT = "cut"
    """Every connection is reset, and so is each new one."""
    STALL = "stall"
    """Nothing goes through in either direction, and nobody is told; it all arrives later."""
    HALF_OPEN = "half_open"
    """What the client sends arrives, and what the server answers is lost: a commit happens and nobody hears of it."""
    CUT_IN_REPLY = "cut_in_reply"
    """A connection is reset the moment the server answers on it."""


@dataclass(eq=False, slots=True)
class _Connection:
    """One client, and the server it talks to."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    has_lost: bool = False
    """Whether something was swallowed: it cannot go on as if nothing had been."""

    def abort(self) -> None:
        """Resets both ends."""
        for writer in (self.client, self.server):
            writer.transport.abort()


@dataclass(eq=False, slots=True)
class Wire:
    """Leads from `port` on loopback to a server; made by `wires`."""

    host: str
    server_port: int
    loop: asyncio.AbstractEventLoop
    port: int = 0
    _fault: Fault | None = None
    _clear: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: set[_Connection] = field(default_factory=set)

    def suffer(self, fault: Fault) -> None:
        """Breaks it from now on. Safe from any thread."""
        self.loop.call_soon_threadsafe(self._suffer, fault)

    def heal(self) -> None:
        """Lets everything through again; connections that have lost something are reset. Safe from any thread."""
        self.loop.call_soon_threadsafe(self._heal)

    async def listen(self) -> asyncio.Server:
        """Begins to listen on a free port."""
        self._clear.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def close(self) -> None:
        """Resets every connection."""
        self._clear.set()
        for connection in list(self._connections):
            connection.abort()

    def _suffer(self, fault: Fault) -> None:
        self._fault = fault
        if fault is Fault.STALL:
            self._clear.clear()
        elif fault is Fault.CUT:
            self.close()

    def _heal(self) -> None:
        self._fault = None
        self._clear.set()
        for connection in list(self._connections):
            if connection.has_lost:
                connection.abort()

    async def _serve(self, from_client: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            if self._fault is Fault.CUT:
                raise ConnectionResetError
            from_server, server = await asyncio.open_connection(self.host, self.server_port)
        except OSError:
            client.transport.abort()
            return
        connection = _Connection(client, server)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._carry(from_client, server, connection, is_answer=False),
                self._carry(from_server, client, connection, is_answer=True),
            )
        finally:
            self._connections.discard(connection)
            connection.abort()

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, connection: _Connection, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._clear.wait()
                if is_answer and self._fault is Fault.CUT_IN_REPLY:
                    connection.abort()
                elif is_answer and self._fault is Fault.HALF_OPEN:
                    connection.has_lost = True
                else:
                    target.write(data)
                    await target.drain()
            target.close()


@contextmanager
def wires(**servers: tuple[str, int]) -> Iterator[dict[str, Wire]]:
    """Whole wires to the servers, by name, while the block runs."""
    loop = asyncio.new_event_loop()
    made = {name: Wire(host, port, loop) for name, (host, port) in servers.items()}
    thread = threading.Thread(target=loop.run_forever, name="wires", daemon=True)
    thread.start()
    listening: list[asyncio.Server] = []

    async def close() -> None:
        for server in listening:
            server.close()
        for wire in made.values():
            wire.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            await asyncio.wait(rest, timeout=END_S)

    try:
        beginning = [asyncio.run_coroutine_threadsafe(wire.listen(), loop) for wire in made.values()]
        listening.extend(future.result(END_S) for future in beginning)
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(2 * END_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
