"""Files from upload to answer, read by a real worker."""

import asyncio

import pytest
from fastapi import FastAPI

from app.services.engine.engine import Engine
from tests.people import People
from tests.workers.conftest import ROOT, StartWorker, until_state

pytestmark = pytest.mark.anyio

EXAMPLES = ROOT / "examples" / "data"
FILES = "/api/v1/files"


async def test_uploaded_files_become_ready_and_answer_a_question_that_joins_them(
    app: FastAPI, people: People, start_worker: StartWorker
) -> None:
    ana = await people.normal()
    await start_worker("uploads")
    sources = []
    for name in ("municipios.csv", "estados.csv"):
        content = (EXAMPLES / name).read_bytes()
        uploaded = await ana.client.post(f"{FILES}/upload", files={"file": (name, content, "text/csv")})
        assert uploaded.status_code == 202, uploaded.text
        path = uploaded.headers["Location"]
        assert await until_state(ana.client, path, "ready", "failed") == "ready"
        file = (await ana.client.get(path)).json()
        assert (file["name"], file["size_bytes"], file["error"]) == (name, len(content), None)
        sources.append(file["id"])
    preview = (await ana.client.get(f"{FILES}/{sources[0]}/preview", params={"limit": 3})).json()
    assert (preview["rows_total"], len(preview["rows"])) == (5571, 3)
    assert {column["name"] for column in preview["columns"]} == {column["name"] for column in preview["profile"]}
    agent = (await ana.client.post("/api/v1/agents/", json={"name": "Brasil", "source_ids": sources})).json()
    body = {"agent_id": agent["id"], "question": "Quantos municípios existem na base?"}
    answered = (await ana.client.post("/api/v1/queries/execute", json=body)).json()
    assert answered["result"]["rows"] == [[5571]], answered


async def test_file_that_is_no_table_fails_with_a_code_and_a_sentence(
    app: FastAPI, people: People, start_worker: StartWorker
) -> None:
    ana = await people.normal()
    await start_worker("uploads")
    uploaded = await ana.client.post(f"{FILES}/upload", files={"file": ("a.csv", bytes(range(256)) * 40)})
    path = uploaded.headers["Location"]
    assert await until_state(ana.client, path, "ready", "failed") == "failed"
    error = (await ana.client.get(path)).json()["error"]
    assert error["code"] == "file_rejected"
    assert error["detail"]
    engine: Engine = app.state.engine
    left = await asyncio.to_thread(lambda: [p.name for p in engine.store.root.glob("files/*/*/*")])
    assert left == ["raw"]
