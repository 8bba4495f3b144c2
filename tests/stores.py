"""The two kinds of store for tests: the data folder, and a bucket on a real S3 server on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
from moto.server import ThreadedMotoServer

KINDS = ("folder", "bucket")
_numbers = count()


@contextmanager
def store_settings(kind: str) -> Iterator[dict[str, Any]]:
    """Settings of a new, empty store of `kind`."""
    if kind == "folder":
        yield {}
        return
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url, bucket = f"http://{host}:{port}", f"bucket{next(_numbers)}"
        httpx.put(f"{url}/{bucket}").raise_for_status()
        yield {
            "storage_url": f"s3://{bucket}/agentgraph",
            "storage_endpoint_url": url,
            "storage_access_key_id": "tests",
            "storage_secret_access_key": "tests",
        }
    finally:
        server.stop()
