"""Real workers in processes of their own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.core.config import Settings
from app.workers.publisher import CeleryPublisher
from tests.waiting import until_given

ROOT = Path(__file__).parents[2]
RUN = "import sys; from app.core.config import get_settings; from app.workers import serve; "
START_TIMEOUT_S = 180.0

Process = asyncio.subprocess.Process
StartWorker = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[CeleryPublisher]:
    """The real publisher: these tests have workers."""
    publisher = CeleryPublisher(settings.broker_url or settings.valkey_url)
    yield publisher
    publisher.close()


@pytest.fixture
async def start_worker(settings: Settings) -> AsyncIterator[StartWorker]:
    """Starts a worker for some queues, waits until it listens, and ends it after the test."""
    passing_on: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:

        async def start(*queues: str, **environment: str) -> asyncio.subprocess.Process:
            code = f"{RUN}sys.exit(serve.run_worker(get_settings(), {list(queues)!r}))"
            process = await stack.enter_async_context(_process(settings, code, environment))
            await _heard(process, b"ready.")
            passing_on.append(asyncio.create_task(_pass_on(process)))
            return process

        yield start


@pytest.fixture
async def beat(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running scheduler."""
    async with _process(settings, f"{RUN}sys.exit(serve.run_beat(get_settings()))", {}) as process:
        yield process


@pytest.fixture
async def second_beat(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A scheduler beside it."""
    async with _process(settings, f"{RUN}sys.exit(serve.run_beat(get_settings()))", {}) as process:
        yield process


@asynccontextmanager
async def _process(
    settings: Settings, code: str, environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=ROOT,
        env={**os.environ, **_environment(settings), **environment},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(30):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    """The settings that a worker needs, as its environment; no key of the machine reaches it."""
    named = {
        "DATABASE_URL": settings.database_url,
        "VALKEY_URL": settings.valkey_url,
        "BROKER_URL": settings.broker_url or settings.valkey_url,
        "DATA_DIR": str(settings.data_dir),
        "LEASE_S": str(settings.lease_s),
        "HEARTBEAT_S": str(settings.heartbeat_s),
        "LOG_LEVEL": "INFO",
        "SQL_CHILDREN": str(settings.sql_children),
    }
    keys = {"OPENAI_API_KEY": "", "ANTHROPIC_API_KEY": "", "HF_TOKEN": "", "OMP_NUM_THREADS": "1"}
    models = {"OPENAI_BASE_URL": settings.openai_base_url or ""}
    return {**{f"AGENTGRAPH_{name}": value or "" for name, value in named.items()}, **keys, **models}


async def _heard(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Waits until the process has written `words`."""
    if process.stderr is None:
        raise AssertionError
    said = b""
    async with asyncio.timeout(START_TIMEOUT_S):
        while words not in said:
            line = await process.stderr.readline()
            assert line, said.decode()
            said += line


async def _pass_on(process: asyncio.subprocess.Process) -> None:
    """Shows what the process writes with the test's own output, and keeps its pipe from filling."""
    if process.stderr is not None:
        async for line in process.stderr:
            sys.stderr.write(line.decode())


async def until_state(client: httpx.AsyncClient, path: str, *states: str, timeout_s: float = 60) -> str:
    """Polls a status route until it is in one of `states`; gives which."""

    async def reached() -> str | None:
        state: str = (await client.get(f"{path}/status")).json()["state"]
        return state if state in states else None

    return await until_given(reached, timeout_s=timeout_s)
