"""A worker that cannot work says so by ending, because its supervisor can do something about it."""

import asyncio
import os
import sys

import pytest

from app.core.config import Settings
from tests.workers.conftest import ROOT

pytestmark = pytest.mark.anyio


async def test_worker_without_a_system_database_ends_instead_of_taking_hints(settings: Settings) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "worker", "--queues", "queries"),
        cwd=ROOT,
        env={
            **os.environ,
            "AGENTGRAPH_DATABASE_URL": "nowhere",
            "AGENTGRAPH_VALKEY_URL": str(settings.valkey_url),
            "AGENTGRAPH_DATA_DIR": str(settings.data_dir),
        },
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(240):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert b"the worker cannot work" in said
