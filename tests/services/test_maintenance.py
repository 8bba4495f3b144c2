"""What is forgotten once its time is over, and what is not."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core import clock
from app.core.db import Database
from app.core.ids import first_id_at
from app.services.jobs.maintenance import JOBS_KEPT, SIGN_INS_DAYS, sweep_expired
from tests.people import People
from tests.services.test_jobs import add_query

pytestmark = pytest.mark.anyio


async def count(database: Database, table: str) -> int:
    async with database.read() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_sign_ins_that_are_over_are_forgotten_with_their_tokens(
    app: FastAPI, people: People, database: Database
) -> None:
    living, expired, revoked = await people.normal(), await people.normal(), await people.normal()
    over = f"now() - interval '{SIGN_INS_DAYS} days 1 minute'"
    async with database.transaction() as session:
        for column, person in (("expires_at", expired), ("revoked_at", revoked)):
            await session.execute(text(f"UPDATE sign_ins SET {column} = {over} WHERE user_id = :id"), {"id": person.id})
    await sweep_expired(app.state.platform)
    assert (await count(database, "sign_ins"), await count(database, "refresh_tokens")) == (1, 1)
    assert (await living.client.get("/api/v1/users/me")).status_code == 200
    assert (await revoked.client.get("/api/v1/users/me")).status_code == 401


async def test_jobs_that_are_long_over_are_forgotten_and_open_ones_are_not(app: FastAPI, database: Database) -> None:
    platform = app.state.platform
    made_at = clock.now() - JOBS_KEPT - timedelta(seconds=platform.settings.input_wait_s)
    ids: dict[str, UUID] = {}
    async with database.transaction() as session:
        for number, state in enumerate(("done", "failed", "queued", "done")):
            _, job_id = await add_query(database)
            since = made_at + timedelta(days=1 if number == 3 else -1)
            ids[f"{number} {state}"] = old = UUID(int=first_id_at(since).int + number)
            changes = {"old": old, "state": state, "id": job_id}
            await session.execute(text("UPDATE jobs SET id = :old, state = :state WHERE id = :id"), changes)
    await sweep_expired(platform)
    async with database.read() as session:
        left = set((await session.execute(text("SELECT id FROM jobs"))).scalars())
    assert left == {ids["2 queued"], ids["3 done"]}
