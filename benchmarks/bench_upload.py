"""MB/s of POST /files/upload on loopback, and how much memory the API takes for it: whole, then in chunks.

The bytes are made and hashed before the clock starts. Usage: `python -m benchmarks.bench_upload [MIB]`.
"""

import http.client
import json
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx

from benchmarks.figures import report
from benchmarks.system import System, running_system

MIB = 1024**2
BOUNDARY = "benchmark-of-uploads"
BLOCK = (b"regiao;produto;valor\n" + b"Norte;Mesa;1.234,56\n" * 52_428)[:MIB]
CHUNK_MIB = 64


def main() -> None:
    """Measures and prints."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    with running_system({"AGENTGRAPH_MAX_UPLOAD_BYTES": str(8 * 1024**3)}) as system:
        login = {"email": system.admin["admin_email"], "password": system.admin["admin_password"]}
        token = httpx.post(f"{system.url}/api/v1/auth/login", json=login).raise_for_status().json()["access_token"]
        send(system, token, 8, {})
        for name, parts in (("whole", [size]), ("chunks", [CHUNK_MIB] * (size // CHUNK_MIB))):
            if parts:
                measure(system, token, name, parts)


def measure(system: System, token: str, name: str, parts: list[int]) -> None:
    """Sends `parts` (MiB each) as one file and prints both figures."""
    upload_id = str(uuid4())
    with peak_of(system) as peak:
        started = time.perf_counter()
        for index, part in enumerate(parts):
            chunk = {"upload_id": upload_id, "chunk_index": str(index), "total_chunks": str(len(parts))}
            send(system, token, part, chunk if len(parts) > 1 else {})
        elapsed = time.perf_counter() - started
    size = sum(parts)
    report(f"upload_{name}", size * MIB / 1e6 / elapsed, "MB/s", target=">= 200", mib=size)
    report(f"upload_{name}_memory", (peak[1] - peak[0]) / MIB, "MiB above idle", target="<= 64", mib=size)


@contextmanager
def peak_of(system: System) -> Iterator[list[int]]:
    """Resident bytes of the API: before, and the most that was seen."""
    seen, ended = [_api_bytes(system)] * 2, threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            seen[1] = max(seen[1], _api_bytes(system))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def _api_bytes(system: System) -> int:
    return sum(size for name, size in system.resident_bytes().items() if name.endswith("app.cli api"))


def send(system: System, token: str, mib: int, fields: dict[str, str]) -> None:
    """Streams `mib` MiB as one multipart body; raises unless it is accepted."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\n\r\n'
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    address = urllib.parse.urlsplit(system.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
    connection.putrequest("POST", "/api/v1/files/upload")
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(head) + mib * MIB + len(tail)))
    connection.endheaders()
    connection.send(head.encode())
    for _ in range(mib):
        connection.send(BLOCK)
    connection.send(tail)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 202:
        raise RuntimeError(json.loads(body))


if __name__ == "__main__":
    main()
