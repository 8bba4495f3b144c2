"""The first steps of TDS, Microsoft's protocol, over a socket that is connected already: TLS, and signing in.

`python-tds` does the rest. Its own connecting is not used: it follows a server's wish to go elsewhere, which may be an
address that nobody judged, and its TLS compares names by hand.
"""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

import pytds
import pytds.tls
from pytds import lcid
from pytds.connection import NonMarsConnection
from pytds.tds_base import TDS74, TDS_ODBC_ON, PacketType, PreLoginEnc, _TdsLogin
from pytds.tds_socket import _TdsSocket
from pytds.tz import utc

from app.connectors.endpoint import Endpoint, NamedContext

ATTENTION = bytes([6, 1, 0, 8, 0, 0, 1, 0])
"""The packet that ends a running statement (MS-TDS 2.2.1.7): type 6, last of its message, eight bytes, empty."""
_PACKET_BYTES = 4096
_CHUNK = 64 * 1024


class Rerouted(Exception):
    """The server wants the client to go to another address."""


class EncryptedWire:
    """A socket under TLS that one thread reads while another sends."""

    def __init__(
        self, plain: socket.socket, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self._plain = plain
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def gettimeout(self) -> float | None:
        """See `socket.socket.gettimeout`."""
        return self._plain.gettimeout()

    def settimeout(self, timeout: float | None) -> None:
        """See `socket.socket.settimeout`."""
        self._plain.settimeout(timeout)

    def sendall(self, data: bytes | bytearray, flags: int = 0) -> None:
        """See `socket.socket.sendall`."""
        with self._lock:
            self._tls.write(data)
            self._plain.sendall(self._outgoing.read(), flags)

    def recv(self, size: int) -> bytes:
        """See `socket.socket.recv`."""
        while True:
            with self._lock, suppress(ssl.SSLWantReadError):
                return self._tls.read(size)
            received = self._plain.recv(_CHUNK)
            if not received:
                return b""
            with self._lock:
                self._incoming.write(received)

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, flags: int = 0) -> int:
        """See `socket.socket.recv_into`."""
        del flags
        received = self.recv(size or len(buffer))
        buffer[: len(received)] = received
        return len(received)

    def close(self) -> None:
        """Closes the socket; TDS has no word of parting."""
        self._plain.close()


def sign_in(plug: socket.socket, endpoint: Endpoint, context: NamedContext | None) -> NonMarsConnection:
    """A session over `plug` in autocommit mode. Blocks; raises what driver, TLS and socket raise, and Rerouted."""
    login = _login(endpoint, context)
    tds = _TdsSocket(sock=plug, login=login, autocommit=True, row_strategy=pytds.tuple_row_strategy)
    if tds.login() is not None:
        raise Rerouted("the server wants another address")
    return NonMarsConnection(pooling=False, key=(), tds_socket=tds)


def _login(endpoint: Endpoint, context: NamedContext | None) -> Any:
    login = _TdsLogin()
    login.client_host_name = "agentgraph"
    login.library = login.app_name = "AgentGraph"
    login.server_name = endpoint.host
    login.user_name = endpoint.user
    login.password = endpoint.password
    login.database = endpoint.database
    login.language = login.attach_db_file = login.change_password = login.instance_name = ""
    login.tds_version = TDS74
    login.port = endpoint.port
    login.bulk_copy = login.use_mars = login.enc_login_only = login.readonly = False
    login.client_lcid = lcid.LANGID_ENGLISH_US
    login.client_tz = utc
    login.pid = login.client_id = 0
    login.access_token_callable = login.access_token = login.auth = login.load_balancer = login.cafile = None
    login.validate_host = False
    login.tls_ctx = context
    login.enc_flag = PreLoginEnc.ENCRYPT_NOT_SUP if context is None else PreLoginEnc.ENCRYPT_ON
    login.option_flag2 = TDS_ODBC_ON
    login.connect_timeout = login.query_timeout = None
    login.blocksize = _PACKET_BYTES
    login.bytes_to_unicode = True
    return login


def _upgrade(session: Any) -> None:
    """Takes the place of the driver's own handshake, which asks for another TLS library and checks names by hand."""
    context = session.conn._login.tls_ctx
    if context is None:
        raise ssl.SSLError("the server wants TLS")
    # TDS 7 wraps the handshake in its own packets, which TLS 1.3 goes on after; TDS 8 turned them inside out for it.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=False)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            _exchange(session, incoming, outgoing)
        else:
            break
    wire = EncryptedWire(session.conn.sock, tls, incoming, outgoing)
    session.conn.sock = session._writer._transport = session._reader._transport = wire


def _exchange(session: Any, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
    writer, reader = session._writer, session._reader
    writer.begin_packet(PacketType.PRELOGIN)
    writer.write(outgoing.read())
    writer.flush()
    reader.begin_response()
    while not reader.stream_finished():
        incoming.write(reader.recv(_PACKET_BYTES))


pytds.tls.establish_channel = _upgrade
