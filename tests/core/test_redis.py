"""A Valkey that no longer answers is waited for once, and not by every command."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from app.core import redis
from app.core.redis import COMMAND_TIMEOUT_S, ImpatientRedis
from app.embedded.binaries import find_valkey
from app.embedded.processes import free_port
from tests.waiting import until_given

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Process and address of a Valkey of the test's own."""
    port = free_port()
    command = [str(find_valkey()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        yield process.pid, f"redis://127.0.0.1:{port}"
        process.kill()


async def until_it_answers(client: ImpatientRedis) -> None:
    async def answers() -> bool:
        try:
            return bool(await client.ping())
        except RedisError:
            return False

    await until_given(answers)


async def test_a_silent_server_is_waited_for_once(server: tuple[int, str]) -> None:
    pid, url = server
    client = redis.connect(url)
    await until_it_answers(client)
    await client.set("a", "b")
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(RedisError):
            await client.get("a")
        with pytest.raises(RedisError):
            client.pipeline()
    assert time.monotonic() - started < 2 * COMMAND_TIMEOUT_S
    os.kill(pid, signal.SIGCONT)
    await until_it_answers(client)
    assert await client.get("a") == b"b"
    await client.aclose()
