"""Somebody leaves: real workers remove everything, also when they are killed in the middle."""

import asyncio
import io
import json
import os
import signal
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.core.mail import Mail
from app.models import Base, CallAnswer, Pair, UsageRecord
from app.models.ownership import of_user
from app.services.engine.engine import Engine
from tests.askable import ready_file
from tests.canaries import places_of
from tests.conftest import make_settings
from tests.connecting import fields_of, ready_database
from tests.people import PASSWORD, People, Person, password_hash
from tests.waiting import until_given
from tests.workers.conftest import StartWorker

pytestmark = pytest.mark.anyio

API = "/api/v1"
CANARY = "Jabuticaba7391"
ROWS = (
    f"INSERT INTO vendas VALUES ('{CANARY}', 'Mesa', 100.5, 2, '2024-01-10'), ('Sul', 'Mesa', 2, 1, '2024-02-11'),"
    " ('Sul', 'Cadeira', 50, 4, '2024-02-12'), ('Leste', 'Mesa', 75.25, 3, '2024-03-01')"
)
TABLE = "CREATE TABLE vendas (regiao TEXT, produto TEXT, valor REAL, quantidade INTEGER, data DATE)"


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """Short leases, so that a killed worker is noticed soon."""
    return make_settings(
        database_url=database_url, valkey_url=valkey_url, data_dir=tmp_path / "data", lease_s=4.0, heartbeat_s=1.0
    )


async def test_nothing_of_a_person_is_left_anywhere(
    app: FastAPI,
    client: httpx.AsyncClient,
    people: People,
    database: Database,
    settings: Settings,
    *,
    start_worker: StartWorker,
    empty_database_url: str,
) -> None:
    ana, bia = await people.normal(), await people.normal()
    await _live(app, ana, CANARY, database, empty_database_url)
    await _live(app, bia, "Pitanga4402", database, empty_database_url)
    await start_worker("maintenance")
    taken = await _taken_away(ana)
    assert json.loads(taken["users.jsonl"])["email"] == ana.email
    for name in ("agents", "queries", "query_results", "sessions", "messages", "pairs", "databases", "feedback"):
        assert CANARY in taken[f"{name}.jsonl"].decode(), name
    everything = b"".join(taken.values())
    assert str(bia.id).encode() not in everything
    assert password_hash().encode() not in everything
    before = await places_of(CANARY, database, settings)
    assert before >= {
        "table:users",
        "table:agents",
        "table:files",
        "table:file_versions",
        "table:databases",
        "table:queries",
        "table:query_results",
        "table:call_answers",
        "table:feedback",
        "table:pairs",
        "table:sessions",
        "table:messages",
        "table:api_keys",
        "valkey:agentgraph:answers",
        "valkey:agentgraph:events",
        "file:files",
        "file:combined",
        "file:mail",
        "file:uploads",
    }
    assert await places_of(str(ana.id), database, settings) >= {"valkey:agentgraph:pictures"}
    theirs = await places_of("Pitanga4402", database, settings)
    left = await ana.client.request("DELETE", f"{API}/users/me", json={"password": PASSWORD})
    assert left.status_code == 202, left.text
    assert (await ana.client.get(f"{API}/users/me")).status_code == 401
    report = await _until_done(client, left.json()["receipt"])
    assert await places_of(CANARY, database, settings) == set()
    assert await _owned_rows(database, ana.id) == {}
    assert report["kept"] == {"usage_records": 1}
    assert report["removed"].items() >= {"files": 3, "databases": 1, "agents": 2, "sessions": 1, "api_keys": 1}.items()
    assert await places_of("Pitanga4402", database, settings) == theirs, "what others have stays"
    assert (await bia.client.get(f"{API}/files/")).json()["items"] != []


async def test_an_erasure_whose_worker_is_killed_goes_on_and_counts_nothing_twice(
    app: FastAPI,
    client: httpx.AsyncClient,
    people: People,
    database: Database,
    *,
    start_worker: StartWorker,
    beat: asyncio.subprocess.Process,
) -> None:
    ana = await people.normal()
    for _ in range(3):
        await ready_file(app, ana)
    async with database.transaction() as session:
        session.add_all(
            Pair(owner_id=ana.id, sources="0" * 64, schema_digest="0" * 64, question="q", sql="SELECT 1")
            for _ in range(1200)
        )
    left = await ana.client.request("DELETE", f"{API}/users/me", json={"password": PASSWORD})
    receipt = left.json()["receipt"]
    victim = await start_worker("maintenance")
    async with database.transaction() as session:
        # Whoever deletes waits here: the files are gone by then and nothing else is.
        await session.execute(text("LOCK TABLE agents IN SHARE MODE"))

        async def files_are_gone() -> bool:
            return bool((await _report(client, receipt))["removed"].get("files") == 3)

        await until_given(files_are_gone)
        os.killpg(victim.pid, signal.SIGKILL)
    assert (await _report(client, receipt))["state"] == "erasing"
    await start_worker("maintenance")
    report = await _until_done(client, receipt)
    assert beat.returncode is None
    assert (report["removed"]["files"], report["removed"]["pairs"]) == (3, 1200)
    assert await _owned_rows(database, ana.id) == {}


