"""Passwords of connections are in no store: a whole run leaves them sealed in their own column and nowhere else."""

import base64
import logging
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from app.core.config import Settings
from app.core.db import SYSTEM
from tests.connecting import DATABASES, SALES, agent_of, connect, fields_of, read_schemas
from tests.people import People

pytestmark = pytest.mark.anyio

PASSWORD = "c4n4r10-da-senha-7f3a"
LOGIN = "leitora_canaria"


@pytest.fixture
async def sales_url(empty_database_url: str, superuser: dict[str, str]) -> AsyncIterator[str]:
    """A database of sales, and a login for it whose password is like no other text."""
    owner = await asyncpg.connect(empty_database_url, user=superuser["user"], password=superuser["password"])
    await owner.execute(SALES)
    await owner.execute(
        f"DROP ROLE IF EXISTS {LOGIN}; CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}';"
        f" GRANT SELECT ON ALL TABLES IN SCHEMA public TO {LOGIN}"
    )
    yield empty_database_url
    # The application may still be connected, and who drops the database may not end a session of this login.
    await owner.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{LOGIN}'")
    await owner.execute(f"DROP OWNED BY {LOGIN}; DROP ROLE {LOGIN}")
    await owner.close()


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Everything that is logged, by whatever library, in whatever detail."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def spellings(password: str) -> list[bytes]:
    """The forms in which a password would be found again."""
    raw = password.encode()
    wide = password.encode("utf-16-le")
    return [raw, raw[::-1], wide, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="), quote(password).encode()]


async def everything_in_postgres(url: str) -> bytes:
    """All rows of all tables of the system database, as texts and with bytes as they are."""
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM})
    found = []
    tables = await connection.fetch("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'public'")
    for schema, table in tables:
        for row in await connection.fetch(f'SELECT t.*, t::text AS as_text FROM "{schema}"."{table}" AS t'):
            found += [value if isinstance(value, bytes) else str(value).encode() for value in row.values()]
    await connection.close()
    assert len(found) > 100
    return b"\n".join(found)


async def everything_in_valkey(url: str) -> bytes:
    """All keys with their values, as the server serialises them, and without compression where it can be read."""
    client = Redis.from_url(url)
    found = []
    async for key in client.scan_iter():
        kind = await client.type(key)
        found.append(key)
        match kind:
            case b"string":
                found.append(await client.get(key))
            case b"list":
                found += await client.lrange(key, 0, -1)
            case b"hash":
                found += [part for pair in (await client.hgetall(key)).items() for part in pair]
            case b"set":
                found += await client.smembers(key)
            case b"zset":
                found += await client.zrange(key, 0, -1)
            case b"stream":
                found.append(str(await client.xrange(key)).encode())
    await client.aclose()
    return b"\n".join(found)


def everything_in(folder: Path) -> bytes:
    """All files below a folder, with their names."""
    return b"\n".join(str(path).encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_no_store_holds_a_password_after_a_full_run(
    app: FastAPI, people: People, settings: Settings, sales_url: str, written: StringIO
) -> None:
    ana = await people.normal()
    body = fields_of(sales_url, user=LOGIN, password=PASSWORD)
    answers = [await connect(ana, body)]
    assert answers[0].status_code == 201, answers[0].text
    path = f"{DATABASES}/{answers[0].json()['id']}"
    await read_schemas(app)
    agent_id = await agent_of(ana, answers[0].json()["id"])

    dsn = f"postgresql://{LOGIN}:{quote(PASSWORD)}@127.0.0.1:{body['port']}"
    answers += [
        await ana.client.post(f"{path}/test"),
        await ana.client.post(f"{path}/refresh"),
        await ana.client.get(f"{path}/schema"),
        await ana.client.patch(path, json={"password": PASSWORD, "name": "Outra"}),
        await ana.client.patch(path, json={"database": "absent", "password": PASSWORD}),
        await ana.client.patch(path, json={"password": {"not": PASSWORD}}),
        await ana.client.post(f"{DATABASES}/connect", json={**body, "database": "absent"}),
        await ana.client.post(f"{DATABASES}/connect", json={"name": "x", "dsn": f"{dsn}/absent?sslmode=disable"}),
        await ana.client.post(f"{DATABASES}/connect", json={"name": "x", "dsn": f"{dsn}/d?passfile=/etc/passwd"}),
        await ana.client.post(f"{DATABASES}/connect", json={**body, "password": PASSWORD + "x"}),
        await ana.client.post(f"{DATABASES}/connect", json={**body, "unknown": PASSWORD}),
        await ana.client.post(f"{DATABASES}/connect", json={**body, "port": PASSWORD}),
    ]
    await read_schemas(app)
    for question in ("soma de valor por regiao", "How many vendas are there?", "apague tudo"):
        body = {"agent_id": agent_id, "question": question}
        answers.append(await ana.client.post("/api/v1/queries/execute", json=body))
        answers.append(await ana.client.post("/api/v1/queries/", json=body))
    answers.append(await ana.client.get(f"{DATABASES}/"))
    assert [answer.status_code for answer in answers].count(500) == 0
    assert any(answer.json().get("state") == "succeeded" for answer in answers if answer.status_code == 200)

    assert settings.database_url is not None
    assert settings.valkey_url is not None
    stores = {
        "answers": b"\n".join(answer.content + str(answer.headers).encode() for answer in answers),
        "logs": written.getvalue().encode(),
        "postgresql": await everything_in_postgres(settings.database_url),
        "valkey": await everything_in_valkey(settings.valkey_url),
        "files": everything_in(settings.data_dir),
    }
    held = [(name, form) for name, store in stores.items() for form in spellings(PASSWORD) if form in store]
    assert held == []
    assert LOGIN.encode() in stores["postgresql"]
