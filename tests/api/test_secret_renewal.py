"""A new master key: every stored secret comes under it, whatever it belongs to, and nothing else changes."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from app.core.crypto import Vault
from app.core.db import Database
from app.repositories import sealed_secrets
from app.services.accounts.secret_renewal import renew_secrets
from app.services.engine.engine import Engine
from tests.conftest import MASTER_KEY
from tests.connecting import DATABASES, fields_of, ready_database
from tests.people import PASSWORD, People

pytestmark = pytest.mark.anyio

NEW_KEY = "another-0123456789abcdef-0123456789abcdef"


async def test_secrets_of_every_sort_follow_the_master_key(
    app: FastAPI, people: People, database: Database, sales_url: str
) -> None:
    ana = await people.normal()
    kept = await ready_database(app, ana, fields_of(sales_url))
    gone = await ready_database(app, ana, fields_of(sales_url, name="Gone"))
    assert (await ana.client.delete(f"{DATABASES}/{gone}")).status_code == 204
    assert (await ana.client.post("/api/v1/auth/second-factor", json={"password": PASSWORD})).status_code == 201
    before = await _stored(database)
    assert {table for table, _ in before} == {"databases", "second_factors"}
    engine: Engine = app.state.engine
    assert await renew_secrets(engine.platform) == 0
    engine.platform.settings.master_key = SecretStr(NEW_KEY)
    engine.platform.settings.master_previous_keys = [SecretStr(MASTER_KEY)]
    updated = await _updated_at(database, kept)
    assert await renew_secrets(engine.platform) == len(before) >= 2
    assert await renew_secrets(engine.platform) == 0
    after = await _stored(database)
    assert after.keys() == before.keys()
    new, old = Vault([NEW_KEY]), Vault([MASTER_KEY])
    for place, sealed in after.items():
        assert new.open(sealed, record_id=place[1]) == old.open(before[place], record_id=place[1])
    assert await _updated_at(database, kept) == updated


def test_what_is_called_a_secret_is_renewed() -> None:
    assert set(sealed_secrets.tables()) >= {"databases", "second_factors", "webhooks"}


async def _stored(database: Database) -> dict[tuple[str, UUID], bytes]:
    found = {}
    async with database.read() as session:
        for table in sealed_secrets.tables():
            for record_id, sealed in await sealed_secrets.some(session, table, after=None, most=100):
                found[table, record_id] = sealed
    return found


async def _updated_at(database: Database, database_id: str) -> object:
    async with database.read() as session:
        statement = text("SELECT updated_at FROM databases WHERE id = :id")
        return (await session.execute(statement, {"id": database_id})).scalar_one()