async def _taken_away(person: Person) -> dict[str, bytes]:
    """What the archive of a person's own data holds, by name."""
    begun = await person.client.post(f"{API}/users/me/export")
    assert begun.status_code == 202, begun.text

    async def outcome() -> str | None:
        state: str = (await person.client.get(begun.headers["Location"])).json()["state"]
        return None if state == "queued" else state

    assert await until_given(outcome) == "ready"
    fetched = await person.client.get(f"{begun.headers['Location']}/archive")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def _live(app: FastAPI, person: Person, words: str, database: Database, sales_url: str) -> None:
    """Lets a person leave `words` in every place that there is."""
    engine: Engine = app.state.engine
    statements = (TABLE, ROWS.replace(CANARY, words))
    files = [await ready_file(app, person, statements=statements, name=f"{words}.csv") for _ in range(3)]
    call = person.client
    assert (await call.put(f"{API}/users/me", json={"name": words})).status_code == 200
    fields = fields_of(sales_url, name=words, description=words)
    await ready_database(app, person, fields)
    agents = []
    for sources in (files[:1], files[1:]):
        body = {"name": words, "instructions": words, "source_ids": [str(source) for source in sources]}
        agents.append((await call.post(f"{API}/agents/", json=body)).json()["id"])
    question = f"soma de valor por regiao, {words}?"
    session = (await call.post(f"{API}/sessions/", json={"agent_id": agents[0], "title": words})).json()
    asked = await call.post(f"{API}/sessions/{session['id']}/messages", json={"text": question})
    assert asked.status_code < 300, asked.text
    queries = []
    for agent_id, text_ in ((agents[0], "soma de valor por regiao"), (agents[1], question)):
        answered = await call.post(f"{API}/queries/execute", json={"agent_id": agent_id, "question": text_})
        assert answered.status_code == 200, answered.text
        queries.append(answered.json()["id"])
    picture = await call.get(f"{API}/queries/{queries[0]}/chart", headers={"Accept": "image/svg+xml"})
    assert picture.status_code == 200, picture.text
    thumb = {"verdict": "down", "reason": words}
    assert (await call.post(f"{API}/queries/{queries[0]}/feedback", json=thumb)).status_code < 300
    key = {"name": words, "scopes": ["files:read"]}
    assert (await call.post(f"{API}/auth/api-keys", json=key)).status_code == 201
    form = {"upload_id": str(uuid4()), "chunk_index": "0", "total_chunks": "2"}
    chunk = {"file": (f"{words}.csv", f"a,b\n{words},1\n".encode())}
    assert (await call.post(f"{API}/files/upload", data=form, files=chunk)).status_code < 300
    await engine.platform.mailer.send(Mail(to=person.email, subject="A new password", text=words))
    async with database.transaction() as stored:
        stored.add(Pair(owner_id=person.id, sources="0" * 64, schema_digest="0" * 64, question=words, sql="SELECT 1"))
        stored.add(_paid(person.id, UUID(queries[0])))
        stored.add(CallAnswer(query_id=UUID(queries[0]), call_key="sql:1", answer={"text": words}))


def _paid(owner_id: UUID, query_id: UUID) -> UsageRecord:
    return UsageRecord(
        query_id=query_id,
        owner_id=owner_id,
        source_ids=[],
        call_key="sql:1",
        node="sql_agent",
        provider="openai",
        model="gpt-4o-mini",
        tokens_in=10,
        tokens_out=5,
        tokens_cached=0,
        tokens_reasoning=0,
        outcome="answered",
        latency_s=0.5,
    )


async def _report(client: httpx.AsyncClient, receipt: str) -> dict[str, Any]:
    answer = await client.post(f"{API}/erasures/receipt", json={"receipt": receipt})
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def _until_done(client: httpx.AsyncClient, receipt: str) -> dict[str, Any]:
    async def done() -> dict[str, Any] | None:
        report = await _report(client, receipt)
        assert report["state"] != "failed"
        return report if report["state"] == "done" else None

    return await until_given(done)


async def _owned_rows(database: Database, user_id: UUID) -> dict[str, int]:
    """How many rows belong to a person, by table."""
    counts = {}
    async with database.read() as session:
        for table in Base.metadata.tables.values():
            mine = of_user(table, user_id)
            if mine is not None:
                counts[table.name] = len((await session.execute(table.select().where(mine))).all())
    return {name: count for name, count in counts.items() if count}
