"""The child process: one statement, picture or forecast at a time, behind its engine's own walls, until killed.

Started as `python -m app.connectors.children.worker FD PARENT_PID`. It imports its engine, orjson and the standard
library only, so that it starts quickly and holds nothing worth stealing.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
from typing import Any, Protocol

from app.connectors.children.protocol import HEADER, pack, unpack

_PR_SET_PDEATHSIG = 1
_MAX_OPEN_FILES = 64
_CPU_SPARE_S = 2


class Engine(Protocol):
    """Runs requests one after another on files that stay open between them."""

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request: columns, rows and whether they were cut, or a kind of error and its message."""
        ...


def main(fd: int, parent: int) -> None:
    """Serves requests from the socket `fd` until it closes."""
    _die_with(parent)
    with socket.socket(fileno=fd) as channel:
        setup = unpack(_read(channel))
        _limit_process(int(setup["address_bytes"]))
        engine = _engine(setup)
        channel.sendall(pack({"ready": True}))
        while True:
            request = unpack(_read(channel))
            _limit_cpu(float(request["timeout_s"]) * float(setup["cpu_factor"]))
            channel.sendall(_answer(engine, request))


def _engine(setup: dict[str, Any]) -> Engine:
    """The engine of the setup; the others are not even imported."""
    if setup["engine"] == "picture":
        from app.connectors.children.picture_engine import PictureEngine

        return PictureEngine()
    if setup["engine"] == "forecast":
        from app.connectors.children.forecast_engine import ForecastEngine

        return ForecastEngine()
    if setup["engine"] == "duckdb":
        from app.connectors.children.duckdb_engine import DuckdbEngine

        return DuckdbEngine(int(setup["heap_bytes"]), int(setup["threads"]))
    if setup["engine"] == "dialect":
        from app.connectors.children.dialect_engine import DialectEngine

        return DialectEngine(setup)
    from app.connectors.children.sqlite_engine import SqliteEngine

    return SqliteEngine(frozenset(setup["functions"]), int(setup["heap_bytes"]))


def _answer(engine: Engine, request: dict[str, Any]) -> bytes:
    try:
        return pack(engine.run(request))
    except MemoryError:
        return pack({"error": "memory", "message": ""})


def _die_with(parent: int) -> None:
    """Asks the kernel for SIGKILL when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for ignored in (signal.SIGINT, signal.SIGXFSZ, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)


def _limit_process(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _limit_cpu(seconds: float) -> None:
    """Lets the process use the CPU for so much longer; its count runs on between statements."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + int(seconds) + _CPU_SPARE_S, resource.RLIM_INFINITY))


def _read(channel: socket.socket) -> bytes:
    (length,) = HEADER.unpack(_read_exactly(channel, HEADER.size))
    return _read_exactly(channel, length)


def _read_exactly(channel: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(size - len(parts))
        if not part:
            os._exit(0)
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
