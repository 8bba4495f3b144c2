"""List and get routes against the route that anybody would write: `make bench-api SECONDS=4`.

Both serve the same rows of the same database, each from one process, in turns of a few seconds, so that whatever else
the machine does meets both alike. Requests are written by hand on kept connections: a client library would cost more
than what is measured.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx

from app.embedded.running import running_database_url
from benchmarks.bare_api import PORT_VARIABLE, URL_VARIABLE
from benchmarks.figures import report
from benchmarks.system import System, running_system, sign_up

CONNECTIONS: Final = 8
ROUNDS: Final = 5
AGENTS: Final = 50
PAGE: Final = 20
TARGET: Final = ">= 0.6"
START_LIMIT_S: Final = 30.0
Address = tuple[str, int]


def main() -> None:
    """Prints the figures; nothing is asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=4.0, help="length of a turn")
    seconds: float = parser.parse_args().seconds
    with running_system() as system, httpx.Client(base_url=f"{system.url}/api/v1", timeout=60) as client:
        asker = sign_up(client, 1, {})
        for number in range(AGENTS):
            body = {"name": f"Agent {number}"}
            client.post("/agents/", json=body, headers=asker.headers).raise_for_status()
        url = httpx.URL(system.url)
        with _bare_api(system) as bare:
            product = (url.host, url.port or 80)
            for name, path in (("get", f"/agents/{asker.agent_id}"), ("list", f"/agents/?limit={PAGE}")):
                _compare(name, (product, f"/api/v1{path}", asker.headers), (bare, path, {}), seconds)


def _compare(
    name: str,
    product: tuple[Address, str, Mapping[str, str]],
    bare: tuple[Address, str, Mapping[str, str]],
    seconds: float,
) -> None:
    rates: list[tuple[float, float]] = []
    for turn in range(ROUNDS + 1):
        pair = (asyncio.run(_rate(*product, seconds)), asyncio.run(_rate(*bare, seconds)))
        if turn:  # The first warms both.
            rates.append(pair)
    ours, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
    report(f"{name} route, bare", theirs, "requests/s")
    report(f"{name} route", ours, "requests/s")
    ratios = [product_rate / bare_rate for product_rate, bare_rate in rates]
    report(f"{name} route, against the bare one", statistics.median(ratios), "x", target=TARGET)


async def _rate(address: Address, path: str, headers: Mapping[str, str], seconds: float) -> float:
    """Requests a second that are answered 200 over CONNECTIONS kept connections."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", *(f"{k}: {v}" for k, v in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    end = time.monotonic() + seconds
    return sum(await asyncio.gather(*(_ask(address, request, end) for _ in range(CONNECTIONS)))) / seconds


async def _ask(address: Address, request: bytes, end: float) -> int:
    reader, writer = await asyncio.open_connection(*address)
    answered = 0
    while time.monotonic() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        await reader.readexactly(_length(head))
        answered += 1
    writer.close()
    await writer.wait_closed()
    return answered


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


@contextmanager
def _bare_api(system: System) -> Iterator[Address]:
    database_url = running_database_url(system.data_dir)
    assert database_url is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address: Address = probe.getsockname()
    environment = {**os.environ, URL_VARIABLE: database_url, PORT_VARIABLE: str(address[1])}
    with subprocess.Popen([sys.executable, "-m", "benchmarks.bare_api"], env=environment) as process:
        try:
            _await(address, process)
            yield address
        finally:
            process.terminate()


def _await(address: Address, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the bare route did not start") from error
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    main()
