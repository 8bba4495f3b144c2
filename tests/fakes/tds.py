"""A small server that speaks TDS 7.4: PRELOGIN with TLS, LOGIN7, batches, the reset procedure, attention and errors.

No SQL Server can be had for tests, so that this stands in for one on the wire: driver, connection code, types,
introspection, deadline and cancel are the product's own; the meaning of T-SQL is DuckDB's (`tests.fakes.tsql`).
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import duckdb

from tests.certificates import Certificates
from tests.fakes import tds_tokens as tokens
from tests.fakes.tsql import CATALOGUE, Login, Result, SqlError, Stopped, TsqlSession

BATCH, RPC, ATTENTION, ANSWER, LOGIN, PRELOGIN = 1, 3, 6, 4, 16, 18
PACKET_BYTES = 4096
_HEAD = struct.Struct(">BBHHBB")
ENCRYPTED, NOT_ENCRYPTED = 1, 2
_TRANSACTION = b"\x08" + struct.pack("<Q", 77)
_TRANSACTION_ENDED = tokens.environment(10, b"\0", _TRANSACTION)


class Wire:
    """Messages over a stream, under TLS once it is asked for."""

    def __init__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._tls: ssl.SSLObject | None = None
        self._read, self._written = ssl.MemoryBIO(), ssl.MemoryBIO()

    async def message(self) -> tuple[int, bytes]:
        """Type and content of the next message. Raises IncompleteReadError at the end."""
        content = b""
        while True:
            kind, status, length, *_ = _HEAD.unpack(await self._exactly(_HEAD.size))
            content += await self._exactly(length - _HEAD.size)
            if status & 1:
                return kind, content

    async def send(self, content: bytes, kind: int = ANSWER) -> None:
        """Sends a whole message."""
        size = PACKET_BYTES - _HEAD.size
        parts = [content[start : start + size] for start in range(0, len(content), size)] or [b""]
        for number, part in enumerate(parts, 1):
            head = _HEAD.pack(kind, int(number == len(parts)), len(part) + _HEAD.size, 0, number % 256, 0)
            self._write(head + part)
        await self._outgoing.drain()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Shakes hands within PRELOGIN messages."""
        tls = context.wrap_bio(self._read, self._written, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                if self._written.pending:
                    await self.send(self._written.read(), PRELOGIN)
                _, content = await self.message()
                self._read.write(content)
            else:
                break
        if self._written.pending:
            await self.send(self._written.read(), PRELOGIN)
        self._tls = tls

    def close(self) -> None:
        """Drops the connection."""
        self._outgoing.close()

    def _write(self, data: bytes) -> None:
        if self._tls is not None:
            self._tls.write(data)
            data = self._written.read()
        self._outgoing.write(data)

    async def _exactly(self, size: int) -> bytes:
        if self._tls is None:
            return await self._incoming.readexactly(size)
        got = b""
        while len(got) < size:
            try:
                got += self._tls.read(size - len(got))
            except ssl.SSLWantReadError:
                received = await self._incoming.read(65536)
                if not received:
                    raise asyncio.IncompleteReadError(got, size) from None
                self._read.write(received)
        return got


@dataclass
class FakeSqlServer:
    """One server with one database; `running` are the statements that run now."""

    database: str = "loja"
    logins: dict[str, Login] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    needs_tls: bool = False
    reroutes_to: str | None = None
    """An address to which every client is sent after signing in."""
    port: int = 0
    sessions: int = 0
    running: list[str] = field(default_factory=list)
    attentions: int = 0

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(32, thread_name_prefix="fake-sql-server")
        self.store = duckdb.connect()
        self.store.execute(CATALOGUE)

    async def __call__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        """Serves one client."""
        wire = Wire(incoming, outgoing)
        self.sessions += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            session = await self._sign_in(wire)
            if session is not None:
                await self._serve(wire, session)
        self.sessions -= 1
        wire.close()

    async def _sign_in(self, wire: Wire) -> TsqlSession | None:
        _, content = await wire.message()
        asked = _encryption_of(content)
        offered = ENCRYPTED if self.tls is not None and (asked == ENCRYPTED or self.needs_tls) else NOT_ENCRYPTED
        options = bytes([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 3, 232, 0, 0, offered])
        await wire.send(options)
        if offered == ENCRYPTED and self.tls is not None:
            await wire.encrypt(self.tls)
        _, content = await wire.message()
        user, password, database = _login_of(content)
        login = self.logins.get(user)
        if login is None or login.password != password:
            refusal = tokens.error(18456, f"Login failed for user '{user}'.", 14)
        elif database != self.database:
            refusal = tokens.error(4060, f'Cannot open database "{database}" requested by the login.', 11)
            refusal += tokens.error(18456, f"Login failed for user '{user}'.", 14)
        else:
            await wire.send(self._welcome())
            return TsqlSession(self.store.cursor(), login)
        await wire.send(refusal + tokens.done(status=2))
        return None

    def _welcome(self) -> bytes:
        routed = b""
        if self.reroutes_to is not None:
            host = self.reroutes_to.encode("utf-16-le")
            place = struct.pack("<BHH", 0, 1433, len(host) // 2) + host
            routed = tokens.environment(20, struct.pack("<H", len(place)) + place, b"\0\0")
        size = tokens.short_text(str(PACKET_BYTES))
        return (
            tokens.environment(1, tokens.short_text(self.database))
            + tokens.environment(7, bytes([5]) + tokens.COLLATION)
            + tokens.login_accepted()
            + tokens.environment(4, size, size)
            + routed
            + tokens.done()
        )

    async def _serve(self, wire: Wire, session: TsqlSession) -> None:
        """Answers messages in turn; reads on while a batch runs, for an attention."""
        running: asyncio.Task[None] | None = None
        while True:
            try:
                kind, content = await wire.message()
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                await _halt(session, running)
                raise
            if kind == ATTENTION:
                self.attentions += 1
                await _halt(session, running)
                session.stopped.clear()
                await wire.send(tokens.done(status=0x20))
                continue
            if running is not None:
                await running
            body = content[struct.unpack_from("<I", content)[0] :]
            if kind == BATCH:
                running = asyncio.create_task(self._batch(wire, session, body.decode("utf-16-le")))
            elif kind == RPC:
                session.reset()
                await wire.send(b"\x79" + bytes(4) + tokens.done(token=0xFE))
            else:
                return

    async def _batch(self, wire: Wire, session: TsqlSession, text: str) -> None:
        self.running.append(text)
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self.threads, self._answer, session, text)
        except Stopped:
            return
        finally:
            self.running.remove(text)
        with suppress(ConnectionError):
            await wire.send(answer)

    @staticmethod
    def _answer(session: TsqlSession, text: str) -> bytes:
        was_in_transaction = session.in_transaction
        parts: list[bytes] = []
        failure = b""
        try:
            parts.extend(_tokens_of(result) for result in session.run(text))
        except SqlError as error:
            failure = tokens.error(error.number, error.text)
        if failure:
            return b"".join(part + tokens.done(status=1) for part in parts) + failure + tokens.done(status=2)
        started = b""
        if session.in_transaction != was_in_transaction:
            started = tokens.environment(8, _TRANSACTION) if session.in_transaction else _TRANSACTION_ENDED
        endings = [tokens.done(status=1)] * (len(parts) - 1) + [tokens.done()]
        return started + b"".join(part + end for part, end in zip(parts, endings, strict=True))


async def _halt(session: TsqlSession, running: asyncio.Task[None] | None) -> None:
    """Ends what runs; an interrupt that comes before the statement has begun is forgotten by the engine."""
    while running is not None and not running.done():
        session.stop()
        await asyncio.wait([running], timeout=0.05)


def _tokens_of(result: Result | None) -> bytes:
    if result is None:
        return b""
    rows = b"".join(tokens.row(result.columns, row) for rows in result.rows for row in rows)
    return tokens.metadata(result.columns) + rows


def _encryption_of(content: bytes) -> int:
    place = 0
    while content[place] != 0xFF:
        kind, offset, _ = struct.unpack_from(">BHH", content, place)
        if kind == 1:
            return int(content[offset])
        place += 5
    return NOT_ENCRYPTED


def _login_of(content: bytes) -> tuple[str, str, str]:
    """User, password and database."""

    def part(place: int) -> bytes:
        offset, length = struct.unpack_from("<HH", content, place)
        return content[offset : offset + 2 * length]

    hidden = bytes(((byte ^ 0xA5) << 4 | (byte ^ 0xA5) >> 4) & 0xFF for byte in part(44))
    return part(40).decode("utf-16-le"), hidden.decode("utf-16-le"), part(68).decode("utf-16-le")


@asynccontextmanager
async def serve_tds(server: FakeSqlServer) -> AsyncIterator[FakeSqlServer]:
    """Serves `server` on a free port of this machine."""
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
        server.threads.shutdown()
        server.store.close()


def tls_of(certificates: Certificates) -> ssl.SSLContext:
    """A server's side of TLS with the tests' certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context
