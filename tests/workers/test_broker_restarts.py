"""The Valkey that carries hints stops while work goes on: every worker hears of new work once it runs again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.embedded.binaries import find_valkey
from app.embedded.guard import Guard
from app.embedded.valkey import Valkey
from tests.askable import ready_agent
from tests.people import People, Person
from tests.workers.conftest import Process, StartWorker, until_state
from tests.workers.test_questions import submit

LONG = 300_000
"""Rows that take a second or more to read: the broker stops meanwhile."""
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    """One that only carries hints, not running yet."""
    with Guard() as guard:
        valkey = Valkey(tmp_path / "broker", program=find_valkey(), guard=guard, fast=True)
        yield valkey
        valkey.process.stop()


@pytest.fixture
def settings(settings: Settings, broker: Valkey) -> Settings:
    return settings.model_copy(update={"broker_url": broker.start(), "lease_s": 4.0, "heartbeat_s": 1.0})


async def upload(person: Person, rows: int = 10) -> str:
    """Sends a file; gives its path."""
    content = "n;x\n" + "".join(f"{number};{number / 7:.3f}\n" for number in range(rows))
    uploaded = await person.client.post("/api/v1/files/upload", files={"file": ("a.csv", content, "text/csv")})
    return str(uploaded.headers["Location"])


async def test_workers_of_files_and_of_questions_go_on_after_the_broker_was_restarted(
    app: FastAPI, people: People, broker: Valkey, *, start_worker: StartWorker, beat: Process
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    await start_worker("queries", "databases", "maintenance")
    await start_worker("uploads")
    assert await until_state(ana.client, await upload(ana), "ready", "failed") == "ready"
    for _ in range(2):
        under_way = await upload(ana, LONG)
        await until_state(ana.client, under_way, "ingesting")
        await asyncio.to_thread(broker.process.stop)
        assert await until_state(ana.client, under_way, "ready", "failed") == "ready"
        await asyncio.to_thread(broker.start)
        assert await until_state(ana.client, await upload(ana), "ready", "failed", timeout_s=120) == "ready"
        assert await until_state(ana.client, await submit(ana, agent_id), "succeeded", "failed") == "succeeded"
    assert beat.returncode is None
